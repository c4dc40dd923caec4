"""MTL material files: the colour of a material, its texture, and the options that move or tint it."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from objpose.errors import warn_input
from objpose.io.mesh_colors import unit_colors

# The options of a texture map and how many words follow; the numbers may be fewer than that.
WORD_OPTIONS = ("-blendu", "-blendv", "-boost", "-bm", "-cc", "-clamp", "-imfchan", "-texres", "-type")
NUMBER_OPTIONS = {"-mm": 2, "-o": 3, "-s": 3, "-t": 3}
DEFAULTS = {"-cc": "off", "-clamp": "off", "-imfchan": ""}  # other values change the picture


@dataclass(frozen=True)
class TextureMap:
    """A texture as a material names it: looked up at `scale * uv + offset`, as `base + gain * colour`."""

    file: str
    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)
    base: float = 0.0
    gain: float = 1.0


@dataclass(frozen=True)
class Material:
    library: Path
    color: np.ndarray | None = None  # (3,) in [0, 1]
    texture: TextureMap | None = None
    ambient: TextureMap | None = None  # some exporters write nothing else


def read_materials(path: Path) -> dict[str, Material]:
    """The materials of a file by name. What would change the picture and is not applied is warned of."""
    materials: dict[str, Material] = {}
    name = None
    for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        keyword, _, rest = line.strip().replace("\t", " ").partition(" ")
        keyword, rest = keyword.lower(), rest.strip()
        if keyword == "newmtl":
            name = " ".join(rest.split())
            materials[name] = Material(path)
        elif name is not None and rest:
            materials[name] = _with_line(materials[name], keyword, rest, f"{path}: {name}")
    return materials


def _with_line(material: Material, keyword: str, rest: str, subject: str) -> Material:
    if keyword == "kd":
        return replace(material, color=_color(rest, subject))
    if keyword == "map_kd":
        return replace(material, texture=parse_map(rest, subject))
    if keyword == "map_ka":
        return replace(material, ambient=parse_map(rest, subject))
    if keyword == "d" and _is_below_one(rest.split()[-1]):
        warn_input(subject, f"the opacity {rest}", "an opaque material", "it is drawn opaque")
    return material


def _color(rest: str, subject: str) -> np.ndarray | None:
    try:
        values = [float(word) for word in rest.split()[:3]]
    except ValueError:
        warn_input(subject, f"Kd {rest[:40]}", "three numbers", "the material is used without its colour")
        return None
    colors = unit_colors(np.array([values * 3 if len(values) == 1 else values]), subject)
    return None if colors is None or colors.shape != (1, 3) else colors[0]


def parse_map(text: str, subject: str) -> TextureMap:
    """A texture file, which may hold spaces, after its options."""
    words = list(re.finditer(r"\S+", text))
    position, numbers = 0, {}
    while position < len(words) - 1:
        option = words[position].group().lower()
        if option in WORD_OPTIONS:
            value = words[position + 1].group().lower()
            if value != DEFAULTS.get(option, value):
                _warn_of_option(subject, f"{option} {value}")
            position += 2
        elif option in NUMBER_OPTIONS:
            found = _leading_numbers(words[position + 1 : position + 1 + NUMBER_OPTIONS[option]])
            numbers[option] = found
            position += 1 + len(found)
        else:
            break
    if any(numbers.get("-t", ())):
        _warn_of_option(subject, "-t")
    file = text[words[position].start() :] if position < len(words) else ""
    base, gain = (*numbers.get("-mm", ()), 0.0, 1.0)[:2] if len(numbers.get("-mm", ())) == 2 else (0.0, 1.0)
    return TextureMap(file, _two(numbers, "-s", 1.0), _two(numbers, "-o", 0.0), base, gain)


def _leading_numbers(words: list[re.Match]) -> list[float]:
    numbers = []
    for word in words:
        try:
            numbers.append(float(word.group()))
        except ValueError:
            break
    return numbers


def _two(numbers: dict[str, list[float]], option: str, default: float) -> tuple[float, float]:
    u, v = [*numbers.get(option, []), default, default][:2]
    return u, v


def _warn_of_option(subject: str, option: str) -> None:
    warn_input(subject, f"the map option {option}", "a plain texture", "it is used without the option")


def _is_below_one(word: str) -> bool:
    try:
        return float(word) < 1
    except ValueError:
        return False
