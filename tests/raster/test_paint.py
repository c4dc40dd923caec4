"""Paint drawn under a light: the core agrees with its twin, and both with what is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.geometry import Mesh
from objpose.raster import PaintDrawing, PaintedMesh, render_mesh
from objpose.raster.cpu import paint as cpu
from objpose.raster.twin import paint as twin
from tests.raster.scenes import bumpy_sphere, random_poses

SIDE = 48
K = torch.tensor([[90.0, 0.0, 23.3], [0.0, 95.0, 24.1], [0.0, 0.0, 1.0]])
EVERYWHERE = torch.ones(SIDE, SIDE, dtype=torch.bool)
EVEN, LAMP = torch.tensor([1.0, 0.0, 0.0, 0.0]), torch.tensor([0.5, 0.9, -0.3, -0.3])
POSES = random_poses(4).wxyz_xyz.float().contiguous()


def meshes() -> list[Mesh]:
    """Textured, painted, grey."""
    whole = bumpy_sphere(2)
    painted = replace(whole, texture=None, uvs=None)
    return [whole, painted, replace(painted, vertex_colors=None)]


def draw(core, mesh: Mesh, light: Tensor, clears_border: bool, counts: Tensor = EVERYWHERE) -> PaintDrawing:
    return core.draw_paint(PaintedMesh.of(mesh), POSES, K, counts, light, clears_border)


@pytest.mark.parametrize("kind", range(3))
@pytest.mark.parametrize("clears_border", [False, True])
def test_the_core_draws_as_the_twin(kind: int, clears_border: bool) -> None:
    counts = torch.rand(SIDE, SIDE, generator=torch.Generator().manual_seed(0)) > 0.2
    found, expected = (draw(core, meshes()[kind], LAMP, clears_border, counts) for core in (cpu, twin))
    torch.testing.assert_close(found.depth, expected.depth, rtol=1e-5, atol=1e-6)
    here = expected.depth > 0
    assert int(here.sum()) > 500 and not bool((here & ~counts).any())
    torch.testing.assert_close(found.color[here], expected.color[here], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.normals[here], expected.normals[here], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", range(3))
def test_under_even_light_it_is_what_render_mesh_draws(kind: int) -> None:
    found, mesh = draw(cpu, meshes()[kind], EVEN, False), meshes()[kind]
    drawn = render_mesh(mesh, random_poses(4), K, SIDE, SIDE, outputs=("normals", "color"))
    torch.testing.assert_close(found.depth, drawn.depth, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(found.color, drawn.color, rtol=1e-4, atol=1e-4)


def test_a_lamp_brightens_what_faces_it_and_the_room_lights_the_rest() -> None:
    even, lit = (draw(cpu, meshes()[1], light, False) for light in (EVEN, LAMP))
    shade = (even.normals @ LAMP[1:] + LAMP[0]).clamp_min(0.2)
    torch.testing.assert_close(lit.color, even.color * shade[..., None], rtol=1e-5, atol=1e-6)
    assert bool((shade[even.depth > 0] == 0.2).any())


def test_the_border_is_what_lies_beside_nothing() -> None:
    whole, cleared = (draw(cpu, meshes()[0], EVEN, clears).depth > 0 for clears in (False, True))
    for pose in range(len(POSES)):
        for row, column in (whole[pose] & ~cleared[pose]).nonzero().tolist():
            about = whole[pose, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
            assert not bool(about.all())
        for row, column in cleared[pose].nonzero().tolist():
            assert bool(whole[pose, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].all())


def test_the_answer_is_that_of_each_pose_alone() -> None:
    painted = PaintedMesh.of(meshes()[0])
    together = cpu.draw_paint(painted, POSES, K, EVERYWHERE, LAMP, True)
    for index in range(len(POSES)):
        alone = cpu.draw_paint(painted, POSES[index : index + 1].contiguous(), K, EVERYWHERE, LAMP, True)
        assert all(torch.equal(one[index], other[0]) for one, other in zip(together, alone, strict=True))
    none = cpu.draw_paint(painted, POSES[:0], K, EVERYWHERE, LAMP, True)
    assert [part.shape for part in none] == [(0, SIDE, SIDE, 3), (0, SIDE, SIDE), (0, SIDE, SIDE, 3)]


def test_likeness_of_core_and_twin() -> None:
    drawing = draw(cpu, meshes()[1], LAMP, False)
    noise = torch.rand(SIDE, SIDE, 3, generator=torch.Generator().manual_seed(1))
    seen = 0.7 * drawing.color[0] * torch.tensor([0.5, 1.0, 1.4]) + 0.1 + 0.05 * noise
    found, expected = (core.paint_likeness(drawing, seen, 30, 0.04) for core in (cpu, twin))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert float(found[0, 0]) > 0.98 and float(found[1:, 0].max()) < 0.9
    few = torch.zeros_like(drawing.depth)
    few[:, :5, :5] = 1.0
    assert not bool(cpu.paint_likeness(drawing._replace(depth=few), seen, 30, 0.04).any())


@pytest.mark.parametrize(
    "window", [(3, 2, 1), (-7, 4, 2), (20, -9, 3), (-500, 0, 4), (0, 70, 2), (50, 40, 5)]
)
def test_cells_of_core_and_twin(window: tuple[int, int, int]) -> None:
    rgb = torch.randint(0, 256, (60, 80, 3), generator=torch.Generator().manual_seed(2), dtype=torch.uint8)
    (seen, inside), (expected, where) = (core.cell_means(rgb, *window, 16) for core in (cpu, twin))
    torch.testing.assert_close(seen, expected, rtol=1e-5, atol=1e-6)
    assert torch.equal(inside, where)


def test_channels_of_core_and_twin() -> None:
    rgb = torch.rand(19, 19, 3, generator=torch.Generator().manual_seed(3))
    found, expected = cpu.picture_channels(rgb), twin.picture_channels(rgb)
    torch.testing.assert_close(found.channels, expected.channels, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.slopes, expected.slopes, rtol=1e-4, atol=1e-4)
