"""Frames of a RealSense camera that is plugged in, its depth aligned to its colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from objpose.errors import InputError
from objpose.geometry import Camera
from objpose.io.camera_files.entry import camera_of
from objpose.io.frame_sources.shot import Shot
from objpose.io.json_file import JsonValue

NAME = "realsense"
WIDTH, HEIGHT, RATE = 640, 480, 30
MILLISECOND = 1e-3


class RealSenseFrames:
    """640 x 480 at 30 Hz, until the caller stops. Frames that come while none is asked for are dropped.

    Raises:
        InputError: pyrealsense2 is not installed, or no camera answers.
    """

    is_live = True
    count = None

    def __init__(self) -> None:
        try:
            import pyrealsense2
        except ImportError as error:
            cure = "pip install pyrealsense2"
            raise InputError(NAME, "pyrealsense2 not installed", "the camera's driver", cure) from error
        self._driver: Any = pyrealsense2

    def shots(self, start: int = 0, step: int = 1) -> Iterator[Shot]:
        driver, pipeline = self._driver, self._driver.pipeline()
        profile = self._started(pipeline)
        scale = profile.get_device().first_depth_sensor().get_depth_scale()  # metres per stored unit
        stream = profile.get_stream(driver.stream.color).as_video_stream_profile()
        camera, aligned, index = _camera(stream.get_intrinsics()), driver.align(driver.stream.color), 0
        try:
            while True:
                frames = aligned.process(pipeline.wait_for_frames())
                color, depth = frames.get_color_frame(), frames.get_depth_frame()
                if not color or not depth:
                    continue
                if index >= start and (index - start) % step == 0:
                    # Copies: the driver takes its buffers back.
                    rgb = np.array(color.get_data())
                    metres = np.asarray(depth.get_data()) * np.float32(scale)
                    taken = color.get_timestamp() * MILLISECOND
                    yield Shot(index, f"{NAME}: {index}", taken, rgb, camera, metres)
                index += 1
        finally:
            pipeline.stop()

    def _started(self, pipeline: Any) -> Any:
        config = self._driver.config()
        config.enable_stream(self._driver.stream.color, WIDTH, HEIGHT, self._driver.format.rgb8, RATE)
        config.enable_stream(self._driver.stream.depth, WIDTH, HEIGHT, self._driver.format.z16, RATE)
        try:
            return pipeline.start(config)
        except RuntimeError as error:
            cure = "plug it in (USB 3), and close other programs that use it"
            raise InputError(NAME, f"{error}", "a RealSense camera with colour and depth", cure) from error


def _camera(found: Any) -> Camera:
    """Of rs2_intrinsics, whose lens models are known to the reader of camera files."""
    said = {
        "width": found.width, "height": found.height,
        "fx": found.fx, "fy": found.fy, "ppx": found.ppx, "ppy": found.ppy,
    }  # fmt: skip
    if any(found.coeffs):
        said |= {"model": int(found.model), "coeffs": list(found.coeffs)}
    return camera_of(JsonValue(said, Path(NAME)), (found.width, found.height))[0]
