"""Photos placed wrongly, found by what the others' splats show in their place, and searched again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from objpose.cameras.answer.recovered import RecoveredCameras
from objpose.cameras.pairs.options import EvidenceOptions
from objpose.cameras.scene.options import KeypointOptions
from objpose.cameras.splats.options import SplatOptions
from objpose.cameras.splats.scene_splats import drawn_at, fit_photos, nearest_drawn, trusted, view_of
from objpose.cameras.splats.search import search_again
from objpose.geometry import SE3
from objpose.raster import Splats
from objpose.splatting import SceneFitOptions
from objpose.splatting.losses import psnr

Scene = TypeVar("Scene", bound=RecoveredCameras)

LEAST_LEFT = 2  # photos that stay where they are


@dataclass(frozen=True)
class Correction:
    """What became of the photo that fits the splats of the others worst.

    before, after: dB of its likeness with splats fitted without it, at its old place and at the best one
    found; is_moved: whether it was moved there.
    """

    name: str
    before: float
    after: float
    is_moved: bool


def corrected(
    scene: Scene,
    fit: SceneFitOptions,
    options: SplatOptions,
    weighing: EvidenceOptions,
    keypoints: KeypointOptions,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Scene, tuple[Correction, ...]]:
    """The scene with photos moved to where the splats of the others show them, and what was tried.

    The loop of SparseAGS (Xu et al., 2024): fit, take the photo that fits worst, fit without it, search it
    there, and go on while that helps. A photo is moved only to a place that its own matches support and where
    splats that never saw it are more like it, by `SplatOptions.gain_db`: no answer gets less like its photos.
    A moved photo is no surer than `SplatOptions.trusted`; its old place becomes an alternative.

    progress: called with (photos tried, photos at most).

    Raises:
        InputError: fewer than two photos are trusted.
    """
    tried: list[Correction] = []
    rounds = max(0, len(trusted(scene, options)) - LEAST_LEFT)
    while len(tried) < rounds:
        done = {one.name for one in tried}
        index = _worst(scene, fit_photos(scene, fit, None, options), options, done)
        if index is None:
            break
        found = _searched(scene, index, fit, options, weighing, keypoints)
        tried.append(found[0])
        if progress is not None:
            progress(len(tried), rounds)
        if not found[0].is_moved:
            break
        scene = _moved(scene, index, found[1], found[0], options)
    return scene, tuple(tried)


def _worst(scene: RecoveredCameras, splats: Splats, options: SplatOptions, done: set[str]) -> int | None:
    """The photo that is least like its own picture of the splats; None where all were tried."""
    chosen = [index for index in trusted(scene, options) if scene.photos[index].name not in done]
    if not chosen:
        return None
    return min(chosen, key=lambda index: _likeness(scene, index, _place(scene, index), splats, options))


def _searched(
    scene: RecoveredCameras,
    index: int,
    fit: SceneFitOptions,
    options: SplatOptions,
    weighing: EvidenceOptions,
    keypoints: KeypointOptions,
) -> tuple[Correction, SE3]:
    """What the splats of the others say of a photo, and where they have it."""
    photo = scene.photos[index]
    without = _doubted(scene, index)
    splats = fit_photos(without, fit, None, options)
    here = _place(scene, index)
    before = _likeness(without, index, here, splats, options)
    places = search_again(without, photo.name, splats, options, weighing, keypoints)
    supported = [one.cam_from_world for one in places if one.is_supported]
    scored = [(_likeness(without, index, place, splats, options), place) for place in supported]
    after, best = max(scored, key=lambda one: one[0], default=(float("-inf"), here))
    return Correction(photo.name, before, after, after > before + options.gain_db), best


def _place(scene: RecoveredCameras, index: int) -> SE3:
    return scene.cams_from_world([index])[0]


def _likeness(
    scene: RecoveredCameras, index: int, cam_from_world: SE3, splats: Splats, options: SplatOptions
) -> float:
    """dB of a photo's likeness with the splats at a place, under the best gain of each channel."""
    view = view_of(scene, index, options.judged_size)
    drawn = drawn_at(splats, view.camera, cam_from_world, nearest_drawn(scene, options)).color[0]
    shown = view.shown[..., None].float()
    gain = (shown * drawn * view.rgb).sum((0, 1)) / (shown * drawn.square()).sum((0, 1)).clamp_min(1e-6)
    return float(psnr((drawn * gain).clamp(0, 1)[None], view.rgb[None], shown[None, ..., 0]))


def _doubted(scene: Scene, index: int) -> Scene:
    """The scene with a photo that takes no part in its splats."""
    photos = list(scene.photos)
    photos[index] = replace(photos[index], confidence=0.0)
    return replace(scene, photos=tuple(photos))


def _moved(scene: Scene, index: int, cam_from_world: SE3, found: Correction, options: SplatOptions) -> Scene:
    """The scene with a photo elsewhere, where it sees none of the points that put it at its old place."""
    photo = scene.photos[index]
    confidence = min(photo.confidence, options.trusted)
    better = f"there the splats of the others are {found.after - found.before:.1f} dB more like it"
    moved = replace(
        photo, cam_from_world=cam_from_world, confidence=confidence, covariance=None,
        reason=f"moved to where it was found among pictures of the others: {better}",
        alternatives=((_place(scene, index), 1 - confidence), *photo.alternatives),
    )  # fmt: skip
    pairs = scene.pair_confidence.clone()
    pairs[index], pairs[:, index] = pairs[index].clamp_max(confidence), pairs[:, index].clamp_max(confidence)
    pairs[index, index] = scene.pair_confidence[index, index]
    points, stays = scene.points, scene.points.photo != index
    points = replace(
        points, point=points.point[stays], photo=points.photo[stays], pixels=points.pixels[stays]
    )
    photos = (*scene.photos[:index], moved, *scene.photos[index + 1 :])
    return replace(scene, photos=photos, pair_confidence=pairs, points=points)
