"""What a Pose-Net adds to an object's poses on BOP sets: its proposals, and answers with them and without.

    python benchmarks/pose_net.py DATASET... --objects FOLDER [--half odd] [--methods rgb rgbd] [--alone]

FOLDER/SET/obj_000001 and its like are onboarded objects, as benchmarks/choice.py keeps them; those beside
which `objpose train-nocs` put a network are looked at. A proposal is right within 0.1 of the diameter (MSSD).
AR is the mean of AR_MSSD and AR_MSPD over detections whose mask is of the object.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

import torch
from choice import Case, cases, errors, recall
from torch import Tensor

from objpose import EstimatorOptions
from objpose.errors import InputError
from objpose.features import PatchDescriptor
from objpose.geometry import SE3
from objpose.io import BopDataset
from objpose.nocs import PoseNet, stored_network
from objpose.poses import RIGHT, find_rgb, find_rgbd
from objpose.poses.propose.predicted import predicted_poses
from objpose.work import within

Rows = dict[str, list[float]]


def main(arguments: list[str] | None = None) -> dict[str, Rows]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--objects", type=Path, required=True)
    parser.add_argument("--half", choices=("even", "odd", "both"), default="both")
    parser.add_argument("--methods", nargs="+", choices=("rgb", "rgbd"), default=["rgb", "rgbd"])
    parser.add_argument("--alone", action="store_true", help="the proposals alone, not the answers")
    options = parser.parse_args(arguments)
    found: dict[str, Rows] = {}
    for root in options.datasets:
        with within(1):
            for case in cases(BopDataset(root), options.objects, options.half):
                network = stored_network(case.model)
                if network is not None:
                    for method in options.methods:
                        name = f"{root.name} {case.model.name} {method}"
                        rows = found.setdefault(name, defaultdict(list))
                        judge(case, network, method, rows, options.alone)
    report(found)
    return found


def judge(case: Case, network: PoseNet, method: str, rows: Rows, alone: bool) -> None:
    frame = case.frame if method == "rgbd" else case.frame.without_depth()
    start = time.process_time()
    poses = predicted_poses(case.model, network, frame, case.mask, 0)
    rows["proposals, CPU ms"].append(1000 * (time.process_time() - start))
    rows["the first is right"].append(_right(case, poses[:1]))
    rows["one is right"].append(_right(case, poses))
    rows["AR of the first"].append(_ar(case, poses[:1]))
    if alone:
        return
    for name, given in (("without", None), ("with", network)):
        start = time.process_time()
        answer = _answer(case, method, given)
        rows[f"answer {name}, CPU ms"].append(1000 * (time.process_time() - start))
        rows[f"answer {name}: right"].append(_right(case, answer))
        rows[f"answer {name}: AR"].append(_ar(case, answer))


def _answer(case: Case, method: str, network: PoseNet | None) -> SE3:
    options = EstimatorOptions(method)
    try:
        if method == "rgbd":
            given = options.seed, options.rgbd, None, None, network
            return find_rgbd(case.model, case.frame, case.mask, *given).cam_from_obj[:1]
        seen = case.frame.without_depth(), case.mask, options.seed, options.rgb, None, case.covered, network
        return find_rgb(case.model, PatchDescriptor(), *seen).cam_from_obj[:1]
    except InputError:
        return SE3.identity((0,))


def _right(case: Case, poses: SE3) -> float:
    return float((_errors(case, poses)[0] < RIGHT).any())


def _ar(case: Case, poses: SE3) -> float:
    return float(recall(*_errors(case, poses)).max()) if len(poses) else 0.0


def _errors(case: Case, poses: SE3) -> tuple[Tensor, Tensor]:
    return errors(case, poses) if len(poses) else (torch.empty(0), torch.empty(0))


def report(found: dict[str, Rows]) -> None:
    for name, rows in found.items():
        print(f"\n{name}: {len(next(iter(rows.values())))} detections")
        for what, values in rows.items():
            value = torch.tensor(values)
            shown = f"{float(value.median()):8.0f}" if what.endswith("ms") else f"{float(value.mean()):8.3f}"
            print(f"    {what:28s} {shown}")


if __name__ == "__main__":
    main()
