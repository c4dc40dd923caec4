"""Textured meshes from two ideas: a profile turned about an axis, and a circle swept along a curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Tile(NamedTuple):
    """A rectangle of a texture atlas in its unit square: x to the right, y DOWN from its top."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class Part:
    """A triangle mesh with texture coordinates (v up). vertices (V,3) metres, faces (F,3), uvs (V,2)."""

    vertices: np.ndarray
    faces: np.ndarray
    uvs: np.ndarray

    def moved(self, rotation: np.ndarray, translation: np.ndarray) -> Part:
        """The part after x -> rotation @ x + translation."""
        return Part(self.vertices @ np.asarray(rotation).T + translation, self.faces, self.uvs)


def join(parts: list[Part]) -> Part:
    """All parts as one mesh (they may overlap: nothing is cut)."""
    offsets = np.cumsum([0] + [len(part.vertices) for part in parts[:-1]])
    faces = [part.faces + offset for part, offset in zip(parts, offsets, strict=True)]
    return Part(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate(faces),
        np.concatenate([part.uvs for part in parts]),
    )


def grid_part(points: np.ndarray, tile: Tile) -> Part:
    """A (R,C,3) grid of points as a surface; columns run along the tile, rows up it."""
    rows, cols = points.shape[:2]
    row, col = np.mgrid[0:rows, 0:cols]
    u = tile.x0 + (tile.x1 - tile.x0) * col / (cols - 1)
    v = 1 - (tile.y1 + (tile.y0 - tile.y1) * row / (rows - 1))
    corner = (row * cols + col)[:-1, :-1].ravel()
    faces = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + cols + 1], axis=1),
            np.stack([corner, corner + cols + 1, corner + cols], axis=1),
        ]
    )
    vertices = points.reshape(-1, 3)
    return Part(vertices, faces[_area(vertices, faces) > 1e-12], np.stack([u, v], axis=-1).reshape(-1, 2))


def lathe(profile: list[tuple[float, float]], tile: Tile, segments: int = 96, step: float = 0.006) -> Part:
    """A profile of (radius, z) points, from the bottom up along the outside, turned about z; seam at -x."""
    radius, z = _densify(np.asarray(profile, dtype=float), step).T
    angle = np.linspace(-np.pi, np.pi, segments + 1)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    height = np.broadcast_to(z[:, None, None], (len(z), len(ring), 1))
    return grid_part(np.concatenate([radius[:, None, None] * ring, height], axis=-1), tile)


def sweep(curve: np.ndarray, radii: np.ndarray, tile: Tile, segments: int = 28, flatten: float = 1.0) -> Part:
    """A closed tube along a curve (P,3) that lies in the xz-plane; radii (P,); flatten scales it along y."""
    tangent = np.gradient(curve, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.array([0.0, flatten, 0.0])
    normal = np.cross([0.0, 1.0, 0.0], tangent)
    angle = np.linspace(0, 2 * np.pi, segments + 1)[None, :, None]
    ring = np.cos(angle) * normal[:, None] + np.sin(angle) * side  # counterclockwise as seen from the far end
    wall = curve[:, None] + radii[:, None, None] * ring
    caps = np.broadcast_to(curve[[0, -1], None], (2, *wall.shape[1:]))
    return grid_part(np.concatenate([caps[:1], wall, caps[1:]]), tile)


def bezier(controls: list[tuple[float, float]], count: int) -> np.ndarray:
    """A cubic Bezier curve (count,3) in the xz-plane through four (x, z) control points."""
    p0, p1, p2, p3 = (np.array([x, 0.0, z]) for x, z in controls)
    t = np.linspace(0, 1, count)[:, None]
    return (1 - t) ** 3 * p0 + 3 * t * (1 - t) ** 2 * p1 + 3 * t**2 * (1 - t) * p2 + t**3 * p3


def box(size: tuple[float, float, float], tiles: list[Tile]) -> Part:
    """An axis-aligned box standing on z = 0; six tiles in the order +x, -x, +y, -y, +z, -z."""
    sx, sy, sz = size
    corners = {  # bottom-left, bottom-right, top-left, top-right as seen from outside
        "+x": [(1, -1, 0), (1, 1, 0), (1, -1, 1), (1, 1, 1)],
        "-x": [(-1, 1, 0), (-1, -1, 0), (-1, 1, 1), (-1, -1, 1)],
        "+y": [(1, 1, 0), (-1, 1, 0), (1, 1, 1), (-1, 1, 1)],
        "-y": [(-1, -1, 0), (1, -1, 0), (-1, -1, 1), (1, -1, 1)],
        "+z": [(-1, -1, 1), (1, -1, 1), (-1, 1, 1), (1, 1, 1)],
        "-z": [(1, -1, 0), (-1, -1, 0), (1, 1, 0), (-1, 1, 0)],
    }
    scale = np.array([sx / 2, sy / 2, sz])
    return join(
        [
            grid_part(np.reshape(c, (2, 2, 3)) * scale, tile)
            for c, tile in zip(corners.values(), tiles, strict=True)
        ]
    )


def _densify(polyline: np.ndarray, step: float) -> np.ndarray:
    """The polyline with no segment longer than `step`."""
    pieces = [polyline[:1]]
    for start, end in zip(polyline[:-1], polyline[1:], strict=True):
        count = max(1, int(np.ceil(np.linalg.norm(end - start) / step)))
        pieces.append(start + (end - start) * np.arange(1, count + 1)[:, None] / count)
    return np.concatenate(pieces)


def _area(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1)
