"""Matchers on pairs of photos with truth, by the angle between the viewing directions.

    OMP_NUM_THREADS=1 python benchmarks/matchers.py DATA/photos/temple --matchers sift sift-tilted dense
    OMP_NUM_THREADS=1 python benchmarks/matchers.py DATA/photos/desk_a --matchers aliked --weights WEIGHTS

A set is a folder of photos with a cameras.json of K and cam_from_world. For every pair: whether the rotation
of the hypothesis of most evidence, and that of any hypothesis, is within 10 degrees; the matches with a ratio
below 0.9, and how many of them obey the true epipolar geometry, by right or by chance. Seconds are the
processor's, for features and matching.
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.cameras import load_photos, local_matcher
from objpose.cameras.pairs.two_view import find_hypotheses
from objpose.cameras.scene.relative import epipolar_misfit
from objpose.cameras.scene.views import View
from objpose.features.local import MATCHERS, LocalMatcher, Matches
from objpose.geometry.rigid_matrices import direction_degrees, inverse_matrix, rotation_degrees
from objpose.io import read_photo_cameras

ANGLES_DEG = (0, 20, 30, 40, 50, 60, 75, 180)
RIGHT_DEG = 10.0
CLEAR_RATIO = 0.9


@dataclass
class PairOutcome:
    angle_deg: float
    first_error_deg: float  # rotation of the hypothesis of most evidence, 180 without one
    best_error_deg: float  # of all hypotheses
    clear: int  # matches with a ratio below CLEAR_RATIO
    right: int  # of those, within the tolerance of the true geometry


def outcomes(folder: Path, matcher: LocalMatcher) -> tuple[list[PairOutcome], float]:
    """Of all pairs of a set, and the seconds of the processor that their matches took."""
    truth = read_photo_cameras(folder / "cameras.json")
    photos = load_photos(folder, {name: photo.camera for name, photo in truth.items()})
    start = time.process_time()
    matched = matcher([photo.image for photo in photos], [None] * len(photos))
    seconds = time.process_time() - start
    views = [
        View(photo.name, photo.camera.width, photo.camera.height, photo.camera.K.double().numpy(), features)
        for photo, features in zip(photos, matched.features, strict=True)
    ]
    cams = [truth[photo.name].cam_from_world.matrix().double().numpy() for photo in photos]
    found = []
    for a, b in itertools.combinations(range(len(photos)), 2):
        found.append(outcome(views[a], views[b], matched.matches[a, b], cams[a], cams[b]))
    return found, seconds


def outcome(
    view_a: View, view_b: View, matches: Matches, cam_a: np.ndarray, cam_b: np.ndarray
) -> PairOutcome:
    b_from_a = cam_b @ inverse_matrix(cam_a)
    errors = [
        rotation_degrees(one.b_from_a[:3, :3].T @ b_from_a[:3, :3])
        for one in find_hypotheses(view_a, view_b, matches)
    ]
    clear = matches.select(matches.ratios < CLEAR_RATIO).indices
    tolerance = float(np.sqrt(view_a.tolerance * view_b.tolerance))
    misfit = epipolar_misfit(b_from_a, view_a.rays[clear[:, 0]], view_b.rays[clear[:, 1]], tolerance)
    return PairOutcome(
        direction_degrees(cam_a[2, :3], cam_b[2, :3]),
        errors[0] if errors else 180.0,
        min(errors, default=180.0),
        len(clear),
        int((misfit < 1.0).sum()),
    )


def report(name: str, found: list[PairOutcome], seconds: float) -> None:
    print(f"{name}: {seconds:.1f} s of the processor, {seconds / len(found):.2f} s a pair")
    print(f"  {'angle':>9} {'pairs':>6} {'first':>6} {'any':>6} {'matches':>8} {'right':>6}")
    for low, high in itertools.pairwise(ANGLES_DEG):
        inside = [one for one in found if low <= one.angle_deg < high]
        if not inside:
            continue
        first = np.mean([one.first_error_deg < RIGHT_DEG for one in inside])
        best = np.mean([one.best_error_deg < RIGHT_DEG for one in inside])
        clear, right = (np.mean([getattr(one, key) for one in inside]) for key in ("clear", "right"))
        row = f"{low:4d}-{high:<4d} {len(inside):6d} {first:6.2f} {best:6.2f} {clear:8.0f} {right:6.0f}"
        print(f"  {row}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--matchers", nargs="+", default=["sift"], choices=MATCHERS)
    parser.add_argument("--weights", type=Path, help="of the matchers that have some")
    parser.add_argument("--lightglue-weights", type=Path)
    arguments = parser.parse_args()
    for folder in arguments.sets:
        for name in arguments.matchers:
            matcher = local_matcher(name, arguments.weights, arguments.lightglue_weights)
            report(f"{folder.name}, {name}", *outcomes(folder, matcher))


if __name__ == "__main__":
    main()
