"""Recovered cameras with their photos, the points that they see, and other placements that may be right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from objpose.errors import warn_input
from objpose.geometry import SE3, Camera
from objpose.io import PhotoCamera, read_view_image
from objpose.splatting import load_splats
from objpose.viewing.camera_files import CameraResult
from objpose.viewing.frames import LINE, PHOTO, thumbnail
from objpose.viewing.server import look_through, vertical_fov
from objpose.viewing.splats import show_splats

if TYPE_CHECKING:
    from viser import CameraFrustumHandle, ViserServer

IN_CAMERA = 256  # pixels of the longer side of a photo that stands in its camera
FRUSTUM = 0.3  # of the median distance between neighbouring cameras
SURE, DOUBTFUL, UNKNOWN = (40, 160, 60), (220, 60, 40), (110, 110, 110)
LEGEND = "Cameras from red (confidence 0) to green (1); grey: nobody said. Click one to look through it."


def show_cameras(server: ViserServer, result: CameraResult, photos: Path | None) -> None:
    """Put the placed cameras, their photos where the folder is known, points and splats into the scene."""
    photos = photos or _photos_there(result)
    placed = [camera for camera in result.cameras if camera.cam_from_world is not None]
    _stand_back(server, placed)
    size = FRUSTUM * _spacing(_centres(placed))
    if result.points is not None and len(result.points.xyz):
        server.scene.add_point_cloud(
            "/points", result.points.xyz, result.points.rgb, point_size=0.04 * size, precision="float32"
        )
    if result.splats is not None:
        show_splats(server, load_splats(result.splats))
    CameraPanel(server, result, photos, size)


def _photos_there(result: CameraResult) -> Path | None:
    """The folder that the result was made of, where all its photos are still there."""
    if result.photos is None:
        return None
    gone = [camera.name for camera in result.cameras if not (result.photos / camera.name).is_file()]
    if gone:
        found = f"no {gone[0]}" + (f", and {len(gone) - 1} more" if gone[1:] else "")
        warn_input(result.photos, found, "the photos", "shown without; --photos says where they are")
        return None
    return result.photos


class CameraPanel:
    def __init__(self, server: ViserServer, result: CameraResult, photos: Path | None, size: float) -> None:
        self.server, self.result, self.photos, self.size = server, result, photos, size
        self.frustums: list[CameraFrustumHandle] = []
        self._build()
        self.place(0)

    def _build(self) -> None:
        gui = self.server.gui
        gui.set_panel_label("objpose cameras")
        if self.result.alternatives:
            beliefs = [f"another placement, belief {belief:.2f}" for _, belief in self.result.alternatives]
            names = ["as answered", *(f"{i}: {words}" for i, words in enumerate(beliefs, 1))]
            which = gui.add_dropdown("Placement", names)
            which.on_update(lambda _: self.place(names.index(which.value)))
        gui.add_markdown(LEGEND)
        self.photo = gui.add_image(np.zeros((2, 2, 3), np.uint8), format="jpeg", visible=False)
        self.words = gui.add_markdown("")
        gui.add_markdown(table(self.result.cameras))

    def place(self, index: int) -> None:
        for frustum in self.frustums:
            frustum.remove()
        cameras = self.result.placement(index)
        self.frustums = [self._frustum(one) for one in cameras if one.cam_from_world is not None]

    def _frustum(self, photo: PhotoCamera) -> CameraFrustumHandle:
        assert photo.cam_from_world is not None
        world_from_cam = photo.cam_from_world.inverse()
        frustum = self.server.scene.add_camera_frustum(
            f"/cameras/{photo.name}",
            fov=vertical_fov(photo.camera),
            aspect=photo.camera.width / photo.camera.height,
            scale=self.size,
            thickness=2 * LINE,
            thickness_units="screen",
            color=confidence_color(photo.confidence),
            image=self._picture(photo, IN_CAMERA),
            format="jpeg",
            wxyz=world_from_cam.rotation.wxyz.numpy(),
            position=world_from_cam.translation.numpy(),
        )
        frustum.on_click(lambda event: self._look(event.client, photo, world_from_cam.matrix().numpy()))
        return frustum

    def _look(self, client: Any, photo: PhotoCamera, world_from_cam: np.ndarray) -> None:
        look_through(client, photo.camera, world_from_cam, 10 * self.size)
        self.words.content = _line(photo)
        picture = self._picture(photo, PHOTO)
        self.photo.visible = picture is not None
        if picture is not None:
            self.photo.image = picture

    def _picture(self, photo: PhotoCamera, longest: int) -> np.ndarray | None:
        """In the turn of its camera."""
        return None if self.photos is None else _read(self.photos / photo.name, photo.camera, longest)


def _read(path: Path, camera: Camera, longest: int) -> np.ndarray:
    return thumbnail(read_view_image(path, (camera.width, camera.height)).pixels, longest)


def table(cameras: list[PhotoCamera]) -> str:
    """Every photo with its confidence, and why it is doubted or left out; Markdown."""
    rows = [
        f"| {one.name} | {'' if one.confidence is None else f'{one.confidence:.2f}'} | {_fate(one)} |"
        for one in cameras
    ]
    return "\n".join(["| photo | confidence | |", "|---|---|---|", *rows])


def _fate(photo: PhotoCamera) -> str:
    if photo.reason is not None:
        return photo.reason.replace("|", "/")
    return "not placed" if photo.cam_from_world is None else ""


def _line(photo: PhotoCamera) -> str:
    confidence = "" if photo.confidence is None else f": confidence {photo.confidence:.2f}"
    return f"**{photo.name}**{confidence}" + (f"; {photo.reason}" if photo.reason else "")


def _stand_back(server: ViserServer, placed: list[PhotoCamera]) -> None:
    """Up is the cameras' own, on average; each page first looks at them all from behind and above."""
    if not placed:
        return
    turns = np.stack([one.rotation.matrix().numpy() for one in _motions(placed)])
    up, forward = -turns[:, 1].mean(0), turns[:, 2].mean(0)
    up = up / max(np.linalg.norm(up), 1e-9)
    centres = _centres(placed)
    middle = centres.mean(0)
    spread = max(float(np.linalg.norm(centres - middle, axis=1).max()), _spacing(centres))
    server.scene.set_up_direction(tuple(up))
    server.initial_camera.position = tuple(middle + spread * (1.3 * up - 1.2 * forward))
    server.initial_camera.look_at = tuple(middle + 0.5 * spread * forward)
    server.initial_camera.up = tuple(up)


def _motions(placed: list[PhotoCamera]) -> list[SE3]:
    """cam_from_world of each."""
    return [one.cam_from_world for one in placed if one.cam_from_world is not None]


def _centres(placed: list[PhotoCamera]) -> np.ndarray:
    """(N, 3)."""
    places = [one.inverse().translation.numpy() for one in _motions(placed)]
    return np.array(places).reshape(-1, 3)


def _spacing(centres: np.ndarray) -> float:
    """Median distance of a camera to the nearest other; 1 for fewer than two."""
    if len(centres) < 2:
        return 1.0
    distance = np.linalg.norm(centres[:, None] - centres, axis=-1)
    np.fill_diagonal(distance, np.inf)
    return float(np.median(distance.min(axis=1))) or 1.0


def confidence_color(confidence: float | None) -> tuple[int, int, int]:
    if confidence is None:
        return UNKNOWN
    red, green, blue = (
        round(low + confidence * (high - low)) for low, high in zip(DOUBTFUL, SURE, strict=True)
    )
    return red, green, blue
