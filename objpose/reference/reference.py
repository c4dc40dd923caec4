"""One photo of an object, or a few, by which it is found in other photos."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.features.local import LocalMatcher, local_matcher
from objpose.frame import Frame
from objpose.geometry import SE3, SO3
from objpose.geometry.extent import largest_distance
from objpose.given import PictureOrFile, as_mask, as_name, as_options, described
from objpose.objects import ObjectModel
from objpose.reference.answer import ReferencePose
from objpose.reference.finding import Found, find_by_photo
from objpose.reference.known_photo import KnownPhoto
from objpose.reference.look import Look, look_at
from objpose.reference.matched import AXIS
from objpose.reference.options import ReferenceOptions
from objpose.reference.reasons import reason_of
from objpose.reference.whereabouts import places
from objpose.work import within

ACCEPTED = 0.9  # confidence from which a photo may become a further reference
UNKNOWN = "unknown: lengths are distances of the object in the reference photo"


@dataclass(frozen=True, eq=False)
class Reference:
    """An object known by photos.

    photos: the first is the one it was made from; scale: where its metres come from; is_metric: whether there
    are any.
    """

    name: str
    photos: tuple[KnownPhoto, ...]
    is_metric: bool
    scale: str
    matcher: LocalMatcher
    options: ReferenceOptions

    @property
    def cam_from_obj(self) -> SE3:
        """() of the first photo's camera."""
        return self.photos[0].cam_from_obj

    @property
    def model(self) -> ObjectModel:
        """The side that the first photo shows, as an object that PoseEstimator takes; it has no back.

        Raises:
            InputError: the photo has no depth.
        """
        found = self.photos[0].seen
        if found is None:
            cure = "give the reference's depth, or use Reference.find"
            raise InputError(f"reference {self.name}", "a photo without depth", "depth", cure)
        return found

    def find(self, frame: Frame, mask: PictureOrFile | None = None) -> ReferencePose:
        """The object in a target photo, with depth or without.

        mask: (H, W), its visible pixels; None: it is looked for, and the likeliest place is answered.
        Depth on both sides is registered, depth on one side and none are matched; of several reference photos
        the one that tells most answers. Where nothing tells the pose the confidence is low and the reason
        says why.

        Raises:
            InputError: what is no frame or mask, and a photo in which nothing like the object is seen.
        """
        if not isinstance(frame, Frame):
            raise InputError("target", described(frame), "a Frame", "objpose.Frame(rgb, camera, depth)")
        with within():
            if mask is None:
                masks = self._places(frame)
            else:
                masks = [frame.checked_mask(as_mask(mask, "mask"), "mask")]
            found = [self._found(frame, one) for one in masks]
        return max(found, key=_as_whole)

    def grown(self, frame: Frame, found: ReferencePose) -> Reference:
        """With a photo, in which the object was found, as a further reference: it may show other sides.

        Raises:
            InputError: a pose that is too uncertain to build on.
        """
        if found.confidence < ACCEPTED:
            said, cure = f"a confidence of {found.confidence:.2f}", "take a photo from nearer to a reference"
            raise InputError("photo to add", said, f"{ACCEPTED:g} or more", cure)
        photos, scale = self.photos, self.scale
        if found.reference_distance is not None:  # metres, or better ones than by a size
            longer = found.reference_distance / float(self.cam_from_obj.translation.norm())
            photos, scale = tuple(one.scaled(longer) for one in photos), found.scale
        look = look_at(frame, found.mask, self.options.size)
        further = KnownPhoto(look, found.cam_from_obj, found.confidence, f"{self.name} {len(photos)}")
        return replace(self, photos=(*photos, further), is_metric=found.is_metric, scale=scale)

    def _places(self, frame: Frame) -> list[Tensor]:
        first = self.photos[0]
        found = places(first.look, first.seen, frame, self.matcher, self.options.seed)
        if not found:
            cure = "say where it is with a mask; objpose.segmentation makes them of boxes and points"
            raise InputError("target", "no place that looks like the object", "the object in view", cure)
        return found

    def _found(self, frame: Frame, mask: Tensor) -> ReferencePose:
        """What the photo that tells most says."""
        look = look_at(frame, mask, self.options.size)
        given = frame, mask, look, self.matcher, self.options
        found = [find_by_photo(photo, *given) for photo in self.photos]
        trust = [one.confidence * photo.confidence for one, photo in zip(found, self.photos, strict=True)]
        index = int(np.argmax(trust))
        return self._answer(found[index], index, trust[index], mask)

    def _answer(self, found: Found, index: int, confidence: float, mask: Tensor) -> ReferencePose:
        scale, is_metric = self.scale, self.is_metric
        distance = float(self.cam_from_obj.translation.norm()) if self.is_metric else None
        if found.metres is not None and self.photos[index].look.depth is None:
            scale, is_metric = "depth in the target", True
            distance = found.metres * float(self.cam_from_obj.translation.norm())  # a stated size corrected
        return ReferencePose(
            found.cam_from_obj,
            is_metric,
            scale,
            distance,
            confidence,
            torch.from_numpy(found.covariance).float(),
            found.alternatives,
            reason_of(found, self.options.least_matches),
            found.method,
            index,
            mask,
            found.stats,
        )


