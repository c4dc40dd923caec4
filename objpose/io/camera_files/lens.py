"""The lens of a camera file: its model and its coefficients, in the spellings that programs have for them."""

from __future__ import annotations

import re

from objpose.errors import InputError
from objpose.io.camera_files.members import Members, last_name, plain_name
from objpose.io.camera_files.numbers import read_numbers
from objpose.io.json_file import JsonValue

Coefficients = tuple[float, ...]

LISTS = (
    "distortion", "d", "dist", "dist_coeffs", "dist_coeff", "dist_coef", "dist_coefs", "disto",
    "distortion_coefficients", "distortion_coeffs", "distortion_coeff",
    "distortion_params", "distortion_parameters", "distortion_vector", "coeffs", "coefficients",
    "cam_d", "cam_dist",
)  # fmt: skip
MODELS = (
    "distortion_model", "distortion_type", "model", "camera_model", "cam_model", "lens_model", "lens",
    "lens_type", "model_type", "camera_type", "type",
)  # fmt: skip
NAMED = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")  # in OpenCV's order
FLAGS = ("is_fisheye", "fisheye")

# How programs call the models. A pinhole says how rays meet the image, and nothing of the lens before it.
ANY = {
    "pinhole",
    "perspective",
    "simple_pinhole",
    "monocular",
    "rgb",
    "color",
    "depth",
    "camera",
    "camera_info",
}
NO_LENS = {"none", "ideal", "no_distortion", "undistorted", ""}
BROWN_CONRADY = {
    "plumb_bob", "brown_conrady", "brownconrady", "brown", "radtan", "radial_tangential", "radialtangential",
    "opencv", "full_opencv", "simple_radial", "radial", "rational_polynomial", "rational",
}  # fmt: skip
FISHEYE = {
    "equidistant", "equi", "fisheye", "opencv_fisheye", "kannala_brandt", "kannala_brandt4", "kannalabrandt",
    "kannalabrandt4", "kannalabrandt8", "kannala_brandt8", "kb4", "kb8",
}  # fmt: skip
# RealSense's variants, which are Brown-Conrady's as long as these coefficients (k1, k2, p1, p2, k3) are zero.
VARIANTS = {"inverse_brown_conrady": (0, 1, 2, 3, 4), "modified_brown_conrady": (2, 3)}
# Thin prisms and tilted sensors, which OpenCV appends to its eight.
APPENDED = (12, 14)
# What SDKs put before the names, and librealsense's numbers for them (rs2_distortion).
DEVICES = r"^(distortion\.|rs2_distortion_|(k4a_)?calibration_lens_?distortion_?model_?)"
REALSENSE = ("none", "modified_brown_conrady", "inverse_brown_conrady", "ftheta", "brown_conrady", "kb4")


def take_lens(members: Members) -> tuple[Coefficients | None, bool]:
    """(coefficients, is it a fisheye) for `Camera.from_K`.

    Raises:
        InputError: a model that is not among ours, a number of coefficients that it does not have, and
            members that contradict each other.
    """
    models, flags = members.take(*MODELS), members.take(*FLAGS)
    listed, holders = [], [members]
    for member in members.take(*LISTS):
        if isinstance(member.value, str):
            models.append(member)  # "distortion": "none"
        elif isinstance(member.value, dict) and "data" not in member:
            holders.append(Members(member))
        else:
            listed.append(member)
    for holder in holders[1:]:
        models += holder.take(*MODELS)
        listed += holder.take(*LISTS, "params", "values")
    models = [member for member in models if _name(member) not in ANY]
    fisheye = _is_fisheye(members, models, flags)
    given = [(_place(member), tuple(read_numbers(member))) for member in listed]
    given += [named for holder in holders if (named := _named(holder, fisheye)) is not None]
    for holder in holders:
        _check_centre(holder)
    for holder in holders[1:]:
        holder.end()
    if not given:
        return ((0.0,) * 4 if fisheye else None), fisheye
    where, coefficients = _agreed(given)
    for member in models:
        _check_variant(member, coefficients)
    return _fitted(where, coefficients, fisheye), fisheye


def _name(member: JsonValue) -> str:
    """The name of a model as the tables above write it: `distortion.Brown_Conrady` is `brown_conrady`."""
    number = _realsense_number(member)
    if number is not None:
        return REALSENSE[number]
    if not isinstance(member.value, str):
        cure = "take it out if it is no lens model, else write its name"
        raise InputError(_place(member), member.value, "a lens model by name, as plumb_bob", cure)
    name = member.value.strip().lower().replace("-", "_").replace(" ", "_")
    return re.sub(DEVICES, "", name)


def _realsense_number(member: JsonValue) -> int | None:
    """The place in REALSENSE that the member gives; None where it gives none."""
    value = member.value
    if not isinstance(value, int) or isinstance(value, bool) or last_name(member) != "model":
        return None
    return value if 0 <= value < len(REALSENSE) else None


