"""What the ground tells of poses found without depth: each alone, and with those of its image.

    python benchmarks/grounds.py DATASET... [--half even] [--objects FOLDER]

AR is that of MSSD over the detections whose mask is of their object. "Strangers": images made up of estimates
of different images, which stand on no common ground: nothing should change. "Again": as `PoseEstimator`
answers, which looks for unsure objects on the ground of the others once more.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from bop_reliability import estimated
from pose_error import nearest_truth
from reliability import Outcome, is_wrong_label, outcome, report

from objpose import EstimatorOptions, ObjectModel, PoseEstimate
from objpose.estimator.ground import on_one_ground
from objpose.geometry import SE3
from objpose.io import BopDataset, BopDetection, BopImage

HALVES = {"even": (0,), "odd": (1,), "both": (0, 1)}
THRESHOLDS = np.arange(0.05, 0.51, 0.05)  # diameters


class Case(NamedTuple):
    image: BopImage
    detection: BopDetection
    model: ObjectModel
    estimate: PoseEstimate


def main(arguments: list[str] | None = None) -> dict[str, dict[str, float]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--half", choices=tuple(HALVES), default="both")
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    options = parser.parse_args(arguments)
    recalls: dict[str, dict[str, float]] = defaultdict(dict)
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    for root in options.datasets:
        dataset, settings = BopDataset(root), EstimatorOptions("rgb", ground=False)
        alone = [Case(*each) for each in estimated(dataset, settings, options.objects, HALVES[options.half])]
        again = [
            Case(*each)
            for each in estimated(dataset, EstimatorOptions("rgb"), options.objects, HALVES[options.half])
        ]
        states = {"alone": alone, "together": grounded(alone), "strangers": mixed(alone), "again": again}
        for name, cases in states.items():
            recalls[root.name][name] = _recall(dataset, cases)
            outcomes[name] += [_outcome(dataset, case) for case in cases]
    for name, found in outcomes.items():
        print(f"\n{name}: AR " + ", ".join(f"{root} {recalls[root][name]:.3f}" for root in recalls))
        report(found)
    return recalls


def grounded(cases: list[Case]) -> list[Case]:
    """With what the ground tells, image by image."""
    images = defaultdict(list)
    for case in cases:
        images[case.image.scene_id, case.image.im_id].append(case)
    return [case for same in images.values() for case in _together(same)]


def mixed(cases: list[Case]) -> list[Case]:
    """The same of as many estimates an image, drawn from all images."""
    order = np.random.default_rng(1).permutation(len(cases))
    counts = defaultdict(int)
    for case in cases:
        counts[case.image.scene_id, case.image.im_id] += 1
    ends = np.cumsum(list(counts.values()))[:-1]
    return [case for some in np.split(order, ends) for case in _together([cases[i] for i in some])]


def _together(cases: list[Case]) -> list[Case]:
    models = {case.model.name: case.model for case in cases}
    found = on_one_ground([case.estimate for case in cases], models, cases[0].image.camera)
    return [case._replace(estimate=estimate) for case, estimate in zip(cases, found, strict=True)]


def _outcome(dataset: BopDataset, case: Case) -> Outcome:
    symmetry = dataset.models_info[case.detection.obj_id].symmetry
    known = case.estimate, case.model, symmetry, _truths(case), case.image.camera
    return outcome(*known, _is_wrong_label(case))


def _recall(dataset: BopDataset, cases: list[Case]) -> float:
    errors = []
    for case in cases:
        if not _is_wrong_label(case):
            symmetry = dataset.models_info[case.detection.obj_id].symmetry
            known = case.model.mesh.vertices, case.model.diameter, symmetry, case.estimate.cam_from_obj
            errors.append(min(nearest_truth(*known, truth)[1] for truth in _truths(case)))
    return float((np.array(errors)[:, None] < THRESHOLDS).mean())


def _truths(case: Case) -> list[SE3]:
    same = [gt for gt in case.image.gts if gt.obj_id == case.detection.obj_id]
    return [SE3(gt.cam_from_obj.wxyz_xyz.float()) for gt in same]


def _is_wrong_label(case: Case) -> bool:
    same = [gt for gt in case.image.gts if gt.obj_id == case.detection.obj_id]
    return is_wrong_label(case.detection.mask(), [gt.mask_visib() for gt in same])


if __name__ == "__main__":
    main()