@within()
def onboard_reference(
    frame: Frame,
    mask: PictureOrFile,
    name: str = "object",
    size: float | None = None,
    matcher: LocalMatcher | None = None,
    options: ReferenceOptions = ReferenceOptions(),  # noqa: B008 - frozen
) -> Reference:
    """Prepare an object of which there is one photo, to find it in others (POPE: Fan et al., 2023).

    With depth the side that is seen becomes a surface, and what is behind it stays unknown. Without depth
    matches tell the turn and, in distances of the object in this photo, the place; metres come from `size`,
    or from depth in a target.

    Args:
        mask: (H, W), the object's visible pixels.
        size: metres between the two points of the object farthest apart; not with depth, which tells it.
        matcher: as `objpose.cameras.local_matcher` gives by name, SIFT by default.

    Raises:
        InputError: what is no frame, mask or size, and depth that does not show the object.
    """
    if not isinstance(frame, Frame):
        raise InputError("reference", described(frame), "a Frame", "objpose.Frame(rgb, camera, depth)")
    options = as_options(options, ReferenceOptions)
    look = look_at(frame, frame.checked_mask(as_mask(mask, "mask"), "mask"), options.size)
    distance, scale = _distance(look, size)
    cam_from_look = look.look_from_cam[:3, :3].T
    middle = torch.from_numpy(cam_from_look @ AXIS * (distance or 1.0)).float()
    cam_from_obj = SE3.from_rotation_translation(SO3.identity(), middle)
    photo = KnownPhoto(look, cam_from_obj, 1.0, as_name(name))
    return Reference(name, (photo,), distance is not None, scale, matcher or local_matcher("sift"), options)


def _distance(look: Look, size: float | None) -> tuple[float | None, str]:
    """Metres to the object's middle, and what tells them."""
    if look.depth is not None:
        if size is not None:
            raise InputError("size", f"{size} beside depth", "one of them", "leave the size out")
        return float(np.median(look.depth[look.depth > 0])), "the reference's depth"
    if size is None:
        return None, UNKNOWN
    if not 0 < size < np.inf:
        raise InputError("size", size, "metres, above 0", "measure the object's longest extent")
    rows, columns = np.nonzero(look.mask)
    rays = look.rays(np.stack([columns, rows], axis=1))
    across = largest_distance(torch.from_numpy(np.concatenate([rays, np.ones((len(rays), 1))], axis=1)))
    return size / across, f"its size of {size:g} m, taken for as wide as the reference shows it"


def _as_whole(found: ReferencePose) -> float:
    """How well a place is the object's: in the mask of a part of it the pose may be right and sure, too."""
    return found.confidence * found.stats.get("inside", 0.0)
