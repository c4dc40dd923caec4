"""Drawn images against a crop: the C++ core and CUDA, under the shim, agree with the twin."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch

from objpose.geometry import NormalEquations
from objpose.raster import MeshRender
from objpose.raster.cpu import drawn as cpu
from objpose.raster.cuda import drawn as cuda
from objpose.raster.twin import drawn as twin
from tests.raster.drawn_scenes import DrawnScene, drawn_scene


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


EQUATIONS = [depth_equations, color_equations, measured_color_equations, outline_equations]


def assert_same(found: NormalEquations, expected: NormalEquations) -> None:
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5 * float(other.abs().max()))


@pytest.mark.parametrize("equations", EQUATIONS)
def test_the_core_agrees_with_the_twin(equations) -> None:
    scene = drawn_scene()
    found, expected = equations(cpu, scene), equations(twin, scene)
    assert_same(found, expected)
    assert float(expected.gradient[:-1].abs().amax(1).min()) > 0
    assert float(expected.normal[-1].abs().max()) == 0.0 < float(expected.cost[-1])


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
