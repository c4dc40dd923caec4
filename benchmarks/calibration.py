"""Fits what turns scores into confidences and residuals into covariances: objpose/poses/confidence.py.

    python benchmarks/calibration.py [--method rgbd] [--scenes 400] [--held-out 200]

Scenes of all that goes wrong with masks and views: see CONDITIONS. The constants are fitted on one set of
objects and judged on scenes of another, with other sizes and prints.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from bodies import BenchmarkObject
from lookalike_objects import lookalike_set
from lookalike_scenes import onboarded
from objects import object_set
from reliability import (
    Outcome,
    fit_chance,
    fit_confidence,
    is_wrong_label,
    outcome,
    print_covariance,
    report,
)
from scenes import SceneOptions, make_scene, targets_of
from sensing import Difficulty
from tqdm import tqdm

from objpose import EstimatorOptions, PoseEstimator, Target
from objpose.errors import InputError
from objpose.poses import RGB, RGBD, Calibration
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
KNOWN = "evidence", "share", "shift_per_pixel"


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
    in_place = CALIBRATIONS[options.method]
    fit = calibration_of(fitted, in_place)
    print(fit)
    print("\nheld out, with these constants:")
    report([judged_by(fit, outcome) for outcome in held_out])
    print("\nheld out, with the constants in place:")
    report(held_out)
    print_covariance(held_out)
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


def calibration_of(outcomes: list[Outcome], in_place: Calibration) -> Calibration:
    """Fitted to outcomes whose covariances are those of the calibration in place."""
    names = *KNOWN, "right", "close"
    found, share_, shift, right, close = (torch.tensor([getattr(o, n) for o in outcomes]) for n in names)
    chance, outline_error = fit_chance(found, share_, right), 0.0
    if in_place.outline_error > 0:
        chance, outline_error = fit_confidence(found, share_, shift, right)
    factor = print_covariance(outcomes) or 1.0
    correlation = in_place.error_correlation * factor
    return Calibration(chance, fit_chance(found, share_, close), outline_error, correlation)


def judged_by(calibration: Calibration, outcome: Outcome) -> Outcome:
    """The outcome, confident as the calibration makes it; its covariance stays."""
    found, share_, shift = (torch.tensor(getattr(outcome, name)) for name in KNOWN)
    return replace(
        outcome,
        confidence=float(calibration.confidence(found, share_, shift)),
        confidence_in_image=float(calibration.close.of(found, share_)),
    )


if __name__ == "__main__":
    main()
