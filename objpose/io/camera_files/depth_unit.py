"""What a stored unit of depth means, in metres."""

from __future__ import annotations

from objpose.errors import InputError, warn_input
from objpose.io.camera_files.members import Members
from objpose.io.json_file import JsonValue

METERS_PER_MM = 1e-3
# BOP's scale is millimetres a unit. With one below this, 16 bits end at 13 cm: it can only be metres a unit.
LEAST_BOP_SCALE = 0.002
# Of RealSense, metres a unit; of ORB-SLAM and TUM, units a metre; of nerfstudio, metres a unit.
METRES = ("depth_units", "depth_unit_scale_factor", "integer_depth_scale")
PER_METRE = ("depthmapfactor", "png_depth_scale", "depth_factor", "factor_depth")
UNITS = {"mm": 1e-3, "millimeter": 1e-3, "millimetre": 1e-3, "cm": 1e-2, "m": 1.0, "meter": 1.0, "metre": 1.0}


def take_depth_unit(members: Members) -> float | None:
    """Metres per stored unit; None where the file does not say.

    Raises:
        InputError: it says two.
    """
    found = [(member, _bop_scale(member)) for member in members.take("depth_scale")]
    found += [(member, _positive(member)) for member in members.take(*METRES)]
    found += [(member, 1.0 / _positive(member)) for member in members.take(*PER_METRE)]
    found += [(member, _named_unit(member)) for member in members.take("depth_unit")]
    for member, scale in found[1:]:
        if abs(scale - found[0][1]) > 1e-6 * scale:
            both = f"{found[0][0].key_path} of {found[0][1]:g} m a unit and {member.key_path} of {scale:g} m"
            raise InputError(members.place, both, "one depth unit", "take the wrong one out")
    return found[0][1] if found else None


def _named_unit(member: JsonValue) -> float:
    """Metres, of a unit by its name, or of a number of metres."""
    if not isinstance(member.value, str):
        return _positive(member)
    name = member.value.strip().lower()
    unit = UNITS.get(name) or UNITS.get(name.removesuffix("s"))
    if unit is None:
        where = f"{member.file}: {member.key_path}"
        raise InputError(where, repr(member.value), "mm, cm or m", "write one of them")
    return unit


def read_depth_scale(content: JsonValue) -> float | None:
    """Metres per stored depth unit, from BOP's `depth_scale` (stored unit to mm); None when absent.

    Scales that can only be metres are read as such, with a warning.

    Raises:
        InputError: none above 0.
    """
    return _bop_scale(content["depth_scale"]) if "depth_scale" in content else None


def _bop_scale(member: JsonValue) -> float:
    scale = _positive(member)
    if scale >= LEAST_BOP_SCALE:
        return scale * METERS_PER_MM
    expected = "millimetres a stored unit, as BOP has it"
    cure = f"it is read as metres a unit; write {scale / METERS_PER_MM:g} for that"
    warn_input(f"{member.file}: {member.key_path}", f"{scale:g}", expected, cure)
    return scale


def _positive(member: JsonValue) -> float:
    if member.number() <= 0:
        cure = "use 1.0 for depth stored in millimetres"
        raise InputError(f"{member.file}: {member.key_path}", member.number(), "a number above 0", cure)
    return member.number()
