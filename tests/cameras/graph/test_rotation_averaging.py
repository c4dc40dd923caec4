"""Averaging and growing rotations on graphs, and the density behind them."""

from __future__ import annotations

import math

import pytest
import torch

from objpose.cameras.graph.cycle_evidence import find_triangles, triangle_beliefs
from objpose.cameras.graph.hypothesis_graph import HypothesisGraph
from objpose.cameras.graph.options import GraphOptions
from objpose.cameras.graph.rotation_averaging import average_rotations_of_graph, edge_residuals
from objpose.cameras.graph.rotation_growth import first_rotations
from objpose.cameras.graph.rotation_moves import climb, log_evidence, turned
from objpose.cameras.graph.rotation_noise import density, squared_angle_of
from objpose.geometry import SO3
from tests.cameras.graph.graphs import errors_degrees, make_graph

NOISE = math.radians(2.0)


def test_the_density_integrates_to_one() -> None:
    # Haar measure of rotations by an angle a: (1 - cos a) / pi da.
    angle = torch.linspace(0, math.pi, 200_001, dtype=torch.float64)
    for noise in (0.01, NOISE):
        total = torch.trapezoid(density(angle**2, noise) * (1 - angle.cos()) / math.pi, angle)
        assert float(total) == pytest.approx(1.0, abs=0.01)


def test_squared_angles() -> None:
    axis = torch.tensor([0.6, 0.0, 0.8], dtype=torch.float64)
    for angle in (1e-3, 0.1, 0.5):
        product = (SO3.exp(angle * axis).wxyz * SO3.identity(dtype=torch.float64).wxyz).sum()
        assert float(squared_angle_of(product)) == pytest.approx(angle**2, rel=0.01)
        assert float(squared_angle_of(-product)) == pytest.approx(angle**2, rel=0.01)


def test_averaging_keeps_the_truth_and_ignores_outliers() -> None:
    truth, edges, _ = make_graph(8, 0)
    graph = HypothesisGraph.from_edges(8, edges, GraphOptions())
    found = average_rotations_of_graph(graph, truth, NOISE)
    assert float(errors_degrees(found, truth).max()) < 1e-3


def test_averaging_never_lowers_the_evidence() -> None:
    for seed in range(4):
        truth, edges, _ = make_graph(8, seed, noise_degrees=2.0)
        graph = HypothesisGraph.from_edges(8, edges, GraphOptions())
        start = SO3(truth.wxyz)
        for _ in range(6):
            moved = average_rotations_of_graph(graph, start, NOISE, max_steps=1)
            assert log_evidence(graph, moved, NOISE) > log_evidence(graph, start, NOISE) - 1e-6
            start = moved


def test_averaging_finds_the_mean_of_a_cycle() -> None:
    """A triangle that misses closing by 3 degrees about one axis: each edge takes one of them."""
    truth, edges, _ = make_graph(3, 1, wrong=0.0, alternatives=1)
    turn = SO3.exp(torch.tensor([0.0, 0.0, math.radians(3.0)], dtype=torch.float64))
    graph = HypothesisGraph.from_edges(3, edges, GraphOptions())
    wxyz = graph.wxyz.clone()
    wxyz[0, 0] = (SO3(wxyz[0, 0]) @ turn).wxyz
    graph = HypothesisGraph(3, graph.ends, wxyz, graph.weights, graph.none)
    found = average_rotations_of_graph(graph, truth, NOISE, max_steps=100)
    angles = torch.rad2deg(edge_residuals(graph, found).norm(dim=-1))[:, 0]
    torch.testing.assert_close(angles, torch.ones(3, dtype=torch.float64), atol=0.02, rtol=0)


def test_triangles_are_all_found_and_raise_the_right_hypotheses() -> None:
    truth, edges, right = make_graph(10, 2, noise_degrees=2.0)
    graph = HypothesisGraph.from_edges(10, edges, GraphOptions())
    assert len(find_triangles(graph)) == math.comb(10, 3)
    beliefs = triangle_beliefs(graph, GraphOptions())
    assert bool((beliefs.sum(1) < 1).all())
    good = right >= 0
    of_right = beliefs[good].gather(1, right[good, None])
    assert float(of_right.median()) > 0.9 > 0.1 > float(beliefs[~good].median())


def test_growth_from_a_right_seed_reaches_the_truth() -> None:
    truth, edges, right = make_graph(10, 3, wrong=0.3)
    graph = HypothesisGraph.from_edges(10, edges, GraphOptions())
    edge = int((right >= 0).nonzero()[0, 0])
    found = first_rotations(graph, triangle_beliefs(graph, GraphOptions()), (edge, int(right[edge])), NOISE)
    assert float(errors_degrees(found, truth).max()) < 1e-3


def test_a_turned_block_is_turned_back() -> None:
    truth, edges, _ = make_graph(10, 4)
    graph = HypothesisGraph.from_edges(10, edges, GraphOptions())
    block = torch.arange(10) < 4
    off = turned(truth, block, SO3.exp(torch.tensor([1.0, 0.5, 0.0], dtype=torch.float64)).wxyz)
    found = climb(graph, off, [block], NOISE, math.radians(15.0))
    assert float(errors_degrees(found, truth).max()) < 1e-3
