"""What a camera saw: an RGB image, its intrinsics and, where there is one, depth. Checked once, here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import Camera

# Consumer depth cameras end near 10 m; a median beyond this is millimetres read as metres.
FARTHEST_MEDIAN_DEPTH = 50.0
NEAREST_MEDIAN_DEPTH = 0.02


@dataclass(frozen=True, init=False, eq=False)
class Frame:
    """One view.

    rgb: (H, W, 3) uint8; camera: its intrinsics, of the same size; depth: (H, W) z-depth in metres, 0 =
    missing, or None. numpy arrays and tensors are taken. Raises InputError for sizes that disagree, NaN,
    negative depth and depth in the wrong unit.
    """

    rgb: Tensor  # (H, W, 3) uint8
    camera: Camera
    depth: Tensor | None  # (H, W) float32 metres

    def __init__(self, rgb: np.ndarray | Tensor, camera: Camera, depth: np.ndarray | Tensor | None = None):
        object.__setattr__(self, "rgb", _checked_rgb(rgb))
        object.__setattr__(self, "camera", camera)
        _check_size("camera", (camera.height, camera.width), self.rgb, "use Camera.resize with the image")
        object.__setattr__(self, "depth", None if depth is None else _checked_depth(depth, self.rgb))

    def without_depth(self) -> Frame:
        """The same view without its depth; nothing is checked again."""
        if self.depth is None:
            return self
        same = object.__new__(Frame)
        for name, value in (("rgb", self.rgb), ("camera", self.camera), ("depth", None)):
            object.__setattr__(same, name, value)
        return same

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]

    def checked_mask(self, mask: np.ndarray | Tensor, name: str = "mask") -> Tensor:
        """(H, W) bool; raises InputError when it is empty or of another size."""
        mask = _tensor(mask).bool()
        if mask.ndim != 2:
            raise InputError(name, f"shape {tuple(mask.shape)}", "(H, W)", "give one mask per object")
        _check_size(name, tuple(mask.shape), self.rgb, "make the mask from this very image")
        if not bool(mask.any()):
            raise InputError(
                name, "no pixel set", "the object's pixels", "check the segmentation or its threshold"
            )
        return mask


def _tensor(array: np.ndarray | Tensor) -> Tensor:
    """A tensor of any array: torch takes no flipped views (BGR to RGB) and warns of read-only arrays."""
    return array if isinstance(array, Tensor) else torch.from_numpy(np.array(array, order="C"))


def _checked_rgb(rgb: np.ndarray | Tensor) -> Tensor:
    rgb = _tensor(rgb)
    if rgb.ndim != 3 or rgb.shape[-1] != 3:
        cure = "repeat a grey image three times, drop an alpha channel"
        raise InputError("rgb", f"shape {tuple(rgb.shape)}", "(H, W, 3)", cure)
    if rgb.dtype != torch.uint8:
        raise InputError("rgb", f"{rgb.dtype}", "uint8 in 0..255", "multiply by 255 and convert")
    return rgb


def _checked_depth(depth: np.ndarray | Tensor, rgb: Tensor) -> Tensor:
    depth = _tensor(depth)
    if not depth.is_floating_point():
        cure = "multiply the stored values by the depth scale, 0.001 for millimetres"
        raise InputError("depth", f"{depth.dtype} values", "floating-point metres", cure)
    depth = depth.float()
    _check_size("depth", tuple(depth.shape), rgb, "register the depth to the colour camera")
    if not bool(torch.isfinite(depth).all()):
        raise InputError(
            "depth", "NaN or infinite values", "0 where depth is missing", "use nan_to_num(depth, 0)"
        )
    if bool((depth < 0).any()):
        raise InputError("depth", f"a least value of {float(depth.min()):.3g} m", "0 or more", "clip it at 0")
    seen = depth[depth > 0]
    if not len(seen):
        raise InputError(
            "depth", "0 everywhere", "some measured depth", "check the file, or leave the depth out"
        )
    median = float(seen.median())
    if not NEAREST_MEDIAN_DEPTH < median < FARTHEST_MEDIAN_DEPTH:
        cure = "check the depth scale (0.001 for millimetres, 0.0001 for tenths of one)"
        raise InputError("depth", f"a median of {median:.4g} m", "a scene of some metres", cure)
    return depth


def _check_size(name: str, found: tuple[int, ...], rgb: Tensor, cure: str) -> None:
    expected = (rgb.shape[0], rgb.shape[1])
    if tuple(found) != expected:
        found_text = " x ".join(str(n) for n in reversed(found))
        raise InputError(name, found_text, f"{expected[1]} x {expected[0]} as the image", cure)
