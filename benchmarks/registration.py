"""Registration against Open3D's FPFH + RANSAC + ICP: the same masks, one run, the same number of threads.

    OMP_NUM_THREADS=1 python benchmarks/registration.py [--scenes 100] [--seed 0]

Partial views of ten objects among neighbours, with known truth (scenes.py). OMP_NUM_THREADS rules
Open3D; ours works on one mask in one thread.
A pose is right when no surface point is off by 10 % of the diameter, up to the symmetries of the object
(column "recall") or of its shape alone (column "by shape", for Open3D does not see colour); AR is the mean
recall over the thresholds of BOP, by shape. Times: one mask, the frame in memory, the object prepared.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import open3d as o3d
import torch
from bodies import BenchmarkObject
from objects import object_set
from open3d_peer import Open3DPeer, PeerOptions
from pose_error import average_recall, nearest_truth
from scenes import Scene, make_scene, targets_of
from tqdm import tqdm

from objpose import PoseEstimate, PoseEstimator, Target, onboard
from objpose.geometry import SE3, Symmetry
from objpose.poses import RIGHT

VOXELS = (0.025, 0.035)  # of the diameter, Open3D's
OURS = "objpose"
LOST = 10.0  # diameters: the error of no answer


@dataclass
class Record:
    """What one method did, scene by scene."""

    targets: list[str] = field(default_factory=list)  # names of the objects
    errors: list[float] = field(default_factory=list)  # MSSD in diameters, up to the object's symmetry
    shape_errors: list[float] = field(default_factory=list)  # up to the shape's symmetry
    seconds: list[float] = field(default_factory=list)
    stages: list[dict[str, float]] = field(default_factory=list)  # seconds of our stages

    def add(self, scene: Scene, estimate: SE3 | None, seconds: float) -> None:
        self.targets.append(scene.target.name)
        self.seconds.append(seconds)
        self.errors.append(_error(scene, scene.target.symmetry, estimate))
        self.shape_errors.append(_error(scene, scene.target.shape_symmetry, estimate))


def _error(scene: Scene, symmetry: Symmetry, estimate: SE3 | None) -> float:
    if estimate is None:
        return LOST
    target = scene.target
    return nearest_truth(target.mesh.vertices, target.diameter, symmetry, estimate, scene.cam_from_obj)[1]


def main(arguments: list[str] | None = None) -> dict[str, Record]:
    options = parse_options(arguments)
    objects = object_set(options.seed)
    peers = {
        f"Open3D {voxel:.1%} {iterations // 1000}k": PeerOptions(voxel, iterations)
        for voxel in VOXELS
        for iterations in options.iterations
    }
    records = compare(objects, range(options.seed, options.seed + options.scenes), peers)
    print(f"{options.scenes} scenes, {torch.get_num_threads()} threads")
    print_table(records)
    print_by_object(records)
    return records


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument(
        "--iterations", type=int, nargs="+", default=[100_000, 400_000], help="of Open3D's RANSAC"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the objects and of the first scene")
    return parser.parse_args(arguments)


def compare(
    objects: list[BenchmarkObject], seeds: range, peer_options: dict[str, PeerOptions]
) -> dict[str, Record]:
    """Every method on every scene, in turns, so that what else the machine does hits all alike."""
    targets = targets_of(objects, seeds)
    estimator = PoseEstimator([onboard(thing.mesh, thing.name, "m", out=None) for thing in targets])
    peers = {
        name: {thing.name: Open3DPeer(thing, options) for thing in targets}
        for name, options in peer_options.items()
    }
    records = {name: Record() for name in (OURS, *peers)}
    _warm_up(estimator, make_scene(objects, seeds[0]))
    for seed in tqdm(seeds, desc="scenes", disable=None):
        scene = make_scene(objects, seed)
        (estimate,), seconds = timed(lambda s=scene: _estimated(estimator, s))
        records[OURS].add(scene, estimate.cam_from_obj, seconds)
        records[OURS].stages.append(estimate.timings)
        for name, peer in peers.items():
            o3d.utility.random.seed(0)
            found, seconds = timed(lambda p=peer, s=scene: p[s.target.name].register(s.frame, s.mask))
            records[name].add(scene, found, seconds)
    return records


def _warm_up(estimator: PoseEstimator, scene: Scene) -> None:
    """What we build once, at the first call, is not timed."""
    for model in estimator.objects.values():
        model.surface.to(model.device)  # makes its index
    _estimated(estimator, scene)


def _estimated(estimator: PoseEstimator, scene: Scene) -> list[PoseEstimate]:
    return estimator.estimate(scene.frame, [Target(scene.target.name, scene.mask)])


def timed(call: Callable):
    begin = time.perf_counter()
    result = call()
    return result, time.perf_counter() - begin


def print_table(records: dict[str, Record]) -> None:
    print(f"{'':18s} recall  by shape     AR   mean s  median s   time / ours")
    ours = torch.tensor(records[OURS].seconds)
    for name, record in records.items():
        errors, by_shape = torch.tensor(record.errors), torch.tensor(record.shape_errors)
        seconds = torch.tensor(record.seconds)
        print(
            f"{name:18s} {share_right(errors):6.2f} {share_right(by_shape):9.2f} "
            f"{average_recall(by_shape):6.2f} {seconds.mean():8.2f} {seconds.median():9.2f} "
            f"{seconds.mean() / ours.mean():13.1f}"
        )
    stages = records[OURS].stages
    spent = {stage: sum(laps[stage] for laps in stages) / len(stages) for stage in stages[0]}
    print("objpose spends: " + ", ".join(f"{stage} {1000 * s:.0f} ms" for stage, s in spent.items()))


def print_by_object(records: dict[str, Record]) -> None:
    """Recall of each object: of ours, then of the best peer, by shape."""
    peer = max(
        (name for name in records if name != OURS),
        key=lambda name: share_right(torch.tensor(records[name].shape_errors)),
    )
    print(f"{'':18s} objpose  by shape   {peer} by shape")
    targets = records[OURS].targets
    for target in sorted(set(targets)):
        chosen = torch.tensor([name == target for name in targets])
        ours, by_shape, theirs = (
            share_right(torch.tensor(errors)[chosen])
            for errors in (records[OURS].errors, records[OURS].shape_errors, records[peer].shape_errors)
        )
        print(f"{target:18s} {ours:7.2f} {by_shape:9.2f} {theirs:9.2f}")


def share_right(errors: torch.Tensor) -> float:
    return float((errors < RIGHT).double().mean())


if __name__ == "__main__":
    main()
