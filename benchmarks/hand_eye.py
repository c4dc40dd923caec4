"""Hand-eye calibration against OpenCV's five solvers, on robot stops with known truth and stated noise.

    python benchmarks/hand_eye.py --seeds 50

Errors of the camera's place, median (worst) over the seeds. The noise is one standard deviation along each
axis. OpenCV's solvers get the same samples; opencv-python-headless 5.0.0.93 has none, an earlier one has.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Sequence

import torch

from objpose.calibration import calibrate_hand_eye
from objpose.calibration.opencv_solvers import why_no_solvers
from objpose.calibration.samples import EYES, Eye
from objpose.geometry import SE3
from tests.calibration.stops import EXACT, STATED, Noise, stops

OURS = "objpose"
NOISES: dict[str, tuple[Noise, Noise]] = {
    "board": (EXACT, STATED),
    "robot": (STATED, EXACT),
    "both": (STATED, STATED),
}
Errors = dict[str, list[tuple[float, float]]]  # by solver: mm and degrees of each seed


def main(arguments: Sequence[str] | None = None) -> dict[tuple[Eye, str], Errors]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument(
        "--first", type=int, default=100, help="seed; those below 24 chose `Noise`'s defaults"
    )
    parser.add_argument("--stops", type=int, default=12)
    parser.add_argument("--noise", choices=NOISES, nargs="*", default=list(NOISES))
    given = parser.parse_args(arguments)
    if why_no_solvers():
        print(why_no_solvers())
    results = {}
    for eye in EYES:
        for noise in given.noise:
            errors = results[eye, noise] = _errors(
                eye, given.stops, range(given.first, given.first + given.seeds), *NOISES[noise]
            )
            print(f"\n{eye}, {given.stops} stops, noise of the {noise}, {given.seeds} seeds")
            for name, found in errors.items():
                print(f"  {name:11s} {_told(found)}")
    return results


def _errors(eye: Eye, count: int, seeds: range, robot: Noise, board: Noise) -> Errors:
    errors: Errors = defaultdict(list)
    for seed in seeds:
        truth, samples = stops(eye, count, seed, robot, board)
        answer = calibrate_hand_eye(samples, eye)
        errors[OURS].append(_error(truth, answer.mount_from_cam))
        for name, found in answer.solvers.items():
            errors[name].append((math.inf, math.inf) if found is None else _error(truth, found))
        foretold = torch.tensor([1e3 * answer.sigma_shift, math.degrees(answer.sigma_turn)]) * 3**0.5
        errors["(foretold)"].append(tuple(foretold.tolist()))
    return errors


def _error(truth: SE3, found: SE3) -> tuple[float, float]:
    off = truth.inverse() @ found
    return 1e3 * float(off.translation.norm()), math.degrees(float(off.rotation.angle()))


def _told(errors: list[tuple[float, float]]) -> str:
    values = torch.tensor(errors)
    (shift, turn), (worst_shift, worst_turn) = values.median(0).values.tolist(), values.amax(0).tolist()
    return f"{shift:6.2f} ({worst_shift:6.2f}) mm  {turn:5.2f} ({worst_turn:5.2f}) deg"


if __name__ == "__main__":
    main()
