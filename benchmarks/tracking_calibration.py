"""What a tracked pose's evidence is worth: the chance of being within 10 % of the diameter.

    python benchmarks/tracking_calibration.py [--depth] [--things carton ...] [--first N] [--cache FOLDER]

Things are followed through their rendered sequences, each frame and each third frame, from the truth and
from the truth again where they are lost; now and then also from a place that is wrong, as after a loss, or
with the object gone. Prints the constants of objpose/tracking/evidence.py, fitted to the training half, and
how often poses of a confidence are right, also in the other half, which chose nothing.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import expit
from tracking_sequences import CACHE, FRAMES, VARIANTS, recording
from tracking_things import THINGS, model_of, thing

from objpose import work
from objpose.geometry import SE3
from objpose.geometry.tangent import moved_about
from objpose.tracking.benchmark import Recording
from objpose.tracking.evidence import Evidence, chance, terms
from objpose.tracking.fitting import CLEAR, Fit, Fitter
from objpose.tracking.motion import Motion
from objpose.tracking.region.region import UPDATE_RATE
from objpose.tracking.sight import Sight, Straightener

RIGHT = 0.1  # of the diameter
STEPS = 1, 3
ASTRAY = 4  # frames from one wrong start to the next
FAR, TURNED = (0.2, 1.0), (15.0, 90.0)  # diameters and degrees of a wrong start, least and most
RIDGE = 1e-3  # of a weight: terms that tell the same share it
BINS = 0.0, 0.1, 0.5, 0.9, 0.99, 1.0


def followed(made: Recording, fitter: Fitter) -> list[tuple[Evidence, bool]]:
    """The evidence of each frame's pose, and whether that is right."""
    judge, straightener, found = made.judge(), Straightener(), []
    motion, rng = Motion(fitter.views.centre, 0.5), torch.Generator().manual_seed(len(made))
    before = made.cam_from_obj[0].to(torch.float32)
    fitter.learn(straightener.sight(made.frame(0)), before, anew=True)
    for index in range(1, len(made)):
        sight = straightener.sight(made.frame(index))
        predicted = motion.predicted(before, 1 / made.rate)
        fit = settled(fitter, sight, predicted)
        if chance(fit.odds) < CLEAR:
            fit = max(fit, fitter.around(sight, predicted[None]), key=lambda one: one.odds)
        is_right = judge(fit.cam_from_mesh, made.cam_from_obj[index]).off < RIGHT * made.diameter
        found.append((fit.evidence, is_right))
        if index % ASTRAY == 0:
            lost = settled(fitter, sight, astray(made.cam_from_obj[index].to(torch.float32), fitter, rng))
            is_back = judge(lost.cam_from_mesh, made.cam_from_obj[index]).off < RIGHT * made.diameter
            found.append((lost.evidence, is_back))
            found.append((settled(fitter, gone(sight, index), predicted).evidence, False))
        if is_right:
            motion.saw(before, fit.cam_from_mesh, 1 / made.rate)
            before = fit.cam_from_mesh
            fitter.learn(sight, before, UPDATE_RATE)
        else:
            motion.stop()
            before = made.cam_from_obj[index].to(torch.float32)
            fitter.learn(sight, before, anew=True)
    return found


def settled(fitter: Fitter, sight: Sight, start: SE3) -> Fit:
    return fitter.settled(sight, fitter.near(sight, start), start)


def gone(sight: Sight, index: int) -> Sight:
    """The frame upside down: the object is elsewhere; without depth every other time in the dark."""
    if sight.depth is not None:
        depth = sight.depth.flip(0, 1).contiguous()
        return replace(sight, rgb=sight.rgb.flip(0, 1).contiguous(), depth=depth)
    dark = index % (2 * ASTRAY) == 0
    return replace(sight, rgb=sight.rgb // 32 if dark else sight.rgb.flip(0, 1).contiguous())


def astray(cam_from_obj: SE3, fitter: Fitter, rng: torch.Generator) -> SE3:
    """A pose () as a tracker may have it that has lost its object."""
    twist = torch.nn.functional.normalize(torch.randn(2, 3, generator=rng), dim=1)
    far, turned = (low + (high - low) * float(torch.rand(1, generator=rng)) for low, high in (FAR, TURNED))
    twist[0] *= far * fitter.diameter
    twist[1] *= np.radians(turned)
    return SE3(moved_about(fitter.views.centre, cam_from_obj.wxyz_xyz[None], twist.flatten()[None])[0])


def fitted(values: np.ndarray, right: np.ndarray) -> tuple[float, np.ndarray]:
    """Intercept and weights (T,), none negative, of terms (N, T)."""

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        odds = parameters[0] + values @ parameters[1:]
        error = expit(odds) - right
        total = np.logaddexp(0, odds).sum() - odds[right].sum() + 0.5 * RIDGE * (parameters[1:] ** 2).sum()
        return total, np.concatenate([[error.sum()], error @ values + RIDGE * parameters[1:]])

    start = np.zeros(1 + values.shape[1])
    bounds = [(None, None), *[(0.0, None)] * values.shape[1]]
    return (best := minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x)[0], best[1:]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--things", nargs="+", choices=list(THINGS), default=list(THINGS))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--depth", action="store_true")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--frames", type=int, default=FRAMES, help="of the sequences that are rendered")
    parser.add_argument("--first", type=int, help="how many of them are followed")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    seen: dict[str, list[tuple[Evidence, bool]]] = {"train": [], "held": []}
    with work.within(1):
        for name in options.things:
            fitter = Fitter(model_of(thing(name), options.cache / "models"))
            for variant in options.variants:
                made = recording(name, variant, options.depth, options.cache, options.frames)
                made = replace(made, cam_from_obj=made.cam_from_obj[: options.first])
                for step in STEPS:
                    found = followed(made.every(step), fitter)
                    seen[THINGS[name].half] += found
                    share = np.mean([right for _, right in found])
                    print(f"{made.name}, step {step}: {share:.3f} of {len(found)} right", flush=True)
    report(seen)


def report(seen: dict[str, list[tuple[Evidence, bool]]]) -> None:
    arrays = {
        half: (
            np.array([list(terms(one).values()) for one, _ in rows]),
            np.array([right for _, right in rows]),
        )
        for half, rows in seen.items()
        if rows
    }
    intercept, weights = fitted(*arrays["train"])
    names = terms(seen["train"][0][0])
    print(f"intercept={intercept:.1f}", dict(zip(names, weights.round(1).tolist(), strict=True)))
    for half, (values, right) in arrays.items():
        chance = expit(intercept + values @ weights)
        error = 0.0
        for low, high in zip(BINS, BINS[1:], strict=False):
            inside = (chance >= low) & ((chance < high) | (high == 1.0))
            if inside.any():
                error += inside.mean() * abs(chance[inside].mean() - right[inside].mean())
                told = f"{chance[inside].mean():.3f} said, {right[inside].mean():.3f} right"
                print(f"  {half}, {low} to {high}: {told} of {inside.sum()}")
        print(f"  {half}: calibration error {error:.3f}")


if __name__ == "__main__":
    main()
