"""Fits what turns scores into confidences and residuals into covariances: objpose/poses/confidence.py.

    python benchmarks/calibration.py [--scenes 400] [--held-out 200]
    python benchmarks/calibration.py --method rgb [--scenes 16] [--held-out 8] [--also DATASET...]

With depth on scenes of all that goes wrong with masks and views, see CONDITIONS: fitted on one set of
objects, judged on scenes of another, with other sizes and prints. Without depth on rounds of drawn photos
(drawn_photos.py), and, weighing as much, on the even images of BOP sets with detections, all masks of an
image together and each alone, when whatever hides it has no mask; judged on further rounds and on the odd
images.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from bodies import BenchmarkObject
from bop_reliability import judged
from drawn_photos import photo_outcomes
from lookalike_objects import lookalike_set
from lookalike_scenes import onboarded
from objects import object_set
from reliability import (
    Outcome,
    fit_chance,
    fit_outline_error,
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
from objpose.io import BopDataset
from objpose.poses import RGB, RGBD, RIGHT, Calibration, chance_within
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
    parser.add_argument("--scenes", type=int, help="400 with depth; without 16 rounds of photos")
    parser.add_argument("--held-out", type=int, help="200 scenes, 8 rounds")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="BOP sets, without depth")
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    options = parser.parse_args(arguments)
    fitted, held_out = (with_depth if options.method == "rgbd" else without_depth)(options)
    together = [outcome for some in fitted for outcome in some]
    print(f"fitted on {' and '.join(str(len(some)) for some in fitted)} estimates:")
    in_place = CALIBRATIONS[options.method]
    fit = calibration_of(fitted, in_place)
    print(fit)
    for name, outcomes in held_out.items():
        print(f"\nheld out, {name}, with these constants:")
        report([judged_by(fit, outcome) for outcome in outcomes])
        print(f"\nheld out, {name}, with the constants in place:")
        report(outcomes)
        print_covariance(outcomes)
    return together, [outcome for some in held_out.values() for outcome in some]


def with_depth(options: argparse.Namespace) -> tuple[list[list[Outcome]], dict[str, list[Outcome]]]:
    """Outcomes to fit to, in parts that weigh alike; and held-out ones by name."""
    first, count = HELD_OUT_SCENES, options.held_out or 200
    fitted = collect(FITTED_OBJECTS, range(options.scenes or 400), options.objects)
    return [fitted], {"scenes": collect(HELD_OUT_OBJECTS, range(first, first + count), options.objects)}


def without_depth(options: argparse.Namespace) -> tuple[list[list[Outcome]], dict[str, list[Outcome]]]:
    """The same without depth."""
    settings = EstimatorOptions("rgb", ground=False)  # whose say is fitted beside
    folder, sets = options.objects, [BopDataset(p) for p in options.also]
    fitted = [photo_outcomes(0, range(options.scenes or 16))]
    held_out = {"photos": photo_outcomes(1, range(options.held_out or 8))}
    if sets:
        even = [judged(each, settings, folder, {0}, together) for each in sets for together in (True, False)]
        fitted.append([outcome for outcomes in even for outcome in outcomes])
        odd = [judged(each, settings, folder, {1}) for each in sets]
        held_out["odd images"] = [outcome for outcomes in odd for outcome in outcomes]
    return fitted, held_out


def collect(object_seed: int, scene_seeds: range, folder: Path | None) -> list[Outcome]:
    """One estimate a scene, on as many threads as torch may use, each scene alone on its thread."""
    objects = all_objects(object_seed)
    targets = targets_of(objects, scene_seeds)
    models = {thing.name: onboarded(thing, object_seed, folder) for thing in targets}
    estimator = PoseEstimator(list(models.values()), EstimatorOptions("rgbd"))

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


def calibration_of(parts: list[list[Outcome]], in_place: Calibration) -> Calibration:
    """Fitted to parts that weigh alike, of outcomes whose covariances are those of the one in place."""
    outcomes = [outcome for part in parts for outcome in part]
    weight = torch.cat([torch.full((len(part),), len(outcomes) / len(parts) / len(part)) for part in parts])
    names = *KNOWN, "right", "close"
    found, share_, shift, right, close = (torch.tensor([getattr(o, n) for o in outcomes]) for n in names)
    outline_error, within = 0.0, torch.ones(len(outcomes))
    if in_place.outline_error > 0:
        # Drawn photos have sharper outlines than cameras give: where there are images of sets, these tell.
        real = slice(len(outcomes) - len(parts[-1]), None)
        outline_error = fit_outline_error(found[real], share_[real], shift[real], right[real])
        within = chance_within(RIGHT, outline_error * shift.double())
    chance = fit_chance(found, share_, right, weight, within)
    factor = print_covariance(outcomes) or 1.0
    correlation = in_place.error_correlation * factor
    return replace(
        in_place,
        right=chance,
        close=fit_chance(found, share_, close, weight),
        outline_error=outline_error,
        error_correlation=correlation,
    )


def judged_by(calibration: Calibration, outcome: Outcome) -> Outcome:
    """The outcome, confident as the calibration makes it; its covariance stays."""
    found, share_, shift = (torch.tensor(getattr(outcome, name)) for name in KNOWN)
    return replace(
        outcome,
        confidence=outcome.trust * float(calibration.confidence(found, share_, shift)),
        confidence_in_image=outcome.trust * float(calibration.close.of(found, share_)),
    )


if __name__ == "__main__":
    main()
