"""Cameras from a few photos: our recovery beside COLMAP's incremental pipeline, on subsets of photo sets with
truth.

  python benchmarks/cameras.py DATA/photos/fountain DATA/photos/temple --sizes 3,5,8
  python benchmarks/cameras.py DATA/photos/fountain --stranger DATA/photos/temple/templeSR0001.png
  OMP_NUM_THREADS=1 python benchmarks/cameras.py DATA/photos/desk_a --sizes 12 --profile
A set is a folder of photos with a cameras.json of K and cam_from_world. Both get the same photos and
intrinsics, in turn. Errors are those of photo pairs: the larger of rotation and translation direction, in
degrees, 180 for a photo without a camera; AUC is the area under their recall. COLMAP runs with thresholds
relaxed for few photos, as no other setting of it did better on such sets. With --stranger one photo of every
choice is replaced by a photo of another set, which is to be left out, and the rest to stand as without it.
With --profile only the time of ours is told, of one choice a size: stages, and the functions that take most.
With --untold 2 ours gets no intrinsics of the second and the fourth photo. CPU seconds are the processor's,
of all threads.
"""

from __future__ import annotations

import argparse
import cProfile
import itertools
import pstats
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.cameras import RecoveredScene, RecoverOptions, local_matcher, recover_cameras
from objpose.features.local import LocalMatcher, MatchedPhotos
from objpose.geometry import Camera
from objpose.io import PhotoCamera, read_photo_cameras

COLMAP_CENTRE = 0.5
CONFIDENT, RIGHT_DEG = 0.9, 10.0
PROFILED = 25  # functions that a profile names
Cams = dict[str, np.ndarray]


@dataclass
class Outcome:
    """Errors (pairs,) in degrees, seconds and CPU seconds; for ours, nan else, the confidence of every pair,
    and the CPU seconds that features and matches take of one.
    """

    errors: np.ndarray
    confidences: np.ndarray
    seconds: float
    cpu: float
    placed: int
    cpu_a_pair: float = np.nan


class TimedMatcher:
    """A matcher, and the CPU seconds that it took."""

    def __init__(self, matcher: LocalMatcher):
        self.matcher, self.name, self.cpu = matcher, matcher.name, 0.0

    def __call__(
        self,
        photos: Sequence[np.ndarray],
        masks: Sequence[np.ndarray | None],
        cache: str | Path | None = None,
    ) -> MatchedPhotos:
        start = time.process_time()
        found = self.matcher(photos, masks, cache)
        self.cpu += time.process_time() - start
        return found


def subsets(names: list[str], count: int, repeats: int, seed: int) -> list[list[str]]:
    """Random choices of photos; all of them once where no more are there."""
    rng = np.random.default_rng(seed + count)
    if count >= len(names):
        return [names]
    return [sorted(map(str, rng.choice(names, count, replace=False))) for _ in range(repeats)]


def ours(folder: Path, truth: dict[str, PhotoCamera], use_K: bool, arguments: argparse.Namespace) -> Outcome:
    untold = sorted(truth)[1::2][: arguments.untold]
    known = {name: photo.camera for name, photo in truth.items() if name not in untold}
    intrinsics = known if use_K else None
    matcher = TimedMatcher(local_matcher(arguments.matcher, arguments.weights))
    start, cpu = time.perf_counter(), time.process_time()
    scene = recover(folder, intrinsics, matcher, arguments)
    seconds = time.perf_counter() - start, time.process_time() - cpu
    return outcome_of(scene, truth, *seconds, 2 * matcher.cpu / (len(truth) * (len(truth) - 1)))


def recover(
    folder: Path, intrinsics: dict[str, Camera] | None, matcher: LocalMatcher, arguments: argparse.Namespace
) -> RecoveredScene:
    options = RecoverOptions(seed=0, cache=arguments.cache)
    return recover_cameras(folder, intrinsics, matcher=matcher, options=options)


def outcome_of(
    scene: RecoveredScene,
    truth: dict[str, PhotoCamera],
    seconds: float = np.nan,
    cpu: float = np.nan,
    cpu_a_pair: float = np.nan,
) -> Outcome:
    cams = {
        photo.name: photo.cam_from_world.matrix().numpy() for photo in scene.placed if photo.name in truth
    }
    chances = {photo.name: photo.confidence for photo in scene.photos}
    pairs = itertools.combinations(sorted(truth), 2)
    confidences = np.array([min(chances[a], chances[b]) for a, b in pairs])
    return Outcome(pair_errors(cams, truth), confidences, seconds, cpu, len(cams), cpu_a_pair)


