"""An object's outline leads its pose back to where it was drawn, and tells when it cannot."""

from __future__ import annotations

from functools import lru_cache

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, SO3, looking_at, moved_about
from objpose.raster import LineStatistics, move_poses
from objpose.tracking.region import Region
from objpose.tracking.view_points import DISTANCE, view_points
from objpose.tracking.views import SparseViews
from tests.raster.outline_scenes import BESIDE, HEIGHT, ON, RADIUS, WIDTH, K, block, picture, pixel_error

SCALES = (6, 15.0), (4, 5.0), (2, 3.5), (1, 1.5), (1, 1.5), (1, 1.5)  # pixels of a segment, and sigma
DAMPING = 0.03, 0.3
CLOSE = 0.3  # pixels, of the vertex that is furthest off


@lru_cache(maxsize=1)
def views() -> SparseViews:
    return SparseViews(**view_points(block(), 64))


@lru_cache(maxsize=1)
def truths() -> SE3:
    """(4,) cameras that stand where views do, turned about their axes and off the object: what is left is no
    error of the views."""
    directions = views().directions[torch.tensor([11, 27, 40, 52])]
    z = -directions
    x = torch.nn.functional.normalize(
        torch.linalg.cross(z, torch.tensor([0.3, 0.5, 0.8]).expand(4, 3)), dim=1
    )
    rotation = SO3.from_matrix(torch.stack([x, torch.linalg.cross(z, x), z], 1))
    pose = looking_at(views().centre, rotation, DISTANCE * block().diameter() * 0.75)
    return SE3(pose.wxyz_xyz + torch.tensor([0, 0, 0, 0, 0.01, -0.008, 0.0]))


def disturbed(shift: float, turn: float, seed: int = 0) -> Tensor:
    """(4, 7) poses off by metres and radians in random directions."""
    generator = torch.Generator().manual_seed(seed)
    step = torch.nn.functional.normalize(torch.randn(4, 2, 3, generator=generator), dim=-1)
    twist = (step * torch.tensor([[shift], [turn]])).flatten(1)
    return moved_about(views().centre, truths().wxyz_xyz, twist).float().contiguous()


def follow(region: Region, rgb: Tensor, start: Tensor) -> Tensor:
    pose = start.clone()
    for scale, sigma in SCALES:
        region.aim(pose)
        region.look(rgb, pose, K, scale)
        for _ in range(2):
            equations = region.equations(pose, K, sigma)
            move_poses(pose, views().centre, equations, K, RADIUS, DAMPING, pose)
    return pose


def knowing(index: int) -> tuple[Region, Tensor]:
    """A region that has learnt the colours of a noisy picture, and the picture."""
    noise = 10 * torch.randn(HEIGHT, WIDTH, 3, generator=torch.Generator().manual_seed(index))
    rgb, region = (picture(truths()[index]) + noise).round().clamp(0, 255).to(torch.uint8), Region(views())
    pose = truths()[index].wxyz_xyz[None].contiguous()
    region.aim(pose)
    region.remember(rgb, pose, K)
    return region, rgb


def seen(region: Region, rgb: Tensor, poses: Tensor) -> LineStatistics:
    region.aim(poses)
    region.look(rgb, poses, K, 1)
    return region.evidence(poses, K, 1.5)


@pytest.mark.parametrize(("shift", "turn"), [(0.0, 0.0), (0.004, 0.05), (0.012, 0.1), (0.03, 0.05)])
def test_an_outline_leads_back(shift: float, turn: float) -> None:
    starts = disturbed(shift, turn)
    for i in range(4):
        region, rgb = knowing(i)
        found = follow(region, rgb, starts[i : i + 1])
        assert pixel_error(found, truths()[i : i + 1]) < CLOSE


def test_many_starts_are_as_each_alone() -> None:
    region, rgb = knowing(0)
    step = 0.01 * torch.randn(8, 6, generator=torch.Generator().manual_seed(0))
    starts = moved_about(views().centre, truths().wxyz_xyz[:1].expand(8, 7), step).float()
    together = follow(region, rgb, starts)
    alone = torch.cat([follow(region, rgb, start) for start in starts.split(1)])
    assert torch.equal(together, alone)


def test_a_hidden_side_is_not_needed() -> None:
    """Half of the picture is painted over, and the contour points in it are known to be hidden."""
    region, rgb = knowing(1)
    start, rgb = disturbed(0.003, 0.03)[1:2], rgb.clone()
    edge = int(K[0] @ (truths()[1].apply(views().centre) / truths()[1].apply(views().centre)[2]))
    rgb[:, edge:] = torch.tensor(ON, dtype=torch.uint8)
    pose = start.clone()
    for scale, sigma in SCALES:
        outline = region.aim(pose)
        points = SE3(pose[0]).apply(views().contour_points[int(outline.view)])
        outline.usable[0] = points @ K[0] / points[:, 2] < edge - 3
        region.look(rgb, pose, K, scale)
        for _ in range(2):
            move_poses(pose, views().centre, region.equations(pose, K, sigma), K, RADIUS, DAMPING, pose)
    assert pixel_error(pose, truths()[1:2]) < pixel_error(start, truths()[1:2]) / 3


def test_evidence_falls_where_the_object_is_not() -> None:
    region, rgb = knowing(2)
    there, off = truths().wxyz_xyz[2:3].contiguous(), disturbed(0.03, 0.0)[2:3]
    good, bad = (LineStatistics(*(x.clone() for x in seen(region, rgb, pose))) for pose in (there, off))
    assert good.share > 0.9 and good.agreement > 0.9 and good.agreement > bad.agreement + 0.4
    assert good.entropy < bad.entropy and good.deviation < bad.deviation
    outside = off.clone()
    outside[:, 4] += 2.0
    assert all(float(number) == 0 for number in seen(region, rgb, outside))


def test_colours() -> None:
    """They are told apart where they differ, not where they are the same, and follow the light slowly."""
    region, rgb = knowing(3)
    on, beside = (tuple(level // 8 for level in colour) for colour in (ON, BESIDE))
    assert region.colours.contrast > 0.8
    assert region.colours.table[on] > 0.95 and region.colours.table[beside] < 0.05
    pose, flipped = truths().wxyz_xyz[3:4].contiguous(), rgb.flip(-1)  # other colours on both sides
    for _ in range(30):
        region.remember(flipped, pose, K)
    assert region.colours.table[on[::-1]] > 0.95 and abs(region.colours.table[on] - 0.5) < 0.45
    same = torch.full_like(rgb, 90)
    region.colours.forget()
    assert not region.colours.is_known and bool((region.colours.table == 0.5).all())
    region.remember(same, pose, K)
    assert region.colours.contrast < 1e-3


def test_without_colours_nothing_moves() -> None:
    region, (_, rgb) = Region(views()), knowing(0)
    start = disturbed(0.01, 0.1)[:1]
    assert pixel_error(follow(region, rgb, start), SE3(start)) < 0.5


def test_memory_does_not_grow() -> None:
    resource = pytest.importorskip("resource")  # not on Windows
    region, rgb = knowing(0)
    start = disturbed(0.004, 0.05)[:1]
    follow(region, rgb, start)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(300):
        follow(region, rgb, start)
        region.remember(rgb, start, K)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2048  # KiB
