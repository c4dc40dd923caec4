"""The families of tags, by the names that people call them."""

from __future__ import annotations

from objpose.errors import InputError

DEFAULT_FAMILY = "36h11"
FAMILIES = {
    **{name: f"DICT_APRILTAG_{name}" for name in ("16h5", "25h9", "36h10", "36h11")},
    **{
        f"aruco_{size}x{size}_{count}": f"DICT_{size}X{size}_{count}"
        for size in (4, 5, 6, 7)
        for count in (50, 100, 250, 1000)
    },
    "aruco_original": "DICT_ARUCO_ORIGINAL",
}


def check_family(name: str) -> None:
    """InputError for a family that is not known."""
    if name not in FAMILIES:
        some = ", ".join(FAMILIES)
        raise InputError(
            "tag family", name, f"one of {some}", "name the family that the tags were printed from"
        )
