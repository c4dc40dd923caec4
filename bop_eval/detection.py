"""The detection task of BOP24 and BOP25: average precision of MSSD and MSPD."""

import numpy as np

from bop_eval.groups import Groups, Truths
from bop_eval.matching import match_greedily
from bop_eval.outcome import (
    MILLIMETERS,
    PIXELS,
    SHARES,
    Outcome,
    by_object_and_scene,
    lay_out,
    pairs_matched,
    samples,
)
from bop_eval.pair_errors import PairErrors
from bop_eval.report import ErrorScores
from bop_eval.scores import average_precision
from objpose.io import BopResultTable

LEAST_VISIBLE = 0.1  # instances of which less is visible are ignored, with the estimates matched to them


def score_detection(
    results: BopResultTable,
    truths: Truths,
    groups: Groups,
    pairs: PairErrors,
    draws: np.ndarray | None = None,
) -> Outcome:
    """Average precision over thresholds and objects, of the whole set, and of each object and scene.

    draws: (B, images) how often each image counts in each of B draws, for the samples of the outcome.
    """
    mssd = pairs.mssd()
    measured = {
        "MSSD": (mssd / pairs.diameters, SHARES),
        "MSPD": (pairs.mspd(), PIXELS),
        "MSSD_MM": (mssd * 1000, MILLIMETERS),
    }
    matched = {name: match_greedily(lay_out(groups, v), t) for name, (v, t) in measured.items()}
    is_counted = (groups.truths >= 0) & (truths.visible[groups.truths] >= LEAST_VISIBLE)

    def figures(counts: np.ndarray) -> dict[str, float]:
        of_error = {
            f"AP_{name}": _mean(_precisions(results, groups, is_counted, taken, counts))
            for name, taken in matched.items()
        }
        return {"AP": float(np.mean([of_error["AP_MSSD"], of_error["AP_MSPD"]])), **of_error}

    everything = np.ones(len(groups.image), dtype=np.int64)
    errors = {}
    for name, (values, thresholds) in measured.items():
        precisions = _precisions(results, groups, is_counted, matched[name], everything)
        curve = np.mean(precisions, axis=0) if precisions else np.zeros(len(thresholds))
        errors[name] = ErrorScores(name, thresholds, curve, values, pairs_matched(groups, matched[name]))
    total = figures(everything)
    per_object, per_scene = by_object_and_scene(groups, truths, figures)
    counts = {key: int(is_counted[groups.obj_ids == key].sum()) for key in per_object}
    drawn = samples(groups, figures, draws)
    return Outcome(total, per_object, per_scene, counts, _bop(total), errors, drawn)


def _precisions(
    results: BopResultTable, groups: Groups, is_counted: np.ndarray, matched: np.ndarray, counts: np.ndarray
) -> list[np.ndarray]:
    """(T,) average precisions of each object that has an instance which counts. counts: (G,) of groups."""
    precisions = []
    for obj_id in np.unique(groups.obj_ids[counts > 0]):
        of_object = np.nonzero((counts > 0) & (groups.obj_ids == obj_id))[0]
        instances = int((is_counted[of_object].sum(axis=1) * counts[of_object]).sum())
        if not instances:
            continue
        group, estimate = np.nonzero(groups.estimates[of_object] >= 0)
        group = of_object[group]
        taken = matched[group, estimate]
        is_matched = taken >= 0
        is_true = is_matched & np.take_along_axis(is_counted[group], taken, axis=1)
        scores = results.scores[groups.estimates[group, estimate]]
        is_ignored = is_matched & ~is_true
        precisions.append(average_precision(scores, is_true, is_ignored, instances, counts[group]))
    return precisions


def _mean(precisions: list[np.ndarray]) -> float:
    """Over thresholds, then objects; 0 where no object has an instance that counts."""
    return float(np.mean([of_object.mean() for of_object in precisions])) if precisions else 0.0


def _bop(figures: dict[str, float]) -> dict[str, float]:
    return {
        "bop24_mAP": figures["AP"],
        "bop24_mAP_mssd": figures["AP_MSSD"],
        "bop24_mAP_mspd": figures["AP_MSPD"],
        "bop24_mAP_mssd_mm": figures["AP_MSSD_MM"],
        "bop25_mAP": figures["AP_MSSD"],
        "bop25_mAP_mm": figures["AP_MSSD_MM"],
    }
