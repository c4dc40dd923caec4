"""The same predictions of pose and size in every variant of NOCS's evaluation, and what each costs.

    python benchmarks/nocs_variants.py [--images 300] [--degrees 5] [--millimetres 15]

Two boxes of each class in every image, turned any way; predictions are off by normal errors about each axis.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.spatial.transform import Rotation

from bop_eval.bootstrap import SAMPLES
from bop_eval.categories import VARIANTS, Boxes, CategoryReport, CategoryResults, evaluate_categories

SIZES = np.array(
    [
        [0.08, 0.2, 0.08],
        [0.16, 0.06, 0.16],
        [0.12, 0.09, 0.07],
        [0.07, 0.12, 0.07],
        [0.3, 0.2, 0.2],
        [0.12, 0.1, 0.09],
    ]
)  # metres: bottle, bowl, camera, can, laptop, mug


def boxes(images: int, random: np.random.Generator) -> Boxes:
    """The truth."""
    class_ids = np.tile(np.repeat(np.arange(1, 7), 2), images)
    count = len(class_ids)
    places = random.uniform([-0.5, -0.5, 0.8], [0.5, 0.5, 1.5], (count, 3))
    rotations = Rotation.random(count, rng=random).as_matrix()
    transforms = np.concatenate([rotations, places[:, :, None]], axis=2)
    seen = (random.random(count) < 0.5).astype(float)
    return Boxes(
        np.repeat(np.arange(images), 12), class_ids, transforms, SIZES[class_ids - 1], np.ones(count), seen
    )


def predicted(truth: Boxes, degrees: float, millimetres: float, random: np.random.Generator) -> Boxes:
    """The truth with errors, and scores that say nothing."""
    turns = Rotation.from_rotvec(random.normal(0, np.radians(degrees), (len(truth), 3))).as_matrix()
    shifts = random.normal(0, millimetres / 1000, (len(truth), 3, 1))
    R, t = truth.cam_from_box[:, :, :3], truth.cam_from_box[:, :, 3:]
    transforms = np.concatenate([R @ turns, t + shifts], axis=2)
    unsaid = np.full(len(truth), np.nan)
    return Boxes(truth.image, truth.class_ids, transforms, truth.sizes, random.random(len(truth)), unsaid)


def main(arguments: list[str] | None = None) -> dict[str, CategoryReport]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--degrees", type=float, default=5)
    parser.add_argument("--millimetres", type=float, default=15)
    options = parser.parse_args(arguments)
    random = np.random.default_rng(0)
    truth = boxes(options.images, random)
    found = predicted(truth, options.degrees, options.millimetres, random)
    names = [f"{i:04d}" for i in range(options.images)]
    results = CategoryResults(names, [str(i // 3) for i in range(options.images)], found, truth)
    reports = {}
    for name in VARIANTS:
        start = time.process_time()
        reports[name] = evaluate_categories(results, name, samples=SAMPLES)
        seconds = time.process_time() - start
        figures = "  ".join(f"{key} {value:.1f}" for key, value in reports[name].figures.items())
        print(f"{name:14s} {seconds:5.1f} s  {figures}")
    return reports


if __name__ == "__main__":
    main()
