"""One reference photo against targets of the same scene: turns, by the angle between the viewing directions.

    OMP_NUM_THREADS=1 python benchmarks/reference.py DATA/desk [--modes rgb rgbd] [--every 2] [--matcher NAME]

For every pair of photos of a BOP scene that show an instance, each at least 40 % visible, the earlier photo
is the reference; masks are the true visible ones. A mode says who has depth: `rgb` nobody, `rgb-target` the
reference alone, `rgbd` both. Errors of turns are up to the object's symmetries in models_info.json. The peer
is SIFT under the masks, ratio 0.8, and the essential matrix of most inliers (pycolmap's LO-RANSAC, 0.5 px).
Seconds are the processor's; --out keeps all answers as JSON lines.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

import objpose
from objpose.cameras import local_matcher
from objpose.cameras.scene.colmap import matrix_of, ransac_options
from objpose.cameras.scene.options import TrialOptions
from objpose.features.local import LocalMatcher
from objpose.geometry import Symmetry
from objpose.geometry.rigid_matrices import direction_degrees, inverse_matrix, rotation_degrees
from objpose.io.bop_dataset import BopDataset, BopImage
from objpose.io.bop_scene import GroundTruth
from objpose.io.bop_symmetry import symmetry_from_bop
from objpose.io.json_file import read_json

ANGLES_DEG = (0, 15, 30, 45, 60, 75)
LEAST_VISIBLE = 0.4
FAILED_DEG = 180.0
MODES = ("rgb", "rgb-target", "rgbd")
PEER = "SIFT + essential matrix"


@dataclass
class Outcome:
    obj_id: int
    angle_deg: float
    error_deg: float
    confidence: float
    place_mm: float  # of the object's middle; nan where no metres are known
    mode: str
    method: str
    reason: str


def pairs(dataset: BopDataset, most_deg: float) -> Iterator[tuple[BopImage, BopImage, int]]:
    """Two images of a scene and the index of an instance that both show, so many degrees apart at most."""
    for scene_id in dataset.scene_ids():
        images = [dataset.image(scene_id, im_id) for im_id in sorted(dataset.scene(scene_id).cameras)]
        for first, second in itertools.combinations(images, 2):
            for index, (one, other) in enumerate(zip(first.gts, second.gts, strict=True)):
                seen = min(one.visib_fract or 0.0, other.visib_fract or 0.0) >= LEAST_VISIBLE
                if one.obj_id == other.obj_id and seen and view_angle(one, other) < most_deg:
                    yield first, second, index


def matrix(truth: GroundTruth) -> np.ndarray:
    return truth.cam_from_obj.matrix().double().numpy()


def view_angle(one: GroundTruth, other: GroundTruth) -> float:
    """Degrees between the directions from which two photos see an instance."""
    places = [inverse_matrix(matrix(truth))[:3, 3] for truth in (one, other)]
    return direction_degrees(*places)


def true_motions(one: GroundTruth, other: GroundTruth, symmetry: Symmetry) -> np.ndarray:
    """(S, 4, 4) of the other camera from the first, for all that the object's symmetry allows."""
    equal = symmetry.transforms(0.1).matrix().double().numpy()
    return matrix(other) @ equal @ inverse_matrix(matrix(one))


def frame_of(image: BopImage, with_depth: bool) -> objpose.Frame:
    return objpose.Frame(image.rgb, image.camera, image.depth if with_depth else None)


def outcome(
    first: BopImage, second: BopImage, index: int, symmetry: Symmetry, mode: str, matcher: LocalMatcher
) -> Outcome:
    one, other = first.gts[index], second.gts[index]
    motions = true_motions(one, other, symmetry)
    reference = objpose.onboard_reference(frame_of(first, mode != "rgb"), one.mask_visib(), matcher=matcher)
    found = reference.find(frame_of(second, mode == "rgbd"), other.mask_visib())
    motion = (found.cam_from_obj @ reference.cam_from_obj.inverse()).matrix().double().numpy()
    middle = np.append(reference.cam_from_obj.translation.double().numpy(), 1.0)
    place = found.cam_from_obj.translation.double().numpy()
    off = 1000 * np.linalg.norm((motions @ middle)[:, :3] - place, axis=1).min()
    return Outcome(
        one.obj_id,
        view_angle(one, other),
        error(motion, motions),
        found.confidence,
        float(off) if found.is_metric else np.nan,
        mode,
        found.method,
        found.reason,
    )


def error(motion: np.ndarray | None, motions: np.ndarray) -> float:
    """Degrees of the turn from the nearest of those that are right."""
    if motion is None:
        return FAILED_DEG
    return min(rotation_degrees(motion[:3, :3].T @ right[:3, :3]) for right in motions)


