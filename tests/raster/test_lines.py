"""Correspondence lines: the core agrees with its twin, and the twin's equations with its cost."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, NormalEquations, moved_about
from objpose.raster import Lines, LineStatistics, Outline
from objpose.raster.cpu import lines as cpu
from objpose.raster.lines.bundles import empty_histograms, empty_statistics
from objpose.raster.twin import lines as twin
from tests.raster.outline_scenes import (
    HEIGHT,
    RADIUS,
    WIDTH,
    K,
    disturbed,
    outlines,
    picture,
    pixel_error,
    truth,
)

POSITIONS = 12


class Scene(NamedTuple):
    rgb: Tensor
    table: Tensor
    outline: Outline
    poses: Tensor
    centre: Tensor


@pytest.fixture(scope="module")
def scene() -> Scene:
    """A noisy picture of one of three poses, some points hidden, and one pose that leaves the picture."""
    expected = truth(3)
    generator = torch.Generator().manual_seed(0)
    rgb = picture(expected[:1]).int() + torch.randint(-20, 21, (HEIGHT, WIDTH, 3), generator=generator)
    poses = disturbed(expected, 0.005, 0.05)
    poses[2, 4:] += torch.tensor([0.2, 0.0, 0.0])
    shapes = outlines()
    view = torch.zeros(3, dtype=torch.int32)
    twin.nearest_views(shapes.directions, shapes.centre, poses, view)
    outline = shapes.of(view)
    outline.usable[1, ::7] = False
    table = torch.rand(32, 32, 32, generator=generator)
    return Scene(rgb.clamp(0, 255).to(torch.uint8), table, outline, poses, shapes.centre)


def profiles(core, scene: Scene, scale: int, positions: int = POSITIONS) -> Lines:
    lines = Lines.empty(*scene.outline.usable.shape, positions)
    core.line_profiles(scene.rgb, scene.table, scene.outline, scene.poses, K, scale, lines)
    return lines


def equations(core, lines: Lines, scene: Scene, sigma: float) -> NormalEquations:
    out = NormalEquations(torch.empty(3, 6, 6), torch.empty(3, 6), torch.empty(3))
    core.line_equations(lines, scene.outline, scene.poses, K, scene.centre, sigma, out)
    return out


def test_nearest_views(scene: Scene) -> None:
    shapes = outlines()
    found, expected = (torch.full((3,), -1, dtype=torch.int32) for _ in range(2))
    cpu.nearest_views(shapes.directions, shapes.centre, scene.poses, found)
    twin.nearest_views(shapes.directions, shapes.centre, scene.poses, expected)
    assert torch.equal(found, expected) and (found >= 0).all()


def test_count_colors(scene: Scene) -> None:
    found, expected = (torch.zeros(2, 32, 32, 32, dtype=torch.int32) for _ in range(2))
    cpu.count_colors(scene.rgb, scene.outline, scene.poses, K, found)
    twin.count_colors(scene.rgb, scene.outline, scene.poses, K, expected)
    assert torch.equal(found, expected)
    assert (found.sum((1, 2, 3)) > 1000).all()


@pytest.mark.parametrize("rate", [0.2, 1.0])
def test_blend_colors(scene: Scene, rate: float) -> None:
    counts = torch.zeros(2, 32, 32, 32, dtype=torch.int32)
    cpu.count_colors(scene.rgb, scene.outline, scene.poses[:1], K, counts)
    results = []
    for core in (cpu, twin):
        histograms, scratch, table = empty_histograms(), empty_histograms(), torch.empty(32, 32, 32)
        histograms[:, 3, 4, 5] = 1
        contrast = core.blend_colors(counts, rate, histograms, table, scratch)
        results.append((histograms, table, torch.tensor(contrast)))
    torch.testing.assert_close(results[0], results[1], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(results[0][0].sum((1, 2, 3)), torch.ones(2), rtol=1e-4, atol=0)


@pytest.mark.parametrize(("scale", "positions"), [(1, 12), (4, 12), (6, 36)])
def test_line_profiles(scene: Scene, scale: int, positions: int) -> None:
    found, expected = (profiles(core, scene, scale, positions) for core in (cpu, twin))
    torch.testing.assert_close(found.placement, expected.placement, rtol=1e-6, atol=1e-5)
    torch.testing.assert_close(found.posterior, expected.posterior, rtol=1e-3, atol=1e-5)
    is_line = found.placement[..., 5] > 0
    assert is_line[:2].float().mean() > 0.3 and not is_line[1, ::7].any()
    torch.testing.assert_close(found.posterior.sum(-1), is_line.float())


@pytest.mark.parametrize("sigma", [1.0, 15.0])
def test_line_equations(scene: Scene, sigma: float) -> None:
    lines = profiles(twin, scene, 2)
    found, expected = (equations(core, lines, scene, sigma) for core in (cpu, twin))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4 * float(other.abs().max()))
    assert (torch.linalg.eigvalsh(found.normal[:2].double())[:, 0] > 0).all()


@pytest.mark.parametrize("sigma", [1.0, 15.0])
def test_gradient_is_that_of_the_cost(scene: Scene, sigma: float) -> None:
    lines = profiles(twin, scene, 2)
    step = torch.zeros(3, 6, dtype=torch.float64, requires_grad=True)
    start = SE3(scene.poses.double()).normalized().wxyz_xyz
    moved = SE3(moved_about(scene.centre.double(), start, step))
    points = moved.apply_points(scene.outline.points[scene.outline.view.long()].double())
    twin.line_costs(lines, points, K, sigma).sum().backward()
    found = equations(twin, lines, scene, sigma).gradient
    torch.testing.assert_close(found.double(), step.grad, rtol=1e-4, atol=1e-4)
    assert found.abs().max() > 1


def test_line_statistics(scene: Scene) -> None:
    lines = profiles(twin, scene, 2)
    found, expected = empty_statistics(3), empty_statistics(3)
    cpu.line_statistics(lines, scene.outline, scene.poses, K, 2.0, found)
    twin.line_statistics(lines, scene.outline, scene.poses, K, 2.0, expected)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert (LineStatistics.of(found).entropy > 0).all()


def test_move_poses(scene: Scene) -> None:
    normal = torch.randn(3, 6, 9, generator=torch.Generator().manual_seed(0))
    gradient = torch.tensor([[1.0, -2.0, 3.0, -4.0, 5.0, -6.0]] * 3)
    gradient[2, 0] = torch.nan
    problem = NormalEquations(normal @ normal.mT, gradient, torch.zeros(3))
    found, expected = torch.zeros(3, 7), torch.zeros(3, 7)
    arguments = (scene.poses, scene.centre, problem, K, RADIUS, (1e-5, 1e-4))
    cpu.move_poses(*arguments, found)
    twin.move_poses(*arguments, expected)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    assert torch.equal(found[2], scene.poses[2])
    assert pixel_error(found[:1], SE3(scene.poses[:1])) > 1


def test_a_batch_is_its_single_poses(scene: Scene) -> None:
    lines = profiles(cpu, scene, 3)
    whole = equations(cpu, lines, scene, 3.0)
    for i in range(3):
        one = slice(i, i + 1)
        outline = scene.outline._replace(view=scene.outline.view[one], usable=scene.outline.usable[one])
        alone = Lines.empty(1, outline.usable.shape[1], POSITIONS)
        cpu.line_profiles(scene.rgb, scene.table, outline, scene.poses[one], K, 3, alone)
        assert torch.equal(alone.posterior[0], lines.posterior[i])
        out = NormalEquations(torch.empty(1, 6, 6), torch.empty(1, 6), torch.empty(1))
        cpu.line_equations(alone, outline, scene.poses[one], K, scene.centre, 3.0, out)
        assert torch.equal(out.normal[0], whole.normal[i]) and torch.equal(out.gradient[0], whole.gradient[i])


def test_nothing_is_seen_from_nowhere(scene: Scene) -> None:
    """Behind the camera, and at no place at all; and no step leads from there."""
    poses = scene.poses.clone()
    poses[0, 6], poses[1, 5], poses[2] = -0.6, torch.nan, torch.inf
    nowhere = scene._replace(poses=poses)
    for scale in (1, 6):
        lines = profiles(cpu, nowhere, scale, 36)
        assert not lines.placement.any() and not lines.posterior.any()
        found = equations(cpu, lines, nowhere, 3.0)
        assert not any(part.any() for part in found)
    moved = poses.clone()
    cpu.move_poses(poses, scene.centre, found, K, RADIUS, (0.03, 0.3), moved)
    torch.testing.assert_close(moved, poses, equal_nan=True)


def test_a_picture_smaller_than_its_lines(scene: Scene) -> None:
    """What lies outside says nothing: both cores look at a cutting alike."""
    K_cut = K.clone()
    K_cut[:2, 2] -= torch.tensor([140.0, 100.0])
    small = scene._replace(rgb=scene.rgb[100:140, 140:190].contiguous())
    found, expected = (Lines.empty(3, 200, 12) for _ in range(2))
    for core, lines in ((cpu, found), (twin, expected)):
        core.line_profiles(small.rgb, small.table, small.outline, small.poses, K_cut, 6, lines)
    torch.testing.assert_close(found.posterior, expected.posterior, rtol=1e-3, atol=1e-5)
    assert 0 < int((found.placement[..., 5] > 0).sum()) < 300
