"""Keyframe patches: the core agrees with its twin, the twin's equations with its cost."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from objpose.geometry import SE3, NormalEquations, moved_about
from objpose.raster import GreyPart, PatchPoints
from objpose.raster.constants import PATCH_SAMPLES
from objpose.raster.cpu import points as cpu
from objpose.raster.twin import patches as twin
from tests.raster.outline_scenes import HEIGHT, WIDTH, K, disturbed, outlines, truth

COUNT, LEVELS, SIGMA = 60, 3, 6.0
CENTRE = outlines().centre


class Scene(NamedTuple):
    rgb: Tensor
    patches: PatchPoints
    poses: Tensor


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Soft colours; patches scattered in the air; one of three poses leaves the picture."""
    generator = torch.Generator().manual_seed(1)
    noise = torch.rand(1, 3, HEIGHT // 8, WIDTH // 8, generator=generator)
    rgb = (interpolate(noise, (HEIGHT, WIDTH), mode="bicubic")[0].clamp(0, 1) * 255).permute(1, 2, 0)
    middles = CENTRE + 0.1 * (torch.rand(COUNT, 1, 3, generator=generator) - 0.5)
    points = middles + 0.006 * (torch.rand(COUNT, PATCH_SAMPLES, 3, generator=generator) - 0.5)
    values = 20 * torch.randn(COUNT, PATCH_SAMPLES, generator=generator)
    values = values - values.mean(-1, keepdim=True)
    normals = torch.randn(COUNT, 3, generator=generator)
    usable = torch.rand(COUNT, generator=generator) > 0.2
    poses = disturbed(truth(3), 0.01, 0.05)
    poses[2, 4:] += torch.tensor([0.18, 0.0, 0.0])
    patches = PatchPoints(points.mT.contiguous(), values, normals, usable)
    return Scene(rgb.round().to(torch.uint8).contiguous(), patches, poses)


def grey(core, rgb: Tensor) -> GreyPart:
    part = GreyPart(30, 20, 264, 204, LEVELS, torch.zeros(2 * 264 * 204))
    core.grey_pyramid(rgb, part)
    return part


def equations(core, scene: Scene, level: int, sigma: float = SIGMA) -> tuple[NormalEquations, Tensor, Tensor]:
    out = NormalEquations(torch.empty(3, 6, 6), torch.empty(3, 6), torch.empty(3))
    counts, rms = torch.empty(3, 2, dtype=torch.int32), torch.empty(3, COUNT)
    part = grey(core, scene.rgb)
    core.patch_equations(part, level, K, scene.patches, scene.poses, CENTRE, sigma, out, counts, rms)
    return out, counts, rms


def test_grey_pyramid(scene: Scene) -> None:
    found, expected = grey(cpu, scene.rgb), grey(twin, scene.rgb)
    for level in range(LEVELS):
        torch.testing.assert_close(found.level(level), expected.level(level), rtol=1e-5, atol=1e-3)
    assert found.level(2).shape == (51, 66) and found.level(2).std() > 5


@pytest.mark.parametrize("level", range(LEVELS))
def test_patch_equations(scene: Scene, level: int) -> None:
    found, expected = (equations(core, scene, level, 30.0) for core in (cpu, twin))
    for one, other in zip(found[0], expected[0], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3 * float(other.abs().max()))
    assert torch.equal(found[1], expected[1])
    torch.testing.assert_close(found[2], expected[2], rtol=1e-3, atol=1e-3)
    assert (found[1][:2, 1] > 10).all() and found[1][2, 1] < found[1][0, 1]


@pytest.mark.parametrize("level", range(LEVELS))
def test_gradient_is_that_of_the_cost(scene: Scene, level: int) -> None:
    """Also with the gain and the mean, which the cost is least for."""
    part, start = grey(twin, scene.rgb), SE3(scene.poses.double()).normalized()
    points = twin.posed_patches(scene.patches, start)
    seen = twin.is_seen(part, level, K, scene.patches, start, points)
    gain = twin._residuals(twin._sampled(part, level, K, points)[0], scene.patches)[1]
    step = torch.zeros(3, 6, dtype=torch.float64, requires_grad=True)
    moved = SE3(moved_about(CENTRE.double(), start.wxyz_xyz, step))
    points = twin.posed_patches(scene.patches, moved)
    twin.patch_costs(part, level, K, scene.patches, points, seen & (gain > 0), SIGMA).sum().backward()
    found = equations(twin, scene, level)[0].gradient
    torch.testing.assert_close(found.double(), step.grad, rtol=1e-4, atol=1e-4 * float(step.grad.abs().max()))
    assert found.abs().max() > 1


def test_light_changes_nothing(scene: Scene) -> None:
    """Patches taken from the frame itself agree, also in half the light with a glow over it."""
    part = grey(twin, scene.rgb)
    points = twin.posed_patches(scene.patches, SE3(scene.poses.double()))
    values = twin._sampled(part, 0, K, points)[0][0].float()
    values = (values - values.mean(-1, keepdim=True)).contiguous()
    own = scene._replace(patches=scene.patches._replace(values=values))
    darker = own._replace(rgb=(0.6 * own.rgb.float() + 40).round().to(torch.uint8))
    for light in (own, darker):
        out, counts, rms = equations(cpu, light, 0)
        assert counts[0, 0] == counts[0, 1] > 10 and out.cost[0] < 0.3
        assert rms[0][rms[0].isfinite()].max() < 1
