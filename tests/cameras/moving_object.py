"""A printed box pasted over photos of something else, which it moves before or with."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from objpose.cameras import Photo
from objpose.geometry import SE3, Camera, Mesh
from objpose.raster import render_mesh
from tests.cameras.photo_sets import corner_K, draw_corner

WIDTH, HEIGHT = 400, 300
CAMERA = Camera.from_K(corner_K(), WIDTH, HEIGHT)
FACES = [[-1, -1], [1, -1], [1, 1], [-1, 1]]


def printed_box(size: float, seed: int = 7) -> Mesh:
    """A cube with another random print on each side."""
    rng = np.random.default_rng(seed)
    vertices, uvs, triangles = [], [], []
    for side in range(6):
        axis, sign = side % 3, 1.0 if side < 3 else -1.0
        corners = np.insert(np.array(FACES, float), axis, sign, axis=1) * size / 2
        cell = (np.array(FACES) * 0.48 + 0.5 + [side % 3, side // 3]) / [3, 2]
        first = 4 * side
        vertices.append(corners)
        uvs.append(cell)
        triangles += [[first, first + 1, first + 2], [first, first + 2, first + 3]]
    atlas = np.zeros((256, 384, 3))
    for cells, weight in ((24, 0.3), (64, 0.4), (128, 0.3)):
        coarse = Image.fromarray(rng.integers(0, 256, (cells, 3 * cells // 2, 3), dtype=np.uint8))
        atlas += weight * np.asarray(coarse.resize((384, 256), Image.Resampling.BICUBIC))
    atlas = np.clip((atlas - 128) * 2 + 128, 0, 255).astype(np.uint8)
    mesh = np.concatenate(vertices), np.array(triangles), np.concatenate(uvs)
    return Mesh(
        torch.from_numpy(mesh[0]), torch.from_numpy(mesh[1]), uvs=torch.from_numpy(mesh[2]), texture=atlas
    )


def pasted(backgrounds: list[np.ndarray], cams_from_obj: list[np.ndarray], size: float) -> list[Photo]:
    """Photos with the box before each background, (300, 400, 3) uint8."""
    box, photos = printed_box(size), []
    for index, (background, cam) in enumerate(zip(backgrounds, cams_from_obj, strict=True)):
        pose = SE3.from_matrix(torch.from_numpy(cam)[None]).to(torch.float32)
        drawn = render_mesh(box, pose, CAMERA.K, WIDTH, HEIGHT, outputs=("depth", "color"), supersample=3)
        color = (255 * drawn.color[0]).round().to(torch.uint8).numpy()
        image = np.where((drawn.depth[0] > 0).numpy()[..., None], color, background)
        photos.append(Photo(f"{index}.png", image, CAMERA))
    return photos


def rooms(cams_from_world: list[np.ndarray]) -> list[np.ndarray]:
    return [draw_corner(cam) for cam in cams_from_world]
