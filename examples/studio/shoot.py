"""What Mitsuba sees: a path-traced photo, and exact depth and object ids at the pixel centres."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from examples.studio.stage import HEIGHT, WIDTH, Actor, cam_from_world, camera_description, scene_description


def shoot(cast: list[Actor], samples: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """rgb (H,W,3) uint8, z-depth (H,W) metres with 0 = nothing, ids (H,W): an actor's index or -1."""
    import mitsuba as mi

    mi.set_variant("scalar_rgb")  # the one variant that asks nothing of the system
    with tempfile.TemporaryDirectory() as folder:
        scene = mi.load_dict(scene_description(cast, Path(folder)))
    photo = _render(scene, {"type": "path", "max_depth": 8}, {"type": "multijitter", "sample_count": samples})
    rgb = np.array(mi.Bitmap(photo[..., :3]).convert(mi.Bitmap.PixelFormat.RGB, mi.Struct.Type.UInt8, True))
    centre = {"type": "stratified", "sample_count": 1, "jitter": False}
    channels = _render(scene, {"type": "aov", "aovs": "at:position,id:shape_index"}, centre)[..., -4:]
    return rgb, _z_depth(channels[..., :3]), _actor_ids(scene, cast, channels[..., 3])


def _render(scene: Any, integrator: dict[str, Any], sampler: dict[str, Any]) -> np.ndarray:
    import mitsuba as mi

    sensor = mi.load_dict(camera_description(sampler))
    image = mi.render(scene, sensor=sensor, integrator=mi.load_dict(integrator), seed=0)
    return np.array(image).reshape(HEIGHT, WIDTH, -1)


def _z_depth(points_world: np.ndarray) -> np.ndarray:
    """The position seen in each pixel as its distance along the optical axis (not along the ray)."""
    matrix = cam_from_world()
    depth = points_world @ matrix[2, :3] + matrix[2, 3]
    return np.where(np.abs(points_world).sum(-1) > 0, depth, 0.0)


def _actor_ids(scene: Any, cast: list[Actor], shape_index: np.ndarray) -> np.ndarray:
    names = ["", *(shape.id() for shape in scene.shapes())]  # Mitsuba counts shapes from 1; 0 is a miss
    ids = np.full(shape_index.shape, -1)
    for index, actor in enumerate(cast):
        ids[np.round(shape_index).astype(int) == names.index(actor.name)] = index
    return ids
