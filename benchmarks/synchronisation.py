"""Rotations of a graph with many wrong edges: ours against COLMAP's rotation averaging, in one run.

    OMP_NUM_THREADS=1 python benchmarks/synchronisation.py [--graphs 10] [--seed 0]

Every edge holds 5 hypotheses. Half of the edges hold nothing right; in the others one of the 5 is right, with
noise of 2 degrees an axis. "flat": all weights are equal; "scored": the right one has the largest weight in
half of those edges. Ours chooses among all hypotheses; COLMAP (run_rotation_averaging, L1 then Geman-McClure
IRLS) gets the one of largest weight an edge, or, as "told", what no method has: the right one wherever an
edge holds it. Errors: degrees, median over cameras after the best turn of the world; a graph is solved when
that is below 2; the figures are means over graphs, the worst camera's error a median.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pycolmap
import torch
from torch import Tensor
from tqdm import tqdm

from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.graph.synchronisation import synchronise_rotations
from objpose.geometry import SO3, average_rotations

ALTERNATIVES = 5
WRONG = 0.5
NOISE_DEGREES = 2.0
SOLVED_DEGREES = 2.0
OURS, PEER, TOLD = "objpose", "COLMAP, best single", "COLMAP, told"
# Cameras, the share of pairs with an edge, and the weights.
CASES = [
    (10, 1.0, "flat"),
    (20, 1.0, "flat"),
    (50, 1.0, "flat"),
    (10, 1.0, "scored"),
    (20, 0.5, "scored"),
    (50, 0.3, "scored"),
]


@dataclass
class Record:
    """What one method did, graph by graph."""

    medians: list[float] = field(default_factory=list)
    worst: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, errors: Tensor, seconds: float) -> None:
        self.medians.append(float(errors.median()))
        self.worst.append(float(errors.max()))
        self.seconds.append(seconds)


def main(arguments: Sequence[str] | None = None) -> dict[tuple, dict[str, Record]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--graphs", type=int, default=10)
    parser.add_argument("--cases", type=int, default=len(CASES), help="the first of the cases alone")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    pycolmap.logging.minloglevel = pycolmap.logging.WARNING.value
    seeds = range(options.seed, options.seed + options.graphs)
    results = {case: compare(case, seeds) for case in CASES[: options.cases]}
    print_table(results)
    return results


def compare(case: tuple[int, float, str], seeds: range) -> dict[str, Record]:
    """All methods on the same graphs, in turns."""
    records = {name: Record() for name in (OURS, PEER, TOLD)}
    for seed in tqdm(seeds, desc=f"{case[0]} cameras, {case[1]:.0%} of the pairs, {case[2]}", disable=None):
        truth, edges, right = make_graph(*case, seed)
        best = [int(edge.weights.argmax()) for edge in edges]
        told = [place if place >= 0 else first for place, first in zip(right, best, strict=True)]
        for name, run in (
            (OURS, lambda e=edges: synchronise_rotations(case[0], e)[0].rotations),
            (PEER, lambda e=edges, b=best: average_with_colmap(case[0], e, b)),
            (TOLD, lambda e=edges, t=told: average_with_colmap(case[0], e, t)),
        ):
            begin = time.perf_counter()
            found = run()
            records[name].add(errors_degrees(found, truth), time.perf_counter() - begin)
    return records


def make_graph(
    num_cameras: int, density: float, weighting: str, seed: int
) -> tuple[SO3, list[Edge], list[int]]:
    """True cam_from_world (n,), edges, and the right hypothesis of each, -1 where there is none."""
    generator = torch.Generator().manual_seed(seed)
    rotations = SO3.random((num_cameras,), generator, dtype=torch.float64)
    pairs = [(i, j) for i in range(num_cameras) for j in range(i + 1, num_cameras)]
    pairs = [pair for pair in pairs if float(torch.rand((), generator=generator)) < density]
    right = torch.randint(ALTERNATIVES, (len(pairs),), generator=generator)
    right[torch.randperm(len(pairs), generator=generator)[: round(WRONG * len(pairs))]] = -1
    edges = [
        make_edge(rotations, pair, place, weighting, generator)
        for pair, place in zip(pairs, right.tolist(), strict=True)
    ]
    return rotations, edges, right.tolist()


def make_edge(
    rotations: SO3, pair: tuple[int, int], right: int, weighting: str, generator: torch.Generator
) -> Edge:
    i, j = pair
    wxyz = SO3.random((ALTERNATIVES,), generator, dtype=torch.float64).wxyz.clone()
    turn = math.radians(NOISE_DEGREES) * torch.randn(3, generator=generator, dtype=torch.float64)
    weights = torch.full((ALTERNATIVES,), 1.0)
    if weighting == "scored":
        weights = 0.5 + torch.rand(ALTERNATIVES, generator=generator)
    if right >= 0:
        wxyz[right] = (SO3.exp(turn) @ rotations[j] @ rotations[i].inverse()).wxyz
        if weighting == "scored" and float(torch.rand((), generator=generator)) < 0.5:
            weights[right] = weights.max() + 0.1
    return Edge(i, j, SO3(wxyz), (1 - WRONG) * weights / weights.sum())


def average_with_colmap(num_cameras: int, edges: list[Edge], chosen: list[int]) -> SO3:
    """cam_from_world (n,) from one hypothesis an edge; those that COLMAP leaves out stand at the identity."""
    graph, model = pycolmap.PoseGraph(), pycolmap.Reconstruction()
    camera = pycolmap.Camera(camera_id=1, model="PINHOLE", params=[500, 500, 320, 240], width=640, height=480)
    model.add_camera_with_trivial_rig(camera)
    for number in range(1, num_cameras + 1):
        image = pycolmap.Image(f"{number:04d}", np.empty((0, 2)), 1, number)
        model.add_image_with_trivial_frame(image)
    for edge, place in zip(edges, chosen, strict=True):
        xyzw = edge.rotations.wxyz[place].roll(-1).numpy()
        j_from_i = pycolmap.Rigid3d(pycolmap.Rotation3d(xyzw), np.array([0.0, 0.0, 1.0]))
        colmap_edge = pycolmap.PoseGraphEdge()
        colmap_edge.cam2_from_cam1, colmap_edge.num_matches, colmap_edge.valid = j_from_i, 100, True
        graph.add_edge(edge.i + 1, edge.j + 1, colmap_edge)
    options = pycolmap.RotationEstimatorOptions()
    options.random_seed = 0
    pycolmap.run_rotation_averaging(options, graph, model, [])
    wxyz = SO3.identity((num_cameras,), dtype=torch.float64).wxyz
    for number in model.reg_image_ids():
        xyzw = model.image(number).cam_from_world().rotation.quat
        wxyz[number - 1] = torch.from_numpy(np.array(xyzw)).roll(1)
    return SO3(wxyz)


def errors_degrees(found: SO3, truth: SO3) -> Tensor:
    """(n,) after the turn of the world that suits most cameras."""
    found = found.to(torch.float64)
    world_from_found = average_rotations(truth.inverse() @ found, robust=True)
    return torch.rad2deg((truth @ world_from_found @ found.inverse()).angle())


def print_table(results: dict[tuple, dict[str, Record]]) -> None:
    head = f"{'cameras':>7} {'pairs':>6} {'weights':>8} {'method':<20}"
    print(f"{head} {'median':>7} {'worst':>7} {'solved':>7} {'s':>7}")
    for (cameras, density, weighting), records in results.items():
        for name, record in records.items():
            solved = np.mean([median < SOLVED_DEGREES for median in record.medians])
            print(
                f"{cameras:7d} {density:6.0%} {weighting:>8} {name:<20} {np.mean(record.medians):7.2f} "
                f"{np.median(record.worst):7.2f} {solved:7.0%} {np.mean(record.seconds):7.3f}"
            )


if __name__ == "__main__":
    main()
