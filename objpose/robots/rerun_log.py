"""A picking as a recording for the viewer rerun: picture, camera, object and hand in the robot's base."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3, Mesh
from objpose.io.atomic import atomic_path
from objpose.robots.grasps import Reach
from objpose.robots.placed import PlacedObject

AXIS = 0.05  # metres that the axes of a frame are drawn long


def has_rerun() -> bool:
    return importlib.util.find_spec("rerun") is not None


def write_rerun(
    path: str | os.PathLike[str],
    frame: Frame,
    base_from_cam: SE3,
    objects: Sequence[tuple[PlacedObject, Mesh]],
    reach: Reach | None = None,
) -> None:
    """A .rrd file, to be opened with `rerun FILE`; the meshes in their objects' own frames.

    Raises:
        InputError: rerun is not installed.
    """
    if not has_rerun():
        raise InputError("rerun", "not installed", "the package rerun-sdk", "pip install rerun-sdk")
    rr = importlib.import_module("rerun")
    recording = rr.RecordingStream("objpose")
    with atomic_path(path) as temporary:
        recording.save(str(temporary))
        recording.log("base", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
        _log_camera(rr, recording, frame, base_from_cam)
        for placed, mesh in objects:
            _log_object(rr, recording, placed, mesh)
        if reach is not None:
            _log_frame(rr, recording, "base/pre_grasp", reach.base_from_gripper_before)
            _log_frame(rr, recording, "base/grasp", reach.base_from_gripper)
        recording.flush()
        recording.disconnect()


def _log_camera(rr: Any, recording: Any, frame: Frame, base_from_cam: SE3) -> None:
    camera = frame.camera
    recording.log("base/camera", _transform(rr, base_from_cam))
    size = [camera.width, camera.height]
    lens = rr.Pinhole(image_from_camera=camera.K.numpy(), resolution=size, camera_xyz=rr.ViewCoordinates.RDF)
    recording.log("base/camera/image", lens)
    recording.log("base/camera/image/rgb", rr.Image(frame.rgb.cpu().numpy()))
    if frame.depth is not None:
        recording.log("base/camera/image/depth", rr.DepthImage(frame.depth.cpu().numpy(), meter=1.0))


def _log_object(rr: Any, recording: Any, placed: PlacedObject, mesh: Mesh) -> None:
    entity = f"base/objects/{placed.name}"
    recording.log(entity, _transform(rr, placed.base_from_obj))
    normals = mesh.vertex_normals().cpu().numpy()
    shape = rr.Mesh3D(
        vertex_positions=mesh.vertices.cpu().numpy(),
        triangle_indices=mesh.faces.cpu().numpy().astype(np.uint32),
        vertex_normals=normals,
    )
    recording.log(f"{entity}/mesh", shape)
    recording.log(f"{entity}/told", rr.TextLog(f"{placed.name}: confidence {placed.confidence:.2f}"))


def _log_frame(rr: Any, recording: Any, entity: str, base_from_gripper: SE3) -> None:
    recording.log(entity, _transform(rr, base_from_gripper))
    colors = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    recording.log(entity, rr.Arrows3D(vectors=AXIS * np.eye(3), colors=colors))


def _transform(rr: Any, b_from_a: SE3) -> Any:
    turn = b_from_a.rotation.matrix().double().cpu().numpy()
    return rr.Transform3D(translation=b_from_a.translation.double().cpu().numpy(), mat3x3=turn)
