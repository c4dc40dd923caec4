"""A printed table with round things on it, drawn by our rasterizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from objpose.cameras import Photo
from objpose.geometry import Mesh
from tests.cameras.photo_sets import look_at_origin
from tests.cameras.tags.tagged_scene import TABLE, TEXELS, photographed, table

FROM = (0, 50), (25, 40), (50, 55), (80, 45)
CAMS = [look_at_origin(azimuth, elevation, 1.6) for azimuth, elevation in FROM]
PARTS = 16  # of a texel, which cv2 draws to


@dataclass(frozen=True)
class Disc:
    """at: metres from the table's middle; diameter: metres; with a raised rim and a spot within.

    paper: whether it lies on a plain sheet.
    """

    at: tuple[float, float] = (0.2, -0.1)
    diameter: float = 0.16
    paper: bool = True

    def drawn_on(self, picture: np.ndarray) -> None:
        middle = [0.5 + sign * at / TABLE for sign, at in zip((1, -1), self.at, strict=True)]
        column, row = (round((share * TEXELS - 0.5) * PARTS) for share in middle)
        radius = self.diameter / 2 / TABLE * TEXELS * PARTS
        if self.paper:
            corners = [tuple(round(c + sign * 2.2 * radius) for c in (column, row)) for sign in (-1, 1)]
            cv2.rectangle(picture, *corners, (225,) * 3, -1, cv2.LINE_AA, 4)
        for aside, share, grey in ((0.0, 1.0, 60), (0.0, 0.85, 210), (0.2, 0.25, 120)):
            place = column + round(aside * radius), row - round(aside * radius)
            cv2.circle(picture, place, round(share * radius), (grey,) * 3, -1, cv2.LINE_AA, 4)


def photos_of_discs(discs: Sequence[Disc], seed: int = 1) -> list[Photo]:
    plain = table([], seed)
    assert plain.texture is not None and plain.uvs is not None
    picture = np.ascontiguousarray(plain.texture.numpy())
    for disc in discs:
        disc.drawn_on(picture)
    mesh = Mesh(plain.vertices, plain.faces, uvs=plain.uvs, texture=picture)
    return [photographed(f"{index}.png", mesh, cam, index) for index, cam in enumerate(CAMS)]
