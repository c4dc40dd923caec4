"""Colour for shapes: prints projected from the six sides of a box, and paint by place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import trimesh
from PIL import Image, ImageDraw, ImageFont

from objpose.geometry import Mesh

TILE = 160  # pixels of one side's picture; the atlas has 3 x 2 of them
GAP = 0.02  # of a tile, kept free at its border, so that filtering takes nothing from the neighbour tile
WORDS = ("OATS", "SOAP", "TEA", "No. 7", "MILD", "500 g", "FRESH", "salt", "glue", "EXTRA")


def painted(mesh: trimesh.Trimesh, paint: Callable[[np.ndarray], np.ndarray]) -> Mesh:
    """Vertex colours from paint: points (V, 3) in metres -> colours (V, 3) in [0, 1]."""
    colors = np.ascontiguousarray(paint(np.asarray(mesh.vertices)), dtype=np.float32)
    return Mesh(mesh.vertices, mesh.faces, vertex_colors=colors)


def box_mapped(mesh: trimesh.Trimesh, atlas: np.ndarray) -> Mesh:
    """The mesh textured with an atlas (2 TILE, 3 TILE, 3): each triangle by the side that it faces most."""
    normals = mesh.face_normals
    axis = np.abs(normals).argmax(1)
    side = 2 * axis + (np.take_along_axis(normals, axis[:, None], 1)[:, 0] < 0)
    # A vertex is needed once for every side that it belongs to.
    pairs, corner = np.unique(
        np.stack([mesh.faces, side[:, None].repeat(3, 1)], -1).reshape(-1, 2), axis=0, return_inverse=True
    )
    vertex, side = pairs.T
    low, high = mesh.bounds
    relative = (mesh.vertices[vertex] - low) / (high - low)
    across = np.array([[1, 2], [0, 2], [0, 1]])[side // 2]
    place = GAP + (1 - 2 * GAP) * np.take_along_axis(relative, across, 1)
    uvs = (place + np.stack([side % 3, side // 3], -1)) / [3, 2]
    return Mesh(mesh.vertices[vertex], corner.reshape(-1, 3), uvs=uvs, texture=torch.from_numpy(atlas))


def printed_atlas(rng: np.random.Generator) -> np.ndarray:
    """(2 TILE, 3 TILE, 3) uint8: six different prints in the colours of one brand."""
    brand = rng.integers(20, 236, (4, 3))
    atlas = Image.new("RGB", (3 * TILE, 2 * TILE))
    for side in range(6):
        atlas.paste(_print(rng, brand), ((side % 3) * TILE, (side // 3) * TILE))
    return np.array(atlas)


def _print(rng: np.random.Generator, brand: np.ndarray) -> Image.Image:
    """One side: a ground, some bands and discs, a name and small print."""
    ground, *colors = (tuple(brand[i].tolist()) for i in rng.integers(len(brand), size=8))
    picture = Image.new("RGB", (TILE, TILE), ground)
    draw = ImageDraw.Draw(picture)
    for color in colors[: rng.integers(2, 5)]:
        x, y, width, height = rng.integers([-20, -20, 20, 20], [TILE, TILE, 110, 90])
        shape = draw.rectangle if rng.random() < 0.5 else draw.ellipse
        shape((x, y, x + width, y + height), fill=color)
    name = WORDS[rng.integers(len(WORDS))]
    size = float(rng.integers(24, 52))
    place = tuple(rng.integers((5, 5), (40, 90)))
    draw.text(place, name, fill=colors[5], font=ImageFont.load_default(size))
    for line in range(rng.integers(0, 6)):
        draw.text((12, 112 + 8 * line), "contents " * 3, fill=colors[6], font=ImageFont.load_default(8.0))
    return picture
