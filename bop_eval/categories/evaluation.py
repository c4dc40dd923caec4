"""Category-level results in, a report out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bop_eval.bootstrap import MANY_SCENES, Interval, drawn_counts, interval
from bop_eval.categories.class_rules import NOCS_CLASSES, ClassRules
from bop_eval.categories.judging import OVERLAPS, POSES, judge_class
from bop_eval.categories.precision import average_precision
from bop_eval.categories.records import CategoryResults
from bop_eval.categories.variants import VARIANTS, Variant
from objpose.errors import InputError

FIGURES = (*(f"IoU{round(100 * share)}" for share in OVERLAPS), *(f"{n}deg{m}cm" for n, m in POSES))
MOST_DRAWN_AT_ONCE = 50_000_000  # numbers


@dataclass(frozen=True, eq=False)
class CategoryReport:
    """Average precision in percent.

    variant: by which it is measured. figures: the mean over classes by name (`FIGURES`). per_class: the
    same of each class that has a truth. intervals: of `figures`, empty where none were asked for. images,
    truths, predictions: how many. without_pose: predictions that hold none. clusters: what was drawn, or "".
    """

    variant: Variant
    figures: dict[str, float]
    per_class: dict[str, dict[str, float]]
    intervals: dict[str, Interval]
    images: int
    truths: int
    predictions: int
    without_pose: int
    clusters: str

    def to_json(self) -> dict[str, object]:
        """Everything as plain Python."""
        return {
            "variant": self.variant.name, "meaning": self.variant.meaning, "images": self.images,
            "truths": self.truths, "predictions": self.predictions, "without_pose": self.without_pose,
            "figures": self.figures, "per_class": self.per_class,
            "intervals": {name: [one.low, one.high] for name, one in self.intervals.items()},
            "drawn": self.clusters,
        }  # fmt: skip


def evaluate_categories(
    results: CategoryResults,
    variant: str = "oriented",
    rules: ClassRules = NOCS_CLASSES,
    samples: int = 0,
    seed: int = 0,
) -> CategoryReport:
    """Score predictions of pose and size by 3D IoU and by degrees and centimetres.

    Wang et al., "Normalized Object Coordinate Space for Category-Level 6D Object Pose and Size Estimation",
    CVPR 2019. Of classes without a truth nothing is said; predictions of them count nowhere.

    variant: of `VARIANTS`. samples: draws for the intervals, of scenes, or of images where there are fewer
    than eight scenes; 0 for none.

    Raises:
        InputError: unknown variant or class, no truth at all, or a truth that does not say what it must.
    """
    if variant not in VARIANTS:
        raise InputError("variant", repr(variant), f"one of {', '.join(VARIANTS)}", "choose one of them")
    if not len(results.truths):
        raise InputError("truth", "no box in any image", "boxes (gt_class_ids)", "check the files")
    for class_id in np.unique(np.concatenate([results.truths.class_ids, results.predictions.class_ids])):
        rules.name(int(class_id), "class_ids")
    counts, clusters = _draws(results, samples, seed)
    present = [int(class_id) for class_id in np.unique(results.truths.class_ids)]
    of_class = [_precisions(results, key, rules, VARIANTS[variant], counts) for key in present]
    drawn = np.stack(of_class)  # (classes, 1 + samples, figures)
    means = 100 * np.nanmean(drawn, axis=0)
    return CategoryReport(
        VARIANTS[variant],
        _named(means[0]),
        {rules.names[key - 1]: _named(100 * drawn[c, 0]) for c, key in enumerate(present)},
        {name: interval(means[1:, f]) for f, name in enumerate(FIGURES)} if samples else {},
        len(results.images), len(results.truths), len(results.predictions),
        int(np.isnan(results.predictions.cam_from_box).any(axis=(1, 2)).sum()), clusters,
    )  # fmt: skip


def _draws(results: CategoryResults, samples: int, seed: int) -> tuple[np.ndarray, str]:
    """(1 + samples, images): every image once, and the draws; and what was drawn."""
    once = np.ones((1, len(results.images)), np.int64)
    if not samples:
        return once, ""
    scenes = len(set(results.scenes))
    of_scenes = scenes >= MANY_SCENES
    drawn = drawn_counts(results.scenes if of_scenes else results.images, samples, seed)
    return np.concatenate([once, drawn]), f"{scenes} scenes" if of_scenes else f"{len(results.images)} images"


def _precisions(
    results: CategoryResults, class_id: int, rules: ClassRules, variant: Variant, counts: np.ndarray
) -> np.ndarray:
    """(B, F) of a class."""
    judged = judge_class(results, class_id, rules, variant)
    step = max(1, MOST_DRAWN_AT_ONCE // max(1, len(judged[0].scores)))
    parts = [counts[start : start + step] for start in range(0, len(counts), step)]
    overlaps, poses = (np.concatenate([average_precision(one, part) for part in parts]) for one in judged)
    if variant.is_pose_of_found_only:
        poses = np.nan_to_num(poses)  # the published script gives 0 where nothing was found
    return np.concatenate([overlaps, poses], axis=1)


def _named(values: np.ndarray) -> dict[str, float]:
    return dict(zip(FIGURES, values.tolist(), strict=True))
