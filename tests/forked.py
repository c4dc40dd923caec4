"""A program for tests: uses threads in every way that objpose does, forks, and does the same in the child.

    python -m tests.forked [fork] [pool] [held]

Forks in these ways, one after the other, and prints of each "same" when the child's answers are the
parent's. "pool": the children are those of multiprocessing. "held": the fork happens while another thread
is changing torch's settings.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from objpose import work
from objpose.raster import render_mesh
from tests.raster.scenes import bumpy_sphere, intrinsics, random_poses


def answers() -> list[Tensor]:
    """By torch's own threads, by the core's, and by ours, which draw two halves of the poses."""
    numbers = torch.arange(2_000_000, dtype=torch.float64)
    mesh, poses, K = bumpy_sphere(2), random_poses(8), intrinsics(64, 48, focal=60.0)
    drawn = render_mesh(mesh, poses, K, 64, 48).depth
    with work.within(2):
        parts = [slice(4), slice(4, 8)]
        halves = work.share(lambda part: render_mesh(mesh, poses[part], K, 64, 48).depth, parts)
    return [(numbers * 2 + 1).sum(), drawn, torch.cat(halves)]


def told(expected: list[Tensor]) -> bool:
    signal.alarm(30)  # a child that waits for ever ends, though nobody waits for it
    return all(torch.equal(found, known) for found, known in zip(answers(), expected, strict=True))


def in_child(expected: list[Tensor]) -> bool:
    """By os.fork()."""
    child = os.fork()
    if child == 0:
        os._exit(0 if told(expected) else 1)
    return os.waitpid(child, 0)[1] == 0


def main(way: str) -> None:
    torch.set_num_threads(4)
    expected = answers()
    if way == "pool":
        with multiprocessing.get_context("fork").Pool(2) as pool:
            same = all(pool.map(told, [expected, expected]))
    elif way == "held":
        with work._LOCK, ThreadPoolExecutor(1) as other:
            same = other.submit(in_child, expected).result()
    else:
        same = in_child(expected)
    print(way, "same" if same and torch.get_num_threads() == 4 else "different")


if __name__ == "__main__":
    for way in sys.argv[1:]:
        main(way)
