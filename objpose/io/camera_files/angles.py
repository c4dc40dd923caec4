"""Angles of view beside K: they say of which resolution K is, and are compared with it."""

from __future__ import annotations

import math

import numpy as np

from objpose.errors import warn_input
from objpose.io.camera_files.members import Members
from objpose.io.json_file import JsonValue

ACROSS = ("hfov", "h_fov", "fov_x", "fovx", "x_fov", "horizontal_fov", "hfov_deg", "fov_h", "spec_hfov_deg")
DOWN = ("vfov", "v_fov", "fov_y", "fovy", "y_fov", "vertical_fov", "vfov_deg", "fov_v")
DIAGONAL = ("dfov", "d_fov", "diagonal_fov")
OF_ANY = ("fov", "field_of_view", "fov_deg")
# Share by which the tangents may differ: makers give angles in whole degrees, of another crop now and then.
SAME = 0.1


def take_angles(members: Members, K: np.ndarray, size: tuple[int, int], has_lens: bool) -> None:
    """Warn of angles of view that are not those of K and size.

    Degrees, or radians up to pi. With a lens they are not compared: it bends the rays at the border.
    """
    across, down = size[0] / K[0, 0], size[1] / K[1, 1]
    diagonal = math.hypot(across, down)
    for names, tangents in (
        (ACROSS, (across,)),
        (DOWN, (down,)),
        (DIAGONAL, (diagonal,)),
        (OF_ANY, (across, down, diagonal)),
    ):
        for member in members.take(*names):
            if not has_lens:
                _compare(member, tangents)


def _compare(member: JsonValue, tangents: tuple[float, ...]) -> None:
    """tangents: of the whole angles that it may be, as twice that of the half."""
    angle = member.number()
    given = math.radians(angle) if angle > math.pi else angle
    known = [math.degrees(2 * math.atan(tangent / 2)) for tangent in tangents]
    found = 2 * math.tan(given / 2)
    if not 0 < given < math.pi or all(abs(found / tangent - 1) > SAME for tangent in tangents):
        degrees = " or ".join(f"{angle:.1f}" for angle in known)
        expected = f"{degrees} degrees, as K and the size have it"
        cure = "see which is right: K may be of another resolution"
        warn_input(f"{member.file}: {member.key_path}", f"{angle:g}", expected, cure)
