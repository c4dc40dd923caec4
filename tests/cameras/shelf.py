"""Photos of a shelf: packs of three kinds in rows, each beside its like."""

from __future__ import annotations

import numpy as np
import torch

from objpose.cameras import Photo
from objpose.geometry import SE3
from objpose.raster import render_mesh
from tests.cameras.moving_object import CAMERA, HEIGHT, WIDTH, printed_box

KINDS = (0, 0, 0, 1, 1, 1), (2, 2, 2, 0, 0, 0)
SIDE = 0.5
GROUND, NOISE = 90, 6.0  # grey levels


def shelf_photos(cams_from_world: list[np.ndarray]) -> list[Photo]:
    """(300, 400, 3) uint8 each, with another noise each."""
    rng = np.random.default_rng(0)
    return [Photo(f"{i}.png", _drawn(cam, rng), CAMERA) for i, cam in enumerate(cams_from_world)]


def along_the_shelf(places: tuple[float, ...]) -> list[np.ndarray]:
    """(4, 4) cam_from_world of cameras before the shelf, so far to its right."""
    cams = []
    for index, x in enumerate(places):
        centre = np.array([x, -2.6, 0.1 + 0.1 * (index % 2)])
        ahead = np.array([0.6 * x, 0.0, 0.0]) - centre
        ahead /= np.linalg.norm(ahead)
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        cam = np.eye(4)
        cam[:3, :3] = right, np.cross(ahead, right), ahead
        cam[:3, 3] = -cam[:3, :3] @ centre
        cams.append(cam)
    return cams


def _drawn(cam: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    image = np.full((HEIGHT, WIDTH, 3), GROUND, dtype=np.float64)
    nearest = np.full((HEIGHT, WIDTH), np.inf)
    for row, kinds in enumerate(KINDS):
        for column, kind in enumerate(kinds):
            world_from_box = np.eye(4)
            world_from_box[:3, 3] = (column - 2.5) * SIDE * 1.1, 0.0, (row - 0.5) * SIDE * 1.3
            pose = SE3.from_matrix(torch.from_numpy(cam @ world_from_box)[None]).to(torch.float32)
            box = printed_box(SIDE, seed=kind + 3)
            drawn = render_mesh(box, pose, CAMERA.K, WIDTH, HEIGHT, outputs=("depth", "color"), supersample=3)
            depth = drawn.depth[0].numpy()
            shown = (depth > 0) & (depth < nearest)
            nearest[shown] = depth[shown]
            image[shown] = 255 * drawn.color[0].numpy()[shown]
    return (image + rng.normal(0.0, NOISE, image.shape)).clip(0, 255).round().astype(np.uint8)