def colmap(folder: Path, truth: dict[str, PhotoCamera], use_K: bool) -> Outcome:
    """SIFT, exhaustive matching and incremental mapping by pycolmap."""
    import pycolmap

    start, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as work:
        database = Path(work) / "database.db"
        for reader, names in _readers(truth, use_K):
            mode = pycolmap.CameraMode.PER_IMAGE if use_K else pycolmap.CameraMode.AUTO
            pycolmap.extract_features(
                database, folder, image_names=names, camera_mode=mode, reader_options=reader
            )
        pycolmap.match_exhaustive(database)
        found = pycolmap.incremental_mapping(database, folder, Path(work) / "sfm", _relaxed(use_K))
    best = max(found.values(), key=lambda model: model.num_reg_images(), default=None)
    images = [] if best is None else [image for image in best.images.values() if image.has_pose]
    cams = {image.name: np.vstack([image.cam_from_world().matrix(), [0, 0, 0, 1]]) for image in images}
    errors = pair_errors(cams, truth)
    seconds = time.perf_counter() - start, time.process_time() - cpu
    return Outcome(errors, np.full(len(errors), np.nan), *seconds, len(cams))


def _readers(truth: dict[str, PhotoCamera], use_K: bool) -> list[tuple[object, list[str]]]:
    """Photos of one camera are read in one call, so that COLMAP's threads share them."""
    import pycolmap

    if not use_K:
        return [(pycolmap.ImageReaderOptions(), sorted(truth))]
    groups: dict[str, list[str]] = {}
    for name in sorted(truth):
        K = truth[name].camera.K
        centre = K[:2, 2] + COLMAP_CENTRE
        groups.setdefault(f"{K[0, 0]},{K[1, 1]},{centre[0]},{centre[1]}", []).append(name)
    options = {params: pycolmap.ImageReaderOptions() for params in groups}
    for params, reader in options.items():
        reader.camera_model, reader.camera_params = "PINHOLE", params
    return [(options[params], names) for params, names in groups.items()]


def _relaxed(use_K: bool) -> object:
    import pycolmap

    options = pycolmap.IncrementalPipelineOptions()
    options.min_num_matches, options.min_model_size = 10, 2
    options.mapper.init_min_num_inliers, options.mapper.abs_pose_min_num_inliers = 30, 12
    options.mapper.init_min_tri_angle = 4
    if use_K:
        options.ba_refine_focal_length = options.ba_refine_extra_params = False
    return options


def pair_errors(cams: Cams, truth: dict[str, PhotoCamera]) -> np.ndarray:
    """(pairs,) degrees; the direction of two cameras in one place does not count."""
    reference = {name: photo.cam_from_world.matrix().numpy() for name, photo in truth.items()}
    centres = np.array([np.linalg.inv(cam)[:3, 3] for cam in reference.values()])
    extent = np.linalg.norm(np.ptp(centres, axis=0))
    errors = []
    for a, b in itertools.combinations(sorted(reference), 2):
        if a not in cams or b not in cams:
            errors.append(180.0)
            continue
        found = cams[b] @ np.linalg.inv(cams[a])
        right = reference[b] @ np.linalg.inv(reference[a])
        turn = _angle((np.trace(found[:3, :3].T @ right[:3, :3]) - 1) / 2)
        lengths = np.linalg.norm(found[:3, 3]) * np.linalg.norm(right[:3, 3])
        apart = np.linalg.norm(right[:3, 3]) > 1e-3 * extent
        errors.append(max(turn, _angle(found[:3, 3] @ right[:3, 3] / max(lengths, 1e-12)) if apart else 0.0))
    return np.array(errors)


def _angle(cosine: float) -> float:
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def auc(errors: np.ndarray, limit: float) -> float:
    return float(np.mean([(errors < step).mean() for step in np.linspace(0, limit, 61)[1:]]))


def report(label: str, outcomes: list[Outcome]) -> None:
    areas = [np.mean([auc(one.errors, limit) for one in outcomes]) for limit in (5, 10, 30)]
    placed, seconds, cpu, a_pair = (
        np.mean([getattr(one, name) for one in outcomes])
        for name in ("placed", "seconds", "cpu", "cpu_a_pair")
    )
    text = f"AUC@5 {areas[0]:.3f}  @10 {areas[1]:.3f}  @30 {areas[2]:.3f}"
    matching = "" if np.isnan(a_pair) else f", {a_pair:.2f} a pair to match"
    print(f"  {label:8s} {text}  placed {placed:.1f}  {seconds:.1f} s, CPU {cpu:.1f} s{matching}", flush=True)


