"""Camera centres from directions: exactness, outliers, scale, islands."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.graph.options import GraphOptions
from objpose.cameras.graph.translation_averaging import synchronise_centres
from objpose.geometry import SE3, SO3


def make_motions(n: int, seed: int, wrong: float = 0.0, noise_degrees: float = 0.0) -> tuple[SE3, list[Edge]]:
    """cam_from_world (n,), and the edges between all with their directions."""
    generator = torch.Generator().manual_seed(seed)
    rotation = SO3.random((n,), generator, dtype=torch.float64)
    centres = torch.randn(n, 3, generator=generator, dtype=torch.float64)
    cam_from_world = SE3.from_rotation_translation(rotation, -rotation.apply(centres))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    return cam_from_world, [edge(cam_from_world, i, j, generator, wrong, noise_degrees) for i, j in pairs]


def edge(motion: SE3, i: int, j: int, generator: torch.Generator, wrong: float, noise_degrees: float) -> Edge:
    relative = motion[j] @ motion[i].inverse()
    turn = math.radians(noise_degrees) * torch.randn(3, generator=generator, dtype=torch.float64)
    direction = SO3.exp(turn).apply(relative.translation)
    if float(torch.rand((), generator=generator)) < wrong:
        direction = torch.randn(3, generator=generator, dtype=torch.float64)
    return Edge(i, j, relative.rotation[None], torch.ones(1), direction[None] / direction.norm())


def solve(motion: SE3, edges: list[Edge]) -> Tensor:
    return synchronise_centres(
        motion.rotation, edges, torch.zeros(len(edges), dtype=torch.long), GraphOptions()
    )


def errors(found: Tensor, motion: SE3) -> Tensor:
    """Distances (n,) to the true centres, by the scale and shift that suit all: the turn is given."""
    found, truth = (
        centres.double() - centres.double().mean(0) for centres in (found, motion.inverse().translation)
    )
    scale = (found * truth).sum() / found.square().sum()
    assert float(scale) > 0
    return (scale * found - truth).norm(dim=1)


@pytest.mark.parametrize("n", [3, 6, 12])
def test_exact_directions_give_exact_centres(n: int) -> None:
    motion, edges = make_motions(n, n)
    assert float(errors(solve(motion, edges), motion).max()) < 1e-4


def test_a_quarter_of_the_directions_may_be_wrong() -> None:
    motion, edges = make_motions(12, 0, wrong=0.25, noise_degrees=1.0)
    assert float(errors(solve(motion, edges), motion).median()) < 0.06


def test_two_cameras_stand_a_unit_apart_the_right_way() -> None:
    motion, edges = make_motions(2, 1)
    centres = solve(motion, edges)
    offset = motion.inverse().translation.diff(dim=0)[0]
    torch.testing.assert_close(centres.diff(dim=0)[0].double(), offset / offset.norm())


def test_unused_edges_and_islands() -> None:
    motion, edges = make_motions(5, 3)
    used = [edge for edge in edges if (edge.i < 3) == (edge.j < 3)]
    chosen = torch.zeros(len(used), dtype=torch.long)
    used.append(Edge(0, 4, (motion[4] @ motion[0].inverse()).rotation[None], torch.ones(1)))
    used.append(next(edge for edge in edges if (edge.i, edge.j) == (1, 4)))
    centres = synchronise_centres(
        motion.rotation, used, torch.cat([chosen, torch.tensor([0, -1])]), GraphOptions()
    )
    assert float(errors(centres[:3], motion[:3]).max()) < 1e-4
    # Each island has its own origin and unit.
    assert not centres[[0, 3]].any()
    assert float((centres[4] - centres[3]).norm()) == pytest.approx(1.0, rel=1e-5)
