"""Confidence against truth on BOP sets with detections, together and each alone.

    python benchmarks/bop_reliability.py DATASET... [--method rgbd] [--seed 0] [--objects FOLDER]

Every detection goes through PoseEstimator, wrong labels included; nothing is fitted. A mask that overlaps no
visible instance of the object it names is a wrong label: whatever is found there is wrong.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from reliability import (
    Outcome,
    is_wrong_label,
    outcome,
    print_covariance,
    report,
)
from tqdm import tqdm

from objpose import EstimatorOptions, Frame, ObjectModel, PoseEstimate, PoseEstimator, Target, onboard
from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.io import BopDataset, BopDetection, BopImage, read_detections
from objpose.objects import is_object


def main(arguments: list[str] | None = None) -> list[Outcome]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--method", choices=("rgbd", "rgb"), default="rgbd")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    options = parser.parse_args(arguments)
    settings = EstimatorOptions(options.method, seed=options.seed)
    found = {root.name: judged(BopDataset(root), settings, options.objects) for root in options.datasets}
    if len(found) > 1:
        for name, outcomes in found.items():
            print(f"\n{name}")
            report(outcomes)
        print("\ntogether")
    together = [each for outcomes in found.values() for each in outcomes]
    report(together)
    print_covariance(together)
    return together


def judged(
    dataset: BopDataset,
    settings: EstimatorOptions,
    folder: Path | None,
    halves: Collection[int] = (0, 1),
    together: bool = True,
) -> list[Outcome]:
    """Outcomes of what is `estimated`."""
    outcomes = []
    for image, detection, model, estimate in estimated(dataset, settings, folder, halves, together):
        instances = [gt for gt in image.gts if gt.obj_id == detection.obj_id]
        truths = [SE3(gt.cam_from_obj.wxyz_xyz.float()) for gt in instances]
        wrong_label = is_wrong_label(detection.mask(), [gt.mask_visib() for gt in instances])
        symmetry = dataset.models_info[detection.obj_id].symmetry
        outcomes.append(outcome(estimate, model, symmetry, truths, image.camera, wrong_label))
    return outcomes


def estimated(
    dataset: BopDataset,
    settings: EstimatorOptions,
    folder: Path | None,
    halves: Collection[int] = (0, 1),
    together: bool = True,
) -> Iterator[tuple[BopImage, BopDetection, ObjectModel, PoseEstimate]]:
    """Of the images i of scenes s whose parity, that of s + i, is among the halves.

    together: the masks of an image are given at once, so that each may hide parts of the others.
    """
    detections = read_detections(dataset.root / "detections.json")
    models = {obj_id: model_of(dataset, obj_id, folder) for obj_id in sorted({d.obj_id for d in detections})}
    estimator = PoseEstimator(list(models.values()), settings)
    for scene_id, im_id in tqdm(sorted({(d.scene_id, d.image_id) for d in detections}), disable=None):
        if (scene_id + im_id) % 2 not in halves:
            continue
        image = dataset.image(scene_id, im_id)
        found = [d for d in detections if (d.scene_id, d.image_id) == (scene_id, im_id)]
        targets = [Target(models[d.obj_id].name, d.mask()) for d in found]
        frame = Frame(image.rgb, image.camera, image.depth)
        for target, estimate in _estimates(estimator, frame, targets, together):
            yield image, found[target], models[found[target].obj_id], estimate


def model_of(dataset: BopDataset, obj_id: int, folder: Path | None) -> ObjectModel:
    name, symmetry = f"obj_{obj_id:06d}", dataset.models_info[obj_id].symmetry
    kept = None if folder is None else folder / dataset.root.name
    if kept is not None and is_object(kept / name):
        return ObjectModel.load(kept / name)
    return onboard(dataset.mesh(obj_id), name, "m", out=kept, symmetry=symmetry)


def _estimates(
    estimator: PoseEstimator, frame: Frame, targets: list[Target], together: bool
) -> list[tuple[int, PoseEstimate]]:
    """Estimates of one image, with their targets; masks that hold too little depth give none."""
    found = []
    for first, given in enumerate([targets] if together else [[target] for target in targets]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with suppress(InputError):
                found += [(first + each.target, each) for each in estimator.estimate(frame, given)]
    return found


if __name__ == "__main__":
    main()