def report_calibration(outcomes: list[Outcome]) -> None:
    right = np.concatenate([one.errors for one in outcomes]) < RIGHT_DEG
    sure = np.concatenate([one.confidences for one in outcomes]) >= CONFIDENT
    precision = right[sure].mean() if sure.any() else float("nan")
    share = (right & sure).sum() / max(right.sum(), 1)
    print(f"confidence >= {CONFIDENT}: {sure.sum()} of {len(right)} pairs, {precision:.3f} of them within")
    print(f"{RIGHT_DEG:.0f} degrees; they are {share:.3f} of the {right.sum()} pairs that are")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--sizes", default="3,5,8")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--matcher", default="sift")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--unknown-focal", action="store_true", help="give neither method the intrinsics")
    parser.add_argument("--untold", type=int, default=0, help="photos that ours has no intrinsics of")
    parser.add_argument("--without-colmap", action="store_true")
    parser.add_argument("--cache", type=Path, help="keeps features and matches: ours then takes less time")
    parser.add_argument("--profile", action="store_true", help="tell where the time of ours goes")
    parser.add_argument("--stranger", type=Path, help="a photo of another set, which replaces one")
    arguments = parser.parse_args()
    every: list[Outcome] = []
    for folder in arguments.sets:
        truth = read_photo_cameras(folder / "cameras.json")
        for size in map(int, arguments.sizes.split(",")):
            if size > len(truth):
                continue
            if arguments.stranger or arguments.profile:
                (report_stranger if arguments.stranger else report_profile)(folder, truth, size, arguments)
                continue
            mine, theirs = [], []
            for names in subsets(sorted(truth), size, arguments.repeats, arguments.seed):
                run_both({name: truth[name] for name in names}, folder, arguments, mine, theirs)
            print(f"{folder.name}, {size} photos", flush=True)
            report("ours", mine)
            if theirs:
                report("COLMAP", theirs)
                ratio = sum(one.seconds for one in theirs) / sum(one.seconds for one in mine)
                print(f"  ours is {ratio:.2f} times as fast", flush=True)
            every += mine
    if every:
        report_calibration(every)


def report_profile(
    folder: Path, truth: dict[str, PhotoCamera], size: int, arguments: argparse.Namespace
) -> None:
    """The seconds of each stage, and the functions that the processor spends most time in."""
    [names] = subsets(sorted(truth), size, 1, arguments.seed)
    intrinsics = {name: truth[name].camera for name in names}
    profile = cProfile.Profile(time.process_time)
    with tempfile.TemporaryDirectory() as work:
        for name in names:
            shutil.copy(folder / name, work)
        matcher = local_matcher(arguments.matcher, arguments.weights)
        scene = profile.runcall(recover, Path(work), intrinsics, matcher, arguments)
    stages = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in scene.seconds.items())
    print(f"{folder.name}, {size} photos: {stages} by the clock; CPU seconds, which profiling raises:")
    pstats.Stats(profile).sort_stats("tottime").print_stats(PROFILED)


def report_stranger(
    folder: Path, truth: dict[str, PhotoCamera], size: int, arguments: argparse.Namespace
) -> None:
    """How often the photo of something else is left out, and what it does to the others."""
    alone, beside, named = [], [], 0
    for names in subsets(sorted(truth), size, arguments.repeats, arguments.seed):
        kept = {name: truth[name] for name in names[1:]}
        run_both(kept, folder, arguments, alone, None)
        with tempfile.TemporaryDirectory() as work:
            for name in kept:
                shutil.copy(folder / name, work)
            place = shutil.copy(arguments.stranger, Path(work) / f"stranger{arguments.stranger.suffix}")
            intrinsics = {name: photo.camera for name, photo in kept.items()}
            stranger = read_photo_cameras(arguments.stranger.parent / "cameras.json")
            intrinsics[Path(place).name] = stranger[arguments.stranger.name].camera
            matcher = local_matcher(arguments.matcher, arguments.weights)
            scene = recover(Path(work), intrinsics, matcher, arguments)
        named += Path(place).name in {photo.name for photo in scene.left_out if photo.reason}
        beside.append(outcome_of(scene, kept))
    print(
        f"{folder.name}, {size} photos, one replaced by {arguments.stranger.name}: "
        f"left out in {named} of {len(beside)}"
    )
    report("others", beside)
    report("alone", alone)


def run_both(
    truth: dict[str, PhotoCamera],
    folder: Path,
    arguments: argparse.Namespace,
    mine: list[Outcome],
    theirs: list[Outcome] | None,
) -> None:
    with tempfile.TemporaryDirectory() as work:
        for name in truth:
            shutil.copy(folder / name, work)
        mine.append(ours(Path(work), truth, not arguments.unknown_focal, arguments))
        if theirs is not None and not arguments.without_colmap:
            theirs.append(colmap(Path(work), truth, not arguments.unknown_focal))


if __name__ == "__main__":
    main()
