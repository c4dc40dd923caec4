"""Which predictions of a class are right, by each measure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bop_eval.categories.class_rules import ClassRules
from bop_eval.categories.pairs import centimetres, degrees, overlap
from bop_eval.categories.precision import Judged
from bop_eval.categories.records import CategoryResults
from bop_eval.categories.variants import Variant
from bop_eval.matching import match_greedily
from objpose.errors import InputError

OVERLAPS = (0.25, 0.5, 0.75)
POSES = ((5, 2), (5, 5), (10, 2), (10, 5), (10, 10))  # degrees, centimetres
FOUND = 0.1  # the overlap above which NOCS's script looks at a pose
LOST = 1e6  # degrees + centimetres of an angle lost to rounding: last in the order, and still a match


class _InImage(NamedTuple):
    """One class in one image: places (P,) of predictions, best score first, (T,) of truths; their pairs."""

    here: np.ndarray
    there: np.ndarray
    overlap: np.ndarray  # (P, T), as the next two
    degrees: np.ndarray
    centimetres: np.ndarray


def judge_class(
    results: CategoryResults, class_id: int, rules: ClassRules, variant: Variant
) -> tuple[Judged, Judged]:
    """The predictions of a class by overlap (25, 50, 75 %), and by pose (`POSES`)."""
    rows = np.nonzero(results.predictions.class_ids == class_id)[0]
    rows = rows[np.argsort(-results.predictions.scores[rows], kind="stable")]
    truths = np.nonzero(results.truths.class_ids == class_id)[0]
    image, truth_image = results.predictions.image[rows], results.truths.image[truths]
    right_overlap, right_pose = (np.zeros((len(rows), count), bool) for count in (len(OVERLAPS), len(POSES)))
    counts, truth_counts = np.ones(len(rows), bool), np.ones(len(truths), bool)
    if variant.is_pose_of_found_only:
        counts, truth_counts = ~counts, ~truth_counts
    for pairs in _images(results, rows, truths, rules, variant):
        here, there = pairs.here, pairs.there
        right_overlap[here] = match_greedily(-pairs.overlap, -np.array(OVERLAPS)) >= 0
        if variant.is_pose_of_found_only:
            taken = match_greedily(-pairs.overlap, np.array([-FOUND]))[:, 0]
            counts[here], truth_counts[there] = taken >= 0, np.isin(np.arange(len(there)), taken)
        right_pose[here[counts[here]]] = _right_poses(pairs, counts[here], truth_counts[there])
    scores = results.predictions.scores[rows]
    return Judged(scores, image, right_overlap, truth_image), Judged(
        scores[counts], image[counts], right_pose[counts], truth_image[truth_counts]
    )


def _images(
    results: CategoryResults, rows: np.ndarray, truths: np.ndarray, rules: ClassRules, variant: Variant
) -> Iterator[_InImage]:
    """The images that hold a truth of the class; all pairs are measured at once."""
    image, truth_image = results.predictions.image[rows], results.truths.image[truths]
    places = [
        (np.nonzero(image == i)[0], np.nonzero(truth_image == i)[0]) for i in np.unique(truth_image).tolist()
    ]
    first = np.concatenate([np.repeat(here, len(there)) for here, there in places])
    second = np.concatenate([np.tile(there, len(here)) for here, there in places])
    measured = _measured(results, rows[first], truths[second], rules, variant)
    start = 0
    for here, there in places:
        part = slice(start, start + len(here) * len(there))
        yield _InImage(here, there, *(values[part].reshape(len(here), len(there)) for values in measured))
        start = part.stop


def _measured(
    results: CategoryResults, rows: np.ndarray, truths: np.ndarray, rules: ClassRules, variant: Variant
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Overlap, degrees and centimetres (N,) of pairs of one class."""
    if not len(rows):
        return (np.zeros(0),) * 3
    name = rules.names[int(results.truths.class_ids[truths[0]]) - 1]
    is_free = _free_to_turn(results, truths, name, rules, variant)
    predicted, true = results.predictions.cam_from_box[rows], results.truths.cam_from_box[truths]
    sizes = (results.predictions.sizes[rows], results.truths.sizes[truths])
    return (
        overlap(variant, predicted, sizes[0], true, sizes[1], is_free),
        degrees(variant, predicted, true, is_free, name in rules.half_turn),
        centimetres(predicted, true),
    )


def _free_to_turn(
    results: CategoryResults, truths: np.ndarray, name: str, rules: ClassRules, variant: Variant
) -> np.ndarray:
    """(N,) of true boxes of a class."""
    if name in rules.free_turn:
        return np.ones(len(truths), bool)
    if name not in rules.by_handle:
        return np.zeros(len(truths), bool)
    seen = results.truths.handle_seen[truths]
    unsaid = np.isnan(seen)
    if unsaid.any() and not variant.takes_handle_as_seen:
        image = results.images[results.truths.image[truths[int(np.argmax(unsaid))]]]
        raise InputError(
            image, f"no gt_handle_visibility of a {name} (nor of {int(unsaid.sum()) - 1} more)",
            "1 or 0: whether the handle is seen, without which it is free to turn",
            "take the truth from NOCS's archive of it (gts), which says so, with --dataset",
        )  # fmt: skip
    return seen == 0


def _right_poses(pairs: _InImage, found: np.ndarray, is_found: np.ndarray) -> np.ndarray:
    """(P, len(POSES)) of some of each; a prediction takes the truth nearest by degrees + centimetres."""
    degrees, apart = (grid[found][:, is_found] for grid in (pairs.degrees, pairs.centimetres))
    sums = np.nan_to_num(degrees + apart, nan=LOST)
    # Not above the threshold, rather than below: an angle that is NaN passes, where the variant has any.
    errors = np.stack([np.where((degrees > n) | (apart > m), np.inf, sums) for n, m in POSES])
    return match_greedily(errors, np.array([np.inf]))[..., 0].T >= 0
