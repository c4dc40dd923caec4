"""Prints that differ in letters only: sides of boxes, and labels that go round a body."""

from __future__ import annotations

import numpy as np
import torch
import trimesh
from PIL import Image, ImageDraw, ImageFont
from prints import TILE, WORDS

from objpose.geometry import Mesh

LABEL = (640, 256)  # pixels of a label's picture, round and up; its lowest rows are the ends' colour
ENDS = 40  # pixels, rows of it
CAP = 0.7  # of a normal along the axis, from which a face belongs to an end


def lettered_atlas(rng: np.random.Generator) -> np.ndarray:
    """(2 TILE, 3 TILE, 3) uint8: six sides of one ground with one band, each with a word of its own."""
    ground, band, ink = _tones(rng)
    words, size, row = rng.permutation(WORDS), float(rng.integers(30, 46)), int(rng.integers(20, 90))
    atlas = Image.new("RGB", (3 * TILE, 2 * TILE), ground)
    draw = ImageDraw.Draw(atlas)
    for side in range(6):
        left, top = (side % 3) * TILE, (side // 3) * TILE
        draw.rectangle((left, top + TILE // 2 - 12, left + TILE - 1, top + TILE // 2 + 11), fill=band)
        middle = left + TILE // 2, top + row
        draw.text(middle, words[side], fill=ink, font=ImageFont.load_default(size), anchor="mt")
    return np.array(atlas)


def lettered_label(rng: np.random.Generator) -> np.ndarray:
    """A label (rows, columns, 3) uint8 of one ground with bands, words at uneven gaps all the way round."""
    ground, band, ink = _tones(rng)
    label, draw = _blank(ground, band)
    font = ImageFont.load_default(float(rng.integers(40, 64)))
    row, column = int(rng.integers(70, 120)), int(rng.integers(0, 40))
    for word in rng.permutation(WORDS):
        if column + draw.textlength(word, font=font) > LABEL[0]:
            break
        draw.text((column, row), word, fill=ink, font=font)
        column += int(draw.textlength(word, font=font) + rng.integers(15, 90))
    return np.array(label)


def patch_label(rng: np.random.Generator) -> np.ndarray:
    """A white label with one printed patch: two thirds of the way round nothing is on it."""
    white = tuple(int(tone) for tone in 235 + rng.integers(-12, 13, 3))
    _, patch, ink = _tones(rng)
    label, draw = _blank(white, white)
    width = int(rng.uniform(0.2, 0.33) * LABEL[0])
    draw.rectangle((20, 60, 20 + width, 170), fill=patch)
    draw.text((30, 80), WORDS[rng.integers(len(WORDS))], fill=ink, font=ImageFont.load_default(44.0))
    return np.array(label)


def wrapped(body: trimesh.Trimesh, label: np.ndarray) -> Mesh:
    """The label (rows, columns, 3) once round a body turned about z; its ends in the colour of its last rows.

    Every face has corners of its own: the label's seam cuts through none of them.
    """
    corners = np.array(body.triangles.reshape(-1, 3))
    low, high = body.bounds[:, 2]
    angle = np.arctan2(corners[:, 1], corners[:, 0]).reshape(-1, 3) / (2 * np.pi) % 1
    # Corners of a face at the seam lie on one side of it; those on the axis have the angle of the others.
    angle = np.where(angle.max(1, keepdims=True) - angle > 0.5, angle + 1, angle)
    body_rows = 1 - ENDS / len(label)
    row = (1 - (corners[:, 2] - low) / (high - low)).reshape(-1, 3) * (body_rows - 0.02) + 0.01
    at_end = np.abs(body.face_normals[:, 2]) > CAP
    row[at_end] = 1 - ENDS / 2 / len(label)
    angle[at_end] = 0.5
    # The picture is repeated, as columns beyond the seam lie beyond its right border.
    texture = torch.from_numpy(np.concatenate([label, label], axis=1))
    uvs = np.stack([angle.ravel() / 2, 1 - row.ravel()], axis=-1)
    return Mesh(corners, np.arange(len(corners)).reshape(-1, 3), uvs=uvs, texture=texture)


def _tones(rng: np.random.Generator) -> tuple[tuple[int, ...], ...]:
    """Ground, band and ink: the ink stands out against both."""
    dark, light = rng.integers(15, 90, 3), rng.integers(140, 236, (2, 3))
    ink, (ground, band) = tuple(dark.tolist()), (tuple(tone.tolist()) for tone in light)
    return ground, band, ink


def _blank(ground: tuple[int, ...], band: tuple[int, ...]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A label with a band above and below, and its ends' rows."""
    label = Image.new("RGB", LABEL, ground)
    draw = ImageDraw.Draw(label)
    for top in (12, LABEL[1] - ENDS - 36):
        draw.rectangle((0, top, LABEL[0], top + 23), fill=band)
    draw.rectangle((0, LABEL[1] - ENDS, LABEL[0], LABEL[1]), fill=ground)
    return label, draw
