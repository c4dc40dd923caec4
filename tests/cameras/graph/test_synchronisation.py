"""Joint choice of hypotheses and rotations: exactness, outliers, invariance, ambiguity, honesty."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.cameras.graph.hypothesis_graph import Edge, HypothesisGraph
from objpose.cameras.graph.options import GraphOptions
from objpose.cameras.graph.rotation_averaging import edge_residuals
from objpose.cameras.graph.synchronisation import synchronise_rotations
from objpose.errors import InputError
from objpose.geometry import SO3
from tests.cameras.graph.graphs import errors_degrees, make_graph


def edge_between(rotations: SO3, i: int, j: int, weights: list[float], *wrong: SO3) -> Edge:
    """The true relative rotation, and the wrong ones given."""
    true = rotations[j] @ rotations[i].inverse()
    return Edge(i, j, SO3(torch.stack([rotation.wxyz for rotation in (true, *wrong)])), torch.tensor(weights))


@pytest.fixture
def rotations() -> SO3:
    return SO3.random((6,), torch.Generator().manual_seed(7), dtype=torch.float64)


@pytest.mark.parametrize(("num_cameras", "seed"), [(10, 1), (12, 0), (16, 2)])
def test_without_noise_the_truth_is_found(num_cameras: int, seed: int) -> None:
    truth, edges, right = make_graph(num_cameras, seed)
    best = synchronise_rotations(num_cameras, edges)[0]
    # Wrong hypotheses that happen to lie near keep a faint pull.
    assert float(errors_degrees(best.rotations, truth).max()) < 0.1
    good = right >= 0
    assert torch.equal(best.chosen[good], right[good])
    assert float((best.chosen[~good] >= 0).double().mean()) < 0.1


@pytest.mark.parametrize(("num_cameras", "seed"), [(10, 0), (20, 0), (20, 1)])
def test_half_the_edges_wrong_and_five_alternatives(num_cameras: int, seed: int) -> None:
    truth, edges, right = make_graph(num_cameras, seed, noise_degrees=2.0)
    best = synchronise_rotations(num_cameras, edges)[0]
    assert float(errors_degrees(best.rotations, truth).median()) < 2.0
    assert float((best.chosen == right).double().mean()) > 0.95
    graph = HypothesisGraph.from_edges(num_cameras, edges, GraphOptions())
    rotations = SO3(best.rotations.wxyz.double())
    residual = torch.rad2deg(edge_residuals(graph, rotations).norm(dim=-1))
    used = best.chosen >= 0
    assert float(residual[used, best.chosen[used]].max()) < GraphOptions().inlier_degrees


def test_the_world_and_the_order_of_edges_do_not_matter() -> None:
    truth, edges, _ = make_graph(8, 3, noise_degrees=2.0)
    best = synchronise_rotations(8, edges)[0]
    order = torch.randperm(len(edges), generator=torch.Generator().manual_seed(0)).tolist()
    turned = [
        replace(edges[k], i=edges[k].j, j=edges[k].i, rotations=edges[k].rotations.inverse()) for k in order
    ]
    other = synchronise_rotations(8, turned)[0]
    assert float(errors_degrees(other.rotations, best.rotations).max()) < 0.1
    assert torch.equal(other.chosen, best.chosen[torch.tensor(order)])


def test_the_same_call_gives_the_same_answer() -> None:
    _, edges, _ = make_graph(7, 4, noise_degrees=2.0)
    first, second = (synchronise_rotations(7, edges) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert torch.equal(one.rotations.wxyz, other.rotations.wxyz)


def test_both_of_two_consistent_worlds_are_returned(rotations: SO3) -> None:
    """Mirrored worlds: every edge holds the rotation of either, and cycles close in both."""
    other = SO3.random((6,), torch.Generator().manual_seed(8), dtype=torch.float64)
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    edges = [edge_between(rotations, i, j, [0.5, 0.4], other[j] @ other[i].inverse()) for i, j in pairs]
    first, second, *_ = synchronise_rotations(6, edges)
    assert float(errors_degrees(first.rotations, rotations).max()) < 1e-3
    assert float(errors_degrees(second.rotations, other).max()) < 1e-3
    # One edge that only the second world explains, in place of one that both do, changes their order.
    edges[0] = Edge(0, 1, edges[0].rotations[1:], torch.tensor([0.9]))
    assert float(errors_degrees(synchronise_rotations(6, edges)[0].rotations, other).max()) < 1e-3


def test_a_bridge_stands_on_its_weight_alone(rotations: SO3) -> None:
    """Two triangles joined by one edge of two hypotheses: nothing but their weights can choose."""
    wrong = (
        SO3.exp(torch.tensor([0.0, 2.0, 0.0], dtype=torch.float64)) @ rotations[3] @ rotations[2].inverse()
    )
    edges = [
        edge_between(rotations, i, j, [0.8]) for i, j in ((0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5))
    ]
    edges.append(edge_between(rotations, 2, 3, [0.3, 0.25], wrong))
    first, second, *_ = synchronise_rotations(6, edges)
    assert (int(first.chosen[-1]), int(second.chosen[-1])) == (0, 1)
    torch.testing.assert_close(first.camera_confidence, torch.full((6,), 0.3), atol=1e-3, rtol=0)
    torch.testing.assert_close(second.camera_confidence, torch.full((6,), 0.25), atol=1e-3, rtol=0)


def test_cycles_make_doubtful_edges_sure(rotations: SO3) -> None:
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    edges = [edge_between(rotations, i, j, [0.2]) for i, j in pairs]
    best = synchronise_rotations(6, edges)[0]
    assert float(best.camera_confidence.min()) > 0.999


def test_islands_and_lone_cameras_are_components(rotations: SO3) -> None:
    edges = [edge_between(rotations, i, j, [0.9]) for i, j in ((3, 4), (4, 5), (3, 5), (0, 1))]
    best = synchronise_rotations(6, edges)[0]
    assert best.components.tolist() == [1, 1, 2, 0, 0, 0]
    assert float(errors_degrees(best.rotations[3:], rotations[3:]).max()) < 1e-3
    alone = synchronise_rotations(3, [])[0]
    assert sorted(alone.components.tolist()) == [0, 1, 2]
    assert alone.chosen.shape == (0,)
    hopeless = synchronise_rotations(2, [edge_between(rotations, 0, 1, [0.0])])[0]
    assert hopeless.chosen.tolist() == [-1]
    assert sorted(hopeless.components.tolist()) == [0, 1]


def test_weights_decide_where_cycles_do_not(rotations: SO3) -> None:
    wrong = rotations[4] @ rotations[0].inverse()
    for weights, chosen in (([0.6, 0.3], 0), ([0.3, 0.6], 1)):
        best = synchronise_rotations(2, [edge_between(rotations, 0, 1, weights, wrong)])[0]
        assert best.chosen.tolist() == [chosen]


IDENTITY = SO3.identity((2,))
HALF = torch.tensor([0.5, 0.5])
BAD_EDGES = {
    "no camera": ([Edge(0, 3, IDENTITY, HALF)], "edge (0, 3)"),
    "loop": ([Edge(1, 1, IDENTITY, HALF)], "two different cameras"),
    "twice": ([Edge(0, 1, IDENTITY, HALF), Edge(1, 0, IDENTITY, HALF)], "the pair twice"),
    "empty": ([Edge(0, 1, IDENTITY[:0], HALF[:0])], "no hypothesis"),
    "one weight": ([Edge(0, 1, IDENTITY, HALF[:1])], "weights (1,)"),
    "negative": ([Edge(0, 1, IDENTITY, -HALF)], "numbers not below 0"),
    "directions": ([Edge(0, 1, IDENTITY, HALF, torch.ones(3, 3))], "directions (3, 3)"),
}


@pytest.mark.parametrize("name", BAD_EDGES)
def test_edges_that_do_not_fit_are_named(name: str) -> None:
    edges, message = BAD_EDGES[name]
    with pytest.raises(InputError) as caught:
        synchronise_rotations(3, edges)
    assert message in str(caught.value)