def _is_fisheye(members: Members, models: list[JsonValue], flags: list[JsonValue]) -> bool:
    answers = {}
    for member in models:
        name = _name(member)
        if name not in NO_LENS | BROWN_CONRADY | FISHEYE | VARIANTS.keys():
            known = "plumb_bob, rational_polynomial, equidistant or none"
            cure = "undistort the images and give their K alone; the name of a device does not belong here"
            raise InputError(_place(member), name, known, cure)
        answers[member.key_path] = name in FISHEYE
    for member in flags:
        if not isinstance(member.value, bool | int) or member.value not in (0, 1):
            raise InputError(_place(member), member.value, "true or false", "correct the file")
        answers[member.key_path] = bool(member.value)
    if len(set(answers.values())) > 1:
        found = f"{' and '.join(answers)}, of which one says fisheye and one does not"
        raise InputError(members.place, found, "one lens model", "take the wrong one out")
    return any(answers.values())


def _named(members: Members, fisheye: bool) -> tuple[str, Coefficients] | None:
    """k1 to k6, p1 and p2 in OpenCV's order, k1 to k4 of a fisheye; None where there are none.

    Raises:
        InputError: those that the model does not have: k4 means one thing for a fisheye, another beside k5
            and k6, and nothing else.
    """
    found = {plain_name(last_name(member)): member for member in members.take(*NAMED)}
    if not found:
        return None
    numbers = {name: member.number() for name, member in found.items()}
    is_rational = "k5" in numbers and "k6" in numbers
    names = ("k1", "k2", "k3", "k4") if fisheye else NAMED if is_rational else NAMED[:5]
    other = next((name for name, number in numbers.items() if number and name not in names), None)
    if other is not None:
        expected = ", ".join(names) + (" of a fisheye" if fisheye else ", or with k4, k5 and k6 too")
        cure = "name the model that has it, or undistort the images"
        raise InputError(_place(found[other]), f"{other} = {numbers[other]:g}", expected, cure)
    where = f"{members.place}: {', '.join(found)}"
    coefficients = tuple(numbers.get(name, 0.0) for name in names)
    return where, coefficients[:4] if len(names) == 5 and not coefficients[4] else coefficients


def _agreed(given: list[tuple[str, Coefficients]]) -> tuple[str, Coefficients]:
    """The longest of several lists that are the same but for zeros at the end."""
    for where, coefficients in given[1:]:
        if _padded(coefficients) != _padded(given[0][1]):
            both = f"{list(given[0][1])} and {list(coefficients)}"
            raise InputError(where, both, "the coefficients once", "take the wrong ones out")
    return max(given, key=lambda one: len(one[1]))


def _check_centre(members: Members) -> None:
    """Azure Kinect's centre of distortion, which is never but 0."""
    for member in members.take("codx", "cody"):
        if member.number() != 0:
            cure = "undistort the images, and give their K alone"
            raise InputError(_place(member), member.number(), "0, a lens around the optical axis", cure)


def _padded(coefficients: Coefficients) -> Coefficients:
    return (*coefficients, *(0.0,) * (14 - len(coefficients)))


def _check_variant(member: JsonValue, coefficients: Coefficients) -> None:
    name = _name(member)
    if name in NO_LENS and any(coefficients):
        found = f"{name or 'no model'} beside coefficients {list(coefficients)}"
        raise InputError(_place(member), found, "no coefficients, or their model", "say which is right")
    if any(coefficients[index] for index in VARIANTS.get(name, ()) if index < len(coefficients)):
        found = f"{name} with coefficients {list(coefficients)}"
        cure = "undistort the images, or calibrate them with OpenCV"
        raise InputError(_place(member), found, "brown_conrady: this is another formula", cure)


def _fitted(where: str, coefficients: Coefficients, fisheye: bool) -> Coefficients | None:
    """As many as the model has: no others than zeros are left out."""
    if not any(coefficients):
        return (0.0,) * 4 if fisheye else None
    if fisheye and len(coefficients) > 4 and not any(coefficients[4:]):
        return coefficients[:4]
    if not fisheye and len(coefficients) in APPENDED and not any(coefficients[8:]):
        return coefficients[:8]
    counts = (4,) if fisheye else (4, 5, 8)
    if len(coefficients) not in counts:
        model = "a fisheye" if fisheye else "Brown-Conrady"
        expected = f"{' or '.join(map(str, counts))} coefficients, of {model}"
        found = f"{len(coefficients)}: {list(coefficients)[:14]}"
        cure = "undistort the images, and give their K alone"
        if len(coefficients) < 4 and not fisheye:
            cure = "name them, as k1, k2, k3 or p1, p2"
        raise InputError(where, found, expected, cure)
    return coefficients


def _place(member: JsonValue) -> str:
    return f"{member.file}: {member.key_path}"
