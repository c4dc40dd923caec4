"""Bottles, bowls, cans, cups and boxes drawn at random: what the category models are learned from.

All instances of a category have the same triangles, and a vertex has the same role in each: foot, shoulder,
rim, handle. z points up, to the opening or the cap; x of a cup points to its handle. Sizes and forms are
drawn from ranges of everyday things; none is taken from a set that measures the package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SEGMENTS = 24  # of a full turn
EDGES = np.array([-1, -0.94, -0.75, -0.28, 0.28, 0.75, 0.94, 1])  # rows of a box's side: close at its edges
HANDLE_ROWS, HANDLE_SEGMENTS = 15, 8


@dataclass(frozen=True, eq=False)
class Instance:
    vertices: np.ndarray  # (V, 3) metres; the body, without its handle, is centred at the origin
    faces: np.ndarray  # (F, 3)
    body: np.ndarray  # (3,) metres, extents of the body


def bottle(rng: np.random.Generator) -> Instance:
    """Round, oval or rounded rectangles below a round neck."""
    height = np.exp(rng.uniform(np.log(0.09), np.log(0.33)))
    width = height * rng.uniform(0.22, 0.52)
    neck, cap = rng.uniform(0.2, 0.55), rng.uniform(0.8, 1.3)
    shoulder = rng.uniform(0.35, 0.82)
    collar = min(shoulder + rng.uniform(0.06, 0.4), 0.96)
    lid = rng.uniform(collar, 0.97)
    t = _levels([0, 0.03, shoulder, collar, lid, 1], [2, 4, 7, 3, 3])
    curve = np.clip((t - shoulder) / (collar - shoulder), 0, 1) ** rng.uniform(0.8, 2.0)
    is_body = 0.5 + 0.5 * np.cos(np.pi * curve)  # 1 at the body, 0 at the neck
    body = 1 - rng.uniform(0, 0.12) * np.sin(np.pi * np.clip(t / shoulder, 0, 1)) ** 2
    body = body - rng.uniform(0, 0.1) * (1 - np.clip(t / 0.03, 0, 1))
    radius = is_body * body + (1 - is_body) * neck * np.where(t > lid, cap, 1)
    flat = rng.uniform(0.5, 0.95) if rng.random() < 0.4 else 1.0
    depth = is_body * body * flat + (1 - is_body) * np.minimum(radius, flat)
    power = 2 + is_body * (rng.uniform(0.5, 4) if rng.random() < 0.3 else 0.0)
    wall = np.stack([radius * width / 2, depth * width / 2, t * height], axis=1)
    return _turned(_closed(wall), power=_with_ends(power))


def can(rng: np.random.Generator) -> Instance:
    """A cylinder with rims, of a tin of fish to a tall one; some are drawn in towards an end."""
    width = rng.uniform(0.05, 0.11)
    height = width * np.exp(rng.uniform(np.log(0.3), np.log(2.3)))
    t = _levels([0, 0.04, 0.12, 0.88, 0.96, 1], [2, 2, 5, 2, 2])
    drawn_in = rng.uniform(0, 0.15) if rng.random() < 0.3 else 0.0
    radius = 1 - drawn_in * np.clip((t - 0.88) / 0.12, 0, 1)
    radius = radius - drawn_in * rng.uniform() * np.clip((0.12 - t) / 0.12, 0, 1)
    rim = rng.uniform(0.0005, 0.004)
    wall = np.stack([radius * width / 2, radius * width / 2, t * height], axis=1)
    inner = np.array([0.9, 0.9, 1])
    low, high = wall[0] * inner + [0, 0, rim], wall[-1] * inner - [0, 0, rim]
    return _turned(_closed(np.concatenate([low[None], wall, high[None]])))


def bowl(rng: np.random.Generator) -> Instance:
    """Open above, on a foot; from a bowl with steep sides to a flat one with a lip."""
    width = rng.uniform(0.1, 0.26)
    height = width * rng.uniform(0.22, 0.6)
    foot, bend = rng.uniform(0.3, 0.65), rng.uniform(0.35, 1.0)
    t = _levels([0, 0.06, 1], [2, 10])
    stem = rng.uniform(0, 0.06)
    radius = foot + (1 - foot) * np.clip((t - stem) / (1 - stem), 0, 1) ** bend
    if rng.random() < 0.3:
        radius = radius * (1 + rng.uniform(0, 0.15) * np.clip((t - 0.85) / 0.15, 0, 1))
        radius /= radius.max()
    return _turned(_hollow(radius, t, width, height, rng.uniform(0.015, 0.05) * width, rng))


def cup(rng: np.random.Generator) -> Instance:
    """A mug or a tea cup with a handle at +x: an ear, a ring or a square, of many sizes."""
    height = rng.uniform(0.06, 0.13)
    width = height * rng.uniform(0.6, 1.3)
    bottom = rng.uniform(0.55, 1.0) if rng.random() < 0.6 else 1.0
    t = _levels([0, 0.05, 1], [2, 10])
    bulge = rng.uniform(-0.06, 0.1) * np.sin(np.pi * t)
    radius = bottom + (1 - bottom) * t ** rng.uniform(0.4, 1.3) + bulge
    radius = radius / radius.max()
    radius[0] *= rng.uniform(0.85, 1.0)
    body = _turned(_hollow(radius, t, width, height, rng.uniform(0.0025, 0.006), rng))
    wall = np.stack([radius * width / 2, (t - 0.5) * height], axis=1)
    vertices, faces = _handle(wall, height, rng)
    faces = np.concatenate([body.faces, faces + len(body.vertices)])
    return Instance(np.concatenate([body.vertices, vertices]), faces, body.body)


def box(rng: np.random.Generator) -> Instance:
    """Sides x <= y <= z; edges sharp or rounded."""
    longest = np.exp(rng.uniform(np.log(0.06), np.log(0.32)))
    middle = longest * rng.uniform(0.35, 1.0)
    size = np.array([middle * rng.uniform(0.15, 1.0), middle, longest])
    radius = rng.uniform(0, 0.25) * size[0] if rng.random() < 0.5 else 0.0
    points, faces = _cube()
    points = points * size / 2
    inner = np.clip(points, radius - size / 2, size / 2 - radius)
    outward = points - inner
    length = np.linalg.norm(outward, axis=1, keepdims=True)
    rounded = inner + radius * outward / np.maximum(length, 1e-9)
    return Instance(rounded if radius > 0 else points, faces, size)


FAMILIES: dict[str, Callable[[np.random.Generator], Instance]] = {
    "bottle": bottle,
    "bowl": bowl,
    "box": box,
    "can": can,
    "cup": cup,
}


def _levels(knots: list[float], steps: list[int]) -> np.ndarray:
    """Levels from the first knot to the last, so many steps between each two."""
    pieces = [
        np.linspace(low, high, count, endpoint=False)
        for low, high, count in zip(knots, knots[1:], steps, strict=False)
    ]
    return np.concatenate([*pieces, [knots[-1]]])


def _closed(wall: np.ndarray) -> np.ndarray:
    """A wall of rows (half x, half y, z) with a bottom and a top."""
    flat = np.array([0.0, 0, 1])
    return np.concatenate([[wall[0] * flat], wall, [wall[-1] * flat]])


def _with_ends(row: np.ndarray) -> np.ndarray:
    return np.concatenate([row[:1], row, row[-1:]])


def _hollow(
    radius: np.ndarray, t: np.ndarray, width: float, height: float, thick: float, rng: np.random.Generator
) -> np.ndarray:
    """Rows (half x, half y, z) of a vessel: up its outside, over the rim, down to the floor inside."""
    floor = thick * rng.uniform(1.0, 2.0)
    inside = np.linspace(1, floor / height, 9)
    outer = np.stack([radius * width / 2, t * height], axis=1)
    inner = np.stack([np.interp(inside, t, outer[:, 0]) - thick, inside * height], axis=1)
    inner[:, 0] = np.maximum(inner[:, 0], 0.1 * width)
    profile = np.concatenate([[[0, 0]], outer, inner, [[0, floor]]])
    return profile[:, [0, 0, 1]]


def _turned(rows: np.ndarray, power: np.ndarray | None = None) -> Instance:
    """Rows (half x, half y, z) led round z along superellipses of a power each, ellipses by default."""
    angle = np.linspace(0, 2 * np.pi, SEGMENTS, endpoint=False)
    exponent = 2 / (np.full(len(rows), 2.0) if power is None else power)[:, None]
    ring = [np.sign(f(angle)) * np.abs(f(angle)) ** exponent for f in (np.cos, np.sin)]
    grid = np.stack([rows[:, :1] * ring[0], rows[:, 1:2] * ring[1], np.tile(rows[:, 2:], SEGMENTS)], axis=-1)
    vertices = grid.reshape(-1, 3)
    low, high = vertices.min(0), vertices.max(0)
    return Instance(vertices - (low + high) / 2, _grid_faces(len(rows), SEGMENTS), high - low)


def _handle(wall: np.ndarray, height: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A tube from the wall (P, 2), radius by z, out along x and back to it."""
    low, high = (rng.uniform(*span) * height - height / 2 for span in ((0.08, 0.35), (0.62, 0.95)))
    reach = rng.uniform(0.22, 0.5) * height
    power = 2 / rng.uniform(1.8, 5.0)
    angle = np.linspace(-np.pi / 2, np.pi / 2, HANDLE_ROWS)
    out = reach * np.abs(np.cos(angle)) ** power
    z = (low + high) / 2 + (high - low) / 2 * np.sign(angle) * np.abs(np.sin(angle)) ** power
    z = z + rng.uniform(-0.15, 0.1) * height * np.abs(np.cos(angle)) ** 2  # its middle may hang
    ends = np.interp(z[[0, -1]], wall[:, 1], wall[:, 0])
    root = np.interp(np.linspace(0, 1, HANDLE_ROWS), [0, 1], ends)
    thick = rng.uniform(0.03, 0.085) * height
    centre = np.stack([root + out - 0.3 * thick, np.zeros(HANDLE_ROWS), z], axis=1)
    tangent = np.gradient(centre, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    normal = np.cross([0.0, 1, 0], tangent)
    round_ = np.linspace(0, 2 * np.pi, HANDLE_SEGMENTS, endpoint=False)[:, None]
    side = np.array([0, rng.uniform(0.8, 2.0), 0])
    tube = centre[:, None] + thick * (np.cos(round_) * normal[:, None] + np.sin(round_) * side)
    return tube.reshape(-1, 3), _grid_faces(HANDLE_ROWS, HANDLE_SEGMENTS)


def _grid_faces(rows: int, columns: int) -> np.ndarray:
    """(F, 3) triangles of a grid that closes on itself along its rows."""
    row, column = (index.ravel() for index in np.mgrid[: rows - 1, :columns])
    here, right = row * columns + column, row * columns + (column + 1) % columns
    above, across = here + columns, right + columns
    return np.concatenate([np.stack([here, right, across], 1), np.stack([here, across, above], 1)])


def _cube() -> tuple[np.ndarray, np.ndarray]:
    """Six grids on the cube from -1 to 1, and their triangles."""
    count = len(EDGES)
    u, v = (grid.ravel() for grid in np.meshgrid(EDGES, EDGES, indexing="ij"))
    corner = (np.arange(count)[:-1, None] * count + np.arange(count - 1)).ravel()
    quads = np.stack([corner, corner + count, corner + count + 1, corner + 1], axis=1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    points, faces = [], []
    for axis in range(3):
        for side in (-1.0, 1.0):
            patch = np.empty((count**2, 3))
            patch[:, axis], patch[:, (axis + 1) % 3], patch[:, (axis + 2) % 3] = side, u, v
            faces.append((triangles if side > 0 else triangles[:, ::-1]) + len(points) * count**2)
            points.append(patch)
    return np.concatenate(points), np.concatenate(faces)
