"""Fits what turns scores into confidences and residuals into covariances: objpose/poses/confidence.py.

    python benchmarks/calibration.py [--method rgbd] [--scenes 400] [--held-out 200]

Scenes as in registration.py, in half of them the mask is another object's or out of place. The constants are
fitted on one set of objects and judged on scenes of another, with other sizes and prints.
"""

from __future__ import annotations

import argparse

import torch
from objects import object_set
from reliability import Outcome, fit_confidence, outcome, print_covariance, print_reliability
from scenes import Fault, SceneOptions, make_scene, targets_of
from tqdm import tqdm

from objpose import EstimatorOptions, PoseEstimator, Target, onboard
from objpose.errors import InputError
from objpose.poses import RGB, RGBD
from objpose.work import share

CALIBRATIONS = {"rgbd": RGBD, "rgb": RGB}
FAULTS: tuple[Fault, ...] = ("none", "none", "wrong object", "spoilt mask")
FITTED_OBJECTS, HELD_OUT_OBJECTS = 0, 1  # seeds of the objects' sizes and prints
HELD_OUT_SCENES = 100_000  # first seed


def main(arguments: list[str] | None = None) -> tuple[list[Outcome], list[Outcome]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--method", choices=list(CALIBRATIONS), default="rgbd")
    parser.add_argument("--scenes", type=int, default=400)
    parser.add_argument("--held-out", type=int, default=200)
    options = parser.parse_args(arguments)
    fitted = collect(FITTED_OBJECTS, range(options.scenes), options.method)
    others = range(HELD_OUT_SCENES, HELD_OUT_SCENES + options.held_out)
    held_out = collect(HELD_OUT_OBJECTS, others, options.method)
    print(f"fitted on {len(fitted)} estimates of {options.scenes} scenes:")
    constants = fit_confidence(*evidence_of(fitted))
    print("intercept={:.2f}, per_score={:.2f}, tie_scale={:.4f}".format(*constants))
    factor = print_covariance(fitted)
    if factor is not None:
        print(f"error_correlation={CALIBRATIONS[options.method].error_correlation * factor:.2g}")
    report_held_out(held_out, constants)
    return fitted, held_out


def collect(object_seed: int, scene_seeds: range, method: str) -> list[Outcome]:
    """One estimate a scene, on as many threads as torch may use, each scene alone on its thread."""
    objects = object_set(object_seed)
    targets = targets_of(objects, scene_seeds)
    models = {thing.name: onboard(thing.mesh, thing.name, "m", out=None) for thing in targets}
    estimator = PoseEstimator(list(models.values()), EstimatorOptions(method))
    if method == "rgb":
        estimator.prepare()  # before the threads: templates are made once

    def judged(seed: int) -> Outcome | None:
        # All objects in turn have each fault in turn.
        scene = make_scene(objects, seed, SceneOptions(fault=FAULTS[seed // len(objects) % len(FAULTS)]))
        thing = scene.target
        try:
            (estimate,) = estimator.estimate(scene.frame, [Target(thing.name, scene.mask)])
        except InputError:
            return None
        return outcome(estimate, models[thing.name], thing.symmetry, [scene.cam_from_obj])

    with tqdm(scene_seeds, desc="scenes", disable=None) as bar:
        return [result for result in share(judged, scene_seeds, bar.update) if result is not None]


def evidence_of(outcomes: list[Outcome]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(N,) score, margin over the runner-up, and whether right."""
    score = torch.tensor([o.score for o in outcomes])
    margin = score - torch.tensor([o.runner_up for o in outcomes])
    return score, margin, torch.tensor([o.right for o in outcomes])


def report_held_out(outcomes: list[Outcome], constants: tuple[float, float, float]) -> None:
    (intercept, factor, scale), (score, margin, right) = constants, evidence_of(outcomes)
    print("\nheld out, with these constants:")
    print_reliability(torch.sigmoid(intercept + factor * score) * torch.sigmoid(margin / scale), right)
    print("\nheld out, with the constants in place:")
    print_reliability(torch.tensor([o.confidence for o in outcomes]), right)
    print_covariance(outcomes)


if __name__ == "__main__":
    main()
