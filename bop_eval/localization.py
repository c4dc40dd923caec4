"""The localization task of BOP19: average recall of VSD, MSSD and MSPD."""

import numpy as np

from bop_eval.groups import Groups, Truths
from bop_eval.matching import match_greedily
from bop_eval.outcome import PIXELS, SHARES, Outcome, by_object_and_scene, lay_out, pairs_matched, samples
from bop_eval.pair_errors import PairErrors
from bop_eval.report import ErrorScores
from bop_eval.scores import recall


def score_localization(
    truths: Truths, groups: Groups, pairs: PairErrors, draws: np.ndarray | None = None
) -> Outcome:
    """Recall over thresholds, of all targets together, and of those of each object and scene.

    draws: (B, images) how often each image counts in each of B draws, for the samples of the outcome.
    """
    measured = {
        "VSD": (pairs.vsd(SHARES), SHARES),
        "MSSD": (pairs.mssd() / pairs.diameters, SHARES),
        "MSPD": (pairs.mspd(), PIXELS),
    }
    matched = {name: match_targets(groups, *measured[name]) for name in measured}
    found = {name: (taken >= 0).sum(axis=-2) for name, taken in matched.items()}  # (..., G, T)
    targets = groups.is_target.sum(axis=1)

    def figures(counts: np.ndarray) -> dict[str, float]:
        total = int((counts * targets).sum())
        recalls = {
            f"AR_{name}": float(recall((counts[:, None] * hits).sum(axis=-2), total).mean())
            for name, hits in found.items()
        }
        return {"AR": float(np.mean(list(recalls.values()))), **recalls}

    errors = {
        name: ErrorScores(
            name, thresholds, _curve(found[name], int(targets.sum())), values,
            pairs_matched(groups, matched[name]),
        )
        for name, (values, thresholds) in measured.items()
    }  # fmt: skip
    total = figures(np.ones(len(targets), np.int64))
    per_object, per_scene = by_object_and_scene(groups, truths, figures)
    counts = {obj_id: int(targets[groups.obj_ids == obj_id].sum()) for obj_id in per_object}
    bop = {"bop19_average_recall": total["AR"]}
    bop |= {f"bop19_average_recall_{name.lower()}": total[f"AR_{name}"] for name in measured}
    return Outcome(total, per_object, per_scene, counts, bop, errors, samples(groups, figures, draws))


def match_targets(groups: Groups, errors: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """(G, E, T), or (K, G, E, T): only targets can be taken."""
    return match_greedily(np.where(groups.is_target[:, None], lay_out(groups, errors), np.inf), thresholds)


def _curve(hits: np.ndarray, targets: int) -> np.ndarray:
    """(T,) recall at each threshold, for VSD the mean over tau."""
    recalls = recall(hits.sum(axis=-2), targets)
    return recalls.reshape(-1, recalls.shape[-1]).mean(axis=0)
