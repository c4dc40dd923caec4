"""Trackers on one set of sequences, side by side: success with reset and without, areas, honesty, time.

    OMP_NUM_THREADS=1 python benchmarks/tracking.py rbot_like [--half held] [--steps 1 2 4] [--method rgbd]
    OMP_NUM_THREADS=1 python benchmarks/tracking.py track --data DATA [--method rgbd]
    OMP_NUM_THREADS=1 python benchmarks/tracking.py bcot_cat --data DATA [--steps 1 2 3 4]
    xvfb-run python benchmarks/tracking.py rbot_like --trackers objpose m3t --m3t PROGRAM

rbot_like: rendered (tracking_sequences.py), a line for each variant and for all, of one half of the things.
track: DATA/track, its truth is noisy; as it is, and with 15 frames blanked. bcot_cat: DATA/real/bcot_cat.
Shares are in per cent, of frames; ADD and ADD-S are areas under the curve up to 10 cm. Latencies of M3T are
its own. With `--search wait` lost objects are looked for at once: runs can be repeated, but the slowest
frames then hold a search.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import torch
from bodies import BenchmarkObject
from m3t_peer import M3T
from tqdm import tqdm
from tracking_cache import CACHE
from tracking_real import blanked, bop_recording, pixels_off
from tracking_sequences import FRAMES, VARIANTS, recording
from tracking_things import THINGS, model_of, names, thing

from objpose import Frame, Tracker, TrackerOptions
from objpose.geometry import Camera
from objpose.tracking import TrackState
from objpose.tracking.benchmark import Follower, Recording, Run, Score, gaps_in, play, score, table

BLANKED = (40, 15)  # first frame and number
CLOSE_PIXELS = 2.0


class OnCPU:
    """A tracker whose frames are timed by what they take of the CPU, in the thread that waits for them."""

    def __init__(self, tracker: Follower):
        self.tracker, self.reset = tracker, tracker.reset
        self.seconds: list[float] = []

    def update(self, frame: Frame, timestamp: float | None = None) -> tuple[TrackState, ...]:
        start = time.thread_time()
        states = self.tracker.update(frame, timestamp)
        self.seconds.append(time.thread_time() - start)
        return states


def main(arguments: list[str] | None = None) -> dict[str, Score]:
    options = parse_options(arguments)
    torch.set_num_threads(1)
    return SETS[options.set](options)


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", choices=SETS)
    parser.add_argument(
        "--trackers", nargs="+", choices=("objpose", "m3t", "m3t-texture"), default=["objpose"]
    )
    parser.add_argument("--m3t", type=Path, help="the program of m3t_peer.py")
    parser.add_argument("--method", choices=("rgb", "rgbd"), default="rgb", help="M3T here takes RGB alone")
    parser.add_argument("--search", choices=("wait", "never", "background"), default="wait")
    parser.add_argument("--agility", type=float, default=TrackerOptions().agility)
    parser.add_argument("--steps", type=int, nargs="+", default=[1])
    parser.add_argument("--half", choices=("train", "held"), default="held")
    parser.add_argument("--objects", nargs="+", choices=THINGS, help="instead of a half's")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--resets", nargs="+", choices=("with", "without"), default=["with", "without"])
    parser.add_argument("--each", action="store_true", help="a line for each sequence too")
    parser.add_argument("--data", type=Path, help="the folder of track and real/bcot_cat")
    parser.add_argument(
        "--cache", type=Path, default=CACHE, help="of rendered sequences and onboarded objects"
    )
    parser.add_argument("--frames", type=int, default=FRAMES, help="of the sequences that are rendered")
    parser.add_argument("--first", type=int, help="how many of them are played; each STEP-th of those")
    parser.add_argument("--cpu", action="store_true", help="times are of the CPU: for shared machines")
    return parser.parse_args(arguments)


@contextmanager
def opened(
    tracker: str, made: BenchmarkObject, camera: Camera, options: argparse.Namespace
) -> Iterator[Follower]:
    """A tracker of one object, fresh."""
    if tracker != "objpose":
        peer = M3T(options.m3t, made, camera, options.cache / "m3t", texture=tracker == "m3t-texture")
        try:
            yield peer
        finally:
            peer.close()
        return
    settings = TrackerOptions(agility=options.agility, search=options.search)
    with Tracker(model_of(made, options.cache / "models"), options=settings) as ours:
        yield ours


def played(
    tracker: str, made: BenchmarkObject, given: Recording, reset: bool, options: argparse.Namespace
) -> Run:
    with opened(tracker, made, given.frame(0).camera, options) as follower:
        timed = OnCPU(follower) if options.cpu else follower
        run = play(timed, given, reset)
    if tracker != "objpose":
        return replace(run, seconds=tuple(state.latency for state in run.states))
    return replace(run, seconds=tuple(timed.seconds[1:])) if isinstance(timed, OnCPU) else run


def rbot_like(options: argparse.Namespace) -> dict[str, Score]:
    scores: dict[str, Score] = {}
    for tracker, step, reset in product(options.trackers, options.steps, options.resets):
        runs = rendered(tracker, step, reset == "with", options)
        head = f"{tracker}, step {step}, {reset} reset"
        part = {run.recording.name: score([run]) for run in runs} if options.each else {}
        for variant in options.variants:
            part[f"{head}, {variant}"] = score(run for run in runs if f"/{variant}" in run.recording.name)
        part[f"{head}, all"] = score(runs)
        print(table(part), flush=True)
        scores |= part
    return scores


def rendered(tracker: str, step: int, reset: bool, options: argparse.Namespace) -> list[Run]:
    """Runs over all chosen things and variants."""
    pairs = list(product(options.objects or names(options.half), options.variants))
    runs = []
    for name, variant in tqdm(pairs, f"{tracker}, step {step}", disable=None, leave=False):
        given = recording(name, variant, options.method == "rgbd", options.cache, options.frames)
        given = replace(given, cam_from_obj=given.cam_from_obj[: options.first])
        runs.append(played(tracker, thing(name), given.every(step), reset, options))
    return runs


def track(options: argparse.Namespace) -> dict[str, Score]:
    given, made = bop_recording(options.data / "track", options.method == "rgbd")
    scores: dict[str, Score] = {}
    for tracker in options.trackers:
        for one in (given, blanked(given, *BLANKED)):
            run = played(tracker, made, one, False, options)
            scores[f"{tracker}, {one.name}"] = score([run])
            for gap in gaps_in(run):
                print(
                    f"{tracker}: doubted after {gap.until_doubted}, had again after {gap.until_found} frames"
                )
    print(table(scores))
    return scores


def bcot_cat(options: argparse.Namespace) -> dict[str, Score]:
    given, made = bop_recording(options.data / "real" / "bcot_cat", depth=False)
    camera, scores = given.frame(0).camera, {}
    for tracker in options.trackers:
        for step in options.steps:
            run = played(tracker, made, given.every(step), False, options)
            scores[f"{tracker}, step {step}"] = score([run])
            off = pixels_off(run, camera)
            within = np.mean(off <= CLOSE_PIXELS)
            where = f"median {np.median(off):.2f} px, {within:.0%} of frames within {CLOSE_PIXELS}"
            print(f"{tracker}, step {step}: {where}")
    print(table(scores))
    return scores


SETS = {"rbot_like": rbot_like, "track": track, "bcot_cat": bcot_cat}


if __name__ == "__main__":
    main()
