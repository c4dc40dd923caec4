"""Whether a tracker notices that it has lost its object: 200 losses of ten kinds, and false alarms.

    OMP_NUM_THREADS=1 python benchmarks/tracking_losses.py [--clips 20] [--half held] [--kinds hand ...]

Each clip shows a thing that is calmly followed, RGB, until a mishap (tracking_mishaps.py). What counts as a
loss, as noticed and as a false alarm is in tracking_tally.py.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm
from tracking import opened
from tracking_backgrounds import cluttered, drift, palette
from tracking_cache import CACHE, EDITION, kept
from tracking_clip import CALM, FRAMES, Clip
from tracking_light import still
from tracking_mishaps import MISHAPS
from tracking_motion import Speed, hand_held
from tracking_pictures import sensed
from tracking_sequences import CAMERA, POINTS, QUIET
from tracking_tally import Tally
from tracking_things import centre, names, thing

from objpose import Frame, TrackerOptions
from objpose.geometry import SE3
from objpose.tracking import TrackState
from objpose.tracking.benchmark import Follower, Recording, Run, play

SLOW = Speed(3.5, 7.0, 0.007, 0.015)


class Misled:
    """A tracker that is told a wrong pose before the mishap's first frame."""

    def __init__(self, tracker: Follower, name: str, told: SE3):
        self.tracker, self.name, self.told, self.frames = tracker, name, told, 0

    def reset(self, name: str, cam_from_obj: SE3) -> None:
        self.tracker.reset(name, cam_from_obj)

    def update(self, frame: Frame, timestamp: float | None = None) -> tuple[TrackState, ...]:
        if self.frames == CALM:
            self.tracker.reset(self.name, self.told)
        self.frames += 1
        return self.tracker.update(frame, timestamp)


def main(arguments: list[str] | None = None) -> dict[str, Tally]:
    options = parse_options(arguments)
    torch.set_num_threads(1)
    tallies: dict[str, Tally] = {}
    everything: list[Run] = []
    print(f"{'':12s} clips  losses  noticed recall    good doubted    lost  in 2000", flush=True)
    for kind in options.kinds:
        runs = list(tqdm(played(kind, options), kind, options.clips, disable=None, leave=False))
        tallies[kind] = Tally.of(runs)
        everything += runs
        print(f"{kind:12s}{tallies[kind]}", flush=True)
    tallies["all"] = Tally.of(everything)
    print(f"{'all':12s}{tallies['all']}")
    return tallies


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=20, help="of each kind")
    parser.add_argument("--kinds", nargs="+", choices=MISHAPS, default=list(MISHAPS))
    parser.add_argument("--half", choices=("train", "held"), default="held")
    parser.add_argument("--search", choices=("wait", "never"), default="never")
    parser.add_argument("--agility", type=float, default=TrackerOptions().agility)
    parser.add_argument("--cache", type=Path, default=CACHE)
    return parser.parse_args(arguments)


def played(kind: str, options: argparse.Namespace) -> Iterator[Run]:
    for seed in range(options.clips):
        given, told = recording(kind, seed, options.half, options.cache)
        with opened("objpose", thing(given.object), CAMERA, options) as tracker:
            yield play(tracker if told is None else Misled(tracker, given.object, told), given, reset=False)


def recording(kind: str, seed: int, half: str, cache: Path) -> tuple[Recording, SE3 | None]:
    """A clip, rendered where it is not kept yet, and the wrong pose that the tracker is to be told."""
    made = clip(kind, seed, half)
    folder = cache / f"edition-{EDITION}-losses" / half / kind.replace(" ", "-") / f"{seed:02d}"
    kept(folder, lambda part: _write(part, made))
    present = torch.from_numpy(np.array(json.loads((folder / "present.json").read_text()), dtype=bool))
    points = made.target.mesh.sample_surface(POINTS, seed=0).points

    def frame(index: int) -> Frame:
        return Frame(np.array(Image.open(folder / f"{index:02d}.jpg")), CAMERA)

    target = made.target
    given = Recording(
        f"{half}/{kind}/{seed}",
        target.name,
        frame,
        made.path,
        points,
        target.symmetry,
        target.diameter,
        present,
    )
    return given, made.told


def clip(kind: str, seed: int, half: str) -> Clip:
    rng = np.random.default_rng([43, seed, *kind.encode(), half == "held"])
    chosen = names(half)
    target = thing(chosen[seed % len(chosen)])
    calm = Clip(
        target,
        hand_held(FRAMES, centre(target.mesh), rng, SLOW),
        cluttered(palette(target.mesh), CAMERA.width, CAMERA.height, rng),
        drift(FRAMES, rng),
        still(1, rng)[0],
        drawn=np.ones(FRAMES, bool),
        present=np.ones(FRAMES, bool),
        gain=np.ones(FRAMES),
        blur=np.zeros(FRAMES),
    )
    return MISHAPS[kind](calm, rng)


def _write(folder: Path, made: Clip) -> None:
    noise = np.random.default_rng(0)
    for index in range(FRAMES):
        rgb = sensed(made.picture(index).astype(np.float32), QUIET, noise)
        Image.fromarray(rgb).save(folder / f"{index:02d}.jpg", quality=95, subsampling=0)
    (folder / "present.json").write_text(json.dumps(made.present.tolist()))


if __name__ == "__main__":
    main()
