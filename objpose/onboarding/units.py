"""Is this mesh in metres or millimetres? Decided by size, refused where size cannot tell."""

from __future__ import annotations

from typing import Literal

from objpose.errors import InputError
from objpose.geometry import Mesh

Units = Literal["auto", "mm", "m"]

METRES_PER_UNIT = {"mm": 1e-3, "m": 1.0}
# Diameters, in metres, of things a robot handles or a camera sees whole.
SMALLEST, LARGEST = 0.005, 4.0


def mesh_in_metres(mesh: Mesh, units: Units, name: str) -> Mesh:
    """The mesh in metres. Raises InputError for an unknown unit and for a size that cannot be right."""
    if units != "auto" and units not in METRES_PER_UNIT:
        raise InputError("units", repr(units), "'auto', 'mm' or 'm'", "name the unit of the mesh file")
    diameter = mesh.diameter()
    plausible = [u for u, scale in METRES_PER_UNIT.items() if SMALLEST <= diameter * scale <= LARGEST]
    if units == "auto" and len(plausible) == 1:
        return mesh.scaled(METRES_PER_UNIT[plausible[0]])
    if units in plausible:
        return mesh.scaled(METRES_PER_UNIT[units])
    raise _refusal(name, units, diameter, plausible)


def _refusal(name: str, units: Units, diameter: float, plausible: list[str]) -> InputError:
    expected = f"an object of {SMALLEST * 1e3:g} mm to {LARGEST:g} m"
    if units == "auto":
        found = f"a diameter of {diameter:.4g} units, neither metres nor millimetres"
        return InputError(name, found, expected, "rescale the mesh, or name its unit (units= or --units)")
    size = f"{diameter * METRES_PER_UNIT[units]:.4g} m across when read as {units}"
    cure = f"say that its unit is {plausible[0]} (units= or --units)" if plausible else "rescale the mesh"
    return InputError(name, size, expected, cure)
