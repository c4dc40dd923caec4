"""Cameras of one object with and without its silhouettes: pairs of photos right, and sure, by what masks are
given.

    python benchmarks/plain_figures.py FIGURES --seeds 0:8
    python benchmarks/silhouettes.py FIGURES/plain_1 FIGURES/plain_3 --sizes 5,8 --masks none,exact,rough
    python benchmarks/silhouettes.py DATA/photos/temple --masks none,bright --sizes 8

Sets as benchmarks/cameras.py takes them. Masks: none; none, with the finder off (blind); exact, from the
set's folder masks/; rough, those as a fair segmenter would have them; bright, what is brighter than 60 of
255, opened by a pixel, of things before black. A pair is right within 10 degrees and sure with a confidence
of 0.9 or more.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from cameras import CONFIDENT, RIGHT_DEG, Outcome, auc, outcome_of, subsets
from scipy import ndimage
from sensing import Difficulty, rough_mask

from objpose.cameras import Photo, RecoverOptions, load_photos, recover_cameras
from objpose.io import PhotoCamera, read_photo_cameras

BRIGHT = 60  # of 255
KINDS = ("blind", "none", "exact", "rough", "bright")


def photos_of(folder: Path, names: Sequence[str], truth: dict[str, PhotoCamera], kind: str) -> list[Photo]:
    """The photos of these names with their true intrinsics and masks of a kind."""
    cameras = {name: photo.camera for name, photo in truth.items()}
    masks = folder / "masks" if kind in ("exact", "rough") else None
    every = [photo for photo in load_photos(folder, cameras, masks) if photo.name in names]
    return [replace(photo, mask=_mask(photo, kind)) for photo in every]


def _mask(photo: Photo, kind: str) -> np.ndarray | None:
    if kind == "bright":
        return ndimage.binary_opening(photo.image.max(-1) > BRIGHT)
    if kind == "rough" and photo.mask is not None:
        rng = np.random.default_rng(list(photo.name.encode()))
        return rough_mask(photo.mask, np.zeros_like(photo.mask), rng, Difficulty())
    return photo.mask


def outcome(folder: Path, names: Sequence[str], truth: dict[str, PhotoCamera], kind: str) -> Outcome:
    options = RecoverOptions()
    if kind == "blind":  # a ground that is never plain
        ground = replace(options.silhouettes.ground, most_border_edges=-1.0)
        options = replace(options, silhouettes=replace(options.silhouettes, ground=ground))
    photos, start = photos_of(folder, names, truth, kind), time.process_time()
    scene = recover_cameras(photos, options=options)
    return outcome_of(scene, {name: truth[name] for name in names}, cpu=time.process_time() - start)


def report(label: str, outcomes: Sequence[Outcome]) -> None:
    errors, confidences = (
        np.concatenate([getattr(one, name) for one in outcomes]) for name in ("errors", "confidences")
    )
    right, sure = errors < RIGHT_DEG, confidences >= CONFIDENT
    areas = [np.mean([auc(one.errors, limit) for one in outcomes]) for limit in (10, 30)]
    placed, cpu = (np.mean([getattr(one, name) for one in outcomes]) for name in ("placed", "cpu"))
    print(
        f"{label}: AUC@10 {areas[0]:.3f}  @30 {areas[1]:.3f}  placed {placed:.1f}  "
        f"right {right.sum()} of {len(right)}, "
        f"sure {sure.sum()}, {(sure & right).sum()} of them right  CPU {cpu:.1f} s",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--sizes", default="3,5,8")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--masks", default="blind,none,exact,rough", help=f"of {', '.join(KINDS)}")
    arguments = parser.parse_args()
    for kind in arguments.masks.split(","):
        for size in map(int, arguments.sizes.split(",")):
            found = []
            for folder in arguments.sets:
                truth = read_photo_cameras(folder / "cameras.json")
                if size > len(truth):
                    continue
                for names in subsets(sorted(truth), size, arguments.repeats, arguments.seed):
                    found.append(outcome(folder, names, truth, kind))
            if found:
                report(f"{kind}, {size} photos", found)


if __name__ == "__main__":
    main()
