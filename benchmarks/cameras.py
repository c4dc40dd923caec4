"""Cameras from a few photos: our recovery beside COLMAP's incremental pipeline, on subsets of photo sets with
truth.

  python benchmarks/cameras.py DATA/photos/fountain DATA/photos/temple --sizes 3,5,8
  python benchmarks/cameras.py DATA/photos/fountain --stranger DATA/photos/temple/templeSR0001.png
A set is a folder of photos with a cameras.json of K and cam_from_world. Both get the same photos and
intrinsics, in turn. Errors are those of photo pairs: the larger of rotation and translation direction, in
degrees, 180 for a photo without a camera; AUC is the area under their recall. COLMAP runs with thresholds
relaxed for few photos, as no other setting of it did better on such sets. With --stranger one photo of every
choice is replaced by a photo of another set, which is to be left out, and the rest to stand as without it.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.cameras import RecoveredScene, RecoverOptions, local_matcher, recover_cameras
from objpose.geometry import Camera
from objpose.io import PhotoCamera, read_photo_cameras

COLMAP_CENTRE = 0.5
CONFIDENT, RIGHT_DEG = 0.9, 10.0
Cams = dict[str, np.ndarray]


@dataclass
class Outcome:
    """Errors (pairs,) in degrees, seconds, and for ours the confidence of every pair, else nan."""

    errors: np.ndarray
    confidences: np.ndarray
    seconds: float
    placed: int


def subsets(names: list[str], count: int, repeats: int, seed: int) -> list[list[str]]:
    """Random choices of photos; all of them once where no more are there."""
    rng = np.random.default_rng(seed + count)
    if count >= len(names):
        return [names]
    return [sorted(map(str, rng.choice(names, count, replace=False))) for _ in range(repeats)]


def ours(folder: Path, truth: dict[str, PhotoCamera], use_K: bool, arguments: argparse.Namespace) -> Outcome:
    start = time.perf_counter()
    intrinsics = {name: photo.camera for name, photo in truth.items()} if use_K else None
    scene = recover(folder, intrinsics, arguments)
    return outcome_of(scene, truth, time.perf_counter() - start)


def recover(
    folder: Path, intrinsics: dict[str, Camera] | None, arguments: argparse.Namespace
) -> RecoveredScene:
    matcher = local_matcher(arguments.matcher, arguments.weights)
    options = RecoverOptions(seed=0, cache=arguments.cache)
    return recover_cameras(folder, intrinsics, matcher=matcher, options=options)


def outcome_of(scene: RecoveredScene, truth: dict[str, PhotoCamera], seconds: float) -> Outcome:
    cams = {
        photo.name: photo.cam_from_world.matrix().numpy() for photo in scene.placed if photo.name in truth
    }
    chances = {photo.name: photo.confidence for photo in scene.photos}
    pairs = itertools.combinations(sorted(truth), 2)
    confidences = np.array([min(chances[a], chances[b]) for a, b in pairs])
    return Outcome(pair_errors(cams, truth), confidences, seconds, len(cams))


def colmap(folder: Path, truth: dict[str, PhotoCamera], use_K: bool) -> Outcome:
    """SIFT, exhaustive matching and incremental mapping by pycolmap."""
    import pycolmap

    start = time.perf_counter()
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
    return Outcome(errors, np.full(len(errors), np.nan), time.perf_counter() - start, len(cams))


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
    placed, seconds = (np.mean([getattr(one, name) for one in outcomes]) for name in ("placed", "seconds"))
    text = f"AUC@5 {areas[0]:.3f}  @10 {areas[1]:.3f}  @30 {areas[2]:.3f}"
    print(f"  {label:8s} {text}  placed {placed:.1f}  {seconds:.1f} s", flush=True)


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
    parser.add_argument("--without-colmap", action="store_true")
    parser.add_argument("--cache", type=Path, help="keeps features and matches: ours then takes less time")
    parser.add_argument("--stranger", type=Path, help="a photo of another set, which replaces one")
    arguments = parser.parse_args()
    every: list[Outcome] = []
    for folder in arguments.sets:
        truth = read_photo_cameras(folder / "cameras.json")
        for size in map(int, arguments.sizes.split(",")):
            if size > len(truth):
                continue
            if arguments.stranger:
                report_stranger(folder, truth, size, arguments)
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
            scene = recover(Path(work), intrinsics, arguments)
        named += Path(place).name in {photo.name for photo in scene.left_out if photo.reason}
        beside.append(outcome_of(scene, kept, 0.0))
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
