"""Confidence against truth on a BOP set with detections.

    python benchmarks/bop_reliability.py DATASET [--detections FILE]

Every detection goes through PoseEstimator, wrong labels included; nothing is fitted.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import torch
from reliability import Outcome, outcome, print_covariance, print_reliability
from tqdm import tqdm

from objpose import Frame, ObjectModel, PoseEstimator, Target, onboard
from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.io import BopDataset, BopDetection, read_detections


def main(arguments: list[str] | None = None) -> list[Outcome]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--detections", type=Path, help="default: detections.json of the set")
    options = parser.parse_args(arguments)
    detections = read_detections(options.detections or options.dataset / "detections.json")
    outcomes = judged(BopDataset(options.dataset), detections)
    confidence = torch.tensor([o.confidence for o in outcomes])
    print_reliability(confidence, torch.tensor([o.right for o in outcomes]))
    print_covariance(outcomes)
    return outcomes


def judged(dataset: BopDataset, detections: list[BopDetection]) -> list[Outcome]:
    models = {obj_id: _model(dataset, obj_id) for obj_id in sorted({d.obj_id for d in detections})}
    estimator = PoseEstimator(list(models.values()))
    images = sorted({(d.scene_id, d.image_id) for d in detections})
    outcomes = []
    for scene_id, im_id in tqdm(images, desc="images", disable=None):
        image = dataset.image(scene_id, im_id)
        found = [d for d in detections if (d.scene_id, d.image_id) == (scene_id, im_id)]
        targets = [Target(models[d.obj_id].name, d.mask()) for d in found]
        for estimate in _estimates(estimator, Frame(image.rgb, image.camera, image.depth), targets):
            obj_id = found[estimate.target].obj_id
            truths = [SE3(gt.cam_from_obj.wxyz_xyz.float()) for gt in image.gts if gt.obj_id == obj_id]
            symmetry = dataset.models_info[obj_id].symmetry
            outcomes.append(outcome(estimate, models[obj_id], symmetry, truths))
    return outcomes


def _model(dataset: BopDataset, obj_id: int) -> ObjectModel:
    symmetry = dataset.models_info[obj_id].symmetry
    return onboard(dataset.mesh(obj_id), f"obj_{obj_id:06d}", "m", out=None, symmetry=symmetry)


def _estimates(estimator: PoseEstimator, frame: Frame, targets: list[Target]) -> list:
    """Estimates of one image; masks that hold too little depth give none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return estimator.estimate(frame, targets)
        except InputError:
            return []


if __name__ == "__main__":
    main()
