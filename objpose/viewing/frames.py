"""A frame in the scene: its photo in the camera that took it, its depth as points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from objpose.frame import Frame
from objpose.geometry import Camera
from objpose.viewing.server import vertical_fov

if TYPE_CHECKING:
    from viser import CameraFrustumHandle, ViserServer

MOST_POINTS = 120_000
PHOTO = 640  # pixels of the longer side, as it is sent
FRUSTUM = 0.12  # of the distance looked at
FRUSTUM_COLOR = (40, 40, 40)
LINE = 1.5  # pixels of the page


def show_frame(server: ViserServer, frame: Frame, distance: float) -> None:
    """Put the camera with its photo at the origin, and what its depth saw before it.

    distance: metres to what is looked at, by which the camera is drawn large or small.
    """
    show_photo(server, frame.camera, frame.rgb.numpy(), distance)
    if frame.depth is not None:
        points, colors = depth_points(frame)
        pixel = distance / frame.camera.fx
        server.scene.add_point_cloud(
            "/depth", points, colors, point_size=1.5 * pixel, precision="float32", point_shape="circle"
        )


def show_photo(
    server: ViserServer, camera: Camera, photo: np.ndarray | None, distance: float
) -> CameraFrustumHandle:
    """Put a camera at the origin, with the photo (H, W, 3) that it took, if there is one."""
    return server.scene.add_camera_frustum(
        "/camera",
        fov=vertical_fov(camera),
        aspect=camera.width / camera.height,
        scale=FRUSTUM * distance,
        thickness=LINE,
        thickness_units="screen",
        color=FRUSTUM_COLOR,
        image=None if photo is None else thumbnail(photo, PHOTO),
        format="jpeg",
    )


def depth_points(frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) metres in the camera's frame and (N, 3) uint8, of the pixels with depth, MOST_POINTS at most."""
    assert frame.depth is not None
    rays = frame.camera.rays()
    seen = (frame.depth > 0) & rays.isfinite().all(-1)
    points, colors = (rays * frame.depth[..., None])[seen], frame.rgb[seen]
    step = max(1, -(-len(points) // MOST_POINTS))
    return points[::step].to(torch.float32).numpy(), colors[::step].numpy()


def thumbnail(picture: np.ndarray, longest: int) -> np.ndarray:
    """(h, w, 3) uint8, no side longer than `longest`, so that it is sent quickly."""
    from PIL import Image

    image = Image.fromarray(picture)
    image.thumbnail((longest, longest))
    return np.asarray(image)
