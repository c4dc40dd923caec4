"""Coats of drawn bodies: prints about them or on their sides, bands, parts in colours of their own."""

from __future__ import annotations

import numpy as np
import torch
import trimesh

from objpose.geometry import Mesh
from training.drawn.prints import any_color, any_print

GAP = 0.02  # of a print's sides, kept free
ATLAS = (3, 2)  # prints across and up: one for each side of a box


def printed(body: trimesh.Trimesh, rng: np.random.Generator, wrapped: bool) -> Mesh:
    """Every face has corners of its own: seams cut through none."""
    tiles = [any_print(rng) for _ in range(6)]
    if rng.random() < 0.3:  # opposite sides alike
        tiles = [tiles[side // 2 * 2] for side in range(6)]
    corners = np.array(body.triangles)
    uvs = around(corners, body) if wrapped else on_sides(corners, body)
    picture = np.concatenate([tiles[0], tiles[0]], 1) if wrapped else atlas(tiles)
    count = len(corners)
    texture = torch.from_numpy(np.ascontiguousarray(picture))
    faces = np.arange(3 * count).reshape(-1, 3)
    return Mesh(corners.reshape(-1, 3), faces, uvs=uvs.reshape(-1, 2), texture=texture)


def around(corners: np.ndarray, body: trimesh.Trimesh) -> np.ndarray:
    """(F, 3, 2) once round z, the picture set twice side by side; ends in what is printed near them."""
    angle = np.arctan2(corners[..., 1], corners[..., 0]) / (2 * np.pi) % 1
    angle = np.where(angle.max(1, keepdims=True) - angle > 0.5, angle + 1, angle)
    low, high = body.bounds[:, 2]
    return np.stack([angle / 2, (corners[..., 2] - low) / (high - low)], axis=-1)


def on_sides(corners: np.ndarray, body: trimesh.Trimesh) -> np.ndarray:
    """(F, 3, 2) in the atlas: every face in the print of the side that it faces most."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    axis = np.abs(normals).argmax(1)
    side = 2 * axis + (np.take_along_axis(normals, axis[:, None], 1)[:, 0] < 0)
    low, high = body.bounds
    relative = (corners - low) / (high - low)
    across = np.array([[1, 2], [0, 2], [0, 1]])[axis]
    place = GAP + (1 - 2 * GAP) * np.take_along_axis(relative, across[:, None].repeat(3, 1), 2)
    return (place + np.stack([side % 3, side // 3], -1)[:, None]) / ATLAS


def atlas(tiles: list[np.ndarray]) -> np.ndarray:
    """Side 0 is at the bottom left, as uvs count."""
    rows = [np.concatenate(tiles[3 * row : 3 * row + 3], 1) for row in (1, 0)]
    return np.concatenate(rows)


def banded(body: trimesh.Trimesh, rng: np.random.Generator) -> Mesh:
    edges = np.sort(rng.uniform(*body.bounds[:, 2], rng.integers(1, 5)))
    colors = np.stack([any_color(rng) for _ in range(len(edges) + 1)])
    return Mesh(body.vertices, body.faces, vertex_colors=colors[np.searchsorted(edges, body.vertices[:, 2])])


def by_parts(body: trimesh.Trimesh, rng: np.random.Generator) -> Mesh:
    """Each part in a colour of its own; a body of one part is blotched."""
    labels = trimesh.graph.connected_component_labels(body.edges_unique, node_count=len(body.vertices))
    if labels.max() == 0:
        waves = rng.normal(size=(4, 3)) * rng.uniform(15, 90)
        labels = (np.sin(body.vertices @ waves.T + rng.uniform(0, 6, 4)).sum(1) > 0).astype(int)
    colors = np.stack([any_color(rng) for _ in range(labels.max() + 1)])
    return Mesh(body.vertices, body.faces, vertex_colors=colors[labels])
