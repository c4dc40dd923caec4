"""The web server of the viewer; viser is imported here and only when it is asked for."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from objpose.errors import InputError

if TYPE_CHECKING:
    from viser import ClientHandle, ViserServer

    from objpose.geometry import Camera

UP = (0.0, -1.0, 0.0)  # of OpenCV camera axes
# Where the viewer first stands, of the distance looked at: camera and object do not hide each other there.
ASIDE = (0.5, -0.35, -0.1)


def start_server(port: int) -> ViserServer:
    """A server of one page for this machine alone, on `port`, or on the next that is free.

    Raises:
        InputError: viser is not installed.
    """
    try:
        import viser
    except ImportError as error:
        cure = "pip install 'objpose[view]', or pip install viser"
        raise InputError("viser", "not installed", "the web viewer", cure) from error
    server = viser.ViserServer(host="127.0.0.1", port=port, label="objpose", verbose=False)
    server.gui.configure_theme(control_width="large", show_logo=False, show_share_button=False)
    server.gui.main_panel.dock_right()
    return server


def wait() -> None:
    """Serve until Ctrl-C."""
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return


def start_beside_camera(server: ViserServer, distance: float) -> None:
    """Let each page that is open, or opens, look from beside the camera at the origin at what lies before it.

    distance: metres along the camera's axis to what is looked at.
    """
    server.scene.set_up_direction(UP)
    server.initial_camera.position = tuple(distance * np.array(ASIDE))
    server.initial_camera.look_at = (0.0, 0.0, distance)
    server.initial_camera.up = UP


def look_through(client: ClientHandle, camera: Camera, world_from_cam: np.ndarray, distance: float) -> None:
    """Put the viewer where a camera was, looking at what lies `distance` before it.

    world_from_cam: (4, 4).
    """
    turn, place = world_from_cam[:3, :3], world_from_cam[:3, 3]
    with client.atomic():
        client.camera.position = tuple(place)
        client.camera.look_at = tuple(place + distance * turn[:, 2])
        client.camera.up_direction = tuple(-turn[:, 1])
        client.camera.fov = vertical_fov(camera)


def vertical_fov(camera: Camera) -> float:
    """Radians from the top of the picture to its bottom."""
    return 2 * math.atan(0.5 * camera.height / camera.fy)
