"""What a camera saw: an RGB image, its intrinsics and, where there is one, depth. Checked once, here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from torch import Tensor

from objpose.errors import InputError, warn_input
from objpose.geometry import Camera, on_device
from objpose.given import CameraOrFile, Picture, PictureOrFile, as_camera, as_image, as_rgb
from objpose.io import as_mask

# Consumer depth cameras end near 10 m; a median beyond this is millimetres read as metres.
FARTHEST_MEDIAN_DEPTH = 50.0
NEAREST_MEDIAN_DEPTH = 0.02
MANY_MISSING = 0.5  # share of pixels that are NaN, infinite or negative from which it is said
MEDIAN_PIXELS = 10_000  # that tell the median of an image
INFINITY = 1e9  # metres from which depth stands for infinity: renderers write 1e10
NEARLY_ALL = 0.95  # share of the image from which a mask is doubted


@dataclass(frozen=True, init=False, eq=False)
class Frame:
    """One view.

    rgb: (H, W, 3) uint8; camera: its intrinsics, of the same size; depth: (H, W) z-depth in metres, or None;
    0, NaN, infinity and negative values are missing (REP-118) and kept as 0, `not_numbers` of them. numpy
    arrays, tensors and PIL pictures are taken, a file of RGB, and K (3 x 3) for the camera.

    Raises:
        InputError: sizes that disagree, mostly negative depth and depth in the wrong unit.
    """

    rgb: UInt8[Tensor, "H W 3"]
    camera: Camera
    depth: Float32[Tensor, "H W"] | None  # metres
    not_numbers: int = 0  # pixels whose depth was NaN, infinite or negative

    def __init__(self, rgb: PictureOrFile, camera: CameraOrFile, depth: Picture | None = None):
        object.__setattr__(self, "rgb", _checked_rgb(as_rgb(rgb, camera)))
        known = as_camera(camera, self.size)
        measured = None if depth is None else as_image(depth, "depth")
        object.__setattr__(self, "camera", known)
        _check_size("camera", (known.height, known.width), self.rgb, "use Camera.resize with the image")
        checked, not_numbers = (None, 0) if measured is None else _checked_depth(measured, self.rgb)
        object.__setattr__(self, "depth", checked)
        object.__setattr__(self, "not_numbers", not_numbers)

    def without_depth(self) -> Frame:
        """The same view without its depth; nothing is checked again."""
        if self.depth is None:
            return self
        same = object.__new__(Frame)
        for name, value in (("rgb", self.rgb), ("camera", self.camera), ("depth", None)):
            object.__setattr__(same, name, value)
        return same

    def to(self, device: torch.device | str) -> Frame:
        """The same view with its pictures on a device; the camera stays on the host."""
        device = torch.device(device)
        return self if device == self.rgb.device else on_device(self, device, staying=("camera",))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]

    def checked_mask(self, mask: np.ndarray | Tensor, name: str = "mask") -> Bool[Tensor, "H W"]:
        """Bools of bools, 0/1, 0/255, probabilities (above 0.5) or logits (above 0).

        A mask that covers nearly all of the image or touches all of its sides is warned of: it may be
        inverted.

        Raises:
            InputError: it is empty, of another size, or holds several labels.
        """
        is_checked = isinstance(mask, Tensor) and mask.dtype == torch.bool  # by this very function
        mask = _squeezed(_tensor(mask)).to(self.rgb.device)
        if mask.ndim != 2:
            raise InputError(name, f"shape {tuple(mask.shape)}", "(H, W)", "give one mask per object")
        _check_size(name, tuple(mask.shape), self.rgb, "make the mask from this very image")
        if mask.dtype != torch.bool:
            values = mask.double() if mask.is_floating_point() else mask  # numpy knows no bfloat16
            mask = torch.from_numpy(as_mask(values.detach().cpu().numpy(), name)).to(mask.device)
        if not bool(mask.any()):
            raise InputError(
                name, "no pixel set", "the object's pixels", "check the segmentation or its threshold"
            )
        if not is_checked:
            _say_doubtful(mask, name)
        return mask


def _tensor(array: np.ndarray | Tensor) -> Tensor:
    """A tensor of any array: torch takes no flipped views (BGR to RGB), no other machine's byte order, and
    warns of read-only arrays."""
    if isinstance(array, Tensor):
        return array
    array = np.array(array, order="C")
    return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))


def _squeezed(tensor: Tensor) -> Tensor:
    """(H, W) of (1, H, W) and (H, W, 1)."""
    if tensor.ndim == 3 and 1 in (tensor.shape[0], tensor.shape[-1]):
        return tensor[0] if tensor.shape[0] == 1 else tensor[..., 0]
    return tensor


def _say_doubtful(mask: Tensor, name: str) -> None:
    share = float(mask.float().mean())
    touches = all(bool(side.any()) for side in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
    if share > NEARLY_ALL or touches:
        found = f"{share:.0%} of the image" + (", touching all of its sides" if touches else "")
        warn_input(name, found, "the pixels of one object", "check that it is not inverted (object black)")


def _checked_rgb(rgb: np.ndarray | Tensor) -> Tensor:
    rgb = _tensor(rgb)
    if rgb.ndim != 3 or rgb.shape[-1] != 3:
        raise InputError("rgb", f"shape {tuple(rgb.shape)}", "(H, W, 3)", _to_colors(tuple(rgb.shape)))
    if rgb.dtype != torch.uint8:
        is_unit = rgb.is_floating_point() and bool(rgb.numel()) and float(rgb.max()) <= 1
        scale = "multiply by 255" if is_unit else "scale it to 0..255"
        raise InputError("rgb", f"{rgb.dtype}", "uint8 in 0..255", f"{scale} and convert to uint8")
    return rgb


def _to_colors(shape: tuple[int, ...]) -> str:
    """The cure for an image of another shape."""
    if len(shape) == 4:
        return "a Frame is one view: make one of each"
    if len(shape) == 3 and shape[0] in (1, 3, 4) and shape[-1] not in (1, 4):
        return "put the channels last: permute(1, 2, 0), numpy's transpose(1, 2, 0)"
    return "repeat a grey image three times, drop an alpha channel"


def _checked_depth(depth: np.ndarray | Tensor, rgb: Tensor) -> tuple[Tensor, int]:
    """(H, W) float32 metres with 0 where there is none, and how many pixels were no number."""
    depth = _squeezed(_tensor(depth))
    if not depth.is_floating_point():
        cure = "multiply the stored values by the depth scale, 0.001 for millimetres"
        raise InputError("depth", f"{depth.dtype} values", "floating-point metres", cure)
    depth = depth.float()
    _check_size("depth", tuple(depth.shape), rgb, _register(tuple(depth.shape), rgb))
    depth, not_numbers = _without_not_numbers(depth)
    median = _median(depth)
    if median is None:
        raise InputError(
            "depth", "0 everywhere", "some measured depth", "check the file, or leave the depth out"
        )
    if not NEAREST_MEDIAN_DEPTH < median < FARTHEST_MEDIAN_DEPTH:
        cure = "check the depth scale (0.001 for millimetres, 0.0001 for tenths of one)"
        raise InputError("depth", f"a median of {median:.4g} m", "a scene of some metres", cure)
    return depth, not_numbers


def _without_not_numbers(depth: Tensor) -> tuple[Tensor, int]:
    if depth.numel():
        nearest, farthest = (float(value) for value in depth.aminmax())  # NaN where there is one
        if nearest >= 0 and farthest < INFINITY:
            return depth.clone(), 0  # the common case at camera rate: one pass; the caller's array stays his
    positive = (depth > 0) & (depth < INFINITY)
    negative = (depth < 0) & (depth > -INFINITY)
    positives, negatives = int(positive.sum()), int(negative.sum())
    if negatives > positives:
        found = f"{negatives} negative values, {positives} positive"
        raise InputError("depth", found, "depth that grows forward", "negate it: z points backward here")
    if negatives:
        found = f"{negatives} negative values, the least {float(depth[negative].min()):.4g}"
        warn_input("depth", found, "0 or more", "taken as missing (0)")
    wrong = depth.numel() - positives - int((depth == 0).sum())
    if wrong > MANY_MISSING * depth.numel():
        found = f"{wrong / depth.numel():.0%} NaN, infinite or negative"
        warn_input("depth", found, "mostly depth", "taken as missing (0)")
    return torch.where(positive, depth, 0.0), wrong


def _median(depth: Tensor) -> float | None:
    """Of the measured depth, told by evenly spread pixels of many; None where all is missing."""
    pixels = depth.flatten()
    step = max(1, pixels.numel() // MEDIAN_PIXELS) | 1  # odd, as widths are even: all columns take turns
    for part in (pixels[::step], pixels):
        seen = part[part > 0]
        if len(seen):
            return float(seen.median())
    return None


def _register(shape: tuple[int, ...], rgb: Tensor) -> str:
    """The cure for depth of another size."""
    if len(shape) == 2 and shape[0] * rgb.shape[1] == shape[1] * rgb.shape[0]:
        return (
            "register the depth to the colour camera; if it is of that very camera, resize it to the image "
            "(nearest neighbour)"
        )
    return "register the depth to the colour camera"


def _check_size(name: str, found: tuple[int, ...], rgb: Tensor, cure: str) -> None:
    expected = (rgb.shape[0], rgb.shape[1])
    if tuple(found) != expected:
        found_text = " x ".join(str(n) for n in reversed(found))
        raise InputError(name, found_text, f"{expected[1]} x {expected[0]} as the image", cure)
