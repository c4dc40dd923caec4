"""What callers hand over in place of what is asked for: understood where that is harmless, else refused.

The one place of it: each function takes an argument as given and returns it in the form that the package
works with, or raises InputError that names the argument and the cure.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from numbers import Integral, Real
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3, Camera, Mesh
from objpose.io import read_camera, read_image, read_mask
from objpose.io.foreign_meshes import mesh_of

ARRAYS = (np.ndarray, Tensor)
PLAIN = {"int": Integral, "float": Real, "bool": bool, "str": str, "None": type(None)}  # as annotated
Options = TypeVar("Options")
Target = TypeVar("Target")


def described(value: object) -> str:
    """A few words on a value of the wrong kind."""
    if value is None:
        return "nothing"
    if isinstance(value, ARRAYS):
        return f"an array of shape {tuple(value.shape)}"
    if isinstance(value, str | os.PathLike | int | float):
        return repr(value) if not isinstance(value, os.PathLike) else f"the path {os.fspath(value)!r}"
    if isinstance(value, list | tuple) and 0 < len(value) < 10 and all(isinstance(n, Real) for n in value):
        return str(list(value))
    article = "an" if type(value).__name__[0].lower() in "aeiou" else "a"
    size = f" of {len(value)}" if isinstance(value, list | tuple | dict) else ""
    return f"{article} {type(value).__name__}{size}"


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


def as_image(value: object, argument: str = "rgb") -> np.ndarray | Tensor:
    """An array of an array, a PIL picture, a file of one, or nested lists of numbers."""
    if isinstance(value, ARRAYS):
        return value
    if isinstance(value, Image.Image):
        return np.array(value if value.mode == "RGB" or argument != "rgb" else _plain(value))
    if isinstance(value, str | os.PathLike):
        if argument == "rgb":
            return read_image(value)
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
    if numbers is not None and numbers.shape[:2] == size:
        cure = "the order is Frame(rgb, camera, depth): depth comes last"
    raise InputError("camera", described(value), "a Camera, or K as 3 x 3 numbers", cure)


def as_mask(value: object, argument: str = "mask") -> np.ndarray | Tensor:
    """An array of an array, a PIL picture, a file of a mask, or nested lists."""
    if isinstance(value, str | os.PathLike):
        return read_mask(value)
    numbers = as_numbers(value)
    if numbers is not None and numbers.shape == (4,):
        cure = "make a mask of it with objpose.segmentation.mask_from_box(frame, (x, y, width, height))"
        raise InputError(argument, f"four numbers {numbers.tolist()}", "a mask (H, W)", cure)
    return as_image(value, argument)


def as_masks(value: object, target: type[Target]) -> list:
    """A list of masks and targets, of one of them or several, or of a dict of masks by the objects' names."""
    if isinstance(value, Mapping):
        return [target(name, mask) for name, mask in value.items()]
    if isinstance(value, ARRAYS):
        return [value] if value.ndim <= 2 else list(value)
    if isinstance(value, target | str | os.PathLike | Image.Image):
        return [value]
    if not isinstance(value, Iterable):
        raise InputError("masks", described(value), "masks (H, W) or Targets", "give an array or a Target")
    found = list(value)
    is_one = bool(found) and isinstance(found[0], Real | list | tuple) and np.ndim(found[0]) < 2
    return [found] if is_one else found


def as_mesh(value: object, argument: str = "mesh") -> Mesh | Path:
    """A Mesh of one, of trimesh's or of Open3D's; the path of a file stays one."""
    if isinstance(value, Mesh):
        return value
    if isinstance(value, str | os.PathLike):
        return Path(value)
    found = mesh_of(value)
    if found is not None:
        return found
    is_onboarded = hasattr(value, "keypoints")
    cure = "it is onboarded already: use it as it is" if is_onboarded else "give a mesh file or objpose.Mesh"
    raise InputError(argument, described(value), "a mesh file or a Mesh", cure)


def as_poses(value: object, argument: str, count: int) -> SE3:
    """(count,) transforms of SE3, of (count, 4, 4) matrices, or of a list of either."""
    if isinstance(value, SE3):
        found = value
    elif isinstance(value, list | tuple) and value and all(isinstance(pose, SE3) for pose in value):
        found = SE3.stack(list(value))
    else:
        numbers = as_numbers(value)
        if numbers is None or numbers.shape[1:] != (4, 4):
            cure = "objpose.SE3.from_matrix of (N, 4, 4) matrices, the object's points into the camera"
            raise InputError(argument, described(value), f"{count} transforms", cure)
        found = SE3.from_matrix(torch.from_numpy(numbers))
    if found.wxyz_xyz.ndim != 2:
        found_words = f"transforms of shape {tuple(found.wxyz_xyz.shape[:-1])}"
        raise InputError(argument, found_words, f"({count},)", "give one for each view")
    return found


def as_list(value: object, argument: str, one: type | tuple[type, ...], what: str) -> list:
    """A list of what was given alone, in any sequence, or as the values of a dict."""
    if isinstance(value, one):
        return [value]
    if isinstance(value, Mapping):
        value = value.values()
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, os.PathLike, *ARRAYS)):
        raise InputError(argument, described(value), f"a list of {what}", f"give {what}")
    found = list(value)
    for index, member in enumerate(found):
        if not isinstance(member, one):
            raise InputError(f"{argument}[{index}]", described(member), what, f"give {what}")
    return found


def as_options(value: object, kind: type[Options], argument: str = "options") -> Options:
    """Options of options, or of a dict of them; numbers must be numbers and unknown names are refused."""
    if value is None:
        return kind()
    if isinstance(value, Mapping):
        names = [field.name for field in fields(kind)]
        unknown = [str(name) for name in value if name not in names]
        if unknown:
            raise InputError(argument, ", ".join(unknown), f"some of {', '.join(names)}", "check the name")
        value = kind(**value)
    if not isinstance(value, kind):
        raise InputError(argument, described(value), kind.__name__, f"objpose.{kind.__name__}(...)")
    _check_kinds(value, argument)
    return value


def as_name(value: object, argument: str = "name") -> str:
    """A name, which is not empty."""
    if isinstance(value, str) and value.strip():
        return value
    raise InputError(argument, described(value), "a name, as text", f"give it one with {argument}=")


def _check_kinds(options: object, argument: str) -> None:
    """Raises InputError for a text in place of a number, and for the like of it."""
    for field in fields(options):
        value, names = getattr(options, field.name), [name.strip() for name in str(field.type).split("|")]
        if all(name in PLAIN for name in names):
            is_right = isinstance(value, tuple(PLAIN[name] for name in names))
        else:
            is_right = not isinstance(value, str) or "str" in names
        if not is_right:
            cure = f"see {type(options).__name__}"
            raise InputError(f"{argument}: {field.name}", described(value), " or ".join(names), cure)


def _plain(picture: Image.Image) -> Image.Image:
    """A picture of another mode as RGB, where that loses nothing but an alpha channel."""
    if picture.mode not in ("L", "LA", "P", "PA", "RGBA", "RGBX", "1"):
        cure = "convert it to 8-bit RGB first"
        raise InputError("rgb", f"a PIL picture of mode {picture.mode}", "8-bit RGB or grey", cure)
    return picture.convert("RGB")
