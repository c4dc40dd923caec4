"""Boxes and points become masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.objects import ObjectModel
from objpose.segmentation.color_cut import color_cut
from objpose.segmentation.labels import known_colors, label_scores
from objpose.segmentation.partition import Partition, partition
from objpose.segmentation.prompt_checks import Pixels, checked_box, checked_points
from objpose.segmentation.proposals import LARGEST, Candidates, as_candidates, candidates
from objpose.segmentation.segment import SPAN

INSIDE = 0.7  # share of a region's pixels within the box from which it may belong to the object
RING = 0.5  # of the box's sides: how far around it the surroundings count
LEAST_FIT = 0.5  # overlap of a mask's own box with the given one from which the mask is believed
LABEL_SHARE = 0.5  # of a candidate's score that its likeness to the known object decides
SCENERY = 1.5  # diagonals of the box at its depth: larger planes are no object


def mask_from_box(
    frame: Frame, box: Sequence[float], model: ObjectModel | None = None, seed: int = 0
) -> Bool[Tensor, "H W"]:
    """The object in a box (x, y, width, height) in pixels.

    With depth, what stands out from the planes within the box and fills it best; without depth, or where
    nothing stands out, what has other colours than the surroundings; failing both, the whole box. A known
    object is preferred to others by its looks and size.

    Raises:
        InputError: a box without size or outside the image.
    """
    left, top, right, bottom = checked_box(box, frame.size)
    region = torch.zeros(frame.size, dtype=torch.bool)
    region[top:bottom, left:right] = True
    if frame.depth is not None:
        scene = partition(frame, _largest(frame, region, model), seed)
        chosen, fit = _best_in_box(scene, _box_at_work(scene, left, top, right, bottom), model)
        if fit >= LEAST_FIT:
            return region & scene.mask(chosen)
    scene = partition(frame.without_depth(), 0.0, seed)
    bounds = _box_at_work(scene, left, top, right, bottom)
    chosen = _cut_in_box(scene, bounds, model)
    return region & scene.mask(chosen) if _fit(scene, chosen[None], bounds)[0] >= LEAST_FIT else region


def mask_from_points(
    frame: Frame, points: Pixels, model: ObjectModel | None = None, seed: int = 0
) -> Bool[Tensor, "H W"]:
    """The object on which all of the points (N, 2), column and row in pixels, lie.

    Among the proposals that hold the points, the one that stands out most, or that is most like the known
    object.

    Raises:
        InputError: no points, and points outside the image or too far apart for one object.
    """
    pixels = checked_points(points, frame.size)
    at_points = torch.zeros(frame.size, dtype=torch.bool)
    at_points[pixels[:, 1], pixels[:, 0]] = True
    views = [frame] if frame.depth is None else [frame, frame.without_depth()]
    for view in views:
        largest = LARGEST if model is None else SPAN * model.diameter
        scene = partition(view, largest, seed)
        found = candidates(scene, largest)
        found = found[_holding(scene, found, pixels, frame.size)]
        if len(found):
            return scene.mask(found.members[int(_likeness(scene, found, model).argmax())])
    raise InputError(
        "points", "no object on which all of them lie", "points on one object", "give fewer points"
    )


def _largest(frame: Frame, region: Tensor, model: ObjectModel | None) -> float:
    """Metres across of the largest object that may be in the box."""
    if model is not None:
        return SPAN * model.diameter
    assert frame.depth is not None
    seen = frame.depth[region & (frame.depth > 0)]
    if not len(seen):
        return LARGEST
    rows, columns = region.any(1).sum(), region.any(0).sum()
    diagonal = ((columns / frame.camera.fx) ** 2 + (rows / frame.camera.fy) ** 2).sqrt()
    return SCENERY * float(diagonal * seen.median())


def _box_at_work(scene: Partition, left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """(4,) first and last row, first and last column of the box at the scene's working size."""
    y, x = (n / full for n, full in zip(scene.regions.labels.shape, scene.size, strict=True))
    return np.array([top * y, bottom * y - 1, left * x, right * x - 1])


def _within(scene: Partition, bounds: np.ndarray) -> np.ndarray:
    """(R,) share of each region's pixels within bounds."""
    rows, columns = np.indices(scene.regions.labels.shape)
    within = (rows >= bounds[0]) & (rows <= bounds[1]) & (columns >= bounds[2]) & (columns <= bounds[3])
    return scene.regions.sums(within[scene.regions.inside][:, None].astype(float))[:, 0] / scene.areas


def _fit(scene: Partition, members: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """(P,) intersection over union of bounds with boxes around sets of regions (P, R); 0 for empty sets."""
    fits, some = np.zeros(len(members)), members.any(1)
    top, bottom, left, right = scene.boxes(members[some]).T
    high = np.minimum(bottom, bounds[1]) - np.maximum(top, bounds[0]) + 1
    wide = np.minimum(right, bounds[3]) - np.maximum(left, bounds[2]) + 1
    shared = np.maximum(high, 0) * np.maximum(wide, 0)
    own = (bottom - top + 1) * (right - left + 1)
    given = (bounds[1] - bounds[0] + 1) * (bounds[3] - bounds[2] + 1)
    fits[some] = shared / (own + given - shared)
    return fits


def _best_in_box(scene: Partition, bounds: np.ndarray, model: ObjectModel | None) -> tuple[np.ndarray, float]:
    """(R,) bool of the regions that fill the box best, and how well they do."""
    inside = _within(scene, bounds) >= INSIDE
    found = candidates(scene, np.inf)
    members = np.unique(np.concatenate([found.members & inside, inside[None]]), axis=0)
    members = members[members.any(1)]
    if not len(members):
        return inside, 0.0
    fit = _fit(scene, members, bounds)
    score = fit * (1 - LABEL_SHARE + LABEL_SHARE * _likeness(scene, as_candidates(scene, members), model))
    best = int(score.argmax())
    return members[best], float(fit[best])


def _cut_in_box(scene: Partition, bounds: np.ndarray, model: ObjectModel | None) -> np.ndarray:
    """(R,) bool of the regions in the box that differ in colour from those around it."""
    inside = _within(scene, bounds) >= INSIDE
    margin = RING * np.array(
        [bounds[1] - bounds[0], bounds[1] - bounds[0], bounds[3] - bounds[2], bounds[3] - bounds[2]]
    )
    around = (_within(scene, bounds + margin * [-1, 1, -1, 1]) > 0) & ~inside
    return color_cut(scene, scene.colors, inside, around, known_colors(model))


def _holding(scene: Partition, found: Candidates, pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(P,) bool: the candidates that all the pixels (N, 2) of an image of this size belong to."""
    height, width = scene.regions.labels.shape
    column, row = (pixels * [width / size[1], height / size[0]]).astype(int).T
    touched = np.unique(scene.regions.labels[row, column])
    if touched[0] < 0:
        return np.zeros(len(found), dtype=bool)
    return np.all(found.members[:, touched], axis=1)


def _likeness(scene: Partition, found: Candidates, model: ObjectModel | None) -> np.ndarray:
    """(P,) in [0, 1]: how like the known object each candidate is; without one, how much it stands out."""
    if model is None:
        return found.scores
    return label_scores(scene, found, [model])[:, 0]