def peer(first: BopImage, second: BopImage, index: int) -> np.ndarray | None:
    """SIFT and an essential matrix."""
    import pycolmap

    images = first, second
    found = local_matcher("sift")([im.rgb for im in images], [im.gts[index].mask_visib() for im in images])
    matches = found.matches[0, 1]
    matches = matches.select(matches.ratios < 0.8)
    if len(matches) < 5:
        return None
    rays = []
    for side, image in enumerate(images):
        pixels = found.features[side].keypoints[matches.indices[:, side]]
        lifted = image.camera.unproject(torch.from_numpy(pixels).double(), torch.ones(len(pixels)).double())
        rays.append((lifted / lifted.norm(dim=1, keepdim=True)).numpy())
    search = ransac_options(0.5 / float(first.camera.fx), 0, TrialOptions())
    essential = pycolmap.estimate_relative_pose(*rays, search)
    return None if essential is None else matrix_of(essential["cam2_from_cam1"])


def auc(errors: np.ndarray, limit: float) -> float:
    """Area under the share of errors below a threshold, up to the limit."""
    return float((1 - errors / limit).clip(min=0).mean())


def row(name: str, errors: np.ndarray, places: np.ndarray) -> str:
    shares = [(errors < limit).mean() for limit in (15, 30)]
    place = f"{np.nanmedian(places):9.1f}" if np.isfinite(places).any() else f"{'-':>9}"
    return (
        f"{name:>10} {len(errors):5d} {np.median(errors):8.1f} {shares[0]:6.2f} {shares[1]:6.2f} "
        f"{auc(errors, 30):7.2f} {place}"
    )


def peer_outcome(first: BopImage, second: BopImage, index: int, symmetry: Symmetry) -> Outcome:
    one, other = first.gts[index], second.gts[index]
    off = error(peer(first, second, index), true_motions(one, other, symmetry))
    return Outcome(one.obj_id, view_angle(one, other), off, np.nan, np.nan, PEER, "", "")


def report(name: str, found: list[Outcome]) -> None:
    angle, errors, confidence, places = (
        np.array([getattr(one, key) for one in found])
        for key in ("angle_deg", "error_deg", "confidence", "place_mm")
    )
    print(name)
    print(f"{'angle':>10} {'pairs':>5} {'median':>8} {'<15':>6} {'<30':>6} {'AUC@30':>7} {'place mm':>9}")
    for low, high in [*itertools.pairwise(ANGLES_DEG), (0, 45)]:
        inside = (angle >= low) & (angle < high)
        if inside.any():
            print(row(f"{low}-{high}", errors[inside], places[inside]))
    for least, most in ((0.9, 1.01), (0.7, 0.9), (0.5, 0.7), (0.2, 0.5), (0.0, 0.2)):
        inside = (confidence >= least) & (confidence < most)
        if inside.any():
            share = (errors[inside] < 15).mean()
            span = f"confidence {least:.1f} to {min(most, 1):.1f}"
            print(f"  {span}: {inside.sum():4d} answers, {share:.2f} within 15")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", type=Path)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument(
        "--most-deg", type=float, default=ANGLES_DEG[-1], help="between the directions of view"
    )
    parser.add_argument("--every", type=int, default=1, help="of the pairs one in so many")
    parser.add_argument("--first", type=int, default=0, help="beginning with this one")
    parser.add_argument("--matcher", default="sift")
    parser.add_argument("--out", type=Path, help="JSON lines of all outcomes")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    dataset, matcher = BopDataset(arguments.set), local_matcher(arguments.matcher)
    infos = read_json(dataset.models_dir / "models_info.json")
    symmetries = {obj_id: symmetry_from_bop(infos[str(obj_id)]) for obj_id in dataset.object_ids}
    seen = pairs(dataset, arguments.most_deg)
    chosen = itertools.islice(seen, arguments.first, None, arguments.every)
    found: dict[str, list[Outcome]] = {mode: [] for mode in (*arguments.modes, PEER)}
    seconds = dict.fromkeys(found, 0.0)
    for first, second, index in chosen:
        symmetry = symmetries[first.gts[index].obj_id]
        for mode, outcomes in found.items():
            start = time.process_time()
            pair = first, second, index, symmetry
            outcomes.append(peer_outcome(*pair) if mode == PEER else outcome(*pair, mode, matcher))
            seconds[mode] += time.process_time() - start
            if arguments.out:
                with arguments.out.open("a") as lines:
                    lines.write(json.dumps(asdict(outcomes[-1])) + "\n")
    for mode, outcomes in found.items():
        name = f"{dataset.name}, {mode}, {arguments.matcher}"
        report(f"{name}: {seconds[mode] / len(outcomes):.1f} s of the processor a pair", outcomes)


if __name__ == "__main__":
    main()
