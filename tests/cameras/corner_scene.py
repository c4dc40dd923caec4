"""The corner of a room, photographed from known places, as recover_cameras would answer."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from objpose.cameras import Photo, RecoveredPhoto, RecoveredScene
from objpose.cameras.answer.recovered import se3
from objpose.geometry import Camera
from objpose.io import SparsePoints
from tests.cameras.photo_sets import draw_corner, look_at_origin

AZIMUTHS = [38.0, 44.0, 52.0, 58.0]


def corner_camera(width: int) -> Camera:
    """Three quarters as high as wide."""
    height = 3 * width // 4
    K = [[1.1 * width, 0, (width - 1) / 2], [0, 1.1 * width, (height - 1) / 2], [0, 0, 1]]
    return Camera.from_K(K, width, height)


def drawn(azimuth: float, width: int) -> np.ndarray:
    """(H, W, 3) uint8 of the corner, averaged from a picture of four times the size."""
    height = 3 * width // 4
    big = draw_corner(look_at_origin(azimuth), 4 * width, 4 * height)
    return np.asarray(Image.fromarray(big).resize((width, height), Image.Resampling.BOX))


def corner_points() -> np.ndarray:
    """(P, 3) of its floor and two walls."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-1.2, 0.3, (90, 3))
    points[np.arange(90), np.arange(90) % 3] = -1.2
    return points


def recovered(confidences: list[float], width: int) -> RecoveredScene:
    """Photos from AZIMUTHS; points that fall outside of a photo are not seen there."""
    xyz, camera = corner_points(), corner_camera(width)
    photos, point, photo = [], [], []
    for index, (azimuth, confidence) in enumerate(zip(AZIMUTHS, confidences, strict=True)):
        cam_from_world = se3(look_at_origin(azimuth))
        photos.append(RecoveredPhoto(f"{index}.png", camera, cam_from_world, confidence, island=0))
        pixels = camera.project(cam_from_world.apply(torch.from_numpy(xyz))).numpy()
        seen = np.flatnonzero(((pixels > 0) & (pixels < [width - 1, camera.height - 1])).all(1))
        point.append(seen)
        photo.append(np.full(len(seen), index))
    point, photo = np.concatenate(point), np.concatenate(photo)
    points = SparsePoints(xyz, np.zeros((90, 3), np.uint8), point, photo, np.zeros((len(point), 2)))
    sources = tuple(Photo(f"{i}.png", drawn(azimuth, width), camera) for i, azimuth in enumerate(AZIMUTHS))
    return RecoveredScene(tuple(photos), points, torch.eye(4), False, {}, sources=sources)
