"""K and the image's size, under the names that files give them."""

from __future__ import annotations

import numpy as np

from objpose.errors import InputError
from objpose.io.camera_files.members import Members, plain_name
from objpose.io.camera_files.numbers import is_numeric, read_K, read_numbers, read_rows
from objpose.io.json_file import JsonValue

MATRICES = (
    "k", "cam_k", "camera_matrix", "intrinsic_matrix", "intrinsics_matrix",
    "intrinsics", "intrinsic", "camera_intrinsics", "camera_intrinsic", "mtx", "k_matrix",
    "cam_intrinsics", "cam_mat",
)  # fmt: skip
FOCAL = (("fx", "focal_x", "fu"), ("fy", "focal_y", "fv"))
CENTRE = (("cx", "ppx", "principal_x", "pu"), ("cy", "ppy", "principal_y", "pv"))
# nerfstudio's: their centres of pixels lie at +0.5.
NERF_FOCAL, NERF_CENTRE = ("fl_x", "fl_y"), 0.5
PLAIN_MATRICES = {plain_name(name) for name in MATRICES}
PLAIN_FOCAL = {plain_name(name) for name in (*FOCAL[0], *FOCAL[1], *NERF_FOCAL)}
WIDTH = ("width", "image_width", "im_width", "img_width", "w", "resx", "resolution_width", "img_w")
HEIGHT = ("height", "image_height", "im_height", "img_height", "h", "resy", "resolution_height", "img_h")
SIZES = (
    "image_size", "img_size", "im_size", "size", "resolution", "captured_image_size",
    "shape", "image_shape", "img_shape", "im_shape",
)  # fmt: skip
HEIGHT_FIRST = ("resolution", "shape")  # of numpy and of MegaPose
FORMS = '{"K": 9 numbers, "width", "height"} or {"fx", "fy", "cx", "cy", "width", "height"}'
# By how much nearer to the middle the principal point must be before a resolution is taken for turned round.
TURNED = 0.1


def has_intrinsics(value: JsonValue) -> bool:
    """True for an object that says what its K is."""
    if not isinstance(value.value, dict):
        return False
    names = {plain_name(name): name for name in value.value if name in value}
    has_matrix = any(is_numeric(value[names[plain]]) for plain in names if plain in PLAIN_MATRICES)
    return has_matrix or bool(names.keys() & PLAIN_FOCAL)


def take_K(members: Members) -> np.ndarray:
    """(3, 3).

    Raises:
        InputError: there is none, or several differ.
    """
    found = [(member, _matrix(member)) for member in members.take(*MATRICES)]
    single = _of_single_numbers(members, needed=not found)
    if single is not None:
        found.append((members.value, single))
    skew = members.one("skew", "axis_skew", "s")
    for member, K in found[1:]:
        if not np.allclose(K, found[0][1], rtol=1e-6, atol=1e-6):
            both = f"{found[0][0].key_path} and {member.key_path or 'fx, fy, cx, cy'} with different values"
            raise InputError(members.place, both, "one K", "take the wrong one out")
    K = found[0][1]
    if skew is not None and skew.number() != K[0, 1]:
        K[0, 1] = skew.number()
    return K


def _matrix(member: JsonValue) -> np.ndarray:
    """(3, 3); Open3D and ARKit write columns, which the place of the principal point tells."""
    rows = read_rows(member)
    if len(rows) == 1 and len(rows[0]) == 4 and plain_name(member.key_path).endswith("intrinsics"):
        fx, fy, cx, cy = rows[0]  # Kalibr's
        return np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
    K = read_K(member)
    is_transposed = not K[:2, 2].any() and K[2, :2].any()
    return K.T.copy() if is_transposed and len(rows) == 1 else K


