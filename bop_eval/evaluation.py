"""Results and a test set in, a report out."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from bop_eval.bootstrap import drawn_images
from bop_eval.datasets import EvaluationSet, open_test_set
from bop_eval.detection import score_detection
from bop_eval.groups import Groups, Truths, detection_groups, localization_groups
from bop_eval.localization import score_localization
from bop_eval.outcome import Outcome
from bop_eval.pair_errors import PairErrors
from bop_eval.ray_session import ClusterSettings, ray_session
from bop_eval.report import Pairs, Report
from objpose.errors import InputError
from objpose.io import BopResultTable, read_bop_table
from objpose.work import within

TASKS = ("localization", "detection")


def evaluate(
    results: BopResultTable | str | os.PathLike[str],
    dataset: EvaluationSet | str | os.PathLike[str],
    task: str = "localization",
    cluster: ClusterSettings | None = None,
    bootstrap: str | None = None,
    seed: int = 0,
) -> Report:
    """Score a BOP result file on a BOP set, by the rules of BOP's toolkit.

    Args:
        results: a result file, or its table.
        dataset: folder of the set, or the opened set.
        task: "localization" (BOP19: average recall of VSD, MSSD and MSPD) or "detection" (BOP24: average
            precision of MSSD and MSPD; BOP25's is that of MSSD, and MSSD_MM in millimetres).
        cluster: where to spread the work with Ray; None for the threads of this process.
        bootstrap: "scene" or "image", to draw a thousand times as many of them as there are, for intervals;
            scenes where the set has many, as images of one scene are alike. seed: of the draws.

    Raises:
        InputError: an unusable result file or set, an unknown task, or too few scenes to draw.

    Estimates of images that are no target, and of objects that are not asked for there, do not count.
    """
    if task not in TASKS:
        raise InputError("task", repr(task), f"one of {', '.join(TASKS)}", "choose one of them")
    results = results if isinstance(results, BopResultTable) else read_bop_table(results)
    test_set = dataset if isinstance(dataset, EvaluationSet) else open_test_set(Path(dataset))
    score = partial(_localization if task == "localization" else _detection, bootstrap=bootstrap, seed=seed)
    with within():
        if cluster is None:
            return score(results, test_set, PairErrors)
        from bop_eval.cluster_errors import ClusterErrors

        with ray_session(cluster) as (ray, processes):
            spread = partial(ClusterErrors, ray=ray, processes=processes)
            return score(results, test_set, spread)


def _localization(
    results: BopResultTable,
    test_set: EvaluationSet,
    pair_errors: Callable[..., PairErrors],
    bootstrap: str | None,
    seed: int,
) -> Report:
    targets = test_set.localization_targets
    images = list(dict.fromkeys((target.scene_id, target.im_id) for target in targets))
    truths = Truths.of(test_set.read_images(images))
    groups = localization_groups(results, truths, targets)
    pairs = pair_errors(test_set, results, truths, groups)
    draws = drawn_images(truths.images, bootstrap, seed)
    outcome = score_localization(truths, groups, pairs, draws.counts)
    return _report("localization", results, test_set, truths, groups, pairs, outcome, draws.what)


def _detection(
    results: BopResultTable,
    test_set: EvaluationSet,
    pair_errors: Callable[..., PairErrors],
    bootstrap: str | None,
    seed: int,
) -> Report:
    truths = Truths.of(test_set.read_images(test_set.detection_images))
    groups = detection_groups(results, truths, test_set.rules.most_estimates)
    pairs = pair_errors(test_set, results, truths, groups)
    draws = drawn_images(truths.images, bootstrap, seed)
    outcome = score_detection(results, truths, groups, pairs, draws.counts)
    return _report("detection", results, test_set, truths, groups, pairs, outcome, draws.what)


def _report(
    task: str,
    results: BopResultTable,
    test_set: EvaluationSet,
    truths: Truths,
    groups: Groups,
    pairs: PairErrors,
    outcome: Outcome,
    drawn: str,
) -> Report:
    return Report(
        dataset=test_set.name,
        task=task,
        estimates=int((groups.estimates >= 0).sum()),
        images=len(truths.images),
        mean_time_s=mean_time_s(results),
        pairs=_pair_columns(results, truths, groups, pairs),
        drawn=drawn,
        **vars(outcome),
    )


def mean_time_s(results: BopResultTable) -> float:
    """Mean over the images that have results; -1 where a time is unknown or there is no result."""
    if not len(results) or (results.times_s < 0).any():
        return -1.0
    images = np.stack([results.scene_ids, results.im_ids], axis=1)
    _, first = np.unique(images, axis=0, return_index=True)
    return float(results.times_s[first].mean())


def _pair_columns(results: BopResultTable, truths: Truths, groups: Groups, pairs: PairErrors) -> Pairs:
    images = [truths.images[i] for i in pairs.image]
    group, _, instance = groups.pairs()
    return Pairs(
        row=pairs.est_rows,
        scene_id=np.array([image.scene_id for image in images], dtype=np.int64),
        im_id=np.array([image.im_id for image in images], dtype=np.int64),
        obj_id=pairs.obj_ids,
        gt_id=truths.gt_ids[pairs.gt_rows],
        score=results.scores[pairs.est_rows],
        is_target=groups.is_target[group, instance],
    )
