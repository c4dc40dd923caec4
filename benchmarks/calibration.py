"""Fits what turns scores into confidences and residuals into covariances: objpose/poses/confidence.py.

    python benchmarks/calibration.py [--method rgbd] [--scenes 400] [--held-out 200]

Scenes of all that goes wrong with masks and views: see CONDITIONS. The constants are fitted on one set of
objects and judged on scenes of another, with other sizes and prints.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from bodies import BenchmarkObject
from lookalike_objects import lookalike_set
from lookalike_scenes import onboarded
from objects import object_set
from reliability import (
    Outcome,
    fit_confidence,
    is_wrong_label,
    outcome,
    print_covariance,
    print_promises,
    print_reliability,
)
from scenes import SceneOptions, make_scene, targets_of
from sensing import Difficulty
from tqdm import tqdm

from objpose import EstimatorOptions, PoseEstimator, Target
from objpose.errors import InputError
from objpose.poses import RGB, RGBD
from objpose.work import share

CALIBRATIONS = {"rgbd": RGBD, "rgb": RGB}
POOR = Difficulty(border=3.0, bites=4, specks=6, spill=12.0)  # masks of a poor segmenter
FAR, NEAR = (0.9, 1.5), (0.35, 0.6)  # metres
CONDITIONS = (
    SceneOptions(),
    SceneOptions(above=True, distance=NEAR),
    SceneOptions(fault="wrong object"),
    SceneOptions(distance=FAR, difficulty=POOR),
    SceneOptions(cut=True, distance=NEAR),
    SceneOptions(above=True, difficulty=POOR, neighbours=(3, 5)),
    SceneOptions(fault="spoilt mask"),
    SceneOptions(neighbours=(3, 5), distance=NEAR, difficulty=POOR),
    SceneOptions(fault="wrong object", above=True),
    SceneOptions(distance=FAR, neighbours=(2, 4)),
)
FITTED_OBJECTS, HELD_OUT_OBJECTS = 0, 1  # seeds of the objects' sizes and prints
HELD_OUT_SCENES = 100_000  # first seed


def main(arguments: list[str] | None = None) -> tuple[list[Outcome], list[Outcome]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--method", choices=list(CALIBRATIONS), default="rgbd")
    parser.add_argument("--scenes", type=int, default=400)
    parser.add_argument("--held-out", type=int, default=200)
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    options = parser.parse_args(arguments)
    fitted = collect(FITTED_OBJECTS, range(options.scenes), options.method, options.objects)
    others = range(HELD_OUT_SCENES, HELD_OUT_SCENES + options.held_out)
    held_out = collect(HELD_OUT_OBJECTS, others, options.method, options.objects)
    print(f"fitted on {len(fitted)} estimates of {options.scenes} scenes:")
    constants = fit_confidence(*evidence_of(fitted))
    print("intercept={:.2f}, per_score={:.2f}".format(*constants))
    factor = print_covariance(fitted)
    if factor is not None:
        print(f"error_correlation={CALIBRATIONS[options.method].error_correlation * factor:.2g}")
    report_held_out(held_out, constants)
    return fitted, held_out


def collect(object_seed: int, scene_seeds: range, method: str, folder: Path | None) -> list[Outcome]:
    """One estimate a scene, on as many threads as torch may use, each scene alone on its thread."""
    objects = all_objects(object_seed)
    targets = targets_of(objects, scene_seeds)
    models = {thing.name: onboarded(thing, object_seed, folder) for thing in targets}
    estimator = PoseEstimator(list(models.values()), EstimatorOptions(method))
    if method == "rgb":
        estimator.prepare()  # before the threads: templates are made once

    def judged(seed: int) -> Outcome | None:
        # Each object has another condition in each round of the objects, and each round has all of them.
        scene = make_scene(objects, seed, CONDITIONS[(seed + seed // len(objects)) % len(CONDITIONS)])
        thing, model = scene.target, models[scene.target.name]
        try:
            (estimate,) = estimator.estimate(scene.frame, [Target(model.name, scene.mask)])
        except InputError:
            return None
        wrong_label = is_wrong_label(scene.mask, [scene.visible])
        known = thing.symmetry, [scene.cam_from_obj], scene.frame.camera, wrong_label
        return outcome(estimate, model, *known)

    with tqdm(scene_seeds, desc="scenes", disable=None) as bar:
        return [result for result in share(judged, scene_seeds, bar.update) if result is not None]


def all_objects(object_seed: int) -> list[BenchmarkObject]:
    return object_set(object_seed) + lookalike_set(object_seed)


def evidence_of(outcomes: list[Outcome]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(N,) score, share, and whether right."""
    columns = ([getattr(o, name) for o in outcomes] for name in ("score", "share", "right"))
    score, share_, right = (torch.tensor(column) for column in columns)
    return score, share_, right


def report_held_out(outcomes: list[Outcome], constants: tuple[float, float]) -> None:
    (intercept, factor), (score, share_, right) = constants, evidence_of(outcomes)
    print("\nheld out, with these constants:")
    print_reliability(torch.sigmoid(intercept + factor * score) * share_, right)
    print("\nheld out, with the constants in place:")
    print_reliability(torch.tensor([o.confidence for o in outcomes]), right)
    print_promises(outcomes)
    print_covariance(outcomes)


if __name__ == "__main__":
    main()
