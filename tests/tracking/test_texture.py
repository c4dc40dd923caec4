"""An object's paint: it draws poses back by itself, follows the light, and is learnt anew from elsewhere."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, Mesh, moved_about
from objpose.raster import move_poses, render_mesh
from objpose.tracking.texture import Patches
from tests.geometry.shapes import box
from tests.synthetic import MESHES, looking

WIDTH, HEIGHT = 640, 480
K = torch.tensor([[600.0, 0.0, 321.3], [0.0, 602.0, 238.4], [0.0, 0.0, 1.0]])
BOX = MESHES["printed_box"]()


def picture(mesh: Mesh, cam_from_mesh: SE3, seed: int = 0) -> Tensor:
    """(H, W, 3) uint8 before clutter of grey, with a camera's noise."""
    drawn = render_mesh(mesh, cam_from_mesh, K, WIDTH, HEIGHT, outputs=("color",), supersample=3)
    generator = torch.Generator().manual_seed(seed)
    behind = torch.rand(HEIGHT // 16, WIDTH // 16, 1, generator=generator).repeat_interleave(16, 0)
    rgb = torch.where(drawn.mask[0, ..., None], drawn.color[0], behind.repeat_interleave(16, 1))
    noisy = 255 * rgb + 3 * torch.randn(rgb.shape, generator=generator)
    return noisy.round().clamp(0, 255).to(torch.uint8).contiguous()


@functools.cache
def truth(seed: int) -> SE3:
    return looking(seed)


def learnt(mesh: Mesh, cam_from_mesh: SE3) -> Patches:
    patches = Patches(mesh, mesh.bounds().mean(0), mesh.diameter())
    pose = cam_from_mesh.wxyz_xyz[None].contiguous()
    for seed in range(2):  # the first is the keyframe, the second proves it
        patches.look(picture(mesh, cam_from_mesh, seed), pose, K)
        patches.remember(pose, K)
    return patches


def moved(cam_from_mesh: SE3, twist: list[float]) -> Tensor:
    """(1, 7) about the box's centre."""
    return moved_about(torch.zeros(3), cam_from_mesh.wxyz_xyz[None], torch.tensor([twist])).contiguous()


def drawn(patches: Patches, rgb: Tensor, poses: Tensor) -> Tensor:
    patches.look(rgb, poses, K)
    poses = poses.clone()
    for coarseness in (1.0, 0.6, 0.3, 0.0):
        for _ in range(3):
            equations = patches.equations(poses, K, coarseness)
            move_poses(poses, patches.centre, equations, K, patches.radius, (0.03, 0.3), poses)
    return poses


def pixels_off(found: Tensor, expected: Tensor) -> Tensor:
    """(8,) pixels between the box's corners."""
    ends = [SE3(pose[0]).apply(BOX.vertices.unique(dim=0)) @ K.T for pose in (found, expected)]
    return (ends[0][:, :2] / ends[0][:, 2:] - ends[1][:, :2] / ends[1][:, 2:]).norm(dim=-1)


@pytest.mark.parametrize("seed", range(5))
def test_paint_alone_brings_a_box_back(seed: int) -> None:
    """From some 6 pixels off, in a frame that differs by 4 degrees and a centimetre from the one learnt."""
    patches = learnt(BOX, truth(seed))
    assert patches.offers
    there = moved(truth(seed), [0.01, -0.005, 0.005, 0.05, -0.04, 0.03])
    start = moved(SE3(there[0]), [0.0015, 0.0015, 0.0, 0.01, -0.015, 0.025])
    found = drawn(patches, picture(BOX, SE3(there[0]), 1), start)
    assert pixels_off(start, there).max() > 5
    assert pixels_off(found, there).median() < 0.2 and pixels_off(found, there).max() < 0.4
    matches = patches.evidence(found, K)
    assert matches.agreeing[0] > 0.8 * matches.seen[0] and matches.seen[0] > 40


def test_many_poses_are_drawn_as_one_is() -> None:
    patches, rgb = learnt(BOX, truth(0)), picture(BOX, truth(0), 1)
    starts = torch.cat([moved(truth(0), [0.002 * k, 0, 0, 0, 0, 0.01 * k]) for k in range(3)])
    together = drawn(patches, rgb, starts)
    for k in range(3):  # but for the pyramid's coarse pixels, which begin where the part looked at does
        alone = drawn(patches, rgb, starts[k : k + 1])
        assert pixels_off(alone, together[k : k + 1]).max() < 0.3


def test_a_keyframe_that_nothing_confirms_is_left_alone_for_a_while() -> None:
    patches, pose = Patches(BOX, torch.zeros(3), BOX.diameter()), truth(0).wxyz_xyz[None].contiguous()
    for seed in range(3):
        patches.look(picture(BOX, truth(0)), pose, K)
        patches.remember(pose, K)
        assert patches.offers == (seed > 0)
    other = Patches(BOX, torch.zeros(3), BOX.diameter())
    for mesh in (BOX, box(1e-3, 1e-3, 1e-3), BOX, BOX):
        other.look(picture(mesh, truth(0), 5), pose, K)
        other.remember(pose, K)
        assert not other.offers


def test_what_is_not_the_object_does_not_agree() -> None:
    patches = learnt(BOX, truth(0))
    pose = truth(0).wxyz_xyz[None].contiguous()
    patches.look(picture(box(1e-3, 1e-3, 1e-3), truth(0), 5), pose, K)
    matches = patches.evidence(pose, K)
    assert matches.agreeing[0] < 0.2 * matches.seen[0]


def test_what_has_no_paint_offers_nothing() -> None:
    plain = learnt(box(0.12, 0.08, 0.05), truth(0))
    assert not plain.offers


def test_a_keyframe_is_kept_while_it_serves() -> None:
    patches = learnt(BOX, truth(0))
    first = patches._keyframe
    for turn, is_kept in ((0.1, True), (0.3, False)):
        pose = moved(truth(0), [0, 0, 0, 0.8 * turn, 0.6 * turn, 0])
        patches.look(picture(BOX, SE3(pose[0]), 1), pose, K)
        patches.remember(pose, K)
        assert (patches._keyframe is first) == is_kept
    assert patches.offers
    patches.forget()
    assert not patches.offers


def test_paint_alone_follows_a_box_from_keyframe_to_keyframe() -> None:
    """Through 36 degrees, at 3 a frame: what a keyframe is off by goes on, but does not grow fast."""
    patches, there = learnt(BOX, truth(2)), truth(2).wxyz_xyz[None]
    first, found = patches._keyframe, there
    for frame in range(12):
        there = moved(SE3(there[0]), [0.001, 0.0, 0.0, 0.03, 0.04, 0.01])
        found = drawn(patches, picture(BOX, SE3(there[0]), frame), found)
        patches.remember(found, K)
    assert patches._keyframe is not first
    assert pixels_off(found, there).max() < 1.5


def test_noise_widens_what_agrees() -> None:
    patches, pose = learnt(BOX, truth(0)), truth(0).wxyz_xyz[None].contiguous()
    calm = patches.sigma
    rgb = picture(BOX, truth(0)).float()
    noise = 15 * torch.randn(rgb.shape, generator=torch.Generator().manual_seed(2))
    patches.look((rgb + noise).clamp(0, 255).to(torch.uint8), pose, K)
    patches.sigma = 15.0
    patches.remember(pose, K)
    assert calm == 6.0 and 6.0 < patches.sigma < 15.0


def test_what_stands_before_it_is_not_learnt() -> None:
    pose = truth(0).wxyz_xyz[None].contiguous()
    patches = Patches(BOX, torch.zeros(3), BOX.diameter())
    depth = render_mesh(BOX, truth(0), K, WIDTH, HEIGHT).depth[0]
    column = int((truth(0).translation @ K.T)[0] / truth(0).translation[2])
    depth[:, :column] = 0.2
    patches.look(picture(BOX, truth(0)), pose, K)
    patches.remember(pose, K, depth)
    points = truth(0).apply(patches._keyframe.levels[0].points[:, :, 0]) @ K.T
    assert len(points) > 20 and (points[:, 0] / points[:, 2] > column - 4).all()


def test_out_of_the_picture_offers_nothing() -> None:
    patches = learnt(BOX, truth(0))
    away = moved(truth(0), [1.0, 0, 0, 0, 0, 0])
    patches.look(picture(BOX, truth(0)), away, K)
    assert not patches.offers
