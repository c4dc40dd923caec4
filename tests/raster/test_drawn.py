"""Drawn images against a crop: the C++ core and CUDA, under the shim, agree with the twin."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster import MeshRender, SeenShape, ShapeCounts
from objpose.raster.cpu import drawn as cpu
from objpose.raster.cuda import drawn as cuda
from objpose.raster.twin import drawn as twin
from tests.raster.drawn_scenes import SIZE, DrawnScene, drawn_scene


def depth_equations(core: ModuleType, scene: DrawnScene) -> NormalEquations:
    drawn = scene.drawn
    return core.drawn_depth_equations(drawn.depth, drawn.normals, scene.pixels, scene.measured, scene.pivot)


def color_equations(core: ModuleType, scene: DrawnScene) -> NormalEquations:
    drawn = scene.drawn
    return core.drawn_color_equations(drawn.color, drawn.depth, scene.pixels, scene.seen, None, scene.pivot)


def measured_color_equations(core: ModuleType, scene: DrawnScene) -> NormalEquations:
    images = scene.drawn.color, scene.drawn.depth
    return core.drawn_color_equations(*images, scene.pixels, scene.seen, scene.measured, scene.pivot)


def outline_equations(core: ModuleType, scene: DrawnScene) -> NormalEquations:
    return core.drawn_outline_equations(scene.drawn.depth, scene.border, scene.pivot)


def edge_equations(core: ModuleType, scene: DrawnScene) -> NormalEquations:
    return core.drawn_edge_equations(scene.drawn.depth, scene.edges, scene.pivot)


EQUATIONS = [depth_equations, color_equations, measured_color_equations, outline_equations, edge_equations]


def assert_same(found: NormalEquations, expected: NormalEquations) -> None:
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5 * float(other.abs().max()))


@pytest.mark.parametrize("equations", EQUATIONS)
def test_the_core_agrees_with_the_twin(equations) -> None:
    scene = drawn_scene()
    found, expected = equations(cpu, scene), equations(twin, scene)
    assert_same(found, expected)
    assert float(expected.gradient[:-1].abs().amax(1).min()) > 0
    assert float(expected.normal[-1].abs().max()) == 0.0
    assert float(expected.cost[-1]) > 0 or equations is edge_equations


@pytest.mark.parametrize("equations", EQUATIONS)
def test_the_cuda_kernels_agree_with_the_twin_on_the_shim(on_shim: None, equations) -> None:
    scene = drawn_scene(3, 24)
    assert_same(equations(cuda, scene), equations(twin, scene))


@pytest.mark.parametrize("equations", EQUATIONS)
def test_no_poses(equations) -> None:
    scene = drawn_scene(1)
    none = MeshRender(scene.drawn.depth[:0], scene.drawn.normals[:0], color=scene.drawn.color[:0])
    found = equations(cpu, scene._replace(drawn=none, pivot=scene.pivot[:0]))
    assert [part.shape for part in found] == [(0, 6, 6), (0, 6), (0,)]


def agreement(core: ModuleType, scene: DrawnScene, with_structure: bool) -> Tensor:
    """Of the poses' colours with those of the first pose under a light, in its mask."""
    drawn = scene.drawn
    seen = (drawn.color[0] * torch.tensor([1.1, 0.9, 0.8]) + 0.02).clamp(0, 1)
    weight = drawn.mask * scene.weight
    return core.drawn_color_agreement(seen, drawn.color, weight, with_structure)


@pytest.mark.parametrize("with_structure", [True, False])
@pytest.mark.parametrize("size", [7, SIZE])
def test_color_agreement(size: int, with_structure: bool) -> None:
    scene = drawn_scene(4, size)
    found, expected = (agreement(core, scene, with_structure) for core in (cpu, twin))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert found[-1].tolist() == [0.0, 0.0]
    assert bool((found[:-1, 1].abs() > 0.01).all()) == with_structure
    assert bool((found[0] >= found).all())


def test_color_agreement_of_one_pose_does_not_touch_another() -> None:
    scene = drawn_scene(4)
    together = agreement(cpu, scene, True)
    turned = MeshRender(scene.drawn.depth.flip(0), color=scene.drawn.color.flip(0))
    weight = turned.mask * scene.weight.flip(0)
    seen = (scene.drawn.color[0] * torch.tensor([1.1, 0.9, 0.8]) + 0.02).clamp(0, 1)
    assert torch.equal(cpu.drawn_color_agreement(seen, turned.color, weight, True).flip(0), together)


def test_color_agreement_on_the_shim(on_shim: None) -> None:
    scene = drawn_scene(2, 24)
    for with_structure in (True, False):
        found, expected = (agreement(core, scene, with_structure) for core in (cuda, twin))
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def shape_counts(core: ModuleType, scene: DrawnScene, with_depth: bool, border: int) -> tuple[Tensor, Tensor]:
    """Against the first pose's depth in a frame that ends, a mask that is cut, and one of another thing."""
    depth, size = scene.drawn.depth, scene.drawn.depth.shape[-1]
    place = torch.arange(size)
    mask, inside = (depth[0] > 0) & (place > 0.4 * size), (place < 0.9 * size).expand(size, size).contiguous()
    covered = ((place < 0.3 * size) & (place > 0.1 * size)).expand(size, size).contiguous()
    measured = torch.where(place[:, None] < 0.55 * size, depth[0], depth[0] + 0.01)
    measured = torch.where(depth[0] > 0, measured, 0.9) * (scene.weight[0] > 0.05)
    seen = SeenShape(mask, inside, covered, measured if with_depth else None)
    return core.drawn_shape_counts(depth, seen, 0.02, border)


@pytest.mark.parametrize("with_depth", [True, False])
@pytest.mark.parametrize("border", [1, 2])
def test_shape_counts(with_depth: bool, border: int) -> None:
    scene = drawn_scene(6)
    (found, weight), (expected, weighed) = (
        shape_counts(core, scene, with_depth, border) for core in (cpu, twin)
    )
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(weight, weighed, rtol=1e-4, atol=1e-4)
    counts = ShapeCounts(*expected.amax(0))
    assert min(counts.agreed, counts.unexplained, counts.hidden, counts.empty, counts.bare) > 3
    assert bool(with_depth) == (float(counts.outside) > 0) == (float(counts.through) > 0)


@pytest.mark.parametrize("with_depth", [True, False])
def test_shape_counts_on_the_shim(on_shim: None, with_depth: bool) -> None:
    scene = drawn_scene(3, 24)
    for found, expected in zip(
        *(shape_counts(core, scene, with_depth, 1) for core in (cuda, twin)), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-3)