def _of_single_numbers(members: Members, needed: bool) -> np.ndarray | None:
    nerf = members.take(*NERF_FOCAL)
    fx, fy = (members.one(*names) for names in FOCAL)
    if nerf:
        fx, fy, offset = nerf[0], nerf[-1], NERF_CENTRE
    else:
        offset = 0.0
    cx, cy = (members.one(*names) for names in CENTRE)
    if not needed and fx is None and fy is None:
        return None
    for value, name in ((fx, "fx"), (fy, "fy"), (cx, "cx"), (cy, "cy")):
        if value is None:
            names = ", ".join(name for name, _ in members.value.members()) or "none"
            if fx is None and fy is None and cx is None and cy is None:
                raise InputError(members.place, f"members {names}", FORMS, "write one of the two forms")
            raise InputError(members.place, f"members {names}", f"a member {name!r}", f"add {name!r}")
    assert fx is not None and fy is not None and cx is not None and cy is not None
    return np.array(
        [[fx.number(), 0.0, cx.number() - offset], [0.0, fy.number(), cy.number() - offset], [0.0, 0.0, 1.0]]
    )


def take_size(members: Members, size: tuple[int, int] | None, K: np.ndarray | None = None) -> tuple[int, int]:
    """Width and height: the file's own, else `size`, that of the image.

    Raises:
        InputError: there is neither, or a pair whose order K contradicts.
    """
    width, height = members.one(*WIDTH), members.one(*HEIGHT)
    pair = members.one(*SIZES)
    found = None
    if pair is not None and isinstance(pair.value, dict) and "data" not in pair:
        found = _sides(pair)
    elif pair is not None:
        found = _pair(pair, K, size, _is_kalibr(members.value))
    if width is not None or height is not None:
        if width is None or height is None:
            name = "width" if width is None else "height"
            raise InputError(members.place, f"no {name!r}", f"a member {name!r}", f"add {name!r} to the file")
        given = width.integer(), height.integer()
        if pair is not None and found not in (None, given):
            both = f"{pair.key_path} of {found[0]} x {found[1]} beside {given[0]} x {given[1]}"
            raise InputError(members.place, both, "one size", "take the wrong one out")
        return given
    found = found or size
    if found is None:
        cure = "add 'width' and 'height' to the file"
        raise InputError(members.place, "no image size", "members 'width' and 'height'", cure)
    return found


def _is_kalibr(value: JsonValue) -> bool:
    return "intrinsics" in value and isinstance(value["intrinsics"].value, list)


def _sides(value: JsonValue) -> tuple[int, int]:
    """Of an object with width and height, and nothing else."""
    sides = Members(value)
    width = sides.one(*WIDTH) or value["width"]  # which names what is there
    height = sides.one(*HEIGHT) or value["height"]
    sides.end()
    return width.integer(), height.integer()


def _pair(
    value: JsonValue, K: np.ndarray | None, size: tuple[int, int] | None, is_kalibr: bool
) -> tuple[int, int]:
    """Width and height of two numbers, of which `resolution` and `shape` begin with height.

    Raises:
        InputError: the principal point says the other order.
    """
    where = f"{value.file}: {value.key_path}"
    numbers = read_numbers(value)
    if len(numbers) != 2 or any(number != int(number) or number < 1 for number in numbers):
        raise InputError(where, numbers[:4], "two whole numbers", "write 'width' and 'height' instead")
    first, second = map(int, numbers)
    is_height_first = plain_name(value.key_path).endswith(HEIGHT_FIRST) and not is_kalibr
    found = (second, first) if is_height_first else (first, second)
    turned = found[::-1]
    if turned == size:
        return turned
    if K is not None and _off_centre(K, turned) < _off_centre(K, found) - TURNED:
        order = "height and width" if is_height_first else "width and height"
        doubt = f"{list(map(int, numbers))}, {order}, with the principal point {K[0, 2]:g}, {K[1, 2]:g}"
        raise InputError(where, doubt, "one near the middle", "write 'width' and 'height' instead")
    return found


def _off_centre(K: np.ndarray, size: tuple[int, int]) -> float:
    return abs(K[0, 2] / size[0] - 0.5) + abs(K[1, 2] / size[1] - 0.5)
