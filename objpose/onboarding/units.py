"""What the numbers of a mesh are in metres: what the file says, else what its size tells, else refused.

A file that declares a unit (DAE, 3MF), or whose format fixes one (GLB and glTF: metres), is read by it. Other
numbers tell only the diameter of the object, which may be of 5 mm to 4 m:

    below 0.005         too small, whatever the unit
    0.005 to 1          metres
    1 to 50             refused: 9 may be 9 mm, 9 cm, 9 inches or, below 4, metres
    50 to 4000          millimetres
    above               too large, whatever the unit

Where a frame with depth and a mask are at hand, the size they show decides between 1 and 50.
"""

from __future__ import annotations

from typing import Literal

from objpose.errors import InputError, warn_input
from objpose.io import MeshFile

Units = Literal["auto", "mm", "cm", "m", "inch", "km"]

METRES_PER_UNIT = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "inch": 0.0254, "km": 1e3}
# Diameters, in metres, of things a robot handles or a camera sees whole.
SMALLEST, LARGEST = 0.005, 4.0
# Diameters in numbers of the file: up to the first they are metres, from the second on millimetres.
METRES_BELOW, MILLIMETRES_FROM = 1.0, 50.0
# An object is no smaller than it looks, but for borders of masks; hidden or end-on it is so much larger.
LEAST_OF_SEEN, MOST_OF_SEEN = 0.8, 6.0
CURE = "name its unit: mm, cm, m, inch or km (--units or units=)"


def metres_per_unit(
    diameter: float, units: Units, name: str, declared: float | None = None, seen: float | None = None
) -> float:
    """Metres in the unit of a mesh.

    diameter: in the numbers of the mesh. declared: metres in the unit that its file tells. seen: metres
    across of what a frame shows of it (`apparent_size`).

    Raises:
        InputError: an unknown unit, a size that no object has, and one that may be of several units; warns
            where the size or the frame had to decide.
    """
    if units == "auto":
        return _found(diameter, name, declared, seen)
    if units not in METRES_PER_UNIT:
        known = ", ".join(map(repr, ("auto", *METRES_PER_UNIT)))
        raise InputError("units", repr(units), f"one of {known}", "name the unit of the mesh file")
    scale = METRES_PER_UNIT[units]
    if not SMALLEST <= diameter * scale <= LARGEST:
        size = f"{diameter * scale:.4g} m across when read as {units}"
        by_size = _by_size(diameter)
        likely = unit_name(by_size) if by_size else _plausible(diameter)
        cure = f"say that its unit is {likely} with units=" if likely else "rescale the mesh"
        raise InputError(name, size, _expected(), cure)
    return scale


def assumed_metres(read: MeshFile, units: Units) -> float:
    """Metres in the unit of a mesh whose size is judged later, so that none is refused.

    As `metres_per_unit` has it, but a named unit is taken at its word, and an open one for millimetres, as
    most meshes are of.
    """
    if units != "auto":
        return METRES_PER_UNIT[units]
    diameter, declared = read.mesh.diameter(), read.metres_per_unit
    if declared is not None and SMALLEST <= diameter * declared <= LARGEST:
        return declared
    return _by_size(diameter) or METRES_PER_UNIT["mm"]


def unit_name(scale: float) -> str:
    """The name of a unit of so many metres; the metres where it has none."""
    return next(
        (unit for unit, size in METRES_PER_UNIT.items() if abs(size / scale - 1) < 1e-6), f"{scale:g} m"
    )


def _found(diameter: float, name: str, declared: float | None, seen: float | None) -> float:
    by_size = _by_size(diameter)
    if declared is not None:
        if SMALLEST <= diameter * declared <= LARGEST:
            return declared
        found = f"{diameter * declared:.4g} m across in {unit_name(declared)}, the unit of its file or format"
        if by_size is None:
            raise InputError(name, found, _expected(), CURE)
        warn_input(name, found, _expected(), f"it is read as {unit_name(by_size)}; --units says it for sure")
        return by_size
    if by_size is not None:
        return by_size
    plausible = _plausible(diameter)
    if not plausible:
        raise InputError(name, f"a diameter of {diameter:.4g} units", _expected(), f"rescale it, or {CURE}")
    found = f"a diameter of {diameter:.4g}, which may be {plausible}"
    fitting = None if seen is None else _by_sight(diameter, seen)
    if fitting is None:
        raise InputError(name, found, "a unit that the file or its size tells", CURE)
    cure = (
        f"it is read as {unit_name(fitting)}, as mask and depth show {seen:.3g} m; --units says it for sure"
    )
    warn_input(name, found, "a unit", cure)
    return fitting


def _by_size(diameter: float) -> float | None:
    if SMALLEST <= diameter < METRES_BELOW:
        return METRES_PER_UNIT["m"]
    if MILLIMETRES_FROM <= diameter <= LARGEST / METRES_PER_UNIT["mm"]:
        return METRES_PER_UNIT["mm"]
    return None


def _by_sight(diameter: float, seen: float) -> float | None:
    """The smallest unit in which the object is as large as it looks."""
    scales = sorted(METRES_PER_UNIT.values())
    fitting = [s for s in scales if LEAST_OF_SEEN <= diameter * s / seen <= MOST_OF_SEEN]
    return fitting[0] if fitting else None


def _plausible(diameter: float) -> str:
    names = [unit for unit, scale in METRES_PER_UNIT.items() if SMALLEST <= diameter * scale <= LARGEST]
    return " or ".join(names)


def _expected() -> str:
    return f"an object of {SMALLEST * 1e3:g} mm to {LARGEST:g} m"
