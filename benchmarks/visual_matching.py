"""What visual features add to registration: matches alone, the pipeline without its search, and the whole.

    OMP_NUM_THREADS=1 python benchmarks/visual_matching.py [--dataset DATASET] [--hard] [--aliked WEIGHTS]

Without features (FPFH and local colour), with the default features and, given its weights, with ALIKED, on
the same masks: synthetic scenes (scenes.py), or the detections of a BOP set whose mask overlaps an instance
of the object by more than 0.4. "first" is the share of masks whose best hypothesis from matches alone
(RANSAC) is right, "any" that of masks with a right one among those kept. "no search" and "whole" are the
pipeline's recall without and with the exhaustive search over rotations. Right: MSSD below 10 % of the
diameter.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from objects import object_set
from pose_error import nearest_truth
from scenes import SceneOptions, make_scene, targets_of
from sensing import Difficulty
from tqdm import tqdm

from objpose import Frame, ObjectModel, onboard
from objpose.features import AlikedFeatures, DenseFeatures, PatchDescriptor
from objpose.geometry import SE3, Symmetry
from objpose.io import BopDataset, read_detections
from objpose.poses import RIGHT, RGBDOptions, find_rgbd
from objpose.poses.observation import observe
from objpose.poses.propose.descriptors import MatchSearch, color_estimator
from objpose.poses.propose.oriented import feature_estimator
from objpose.poses.propose.rotations import SearchOptions
from objpose.poses.rgbd import look

OVERLAP = 0.4  # intersection over union from which a detection is of an instance
# Depth of four to five times the noise and masks of twice the roughness: the shape tells little.
HARD = Difficulty(disparity_step=0.5, disparity_sigma=0.4, border=3.0, spill=12.0, bites=4)
NO_SEARCH = SearchOptions(rotations=32, survivors=4, keep=2)  # too few to find a pose by chance


@dataclass(frozen=True, eq=False)
class Case:
    frame: Frame
    mask: torch.Tensor  # (H, W) bool
    model: ObjectModel
    symmetry: Symmetry
    truths: list[SE3]  # cam_from_obj of the instances that the mask may be of

    def right(self, found: SE3) -> list[bool]:
        """For each of poses (k,), whether it is right."""
        vertices, diameter = self.model.mesh.vertices, self.model.diameter
        errors = [
            min(nearest_truth(vertices, diameter, self.symmetry, found[i], truth)[1] for truth in self.truths)
            for i in range(len(found.wxyz_xyz))
        ]
        return [error < RIGHT for error in errors]


@dataclass(frozen=True)
class Outcome:
    first: bool
    any: bool
    no_search: bool
    whole: bool
    seconds: float  # of the whole pipeline, the object's views not counted


def main(arguments: list[str] | None = None) -> dict[str, list[Outcome]]:
    options = parse_options(arguments)
    level = HARD if options.hard else Difficulty()
    seeds = range(options.seed, options.seed + options.scenes)
    cases = list(detected(options.dataset) if options.dataset else synthetic(seeds, level))
    methods: dict[str, DenseFeatures | None] = {"none": None, "patches": PatchDescriptor()}
    if options.aliked:
        methods["aliked"] = AlikedFeatures(options.aliked)
    settings = RGBDOptions()
    settings = replace(settings, visual=replace(settings.visual, views=options.views))
    outcomes = {name: [] for name in methods}
    for case in tqdm(cases, desc="masks", disable=None):
        for name, features in methods.items():
            outcomes[name].append(outcome(case, features, settings))
    print(f"{len(cases)} masks\nfeatures   first    any  no search  whole  s a mask")
    for name, found in outcomes.items():
        shares = [sum(values) / len(found) for values in zip(*map(_values, found), strict=True)]
        print("{:8s} {:7.3f} {:6.3f} {:10.3f} {:6.3f} {:9.2f}".format(name, *shares))
    return outcomes


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", type=Path, help="a BOP set with detections.json")
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--hard", action="store_true", help="poor depth and masks in the synthetic scenes")
    parser.add_argument("--seed", type=int, default=0, help="of the objects and of the first scene")
    parser.add_argument("--views", type=int, default=162, help="of an object that features describe")
    parser.add_argument("--aliked", type=Path, help="weights of aliked-n16rot")
    return parser.parse_args(arguments)


def synthetic(seeds: range, level: Difficulty) -> Iterator[Case]:
    objects = object_set(seeds[0])
    models = {
        thing.name: onboard(thing.mesh, thing.name, "m", out=None) for thing in targets_of(objects, seeds)
    }
    for each in seeds:
        scene = make_scene(objects, each, SceneOptions(difficulty=level))
        mask, target = torch.from_numpy(scene.mask), scene.target
        yield Case(scene.frame, mask, models[target.name], target.symmetry, [scene.cam_from_obj])


def detected(root: Path) -> Iterator[Case]:
    dataset, models = BopDataset(root), {}
    for detection in read_detections(root / "detections.json"):
        image, obj_id = dataset.image(detection.scene_id, detection.image_id), detection.obj_id
        mask, symmetry = torch.from_numpy(detection.mask()).bool(), dataset.models_info[obj_id].symmetry
        own = [truth for truth in image.gts if truth.obj_id == obj_id]
        truths = [SE3(gt.cam_from_obj.wxyz_xyz.float()) for gt in own if _overlap(gt, mask) > OVERLAP]
        if not truths:
            continue
        if obj_id not in models:
            models[obj_id] = onboard(dataset.mesh(obj_id), f"{obj_id}", "m", out=None, symmetry=symmetry)
        yield Case(Frame(image.rgb, image.camera, image.depth), mask, models[obj_id], symmetry, truths)


def outcome(case: Case, features: DenseFeatures | None, settings: RGBDOptions) -> Outcome:
    matched = case.right(matches_alone(case, features, settings))
    quick = replace(settings, search=NO_SEARCH)
    no_search = find_rgbd(case.model, case.frame, case.mask, 0, quick, features)
    start = time.perf_counter()
    whole = find_rgbd(case.model, case.frame, case.mask, 0, settings, features)
    seconds = time.perf_counter() - start
    first, second = (case.right(found.cam_from_obj[:1])[0] for found in (no_search, whole))
    return Outcome(matched[:1] == [True], any(matched), first, second, seconds)


def matches_alone(case: Case, features: DenseFeatures | None, settings: RGBDOptions) -> SE3:
    """Hypotheses, best first; possibly none. Objects without colour are matched as without features."""
    generator = torch.Generator().manual_seed(0)
    seen = observe(case.frame, case.mask, case.model, settings.crop_size, settings.voxel)
    descriptor, matching = settings.descriptor, settings.matching
    if features is None or case.model.color_source == "none":
        estimator = color_estimator(case.model, seen.cloud, descriptor, matching, generator)
    else:
        sight = look(case.model, case.frame, case.mask, seen, settings, features)
        estimator = feature_estimator(
            sight.visual, sight.seen, features, seen.cloud, descriptor.geometric, matching, generator
        )
    return MatchSearch(estimator, 0)()[0]


def _overlap(truth, mask: torch.Tensor) -> float:
    seen = torch.from_numpy(truth.mask_visib()).bool()
    return float((seen & mask).sum()) / max(int((seen | mask).sum()), 1)


def _values(one: Outcome) -> tuple[float, ...]:
    return one.first, one.any, one.no_search, one.whole, one.seconds


if __name__ == "__main__":
    main()
