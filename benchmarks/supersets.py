"""More photos never hurt: whether solving more photos leaves the pairs of fewer as right as those had them.

    python benchmarks/supersets.py DATA/photos/temple DATA/photos/desk_a --sizes 5,8,12 --cache DIR

Of each set chains of photos are drawn, each choice inside the next larger one. On the pairs of the smaller
choice the AUC@30 of the larger solve is to be no more than 0.02 below that of the smaller one, and none is to
be lost that the smaller one has right, within 10 degrees, and is 0.9 sure of. Sets are as
benchmarks/cameras.py takes them.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cameras import CONFIDENT, RIGHT_DEG, Cams, auc, pair_errors, recover

from objpose.cameras import local_matcher
from objpose.io import PhotoCamera, read_photo_cameras

ALLOWED = 0.02  # of AUC@30: adjustment alone moves it so much
LIMIT_DEG = 30.0


class Solved(NamedTuple):
    """cam_from_world of the placed photos by name, and the pairs of photos that are sure."""

    cams: Cams
    sure: set[tuple[str, str]]


class Comparison(NamedTuple):
    """AUC@30 of the pairs of a choice of photos, solved alone and among more photos; how many of them are
    sure and right alone, and wrong among more.
    """

    few: int
    many: int
    alone: float
    among: float
    sure: int
    lost: int

    @property
    def is_broken(self) -> bool:
        return self.among < self.alone - ALLOWED


def chains_of(names: list[str], sizes: list[int], count: int, seed: int) -> list[list[tuple[str, ...]]]:
    """Choices of photos, each inside the next."""
    rng = np.random.default_rng(seed)
    fitting = [size for size in sorted(sizes) if size <= len(names)]
    orders = [rng.permutation(names).tolist() for _ in range(count)]
    return [[tuple(sorted(order[:size])) for size in fitting] for order in orders]


def compare(
    folder: Path, truth: dict[str, PhotoCamera], chain: list[tuple[str, ...]], arguments: argparse.Namespace
) -> list[Comparison]:
    solved = [_solved(folder, {name: truth[name] for name in names}, arguments) for names in chain]
    found = []
    for (few, alone), (many, among) in itertools.combinations(zip(chain, solved, strict=True), 2):
        shared = {name: truth[name] for name in few}
        errors = [pair_errors(one.cams, shared) for one in (alone, among)]
        held = np.array([pair in alone.sure for pair in itertools.combinations(sorted(few), 2)])
        held &= errors[0] < RIGHT_DEG
        lost = held & (errors[1] >= RIGHT_DEG)
        areas = [auc(one, LIMIT_DEG) for one in errors]
        found.append(Comparison(len(few), len(many), *areas, int(held.sum()), int(lost.sum())))
    return found


def _solved(folder: Path, truth: dict[str, PhotoCamera], arguments: argparse.Namespace) -> Solved:
    with tempfile.TemporaryDirectory() as work:
        for name in truth:
            shutil.copy(folder / name, work)
        matcher = local_matcher(arguments.matcher, arguments.weights)
        scene = recover(Path(work), {name: photo.camera for name, photo in truth.items()}, matcher, arguments)
    names = [photo.name for photo in scene.photos]
    sure = {
        (min(names[a], names[b]), max(names[a], names[b]))
        for a, b in itertools.combinations(range(len(names)), 2)
        if scene.pair_confidence[a, b] >= CONFIDENT
    }
    return Solved({photo.name: photo.cam_from_world.matrix().numpy() for photo in scene.placed}, sure)


def main(argv: list[str] | None = None) -> list[Comparison]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--sizes", default="5,8,12")
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--matcher", default="sift")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--cache", type=Path, help="keeps features and matches")
    arguments = parser.parse_args(argv)
    every: list[Comparison] = []
    for folder in arguments.sets:
        truth = read_photo_cameras(folder / "cameras.json")
        sizes = [int(size) for size in arguments.sizes.split(",")]
        for chain in chains_of(sorted(truth), sizes, arguments.chains, arguments.seed):
            every += _reported(folder, compare(folder, truth, chain, arguments))
    broken = [one.alone - one.among for one in every if one.is_broken]
    print(f"broken by {len(broken)} of {len(every)}, at worst by {max(broken, default=0.0):.3f}")
    print(f"{sum(one.lost for one in every)} of {sum(one.sure for one in every)} sure and right pairs lost")
    return every


def _reported(folder: Path, found: list[Comparison]) -> list[Comparison]:
    for one in found:
        mark = "  BROKEN" if one.is_broken else ""
        print(
            f"{folder.name}: {one.few} photos {one.alone:.3f}, among {one.many} {one.among:.3f}{mark}; "
            f"{one.lost} of {one.sure} sure pairs lost",
            flush=True,
        )
    return found


if __name__ == "__main__":
    main()
