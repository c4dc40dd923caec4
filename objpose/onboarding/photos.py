"""Onboarding from plain photos: their cameras are recovered, then the object is fitted to them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from objpose.cameras.known.known import Known
from objpose.cameras.options import RecoverOptions
from objpose.cameras.recover import recover_cameras
from objpose.cameras.recovered_scene import RecoveredScene
from objpose.cameras.scene.photos import Intrinsics, Photo, load_photos
from objpose.cameras.splats.scene_splats import trusted
from objpose.errors import InputError
from objpose.features.local import LocalMatcher
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.given import as_name
from objpose.objects import ObjectModel
from objpose.objects.digest import digest
from objpose.objects.names import TEMPLATES, free_place
from objpose.onboarding import OnboardOptions
from objpose.onboarding.mesh import kept_at
from objpose.onboarding.outline_advice import outline_advice
from objpose.onboarding.photo_advice import views_advice
from objpose.onboarding.photo_masks import common_masks
from objpose.onboarding.views import fit_object
from objpose.splatting import FitOptions

LEAST_VIEWS = 6  # that an object's shape can be carved from
UNTOLD = "its place is not sure enough"
NOT_MADE_OUT = "the object is not made out in it: cut off by the border, or too like what is behind it"
TOLD = 3  # photos that an error gives reasons for
SCALES = (
    "give the object's largest extent with diameter=, or with Known the distance between two cameras "
    "(lengths, --length), the size of tags beside it (tag_size, --tag-size) or a coin there (coin, --coin)"
)


def onboard_photos(
    photos: str | os.PathLike,
    masks: str | os.PathLike | None = None,
    name: str = "object",
    out: str | Path | None = TEMPLATES,
    diameter: float | None = None,
    is_turned: bool = False,
    intrinsics: Intrinsics = None,
    matcher: LocalMatcher | None = None,
    recover: RecoverOptions = RecoverOptions(),  # noqa: B008 - frozen
    fit: FitOptions = FitOptions(),  # noqa: B008 - frozen
    options: OnboardOptions = OnboardOptions(),  # noqa: B008 - frozen
    progress: bool = True,
    replace: bool = False,
) -> ObjectModel:
    """Prepare an object of which there are only photos from around it.

    `recover_cameras` places the photos; those it trusts become views of `onboard_views`. Photos tell no
    scale: it comes from `diameter`, or from `recover.known`, as the metres between two cameras, of a
    tag or of a coin. `source` of the object holds `left_out`, why of each photo that was not trusted,
    `scale`, what made metres, and `advice`, what the photos do not show and which to take next.

    Args:
        photos, masks: folders; a mask of the same stem for every photo, the object's whole outline. Without
            masks the object is what stands in the middle of the photos, of one width in all of them.
        diameter: largest distance between two points of the object, metres.
        is_turned: the object was turned before a standing camera: the background says nothing.
        intrinsics, matcher: as for `recover_cameras`.
        replace: as for `onboard`.

    Raises:
        InputError: no scale or two, one that the photos do not show, a missing mask, fewer than six photos
            that can be trusted, and, before the long work, a place that is taken or cannot be written to.
    """
    known = recover.known
    if (diameter is None) == (not known.is_metric):
        found = "neither" if diameter is None else "both"
        raise InputError("scale", f"{found} of diameter, lengths, tags and coin", "one of them", SCALES)
    if masks is None and is_turned:
        expected = "masks, as the background stands still while the object turns"
        raise InputError("masks", "none of a turned object", expected, "give masks (--masks)")
    given = load_photos(photos, intrinsics, masks, are_masks_needed=masks is not None)
    origin = _digest(given, f"{diameter} {known.lengths} {known.tag_size} {is_turned}{_told_coin(known)}")
    place = free_place(as_name(name), out, origin, replace)
    seen = given if is_turned else [dataclasses.replace(photo, mask=None) for photo in given]
    scene = recover_cameras(seen, matcher=matcher, options=recover)
    if diameter is None and not scene.is_metric:
        found = "nothing that makes metres, though it was told how large something is"
        raise InputError("scale", found, "what was told to be seen in the photos that are placed", SCALES)
    frames, outlines, cam_from_obj, names = _views(scene, given)
    unseen: list[str] = []
    if masks is None:
        frames, outlines, cam_from_obj, names, unseen = _made_out(frames, cam_from_obj, names)
    fitted = fit_object(frames, outlines, cam_from_obj, fit, name, progress)
    rough = outline_advice(fitted.mesh, frames, outlines, cam_from_obj, names)
    said = {
        "left_out": _left_out(scene, names, unseen),
        "scale": scene.scale if diameter is None else f"the diameter of {diameter:g} m that was given",
        "advice": rough + views_advice(cam_from_obj, names, fitted.mesh.bounds().mean(0)),
    }
    if diameter is not None:
        fitted = fitted.scaled(diameter / fitted.mesh.diameter())
    model = fitted.onboard(name, None, options, origin, progress)
    model = dataclasses.replace(model, source=model.source | said)
    return model if place is None else kept_at(model, place, replace)


def _digest(given: Sequence[Photo], words: str) -> str:
    """Of photos and their masks: the same ones may be onboarded again under their name."""
    arrays = {f"image {photo.name}": photo.image for photo in given}
    return digest(arrays | {f"mask {photo.name}": photo.mask for photo in given}, words)


def _told_coin(known: Known) -> str:
    return "" if known.coin is None else f" {known.coin} {known.coin_at}"


def _made_out(
    frames: list[Frame], cam_from_obj: SE3, names: list[str]
) -> tuple[list[Frame], list[Tensor], SE3, list[str], list[str]]:
    """Those of posed photos in which the object is made out, with its masks; and the names of the others."""
    masks = common_masks(frames, SE3(cam_from_obj.wxyz_xyz.float()))
    seen = [index for index, mask in enumerate(masks) if mask is not None]
    if len(seen) < LEAST_VIEWS:
        found = f"an object of one width in the middle of {len(seen)} of {len(frames)} photos"
        cure = "give masks (--masks), or photos with the whole object in the middle"
        raise InputError("photos", found, f"at least {LEAST_VIEWS}", cure)
    others = [name for name, mask in zip(names, masks, strict=True) if mask is None]
    outlines = [mask for mask in masks if mask is not None]
    return [frames[i] for i in seen], outlines, cam_from_obj[seen], [names[i] for i in seen], others


def _left_out(scene: RecoveredScene, names: Sequence[str], unseen: Sequence[str]) -> dict[str, str]:
    """Why, by name, of each photo that the object is not made from."""
    doubted = {photo.name: photo.reason or UNTOLD for photo in scene.photos if photo.name not in names}
    return doubted | dict.fromkeys(unseen, NOT_MADE_OUT)


def _views(scene: RecoveredScene, given: Sequence[Photo]) -> tuple[list[Frame], list, SE3, list[str]]:
    """Frames, masks, poses and names of the trusted photos, in the scene's frame and unit."""
    chosen = trusted(scene, scene.options.splats)
    if len(chosen) < LEAST_VIEWS:
        found = f"{len(chosen)} of {len(given)} photos with a confidence of {scene.options.splats.trusted:g}"
        doubted = [photo for index, photo in enumerate(scene.photos) if index not in chosen]
        why = "; ".join(f"{photo.name}: {photo.reason or UNTOLD}" for photo in doubted[:TOLD])
        cure = f"add photos between those that are left out ({why})"
        raise InputError("photos", found, f"at least {LEAST_VIEWS}", cure)
    frames = [Frame(given[index].image, scene.photos[index].camera) for index in chosen]
    masks, names = [given[index].mask for index in chosen], [given[index].name for index in chosen]
    return frames, masks, scene.cams_from_world(chosen), names
