"""Pose and size of instances of categories, drawn ones and those of BOP sets, against plain peers.

    python benchmarks/categories.py drawn [--targets 200] [--fit]
    python benchmarks/categories.py DATASET... [--every 2 --first 1]
    python benchmarks/categories.py drawn DATASET... --targets 240 --every 2 --fit

`drawn`: instances that the models have not seen, on tables, with the sensor's noise and rough and wrong
masks. DATASET: BOP sets with detections.json and object_names.json; every detection whose label is of a
category. --fit prints the constants of objpose/categories, from drawn targets of other seeds and from sets,
of which its constants saw the even images.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from category_peers import mean_shape_icp, visible_box
from category_scenes import CATEGORY_OF, CategoryTarget, bop_targets, drawn_targets
from category_truth import Errors, TrueBox, errors
from reliability import fit_chance, print_reliability
from tqdm import tqdm

from objpose.categories import CategoryEstimate, CategoryOptions, estimate_category
from objpose.categories.confidence import EVIDENCE, right_evidence
from objpose.categories.observation import observe
from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.work import within

FITTED, HELD_OUT = (0, 0), (1, 100_000)  # seeds of instances and first seeds of scenes
MISSED = Errors(0.0, 180.0, 180.0, 1.0)
METHODS = OURS, BOX, MEAN = "objpose", "visible box", "mean shape, ICP"
SURE = 0.9


@dataclass(frozen=True)
class Row:
    name: str
    category: str
    wrong_mask: bool
    found: dict[str, Errors]  # by method
    seconds: dict[str, float]
    estimate: CategoryEstimate | None
    truth: TrueBox | None  # the one that was answered

    @property
    def right(self) -> bool:
        """What confidence is the chance of."""
        ours = self.found[OURS]
        return not self.wrong_mask and ours.overlap > 0.5 and ours.degrees < 10 and ours.metres < 0.05


def main(arguments: list[str] | None = None) -> list[Row]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", help="drawn, or folders of BOP sets")
    parser.add_argument("--targets", type=int, default=200, help="drawn ones")
    parser.add_argument("--every", type=int, default=1, help="one in so many images of a set")
    parser.add_argument("--first", type=int, default=0, help="image of a set")
    parser.add_argument("--fit", action="store_true", help="on other seeds; prints the constants")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    for name in options.sets:
        instances, first = FITTED if options.fit else HELD_OUT
        targets = (
            drawn_targets(range(first, first + options.targets), instances)
            if name == "drawn"
            else bop_targets(Path(name), options.every, options.first)
        )
        with within(1):
            methods = (OURS,) if options.fit else METHODS
            rows += [judged(target, methods) for target in tqdm(targets, desc=Path(name).name, disable=None)]
    report(rows)
    if options.fit:
        print_fit(rows)
    return rows


def judged(target: CategoryTarget, names: tuple[str, ...]) -> Row:
    """What methods find in one mask; what gives no answer has missed."""
    found, seconds, estimate, truth = {}, {}, None, None
    methods = {
        OURS: lambda: estimate_category(target.frame, target.mask, target.category),
        BOX: lambda: visible_box(_observed(target), target.category),
        MEAN: lambda: mean_shape_icp(_observed(target), target.category, CategoryOptions().hypotheses, 0),
    }
    for name in names:
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = methods[name]()
        except InputError:
            found[name] = MISSED
            continue
        finally:
            seconds[name] = time.process_time() - start
        if isinstance(answer, CategoryEstimate):
            estimate, answer = answer, (answer.cam_from_obj, answer.size)
        found[name], nearest = _against(target.truths, *answer)
        truth = nearest if name == OURS else truth
    return Row(target.name, target.category, not target.truths, found, seconds, estimate, truth)


def _observed(target: CategoryTarget):
    mask = target.frame.checked_mask(target.mask)
    return observe(target.frame, mask, target.category, CategoryOptions().crop_size)


def _against(truths: list[TrueBox], cam_from_obj: SE3, size: torch.Tensor) -> tuple[Errors, TrueBox | None]:
    """The errors against the nearest of the true instances."""
    if not truths:
        return MISSED, None
    away = [float((cam_from_obj.translation - truth.cam_from_obj.translation).norm()) for truth in truths]
    nearest = truths[int(np.argmin(away))]
    return errors(nearest, cam_from_obj, size), nearest


def report(rows: list[Row]) -> None:
    shown = [row for row in rows if not row.wrong_mask]
    print(f"{len(shown)} masks of an instance; {len(rows) - len(shown)} masks of something else")
    head = "IoU25  IoU50  IoU75  5deg5cm  10deg5cm  median IoU   deg  axis   mm    CPU ms"
    for method in METHODS:
        if method not in rows[0].found:
            continue
        print(f"\n{method:24s} {head}")
        for category in [*sorted({row.category for row in shown}), "all"]:
            of = [row for row in shown if category in ("all", row.category)]
            print(f"{category:16s} {len(of):7d} {_scores(of, method)}")
    confidence = torch.tensor([row.estimate.confidence if row.estimate else 0.0 for row in rows])
    right = torch.tensor([row.right for row in rows])
    print("\nconfidence, of overlap above 0.5 within 10 degrees and 5 cm, wrong masks included:")
    print_reliability(confidence, right)
    sure = confidence > SURE
    print(f"above {SURE}: {int(right[sure].sum())} of {int(sure.sum())} right")
    wrong = torch.tensor([row.wrong_mask for row in rows])
    print(f"masks of something else above 0.5: {int((confidence[wrong] > 0.5).sum())} of {int(wrong.sum())}")
    _print_sigmas(rows)


def _scores(rows: list[Row], method: str) -> str:
    found = [row.found[method] for row in rows]
    overlap, degrees, axis, metres = (
        np.array([getattr(one, name) for one in found])
        for name in ("overlap", "degrees", "axis_degrees", "metres")
    )
    near = metres < 0.05
    shares = [(overlap > level).mean() for level in (0.25, 0.5, 0.75)]
    shares += [((degrees < level) & near).mean() for level in (5, 10)]
    milliseconds = 1000 * np.median([row.seconds[method] for row in rows])
    return (
        f"{shares[0]:.3f}  {shares[1]:.3f}  {shares[2]:.3f}  {shares[3]:.3f}    {shares[4]:.3f}     "
        f"{np.median(overlap):.2f}     {np.median(degrees):6.1f} {np.median(axis):5.1f} "
        f"{1000 * np.median(metres):5.1f} {milliseconds:7.0f}"
    )


def _print_sigmas(rows: list[Row]) -> None:
    """Whether what is said of sizes and places holds, of right answers: errors in sigmas, each squared."""
    sizes, places = [], []
    for row in rows:
        if not row.right or row.estimate is None or row.truth is None:
            continue
        estimate = row.estimate
        sizes += (((estimate.size - row.truth.size) / estimate.size_sigma) ** 2).tolist()
        x, y, z = estimate.cam_from_obj.translation.tolist()
        # v + w x p of the covariance of (v, w): how the middle moves.
        turn = torch.tensor([[0.0, z, -y], [-z, 0.0, x], [y, -x, 0.0]])
        moved = torch.cat([torch.eye(3), turn], dim=1).double()
        spread = moved @ estimate.covariance.double() @ moved.mT
        off = (row.truth.cam_from_obj.translation - estimate.cam_from_obj.translation).double()
        places.append(float(off @ torch.linalg.solve(spread, off)))
    if places:
        print(f"squared errors in sigmas: median {np.median(sizes):.2f} of a side (0.45 is right), ", end="")
        print(f"{np.median(places):.2f} of the middle (2.37 is right)")


def print_fit(rows: list[Row]) -> None:
    """Drawn targets and those of sets weigh alike, however many there are."""
    known = [row for row in rows if row.estimate is not None]
    found = torch.stack([_evidence(row.estimate) for row in known if row.estimate])
    share = torch.tensor([row.estimate.share for row in known if row.estimate])
    right = torch.tensor([row.right for row in known])
    of_set = torch.tensor([row.name in CATEGORY_OF for row in known])
    weight = torch.where(of_set, 1 / of_set.sum().clamp_min(1), 1 / (~of_set).sum().clamp_min(1)).double()
    print(fit_chance(found, share, right, weight=weight / weight.mean()))


def _evidence(estimate: CategoryEstimate) -> torch.Tensor:
    return right_evidence(estimate.score, *(float(estimate.stats[name]) for name in EVIDENCE))


if __name__ == "__main__":
    main()
