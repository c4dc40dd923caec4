"""Does K belong to a picture of this size? Its principal point says of which size the picture was."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import torch

from objpose.checking.finding import Finding
from objpose.checking.sizes import is_central
from objpose.geometry import Camera

EQUAL_FOCAL = 0.05  # relative: fx and fy of one lens
SQUARE = 1.15  # ratio of fx to fy beyond which no lens goes
SAME_SCALE = 0.06  # relative: the principal point in both directions, of a K that was only scaled
NEAR = 0.03  # relative: how near a size or a factor is to a usual one; calibrations err by that
FACTORS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 2, 2, 3, 4)  # by which pictures are resized
SIZES = (  # that cameras deliver
    *((320, 240), (424, 240), (640, 360), (640, 400), (640, 480), (640, 512), (720, 540), (800, 600)),
    *((848, 480), (960, 540), (1024, 768), (1280, 720), (1280, 800), (1280, 960), (1280, 1024)),
    *((1600, 1200), (1920, 1080), (1920, 1200), (2048, 1536), (2560, 1440), (2592, 1944)),
    *((3840, 2160), (4032, 3024)),
)


def check_intrinsics(camera: Camera) -> Finding | None:
    """What K's own numbers say against the picture's size; None where nothing is sure.

    A crop's principal point may lie anywhere, so that one off the middle is blamed only where it is in the
    middle of another size that cameras have, or of this size scaled.
    """
    size = camera.width, camera.height
    entries = _other_order(camera, size)
    if entries is not None or is_central(camera, size):
        return entries
    own = _own_size(camera)
    if min(own) <= 0:
        return None
    if max(size) > SQUARE * min(size) and _is_near(own, size[::-1]):
        cure = "swap x and y of K, or turn the picture as it was calibrated"
        return Finding("size swapped", "camera", *_middles(camera), cure)
    scale = own[0] / size[0], own[1] / size[1]
    factor = math.sqrt(scale[0] * scale[1])
    usual = [known for known in FACTORS if _is_near((factor,), (known,))]
    factor = usual[0] if usual else factor
    if (usual or _is_camera_size(own)) and abs(math.log(scale[0] / scale[1])) < SAME_SCALE:
        cure = f"divide K by {factor:.3g} (Camera.resize); of a crop, subtract its corner from cx, cy instead"
        return Finding("K resolution", "camera", *_middles(camera), cure, factor)
    if max(scale) < 1 and _is_camera_size(own):
        cure = f"K is of a {own[0]} x {own[1]} picture: scale it to this one, or calibrate at this size"
        return Finding("K resolution", "camera", *_middles(camera), cure, factor)
    return as_crop(camera)


def names_other_size(camera: Camera) -> bool:
    """Whether K, which may be any, says of which other picture it is."""
    return min(camera.fx, camera.fy) > 0 and check_intrinsics(camera) is not None


def as_crop(camera: Camera) -> Finding | None:
    """K of a whole picture, larger than this one and of a size that cameras have; else None."""
    own = _own_size(camera)
    if is_central(camera, (camera.width, camera.height)) or not _is_camera_size(own):
        return None
    if own[0] < camera.width or own[1] < camera.height:
        return None
    return Finding(
        "K crop", "camera", *_middles(camera), "subtract the crop's corner from cx and cy (Camera.crop)"
    )


def _own_size(camera: Camera) -> tuple[int, int]:
    """Width and height of the picture whose middle the principal point is."""
    return round(2 * camera.cx + 1), round(2 * camera.cy + 1)


def _middles(camera: Camera) -> tuple[str, str]:
    """What was found and expected of the principal point, in words."""
    own = _own_size(camera)
    found = f"principal point ({camera.cx:.4g}, {camera.cy:.4g}), the middle of {own[0]} x {own[1]}"
    return found, f"one near the middle of {camera.width} x {camera.height}"


def scaled(camera: Camera, factor: float) -> Camera:
    """The camera whose K is divided by `factor`."""
    K = camera.K.clone()
    K[:2] /= factor
    return replace(camera, K=K)


def _other_order(camera: Camera, size: tuple[int, int]) -> Finding | None:
    """fx, fy, cx, cy in another order, where this one is no lens's and exactly one other is a camera's."""
    given = camera.fx, camera.fy, camera.cx, camera.cy
    if is_central(camera, size) and max(given[0] / given[1], given[1] / given[0]) < SQUARE:
        return None
    if abs(given[0] / given[1] - 1) < EQUAL_FOCAL and given[2] not in given[:2] and given[3] not in given[:2]:
        return None  # equal focal lengths: a crop, or another resolution
    plausible = {}
    for order in itertools.permutations(range(4)):
        fx, fy, cx, cy = (given[i] for i in order)
        if min(fx, fy) <= 0 or abs(fx / fy - 1) > EQUAL_FOCAL:
            continue
        if is_central(Camera(_matrix(fx, fy, cx, cy), *size), size):
            plausible[cx, cy] = fx, fy, cx, cy
    if len(plausible) != 1:
        return None
    [(fx, fy, cx, cy)] = plausible.values()
    found = "fx={:.4g}, fy={:.4g}, cx={:.4g}, cy={:.4g}".format(*given)
    expected = f"fx={fx:.4g}, fy={fy:.4g}, cx={cx:.4g}, cy={cy:.4g}, as they suit {size[0]} x {size[1]}"
    return Finding("K entries", "camera", found, expected, "write K as fx 0 cx, 0 fy cy, 0 0 1")


def _matrix(fx: float, fy: float, cx: float, cy: float) -> torch.Tensor:
    return torch.tensor([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], dtype=torch.float64)


def _is_camera_size(size: tuple[int, int]) -> bool:
    return any(_is_near(size, usual) for usual in SIZES)


def _is_near(values: tuple[float, ...], usual: tuple[float, ...]) -> bool:
    return all(v > 0 and abs(math.log(v / u)) < NEAR for v, u in zip(values, usual, strict=True))
