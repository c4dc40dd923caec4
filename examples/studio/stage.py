"""The example scene: who stands where, the light, and the camera, as a Mitsuba scene description."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from PIL import Image

from examples.studio import props
from examples.studio.paint import blotches, planks
from examples.studio.shapes import Part
from examples.studio.watering_can import watering_can, watering_can_texture

WIDTH, HEIGHT = 640, 480
K = np.array([[612.4, 0.0, 322.7], [0.0, 612.4, 236.1], [0.0, 0.0, 1.0]])  # Mitsuba's pixels are square


@dataclass(frozen=True)
class Actor:
    """A painted mesh standing on the table at (x, y, z) metres, turned about the vertical."""

    name: str
    part: Part
    texture: Image.Image
    position: tuple[float, float, float]
    turn_deg: float
    roughness: float = 0.25

    def world_from_obj(self) -> np.ndarray:
        """(4,4)."""
        c, s = np.cos(np.deg2rad(self.turn_deg)), np.sin(np.deg2rad(self.turn_deg))
        matrix = np.eye(4)
        matrix[:3] = [[c, -s, 0, self.position[0]], [s, c, 0, self.position[1]], [0, 0, 1, self.position[2]]]
        return matrix


def actors() -> list[Actor]:
    """The watering can first; the pot stands before it and hides a part."""
    return [
        Actor("watering_can", watering_can(), watering_can_texture(), (0.0, 0.0, 0.0), -8),
        Actor("pot", props.pot(), props.pot_texture(), (-0.088, -0.088, 0.0), 40, 0.5),
        Actor("mug", props.mug(), props.mug_texture(), (-0.185, 0.105, 0.0), 205, 0.1),
        Actor("book", props.book(), props.book_texture(), (0.14, 0.20, 0.0), -68, 0.3),
        Actor("orange_on_book", props.orange(), props.orange_texture(), (0.20, 0.195, 0.028), 70, 0.35),
        Actor("orange", props.orange(), props.orange_texture(), (0.135, -0.095, 0.0), 10, 0.35),
    ]


def cam_from_world() -> np.ndarray:
    """(4,4), OpenCV axes: the camera stands 0.6 m from the table's middle and looks down at it."""
    centre, target = np.array([-0.10, -0.50, 0.36]), np.array([0.010, 0.0, 0.060])
    forward = (target - centre) / np.linalg.norm(target - centre)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    matrix = np.eye(4)
    matrix[:3] = np.column_stack([rotation, -rotation @ centre])
    return matrix


def scene_description(cast: list[Actor], folder: Path) -> dict[str, Any]:
    """The scene for `mitsuba.load_dict`; meshes and textures pass through files in `folder`."""
    import mitsuba as mi

    rng = np.random.default_rng(5)
    scene: dict[str, Any] = {"type": "scene", **_lights()}
    table = mi.ScalarTransform4f().scale([1.2, 0.8, 1]).rotate([0, 0, 1], 12)
    scene["table"] = {"type": "rectangle", "to_world": table, "bsdf": _paint(planks(2048, 9, rng), 0.35)}
    plaster = np.stack([210 + 25 * blotches(256, 1024, 40, rng)] * 3, axis=-1) * [0.90, 0.93, 0.84]
    wall = mi.ScalarTransform4f().translate([0, 0.75, 0]).rotate([1, 0, 0], 90).scale([3, 2, 1])
    scene["wall"] = {
        "type": "rectangle",
        "to_world": wall,
        "bsdf": _paint(Image.fromarray(plaster.astype(np.uint8)), 0.9),
    }
    for actor in cast:
        file = folder / f"{actor.name}.obj"
        mesh = trimesh.Trimesh(actor.part.vertices, actor.part.faces, process=False)
        mesh.visual = trimesh.visual.TextureVisuals(uv=actor.part.uvs)
        mesh.export(file, include_normals=False)
        scene[actor.name] = {
            "type": "obj",
            "filename": str(file),
            "bsdf": _paint(actor.texture, actor.roughness),
            "to_world": mi.ScalarTransform4f(actor.world_from_obj()),
        }
    return scene


def camera_description(sampler: dict[str, Any]) -> dict[str, Any]:
    """K with pixel centres at integers, for Mitsuba, whose camera has x left and y up."""
    import mitsuba as mi

    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    return {
        "type": "perspective",
        "to_world": mi.ScalarTransform4f(np.linalg.inv(cam_from_world()) @ flip),
        "fov_axis": "x",
        "fov": float(np.rad2deg(2 * np.arctan(WIDTH / (2 * K[0, 0])))),
        "principal_point_offset_x": float(0.5 - (K[0, 2] + 0.5) / WIDTH),
        "principal_point_offset_y": float(0.5 - (K[1, 2] + 0.5) / HEIGHT),
        "near_clip": 0.05,
        "far_clip": 20.0,
        "sampler": sampler,
        "film": {"type": "hdrfilm", "width": WIDTH, "height": HEIGHT, "rfilter": {"type": "box"}},
    }


def _lights() -> dict[str, Any]:
    """A window to the left, a small lamp to the right, and a dim room."""
    import mitsuba as mi

    look, scale = mi.ScalarTransform4f().look_at, mi.ScalarTransform4f().scale
    window = look(origin=[-1.3, -0.5, 1.3], target=[0, 0, 0], up=[0, 0, 1]) @ scale([0.5, 0.6, 1])
    lamp = look(origin=[1.0, -0.9, 1.1], target=[0, 0, 0], up=[0, 0, 1]) @ scale([0.15, 0.15, 1])
    shine = {"window": (window, [19.0, 19.4, 20.0]), "lamp": (lamp, [56.0, 44.0, 32.0])}
    lights: dict[str, Any] = {
        name: {
            "type": "rectangle",
            "to_world": place,
            "emitter": {"type": "area", "radiance": {"type": "rgb", "value": value}},
        }
        for name, (place, value) in shine.items()
    }
    lights["room"] = {"type": "constant", "radiance": {"type": "rgb", "value": [0.62, 0.63, 0.65]}}
    return lights


def _paint(texture: Image.Image, roughness: float) -> dict[str, Any]:
    import mitsuba as mi

    bitmap = mi.Bitmap(np.array(texture.convert("RGB")))
    return {
        "type": "twosided",
        "bsdf": {
            "type": "roughplastic",
            "alpha": max(0.05, roughness),
            "nonlinear": True,
            "diffuse_reflectance": {"type": "bitmap", "bitmap": bitmap},
        },
    }
