"""Confidence against truth where no masks are given, without depth; fits objpose.poses.RGB_SEARCHED.

    python benchmarks/searched_places.py DATASET... [--every 3] [--seed 0] [--objects FOLDER]

`PoseEstimator` looks for the objects that an image's targets name, and every place that it answers with is
judged. The chances are fitted on even images and judged on odd ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from bop_reliability import model_of
from calibration import judged_by
from reliability import Outcome, fit_chance, outcome, report
from tqdm import tqdm

from objpose import EstimatorOptions, Frame, PoseEstimator
from objpose.geometry import SE3
from objpose.io import BopDataset
from objpose.poses import RGB, RIGHT, Calibration, chance_within

RIDGE = 0.3  # few of the places are right: chosen by leaving out an image at a time


def main(arguments: list[str] | None = None) -> list[Outcome]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=1, help="of each half's images")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    options = parser.parse_args(arguments)
    sets = [BopDataset(root) for root in options.datasets]
    even, odd = ([searched(dataset, half, options) for dataset in sets] for half in (0, 1))
    fit = searched_calibration(even)
    print(f"fitted on {' and '.join(str(len(some)) for some in even)} places:\n{fit}")
    for name, parts in (("even", even), ("odd", odd)):
        outcomes = [each for some in parts for each in some]
        print(f"\n{name}, with the constants in place:")
        report(outcomes)
        print(f"\n{name}, with these constants:")
        report([judged_by(fit, each) for each in outcomes])
    return [each for some in odd for each in some]


def searched(dataset: BopDataset, half: int, options: argparse.Namespace) -> list[Outcome]:
    """Of every so many images i of scenes s whose parity, that of s + i, is `half`."""
    asked: dict[tuple[int, int], set[int]] = {}
    for target in dataset.targets():
        asked.setdefault((target.scene_id, target.im_id), set()).add(target.obj_id)
    images = [place for place in sorted(asked) if sum(place) % 2 == half][:: options.every]
    models = {obj_id: model_of(dataset, obj_id, options.objects) for obj_id in dataset.object_ids}
    numbers = {model.name: obj_id for obj_id, model in models.items()}
    outcomes = []
    for place in tqdm(images, disable=None):
        image = dataset.image(*place)
        settings = EstimatorOptions("rgb", seed=options.seed, ground=False)  # whose say is fitted beside
        estimator = PoseEstimator([models[obj_id] for obj_id in sorted(asked[place])], settings)
        for estimate in estimator.estimate(Frame(image.rgb, image.camera)):
            obj_id = numbers[estimate.object]
            truths = [gt.cam_from_obj for gt in image.gts if gt.obj_id == obj_id]
            known = [SE3(truth.wxyz_xyz.float()) for truth in truths]
            symmetry = dataset.models_info[obj_id].symmetry
            outcomes.append(outcome(estimate, models[obj_id], symmetry, known, image.camera, False))
    return outcomes


def searched_calibration(parts: Sequence[Sequence[Outcome]]) -> Calibration:
    """RGB with chances fitted to parts of places that weigh alike; what else it tells hangs on no search."""
    parts = [part for part in parts if part]
    outcomes = [each for part in parts for each in part]
    weight = torch.cat([torch.full((len(part),), len(outcomes) / len(parts) / len(part)) for part in parts])
    names = "evidence", "share", "shift_per_pixel", "right", "close", "trust"
    evidence, share, shift, right, close, trust = (
        torch.tensor([getattr(each, name) for each in outcomes]) for name in names
    )
    within = trust.double() * chance_within(RIGHT, RGB.outline_error * shift.double())
    return replace(
        RGB,
        right=fit_chance(evidence, share, right, weight, within, RIDGE),
        close=fit_chance(evidence, share, close, weight, trust.double(), RIDGE),
    )


if __name__ == "__main__":
    main()
