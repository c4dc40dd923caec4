"""The trusted photos of a recovered scene as Gaussian splats, and pictures of it from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.raster import Splats, render_splats
from objpose.splatting import SceneFitOptions, SceneView, fit_scene

if TYPE_CHECKING:
    from objpose.cameras.answer.recovered import RecoveredPhoto, RecoveredScene
    from objpose.cameras.scene.photos import Photo

TRUSTED = 0.5  # confidence from which a photo takes part
NEAR = 0.1  # of the cameras' median distance from the points: nothing nearer to a camera is drawn


def trusted(scene: RecoveredScene) -> list[int]:
    """Indices of the photos of island 0 that are more likely right than not."""
    return [
        index
        for index, photo in enumerate(scene.photos)
        if photo.cam_from_world is not None and photo.island == 0 and photo.confidence >= TRUSTED
    ]


def fit_photos(
    scene: RecoveredScene, options: SceneFitOptions, progress: Callable[[int, int], None] | None
) -> Splats:
    """Splats of the trusted photos, in the scene's frame and unit.

    Raises InputError where fewer than two photos are trusted.
    """
    chosen = trusted(scene)
    if len(chosen) < 2:
        found, cure = f"{len(chosen)} trusted photos", "add photos between those that are left out"
        raise InputError("splats", found, "two or more", cure)
    views = [_view(scene.photos[index], scene.sources[index], options.size) for index in chosen]
    seen = torch.zeros(len(scene.photos), len(scene.points.xyz), dtype=torch.bool)
    seen[scene.points.photo, scene.points.point] = True
    cams = SE3.stack([scene.photos[index].cam_from_world for index in chosen])
    points = torch.from_numpy(scene.points.xyz)
    return fit_scene(views, cams, points, seen[chosen], options, progress)


def picture(scene: RecoveredScene, splats: Splats, camera: Camera, cam_from_world: SE3) -> np.ndarray:
    """(H, W, 3) uint8 of the splats, from a camera () without lens distortion."""
    rendered = render_splats(
        splats,
        cam_from_world.to(torch.float32),
        camera.K,
        camera.width,
        camera.height,
        antialias=True,
        near=nearest_drawn(scene),
    )
    return (rendered.color[0].clamp(0, 1) * 255).round().byte().numpy()


def nearest_drawn(scene: RecoveredScene) -> float:
    """World units: so near may a splat be to a camera that draws it."""
    found = []
    for index in trusted(scene):
        points = torch.from_numpy(scene.points.xyz[scene.points.point[scene.points.photo == index]])
        found.append(scene.photos[index].cam_from_world.apply(points).norm(dim=-1))
    return NEAR * float(torch.cat(found).median())


def _view(photo: RecoveredPhoto, source: Photo, size: int) -> SceneView:
    return SceneView.of(source.image, photo.camera, source.mask, size)
