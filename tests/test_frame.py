"""Frames: what is taken, and what is refused with the cure."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
import torch

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import Camera

HEIGHT, WIDTH = 24, 32
CAMERA = Camera.from_K([40.0, 0, 15.5, 0, 40.0, 11.5, 0, 0, 1], WIDTH, HEIGHT)
RGB = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
DEPTH = np.full((HEIGHT, WIDTH), 0.7, dtype=np.float32)


def spoilt(value: float) -> np.ndarray:
    depth = DEPTH.copy()
    depth[3, 4] = value
    return depth


BAD_FRAMES = {
    "a grey image": (RGB[..., 0], CAMERA, DEPTH, "rgb: found shape \\(24, 32\\).*repeat a grey image"),
    "an alpha channel": (
        np.zeros((HEIGHT, WIDTH, 4), np.uint8),
        CAMERA,
        DEPTH,
        "rgb: .*drop an alpha channel",
    ),
    "channels first": (RGB.transpose(2, 0, 1), CAMERA, DEPTH, "rgb: found shape \\(3, 24, 32\\)"),
    "a float image": (RGB.astype(np.float32), CAMERA, DEPTH, "rgb: found torch.float32.*multiply by 255"),
    "another camera": (
        RGB,
        CAMERA.resize(64, 48),
        DEPTH,
        "camera: found 64 x 48, expected 32 x 24.*Camera.resize",
    ),
    "a turned camera": (RGB, CAMERA.resize(24, 32), DEPTH, "camera: found 24 x 32, expected 32 x 24"),
    "small depth": (RGB, CAMERA, DEPTH[:9, :8], "depth: found 8 x 9, expected 32 x 24.*register the depth"),
    "stored depth": (
        RGB,
        CAMERA,
        (DEPTH * 1000).astype(np.uint16),
        "depth: found torch.uint16.*0.001 for milli",
    ),
    "depth in mm": (RGB, CAMERA, DEPTH * 1000, "depth: found a median of 700 m.*check the depth scale"),
    "depth in km": (RGB, CAMERA, DEPTH / 1000, "depth: found a median of 0.0007 m.*check the depth scale"),
    "depth behind the camera": (RGB, CAMERA, -DEPTH, "depth: found 768 negative values.*negate it"),
    "no depth at all": (RGB, CAMERA, 0 * DEPTH, "depth: found 0 everywhere.*leave the depth out"),
}


@pytest.mark.parametrize("case", BAD_FRAMES)
def test_bad_frames_are_refused(case: str) -> None:
    rgb, camera, depth, complaint = BAD_FRAMES[case]
    with pytest.raises(InputError) as refusal:
        Frame(rgb, camera, depth)
    assert re.match(complaint, str(refusal.value)) and "\n" not in str(refusal.value)


BAD_MASKS = {
    "empty": (np.zeros((HEIGHT, WIDTH), bool), "mask 3: found no pixel set.*check the segmentation"),
    "another size": (np.ones((48, 64), bool), "mask 3: found 64 x 48, expected 32 x 24"),
    "turned": (np.ones((WIDTH, HEIGHT), bool), "mask 3: found 24 x 32, expected 32 x 24"),
    "of three channels": (np.ones((HEIGHT, WIDTH, 3), bool), "mask 3: found shape \\(24, 32, 3\\)"),
}


@pytest.mark.parametrize("case", BAD_MASKS)
def test_bad_masks_are_refused(case: str) -> None:
    mask, complaint = BAD_MASKS[case]
    with pytest.raises(InputError) as refusal:
        Frame(RGB, CAMERA, DEPTH).checked_mask(mask, "mask 3")
    assert re.match(complaint, str(refusal.value))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1.0])
def test_what_is_no_depth_is_missing(value: float) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        frame = Frame(RGB, CAMERA, spoilt(value))
    assert frame.depth[3, 4] == 0 and int((frame.depth > 0).sum()) == HEIGHT * WIDTH - 1
    assert frame.not_numbers == 1
    assert len(said) == (1 if value == -1.0 else 0)  # negative numbers are said, NaN is every sensor's custom


def test_numpy_and_torch_give_the_same_frame() -> None:
    first = Frame(RGB, CAMERA, DEPTH.astype(np.float64))
    second = Frame(torch.from_numpy(RGB), CAMERA, torch.from_numpy(DEPTH))
    assert torch.equal(first.rgb, second.rgb) and torch.equal(first.depth, second.depth)
    assert first.depth.dtype == torch.float32 and first.size == (HEIGHT, WIDTH)


def test_views_of_arrays_are_taken_too() -> None:
    """Flipped channels (BGR cameras), flipped rows, arrays that may not be written."""
    rgb = np.random.default_rng(0).integers(0, 256, RGB.shape, dtype=np.uint8)
    depth = np.random.default_rng(1).uniform(0.5, 1.0, DEPTH.shape).astype(np.float32)
    inside = np.pad(np.ones((HEIGHT - 2, WIDTH - 2), bool), 1)  # a mask that touches all sides is warned of
    locked = rgb[:, :, ::-1].copy()
    locked.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = Frame(rgb[:, :, ::-1], CAMERA, depth[::-1])
        same = Frame(locked, CAMERA, depth[::-1].copy())
        mask = frame.checked_mask((inside & (depth > 0.7))[::-1])
    assert torch.equal(frame.rgb, same.rgb) and torch.equal(frame.depth, same.depth)
    assert torch.equal(mask, torch.from_numpy(inside) & (frame.depth > 0.7))


def test_a_frame_needs_no_depth() -> None:
    assert Frame(RGB, CAMERA).depth is None


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64])
def test_masks_of_numbers_are_set_where_not_zero(dtype: type) -> None:
    mask = np.zeros((HEIGHT, WIDTH), dtype)
    mask[2:5, 3:9] = np.array(255).astype(dtype)
    checked = Frame(RGB, CAMERA, DEPTH).checked_mask(mask)
    assert checked.dtype == torch.bool and int(checked.sum()) == 18


def test_a_frame_without_its_depth_is_the_same_picture() -> None:
    rgb = torch.randint(256, (6, 8, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    camera = Camera.from_K([8.0, 0, 3.5, 0, 8.0, 2.5, 0, 0, 1], 8, 6)
    frame = Frame(rgb, camera, torch.ones(6, 8))
    bare = frame.without_depth()
    assert bare.depth is None and bare.rgb is frame.rgb and bare.camera is camera
    assert frame.depth is not None and bare.without_depth() is bare


def large(depth: np.ndarray) -> Frame:
    """A frame of more pixels than are looked at for the median."""
    camera = Camera.from_K([600.0, 0, 319.5, 0, 600.0, 239.5, 0, 0, 1], 640, 480)
    return Frame(np.zeros((480, 640, 3), np.uint8), camera, depth)


def test_one_measured_pixel_of_many_is_enough() -> None:
    depth = np.zeros((480, 640), np.float32)
    depth[241, 322] = 0.7
    assert torch.equal(large(depth).depth, torch.from_numpy(depth))


def test_the_unit_of_large_depth_is_checked() -> None:
    with pytest.raises(InputError, match="a median of 700 m"):
        large(np.full((480, 640), 700.0, np.float32))


def test_a_frame_keeps_its_depth_when_the_camera_writes_the_next() -> None:
    depth = torch.full((480, 640), 0.7)
    frame = large(depth)
    depth.fill_(0.9)
    assert float(frame.depth.max()) == pytest.approx(0.7)
