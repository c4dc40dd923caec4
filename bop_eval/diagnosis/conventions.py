"""Conventions that transforms are written by: units, what R and t mean, the axes of camera and object."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.spatial.transform import Rotation

from bop_eval.diagnosis.evidence import Evidence, with_transforms
from bop_eval.diagnosis.suspicion import Suspicion
from objpose.io import BopResultTable

Motion = tuple[np.ndarray, np.ndarray]  # R (N, 3, 3), t (N, 3)
NEAR_LENGTH = 1.25  # lengths of t that differ by less than this factor are the same
FEWEST_OF_LENGTH = 0.3  # share of the estimates that have the right length of t with a unit


@dataclass(frozen=True)
class _Part:
    """One convention; the empty name is the right one."""

    name: str
    what: str
    cure: str
    mend: Callable[[np.ndarray, np.ndarray], Motion]


def _same(R: np.ndarray, t: np.ndarray) -> Motion:
    return R, t


def _transposed(R: np.ndarray, t: np.ndarray) -> Motion:
    return R.transpose(0, 2, 1), t


def _inverse(R: np.ndarray, t: np.ndarray) -> Motion:
    back = R.transpose(0, 2, 1)
    return back, -np.einsum("nij,nj->ni", back, t)


def _place_of_camera(R: np.ndarray, t: np.ndarray) -> Motion:
    return R, -np.einsum("nij,nj->ni", R, t)


def _rolled(R: np.ndarray, t: np.ndarray, by: int) -> Motion:
    """Quaternions in the right order again."""
    return Rotation.from_quat(np.roll(Rotation.from_matrix(R).as_quat(), by, axis=1)).as_matrix(), t


def _of_camera(R: np.ndarray, t: np.ndarray, axes: np.ndarray) -> Motion:
    return axes @ R, t @ axes.T


def _of_object(R: np.ndarray, t: np.ndarray, axes: np.ndarray) -> Motion:
    return R @ axes, t


def _scaled(R: np.ndarray, t: np.ndarray, factor: float) -> Motion:
    return R, t * factor


_NOTHING = _Part("", "", "", _same)
FORMS = (
    _NOTHING,
    _Part("R transposed", "R is written transposed (column by column, or as obj_from_cam)",
          "write R of cam_from_obj row by row", _transposed),
    _Part("inverse transform", "R and t are those of obj_from_cam", "invert the transforms: R^T and -R^T t",
          _inverse),
    _Part("t is the camera's place", "R is right and t is the place of the camera in the object's frame",
          "write t of cam_from_obj: -R times that place", _place_of_camera),
    _Part("quaternions wxyz for xyzw", "R was made of quaternions wxyz that were read as xyzw",
          "put w last before making R of them", partial(_rolled, by=-1)),
    _Part("quaternions xyzw for wxyz", "R was made of quaternions xyzw that were read as wxyz",
          "put w first before making R of them", partial(_rolled, by=1)),
)  # fmt: skip

_CAMERA_AXES = {
    "OpenGL camera axes": ("y up and z backward, as in OpenGL and Blender", np.diag([1.0, -1, -1])),
    "PyTorch3D camera axes": ("x left and y up, as in PyTorch3D", np.diag([-1.0, -1, 1])),
    "camera axes of a robot": (
        "x forward, y left and z up, as robots have it (REP-103)",
        np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]]),
    ),
}
CAMERAS = (
    _NOTHING,
    *(
        _Part(name, f"the camera's axes are {axes}", "turn them to OpenCV's: x right, y down, z forward",
              partial(_of_camera, axes=matrix))
        for name, (axes, matrix) in _CAMERA_AXES.items()
    ),
)  # fmt: skip


def turn_in_words(axes: np.ndarray) -> str:
    """A rotation (3, 3) as an angle about an axis of the object, as far as it is one of them."""
    vector = Rotation.from_matrix(axes).as_rotvec(degrees=True)
    angle = np.linalg.norm(vector)
    main = int(np.abs(vector).argmax())
    if abs(vector[main]) > 0.99 * angle:
        return f"{np.sign(vector[main]) * angle:.0f} degrees about its {'xyz'[main]} axis"
    direction = ", ".join(f"{value:.2f}" for value in vector / max(angle, 1e-9))
    return f"{angle:.0f} degrees about ({direction})"


OBJECTS = (
    _NOTHING,
    *(
        _Part(f"object turned {turn_in_words(turn)}",
              f"the meshes were turned by {turn_in_words(turn)} against the set's (y up against z up, say)",
              "estimate with the set's meshes as they are, or multiply that turn to R from the right",
              partial(_of_object, axes=turn))
        for turn in Rotation.create_group("O").as_matrix()
        if not np.allclose(turn, np.eye(3))
    ),
)  # fmt: skip

_UNITS = {
    "metres": 1000.0, "decimetres": 100.0, "centimetres": 10.0, "inches": 25.4, "feet": 304.8,
    "tenths of millimetres": 0.1, "micrometres": 1e-3, "millionths of metres, multiplied twice": 1e-6,
}  # fmt: skip
UNITS = tuple(
    _Part(f"{name} for millimetres", f"t is written in {name}", f"multiply t by {factor:g}, for millimetres",
          partial(_scaled, factor=factor))
    for name, factor in _UNITS.items()
)  # fmt: skip


def conventions(evidence: Evidence, table: BopResultTable) -> list[Suspicion]:
    """All single conventions, and products: a unit, a form, the camera's axes, the object's."""
    units = [_NOTHING, *(unit for unit in UNITS if _has_length(evidence, table, unit))]
    products = [*itertools.product(units, FORMS, CAMERAS, OBJECTS[:1])]
    products += [*itertools.product(units, (FORMS[0], FORMS[2]), CAMERAS[:2], OBJECTS[1:])]
    return [_together(chosen) for chosen in products if any(part.name for part in chosen)]


def _has_length(evidence: Evidence, table: BopResultTable, unit: _Part) -> bool:
    """Whether many of the estimates are as far away as the truth, in a unit; no turn changes that."""
    rows, truths = evidence.pairs(table)
    if not len(rows):
        return False
    _, t = unit.mend(table.cam_from_obj[rows, :, :3], table.cam_from_obj[rows, :, 3])
    lengths = np.maximum(np.linalg.norm(t, axis=1), 1e-12)
    ratio = np.abs(np.log(lengths / np.linalg.norm(evidence.truths.cam_from_obj[truths, :, 3], axis=1)))
    return bool((ratio < np.log(NEAR_LENGTH)).mean() >= FEWEST_OF_LENGTH)


def _together(chosen: tuple[_Part, ...]) -> Suspicion:
    """Mended in this order: the unit, the form, the camera's axes, the object's."""
    named = [part for part in chosen if part.name]

    def mend(table: BopResultTable) -> BopResultTable:
        motion = (table.cam_from_obj[:, :, :3], table.cam_from_obj[:, :, 3])
        for part in named:
            motion = part.mend(*motion)
        return with_transforms(table, *motion)

    texts = (" and ".join(part.name for part in named), "; ".join(part.what for part in named))
    return Suspicion(*texts, "; ".join(part.cure for part in named), mend, len(named))
