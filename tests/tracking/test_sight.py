"""Frames of a camera with a lens become those of a pinhole."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.frame import Frame
from objpose.geometry import Camera, bilinear
from objpose.raster import render_mesh
from objpose.tracking.sight import Sight, Straightener
from tests.synthetic import CAMERA, HEIGHT, MESHES, WALL, WIDTH, looking, shifted

BROWN, FISHEYE = (-0.25, 0.08, 1e-3, -5e-4, 0.0), (0.05, -0.01, 0.0, 0.0)
MESH, POSE = MESHES["painted_blob"](), shifted(looking(5), torch.tensor([-0.15, 0.1, 0.0]))  # in a corner
FINER, ROOM = 3, 400  # pixels of a side of the finer picture for each; and of rim, that lenses see


def drawn(K: Tensor, width: int, height: int) -> tuple[Tensor, Tensor]:
    """(H, W, 3) colours in [0, 1] and (H, W) depth, a wall behind."""
    found = render_mesh(MESH, POSE, K, width, height, outputs=("depth", "color"))
    rgb = torch.where(found.mask[0, ..., None], found.color[0], WALL)
    return rgb, torch.where(found.mask[0], found.depth[0], 0.9)


def seen_through(camera: Camera) -> Frame:
    """What a pinhole of finer pixels sees along the rays of a camera."""
    K = CAMERA.K.float()
    K[:2] *= FINER
    K[:2, 2] += ROOM
    rgb, depth = drawn(K, FINER * WIDTH + 2 * ROOM, FINER * HEIGHT + 2 * ROOM)
    pixels = (camera.rays() @ K.mT)[..., :2].float()
    colours = bilinear(rgb.permute(2, 0, 1)[None], pixels[None], beyond="border")[0].permute(1, 2, 0)
    column, row = pixels.round().long().unbind(-1)
    return Frame((255 * colours).round().to(torch.uint8), camera, depth[row, column])


@pytest.mark.parametrize(("distortion", "fisheye"), [(BROWN, False), (FISHEYE, True)])
def test_a_lens_is_taken_out(distortion: tuple[float, ...], fisheye: bool) -> None:
    camera = Camera.from_K(CAMERA.K, WIDTH, HEIGHT, distortion, fisheye)
    frame = seen_through(camera)
    sight = Straightener().sight(frame)
    rgb, depth = drawn(CAMERA.K, WIDTH, HEIGHT)
    inside, there = sight.depth > 0, depth < 0.8
    bent, off = ((seen.float() - 255 * rgb).abs()[there & inside].mean() for seen in (frame.rgb, sight.rgb))
    assert inside.float().mean() > 0.8 and off < 2 and off < bent / 5
    assert ((sight.depth - depth)[inside].abs() < 3e-3).float().mean() > 0.99
    assert torch.equal(sight.K, CAMERA.K.float())
    assert sight.rgb.dtype == torch.uint8 and sight.rgb.is_contiguous() and sight.depth.dtype == torch.float32


def test_depth_is_not_averaged() -> None:
    camera = Camera.from_K(CAMERA.K, WIDTH, HEIGHT, BROWN)
    depth = torch.where(torch.arange(WIDTH) % 2 == 0, 0.5, 2.0).expand(HEIGHT, WIDTH).clone()
    depth[::3] = 0
    sight = Straightener().sight(Frame(torch.zeros(HEIGHT, WIDTH, 3, dtype=torch.uint8), camera, depth))
    assert set(sight.depth.unique().tolist()) == {0.0, 0.5, 2.0}


def test_a_pinhole_is_left_alone() -> None:
    rgb = torch.arange(HEIGHT * WIDTH * 3).remainder(251).to(torch.uint8).view(HEIGHT, WIDTH, 3)
    sight = Straightener().sight(Frame(rgb, CAMERA))
    assert torch.equal(sight.rgb, rgb) and sight.depth is None and sight.occluders is None
    assert Straightener().sight(Frame(rgb.flip(-1), CAMERA)).rgb.is_contiguous()


def test_cameras_that_take_turns_are_told_apart() -> None:
    rgb = torch.arange(HEIGHT * WIDTH * 3).remainder(251).to(torch.uint8).view(HEIGHT, WIDTH, 3)
    frames = [
        Frame(rgb, Camera.from_K(K, WIDTH, HEIGHT, distortion))
        for K in (CAMERA.K, CAMERA.K * torch.tensor([1.1, 1.1, 1.0])[:, None])
        for distortion in (BROWN, BROWN[:4], (0.1, 0.0, 0.0, 0.0))
    ]
    one = Straightener()

    def same(first: Sight, second: Sight) -> bool:
        return torch.equal(first.rgb, second.rgb) and torch.equal(first.K, second.K)

    for frame in (*frames, *reversed(frames)):
        assert same(one.sight(frame), Straightener().sight(frame))
