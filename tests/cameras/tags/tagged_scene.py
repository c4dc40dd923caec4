"""A table with printed tags on it, drawn by our rasterizer: grey, or with a random print all over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from PIL import Image

from objpose.cameras import Photo
from objpose.geometry import SE3, Camera, Mesh
from objpose.raster import render_mesh

WIDTH, HEIGHT = 640, 480
CAMERA = Camera.from_K([[600.0, 0, 319.5], [0, 600.0, 239.5], [0, 0, 1]], WIDTH, HEIGHT)
TEXELS, TABLE = 2000, 2.0  # of the texture, and metres of the table, along a side
QUIET = 0.15  # of a tag's side: the white around it
SQUARE = 0.5 * np.array([[-1, 1, 0], [1, 1, 0], [1, -1, 0], [-1, -1, 0]])


@dataclass(frozen=True)
class Tag:
    """number: its id; at: metres from the table's middle; size: metres; turn: quarter turns to the left."""

    number: int
    at: tuple[float, float] = (0.0, 0.0)
    size: float = 0.2
    turn: int = 0
    family: str = "DICT_APRILTAG_36h11"

    @property
    def corners(self) -> np.ndarray:
        """(4, 3) on the table, from the tag's own top left on."""
        cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[self.turn]
        turned = self.size * SQUARE @ np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]).T
        return turned + np.array([*self.at, 0.0])

    def seen(self, cam_from_world: np.ndarray) -> np.ndarray:
        """(4, 2) pixels of the corners."""
        inside = self.corners @ cam_from_world[:3, :3].T + cam_from_world[:3, 3]
        return CAMERA.project(torch.from_numpy(inside)).numpy()


def table(tags: Sequence[Tag], seed: int | None = None) -> Mesh:
    """Of z = 0; seed: of its print, plain grey without."""
    drawn = np.full((TEXELS, TEXELS), 150, np.uint8) if seed is None else _print(seed)
    for tag in tags:
        picture = _picture(tag)
        middle = [round((0.5 + sign * at / TABLE) * TEXELS) for sign, at in zip((1, -1), tag.at, strict=True)]
        left, top = (one - len(picture) // 2 for one in middle)
        drawn[top : top + len(picture), left : left + len(picture)] = picture
    corners = TABLE / 2 * np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    uvs = [[0, 0], [1, 0], [1, 1], [0, 1]]
    return Mesh(corners, [[0, 1, 2], [0, 2, 3]], uvs=uvs, texture=np.repeat(drawn[..., None], 3, axis=2))


def photographed(name: str, mesh: Mesh, cam_from_world: np.ndarray, seed: int = 0) -> Photo:
    """Before white, with the noise of a camera."""
    pose = SE3.from_matrix(torch.from_numpy(cam_from_world)[None]).to(torch.float32)
    drawn = render_mesh(mesh, pose, CAMERA.K, WIDTH, HEIGHT, outputs=("depth", "color"), supersample=2)
    color = np.where((drawn.depth[0] > 0).numpy()[..., None], 255 * drawn.color[0].numpy(), 200.0)
    color = color + np.random.default_rng(seed).normal(scale=2.0, size=(HEIGHT, WIDTH, 1))
    return Photo(name, color.round().clip(0, 255).astype(np.uint8), CAMERA)


def photos_of_tags(
    cams_from_world: Sequence[np.ndarray], tags: Sequence[Tag], seed: int | None = None
) -> list[Photo]:
    mesh = table(tags, seed)
    return [photographed(f"{index}.png", mesh, cam, index) for index, cam in enumerate(cams_from_world)]


def _picture(tag: Tag) -> np.ndarray:
    """(S, S) of the tag with the white around it."""
    family = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, tag.family))
    side, margin = (round(share * tag.size / TABLE * TEXELS) for share in (1.0, QUIET))
    picture = cv2.aruco.generateImageMarker(family, tag.number, 32 * (family.markerSize + 2))
    picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return np.pad(np.rot90(picture, tag.turn), margin, constant_values=255)


def _print(seed: int) -> np.ndarray:
    rng, total = np.random.default_rng(seed), np.zeros((TEXELS, TEXELS))
    for cells, weight in ((40, 0.3), (128, 0.4), (256, 0.3)):
        coarse = Image.fromarray(rng.integers(0, 256, (cells, cells), dtype=np.uint8))
        total += weight * np.asarray(coarse.resize((TEXELS, TEXELS), Image.Resampling.BICUBIC))
    return np.clip((total - 128) * 2 + 128, 0, 255).astype(np.uint8)
