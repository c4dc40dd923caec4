"""Is the frame mirrored? Asked of one object: is it drawn as it is seen, or is its reflection?

Flipped left to right, picture and depth together, most shapes fit as well as before, turned by a reflection
of theirs; what is printed on them does not. So the pose found is compared with those that the flipped frame
would have, where the two are drawn differently.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from torch import Tensor

from objpose.crops import Crop, crop_frame, depth_tolerance, main_part
from objpose.frame import Frame
from objpose.geometry import SE3, Camera
from objpose.objects import ObjectModel
from objpose.poses.answer import Verdict
from objpose.poses.distinct import SAME, best, distinct
from objpose.poses.judge import by_depth, judge
from objpose.poses.observation import SHARPEST
from objpose.poses.reflections import reflected, reflections
from objpose.poses.rgbd import RGBDOptions, aligned
from objpose.poses.rivals import RGBD_EVIDENCE, Comparison, Weights
from objpose.raster import MeshRender

FIRST_SIZE = 64  # pixels of the crop in which all turns are compared
TURNS = 36  # about an axis
MOST = 3  # of the turns, that are aligned


def mirrored_nats(
    model: ObjectModel,
    frame: Frame,
    mask: Tensor,
    cam_from_obj: SE3,
    options: RGBDOptions = RGBDOptions(),  # noqa: B008 - frozen
) -> float:
    """Nats by which an object found at cam_from_obj (), mesh frame, speaks for its frame's being mirrored.

    mask: (H, W) bool. 0 where a reflection is drawn as the object is: a bowl, a can that shows its back.
    """
    crop, found = crop_frame(frame, main_part(mask), SHARPEST), cam_from_obj[None]
    seen, mirror = _Side(model, crop, options), _Side(model, _flipped(crop), options)
    turns = model.near_symmetry.transforms(1.0, math.pi / TURNS)
    flips = reflected(found) @ reflections(model)
    turned = SE3((flips[:, None] @ turns).wxyz_xyz.reshape(-1, 7))
    likely = turned[best(_first_look(seen, found, mirror, turned)[1:])]
    different = distinct(model, model.symmetry, likely, SAME * model.diameter, MOST)
    nats = _close_look(seen, found, mirror, mirror.smaller(options.crop_size).aligned(likely[different]))
    return float(nats[1:].max() - nats[0])


@dataclass(frozen=True, eq=False)
class _Side:
    """An object before one side of a mirror."""

    model: ObjectModel
    crop: Crop
    options: RGBDOptions

    def smaller(self, size: int) -> _Side:
        return replace(self, crop=self.crop.smaller(size))

    def aligned(self, cam_from_obj: SE3) -> SE3:
        """Poses (B,), by depth and colours."""
        model, refine = self.model, self.options.refine
        return aligned(model.mesh, self.crop, model.diameter, refine.steps[1], refine)(cam_from_obj)

    def judged(self, cam_from_obj: SE3) -> Verdict:
        tolerance = depth_tolerance(self.crop, self.options.tolerance * self.model.diameter)
        return judge(self.model.mesh, self.crop, by_depth(tolerance), cam_from_obj)

    def comparison(self, weights: Weights) -> Comparison:
        return Comparison(self.model.mesh, self.crop, self.model.diameter, weights, with_depth=True)


def _first_look(seen: _Side, found: SE3, mirror: _Side, turned: SE3) -> Tensor:
    """(1 + B,) log odds of the pose found (1,), and of poses (B,) in the mirror, in few pixels."""
    seen, mirror = seen.smaller(FIRST_SIZE), mirror.smaller(FIRST_SIZE)
    return _odds(seen, found, mirror, turned, RGBD_EVIDENCE.first)


def _close_look(seen: _Side, found: SE3, mirror: _Side, moved: SE3) -> Tensor:
    """(1 + B,) the same of aligned poses, and by what the judge says of them."""
    size = seen.options.crop_size
    verdict = seen.smaller(size).judged(found).joined(mirror.smaller(size).judged(moved))
    return _odds(seen, found, mirror, moved, RGBD_EVIDENCE.close, RGBD_EVIDENCE.of(verdict))


def _odds(
    seen: _Side, found: SE3, mirror: _Side, poses: SE3, weights: Weights, further: Tensor | None = None
) -> Tensor:
    comparison = seen.comparison(weights)
    behind = mirror.comparison(weights).drawn(poses)
    color = None if behind.color is None else behind.color.flip(2)
    drawn = comparison.drawn(found).joined(MeshRender(behind.depth.flip(2), color=color))
    return comparison.odds_of(drawn, further)


def _flipped(crop: Crop) -> Crop:
    """The crop left to right, seen by the camera in the mirror."""
    K = crop.camera.K.clone()
    K[0, 2] = crop.size - 1 - K[0, 2]
    images = {name: getattr(crop, name).flip(1) for name in ("rgb", "depth", "mask", "inside")}
    return replace(crop, camera=Camera(K, crop.size, crop.size), **images)
