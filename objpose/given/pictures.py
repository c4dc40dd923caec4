"""Images, masks and cameras as callers give them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, TypeGuard, cast

import numpy as np
from PIL import Image
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import Camera
from objpose.geometry.arrays import ArrayLike
from objpose.given.kinds import ARRAYS, described
from objpose.io import read_camera, read_mask, read_view_image
from objpose.io.images import opened_view_image
from objpose.io.masks import shown_mask

# What the public functions take, and these turn into one thing.
Picture = ArrayLike | Image.Image
PictureOrFile = Picture | str | os.PathLike[str]
CameraOrFile = Camera | ArrayLike | str | os.PathLike[str]


def as_numbers(value: object) -> np.ndarray | None:
    """A float64 array of an array or nested lists of numbers; None for anything else."""
    if isinstance(value, Tensor):
        return value.detach().cpu().double().numpy()
    if not isinstance(value, np.ndarray | list | tuple):
        return None
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def as_rgb(value: object, camera: object) -> np.ndarray | Tensor:
    """Colours of an array, a PIL picture, a file of one, or nested lists of numbers.

    Pictures are turned as EXIF asks, unless the camera's size is that of the stored pixels alone.
    """
    size = (camera.width, camera.height) if isinstance(camera, Camera) else None
    if isinstance(value, Image.Image):
        return opened_view_image(value, "rgb", size).pixels
    if isinstance(value, str | os.PathLike):
        return read_view_image(value, size).pixels
    return as_image(value, "rgb")


def as_image(value: object, argument: str) -> np.ndarray | Tensor:
    """An array of an array, a PIL picture, or nested lists of numbers."""
    if isinstance(value, ARRAYS):
        return value
    if isinstance(value, Image.Image):
        return np.array(value)
    if isinstance(value, str | os.PathLike):
        cure = "read it with objpose.io.read_depth(path, metres per stored unit)"
        raise InputError(argument, described(value), "an array in metres", cure)
    if isinstance(value, list | tuple) and value and not isinstance(value[0], ARRAYS):
        try:
            return np.asarray(value)
        except ValueError as error:
            raise InputError(argument, "lists of different lengths", "one array", "give an array") from error
    cure = "a Frame is one view: make one of each" if isinstance(value, list | tuple) else "give an array"
    raise InputError(argument, described(value), "an array of pixels", cure)


def as_camera(value: object, size: tuple[int, int]) -> Camera:
    """A Camera of one, of a camera file, or of K as 3 x 3 or 9 numbers; size: the image's (height, width)."""
    if isinstance(value, Camera):
        return value
    if isinstance(value, str | os.PathLike):
        return read_camera(value)[0]
    numbers = as_numbers(value)
    if numbers is not None and numbers.shape in ((3, 3), (9,)):
        return Camera.from_K(numbers, size[1], size[0])
    cure = "objpose.Camera.from_K(K, width, height), or read it with objpose.io.read_camera(path)"
    if isinstance(value, tuple) and value and isinstance(value[0], Camera):
        cure = "read_camera gives two, the camera and the depth scale: camera, scale = read_camera(path)"
    if numbers is not None and numbers.shape[:2] == size:
        cure = "the order is Frame(rgb, camera, depth): depth comes last"
    raise InputError("camera", described(value), "a Camera, or K as 3 x 3 numbers", cure)


def as_mask(value: object, argument: str = "mask") -> np.ndarray | Tensor:
    """An array of an array, a PIL picture, a file of a mask, or nested lists; colours as in a file."""
    if isinstance(value, str | os.PathLike):
        return read_mask(value)
    if isinstance(value, Image.Image) or _is_picture(value):
        return shown_mask(value, argument)
    numbers = as_numbers(value)
    if numbers is not None and numbers.shape == (4,):
        cure = "make a mask of it with objpose.segmentation.mask_from_box(frame, (x, y, width, height))"
        raise InputError(argument, f"four numbers {numbers.tolist()}", "a mask (H, W)", cure)
    return as_image(value, argument)


def as_masks(value: object, target: type) -> list[Any]:
    """A list of masks and targets, of one of them or several, or of a dict of masks by the objects' names.

    A pair of a name and a mask is a target; of what SAM gives, a dict, the segmentation is taken.
    """
    value = _segmentation(value)
    if isinstance(value, Mapping):
        return [target(name, mask) for name, mask in value.items()]
    if isinstance(value, ARRAYS):
        is_one = value.ndim <= 2 or (value.ndim == 3 and (value.shape[-1] == 1 or _is_picture(value)))
        return [value] if is_one else list(value)
    if isinstance(value, target | str | os.PathLike | Image.Image):
        return [value]
    if not isinstance(value, Iterable):
        raise InputError("masks", described(value), "masks (H, W) or Targets", "give an array or a Target")
    if _is_pair(value):
        return [target(*value)]
    found = [target(*one) if _is_pair(one) else _segmentation(one) for one in value]
    is_one = bool(found) and isinstance(found[0], Real | list | tuple) and np.ndim(cast(Any, found[0])) < 2
    return [found] if is_one else found


def _segmentation(value: object) -> object:
    """The mask in a dict of SAM's mask generator; anything else as it is."""
    if not isinstance(value, Mapping) or "area" not in value:
        return value
    mask = value.get("segmentation")
    return mask if isinstance(mask, ARRAYS) else value


def _is_pair(value: object) -> bool:
    """Whether this is an object's name and its mask, and not two files."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    return isinstance(value[0], str) and not isinstance(value[1], str | os.PathLike)


def _is_picture(value: object) -> TypeGuard[np.ndarray | Tensor]:
    """Whether this is an array (H, W, 3) or (H, W, 4)."""
    return isinstance(value, ARRAYS) and value.ndim == 3 and value.shape[-1] in (3, 4) and len(value) > 4
