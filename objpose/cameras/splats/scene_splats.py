"""The trusted photos of a recovered scene as Gaussian splats, and pictures of it from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from objpose.cameras.answer.recovered import RecoveredCameras
from objpose.cameras.splats.options import SplatOptions
from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.raster import SplatRender, Splats, render_splats
from objpose.splatting import KnownViews, NovelViewPrior, SceneFitOptions, SceneView, ScorePrior, fit_scene


def trusted(scene: RecoveredCameras, options: SplatOptions) -> list[int]:
    """Indices of the photos of island 0 that are more likely right than not."""
    return [
        index
        for index, photo in enumerate(scene.photos)
        if photo.cam_from_world is not None and photo.island == 0 and photo.confidence >= options.trusted
    ]


def fit_photos(
    scene: RecoveredCameras,
    fit: SceneFitOptions,
    progress: Callable[[int, int], None] | None,
    options: SplatOptions,
    prior: NovelViewPrior | ScorePrior | None = None,
) -> Splats:
    """Splats of the trusted photos, in the scene's frame and unit.

    Raises:
        InputError: fewer than two photos are trusted.
    """
    known = known_views(scene, fit.size, options)
    assert known.cam_from_world is not None
    return fit_scene(known.views, known.cam_from_world, known.points, known.seen, fit, progress, prior)


def known_views(scene: RecoveredCameras, size: int, options: SplatOptions) -> KnownViews:
    """The trusted photos, no larger than so many pixels, and the points they see.

    Raises:
        InputError: fewer than two photos are trusted.
    """
    chosen = trusted(scene, options)
    if len(chosen) < 2:
        found, cure = f"{len(chosen)} trusted photos", "add photos between those that are left out"
        raise InputError("splats", found, "two or more", cure)
    views = [view_of(scene, index, size) for index in chosen]
    seen = torch.zeros(len(scene.photos), len(scene.points.xyz), dtype=torch.bool)
    seen[scene.points.photo, scene.points.point] = True
    cams = scene.cams_from_world(chosen)
    return KnownViews(views, cams.to(torch.float32), torch.from_numpy(scene.points.xyz).float(), seen[chosen])


def picture(
    scene: RecoveredCameras, splats: Splats, camera: Camera, cam_from_world: SE3, options: SplatOptions
) -> np.ndarray:
    """(H, W, 3) uint8 of the splats, from a camera () without lens distortion."""
    drawn = drawn_at(splats, camera, cam_from_world, nearest_drawn(scene, options))
    return as_bytes(drawn.color[0])


def drawn_at(splats: Splats, camera: Camera, cam_from_world: SE3, near: float) -> SplatRender:
    """The splats as such a camera draws them; near: world units."""
    cam_from_world, size = cam_from_world.to(torch.float32), (camera.width, camera.height)
    return render_splats(splats, cam_from_world, camera.K, *size, antialias=True, near=near)


def as_bytes(picture: Tensor) -> np.ndarray:
    """(H, W, 3) uint8 of colours in [0, 1]."""
    return (picture.clamp(0, 1) * 255).round().byte().numpy()


def nearest_drawn(scene: RecoveredCameras, options: SplatOptions) -> float:
    """World units: so near may a splat be to a camera that draws it."""
    chosen, found = trusted(scene, options), []
    cams = scene.cams_from_world(chosen)
    for place, index in enumerate(chosen):
        points = torch.from_numpy(scene.points.xyz[scene.points.point[scene.points.photo == index]])
        found.append(cams[place].apply(points).norm(dim=-1))
    return options.near * float(torch.cat(found).median())


def view_of(scene: RecoveredCameras, index: int, size: int) -> SceneView:
    """A photo of the scene, no larger than so many pixels."""
    source = scene.sources[index]
    return SceneView.of(source.image, scene.photos[index].camera, source.mask, size)
