"""Average recall of BOP sets where the truth may lie anywhere in what is answered, beside the first pose's.

    python benchmarks/answered_sets.py DATASET... [--method rgb] [--seed 0] [--objects FOLDER]

What an answer states is a set: the fewest poses that hold 90 % of its chance, and the range of turns that it
says the frame does not tell apart. Of each set the pose nearest to a true one stands for the answer; all are
scored by BOP's rules. How large the sets are stands beside it: a set of everything is always right.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from bop_reliability import estimated
from pose_error import nearest_truth

from bop_eval.evaluation import evaluate
from objpose import EstimatorOptions, ObjectModel, PoseEstimate
from objpose.geometry import SE3, ContinuousSymmetry
from objpose.io import BopDataset, BopImage, BopResultTable

HELD = 0.9  # of the chance, by the poses of a set
STEP = math.radians(5.0)  # between the turns that stand for a range
SETS = "first pose", "poses", "poses and turns"


class Answer(NamedTuple):
    """One estimate."""

    scene_id: int
    im_id: int
    obj_id: int
    score: float
    nearest: tuple[SE3, ...]  # to the truth, of each of SETS
    poses: int  # of the second set
    degrees: float  # of turns that the third one has besides


def main(arguments: list[str] | None = None) -> dict[str, dict[str, float]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--method", choices=("rgbd", "rgb"), default="rgbd")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    options = parser.parse_args(arguments)
    found = {}
    for root in options.datasets:
        dataset, settings = BopDataset(root), EstimatorOptions(options.method, seed=options.seed)
        answers = [
            answer_of(image, detection.obj_id, model, estimate)
            for image, detection, model, estimate in estimated(dataset, settings, options.objects)
        ]
        found[root.name] = {name: _recall(root, answers, index) for index, name in enumerate(SETS)}
        _show(root.name, answers, found[root.name])
    return found


def answer_of(image: BopImage, obj_id: int, model: ObjectModel, estimate: PoseEstimate) -> Answer:
    known = model.mesh.vertices, model.diameter, model.symmetry
    truths = [SE3(gt.cam_from_obj.wxyz_xyz.float()) for gt in image.gts if gt.obj_id == obj_id]
    poses, turn = likely_poses(estimate), estimate.free_turn
    sets = poses[:1], poses, SE3.cat([poses, free_turns(estimate)])

    def error(pose: SE3) -> float:
        return min((nearest_truth(*known, pose, truth)[1] for truth in truths), default=0.0)

    nearest = tuple(min(some, key=error) for some in sets)
    degrees = 0.0 if turn is None else math.degrees(turn.end - turn.start)
    return Answer(image.scene_id, image.im_id, obj_id, estimate.score, nearest, len(poses), degrees)


def likely_poses(estimate: PoseEstimate) -> SE3:
    """(k,) the answer, and the fewest of its alternatives that hold HELD of the chance with it."""
    share = torch.tensor([estimate.share, *(each.share for each in estimate.alternatives)])
    poses = SE3.stack([estimate.cam_from_obj, *(each.cam_from_obj for each in estimate.alternatives)])
    before = share.cumsum(0) - share  # alternatives come likeliest first
    return SE3(poses.wxyz_xyz[before < HELD * share.sum()].float())


def free_turns(estimate: PoseEstimate) -> SE3:
    """(k,) the answer turned over the range that it says is free; none where it says of none."""
    turn, found = estimate.free_turn, estimate.cam_from_obj[None]
    if turn is None:
        return SE3(found.wxyz_xyz[:0].float())
    angles = torch.linspace(turn.start, turn.end, 1 + math.ceil((turn.end - turn.start) / STEP))
    line = ContinuousSymmetry(turn.axis.double(), turn.offset)
    turned = SE3(found.wxyz_xyz.double()) @ line.rotations(angles.double())
    return SE3(turned.wxyz_xyz.float())


def _recall(root: Path, answers: list[Answer], index: int) -> float:
    """The mean of AR_MSSD and AR_MSPD, of the set of an index."""
    ids = np.array([answer[:3] for answer in answers], np.int64)
    scores = np.array([answer.score for answer in answers])
    poses = np.stack([answer.nearest[index].matrix()[:3].double().numpy() for answer in answers])
    unknown, lines = np.full(len(answers), -1.0), np.arange(len(answers))
    figures = evaluate(BopResultTable(*ids.T, scores, poses, unknown, lines), root).figures
    return (figures["AR_MSSD"] + figures["AR_MSPD"]) / 2


def _show(name: str, answers: list[Answer], recall: dict[str, float]) -> None:
    ranges = [answer.degrees for answer in answers if answer.degrees]
    poses = sum(answer.poses for answer in answers) / len(answers)
    print(f"{name}: " + ", ".join(f"{which} {value:.3f}" for which, value in recall.items()))
    mean = f", {sum(ranges) / len(ranges):.0f} degrees on average" if ranges else ""
    print(f"    {poses:.2f} poses a set; {len(ranges)} of {len(answers)} answers state a range{mean}")


if __name__ == "__main__":
    main()
