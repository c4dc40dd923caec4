"""What the user knows: recovery with and without it, on random subsets of photo sets with truth.

  python benchmarks/known_cameras.py DATA/photos/desk_b --known 4 --unknown 4
So many photos have cameras that are known, the others are placed relative to them. Errors are those of
cameras.py, over the pairs with an unknown photo; wrong are those sure beyond 0.9 and 10 degrees off.
"""

from __future__ import annotations

import argparse
import itertools
import time
from pathlib import Path

import numpy as np
from cameras import auc, pair_errors

from objpose.cameras import Known, Photo, RecoverOptions, load_photos, recover_cameras
from objpose.io import PhotoCamera, read_photo_cameras

Truth = dict[str, PhotoCamera]


def report(
    label: str, photos: list[Photo], known: Known, truth: Truth, asked: set[str], cache: Path
) -> float:
    """Print one recovery and return its AUC@30 over the pairs with a photo that is asked for."""
    start = time.process_time()
    scene = recover_cameras(photos, options=RecoverOptions(cache=cache, known=known))
    seconds = time.process_time() - start
    names = sorted(truth)
    cams = {one.name: one.cam_from_world.matrix().numpy() for one in scene.placed}
    pairs = list(itertools.combinations(range(len(names)), 2))
    counted = np.array([bool(asked & {names[a], names[b]}) for a, b in pairs])
    errors = pair_errors(cams, truth)[counted]
    order = [next(i for i, one in enumerate(scene.photos) if one.name == name) for name in names]
    chances = np.array([scene.pair_confidence[order[a], order[b]] for a, b in pairs])[counted]
    wrong = int(((chances >= 0.9) & (errors > 10.0)).sum())
    print(
        f"  {label:8s} AUC@30 {auc(errors, 30):.3f}  sure {(chances >= 0.9).sum()} of {len(errors)} pairs, "
        f"{wrong} of them wrong  {seconds:.1f} CPU s",
        flush=True,
    )
    for one in scene.contradictions:
        print(f"    {one}", flush=True)
    return auc(errors, 30)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--known", type=int, default=4, help="photos whose cameras are given")
    parser.add_argument("--unknown", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cache", type=Path)
    arguments = parser.parse_args()
    for folder in arguments.sets:
        truth = read_photo_cameras(folder / "cameras.json")
        every = load_photos(folder, {name: one.camera for name, one in truth.items()})
        areas = []
        for seed in range(arguments.repeats):
            rng = np.random.default_rng(seed)
            names = rng.choice(sorted(truth), arguments.known + arguments.unknown, replace=False).tolist()
            given = set(names[: arguments.known])
            photos = [one for one in every if one.name in names]
            some = {name: truth[name] for name in names}
            known = Known({name: truth[name] for name in given})
            print(f"{folder.name}, choice {seed}", flush=True)
            ways = {"without": Known(), "known": known}
            asked = set(names) - given
            areas.append([report(k, photos, v, some, asked, arguments.cache) for k, v in ways.items()])
        without, beside = np.mean(areas, axis=0)
        print(
            f"{folder.name}: mean AUC@30 {without:.3f} without, {beside:.3f} with known cameras", flush=True
        )


if __name__ == "__main__":
    main()
