"""How far each stage of pose from RGB alone gets on a BOP set with detections, so that the weakest is known.

    python benchmarks/rgb_stages.py DATASET_DIR [--detections FILE] [--templates DIR] [--every 1]

A detection counts when its mask overlaps an instance of its object by half. Errors are up to symmetry: MSSD
in diameters, MSPD in pixels.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from retrieval import RIGHT_DEG, angles
from torch import Tensor
from tqdm import tqdm

from objpose import Frame, ObjectModel, onboard
from objpose.crops import main_part, snapped_mask
from objpose.features import PatchDescriptor
from objpose.geometry import SE3
from objpose.io import BopDataset, read_detections
from objpose.objects import object_templates
from objpose.poses import RGBOptions, find_rgb
from objpose.poses.propose.patches import matched_poses
from objpose.poses.propose.retrieval import retrieve, words_cosine
from objpose.poses.propose.templates import placed_templates
from objpose.poses.query import describe, query_view

LEAST_OVERLAP = 0.5
MSPD_PX, MSSD = 20.0, 0.2  # a pose that close is worth refining
SYMMETRY_STEP = 0.05


class Case(NamedTuple):
    frame: Frame  # without depth
    mask: Tensor  # (H, W) bool
    model: ObjectModel
    cam_from_obj: SE3  # the truth


def main(arguments: list[str] | None = None) -> dict[str, list[float]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--detections", type=Path)
    parser.add_argument("--templates", type=Path, default=Path("templates/rgb_stages"))
    parser.add_argument("--every", type=int, default=1, help="take every n-th image")
    options = parser.parse_args(arguments)
    shares: dict[str, list[float]] = defaultdict(list)
    detections = options.detections or options.dataset / "detections.json"
    for case in cases(BopDataset(options.dataset), detections, options.templates, options.every):
        for stage, value in stages(case).items():
            shares[stage].append(value)
    print(f"{len(next(iter(shares.values())))} detections")
    for stage, values in shares.items():
        print(f"{stage:58s} {sum(values) / len(values):.2f}")
    return dict(shares)


def cases(
    dataset: BopDataset, detections: Path, templates: Path, every: int, first: int = 0
) -> Iterator[Case]:
    models: dict[int, ObjectModel] = {}
    by_image = defaultdict(list)
    for detection in read_detections(detections):
        by_image[detection.scene_id, detection.image_id].append(detection)
    for (scene_id, im_id), found in tqdm(sorted(by_image.items())[first::every], desc="images", disable=None):
        image = dataset.image(scene_id, im_id)
        for detection in found:
            mask = torch.from_numpy(detection.mask())
            overlaps = [
                (_overlap(mask, torch.from_numpy(gt.mask_visib())), i)
                for i, gt in enumerate(image.gts)
                if gt.obj_id == detection.obj_id
            ]
            best, index = max(overlaps, default=(0.0, 0))
            if best >= LEAST_OVERLAP:
                model = _model(dataset, detection.obj_id, templates, models)
                truth = image.gts[index].cam_from_obj.to(torch.float32)
                yield Case(Frame(image.rgb, image.camera), mask, model, truth)


def stages(case: Case) -> dict[str, float]:
    """1 or 0 for each stage that the detection passes."""
    features, options = PatchDescriptor(), RGBOptions()
    templates = object_templates(case.model, features)
    mask = main_part(snapped_mask(case.frame.rgb, main_part(case.mask)))
    query = query_view(case.frame, mask, templates.views.size, templates.views.fill)
    patches = describe(query, features, templates)
    turn = query.query_from_cam @ case.cam_from_obj.rotation
    right = angles(templates.views.cam_from_obj.rotation, turn, case.model) < RIGHT_DEG
    words = words_cosine(templates, patches).sort(descending=True, stable=True).indices
    ranking = (
        retrieve(templates, words_cosine(templates, patches), query)
        .sort(descending=True, stable=True)
        .indices
    )
    found = {
        f"a view within {RIGHT_DEG:.0f} deg in the top 5 by words": float(right[words[:5]].any()),
        "... in the top 5": float(right[ranking[:5]].any()),
        f"... in the top {options.placed}": float(right[ranking[: options.placed]].any()),
    }
    placed = query.cam_from_obj(placed_templates(templates, ranking[: options.placed], query))
    matched, _ = matched_poses(
        templates, ranking[: options.patches.templates], query, patches, 0, options.patches
    )
    matched = query.cam_from_obj(matched)
    half = len(matched) // 2
    result = find_rgb(case.model, features, case.frame, case.mask, 0, options)
    candidates = {
        f"of the {options.placed} templates placed, one is close": placed,
        f"PnP from the top {options.patches.templates}, one is close": matched[:half],
        "... after featuremetric alignment": matched[half:],
        "after alignment and judgement, one is close": result.cam_from_obj,
        "the answer is close": result.cam_from_obj[:1],
    }
    found |= {stage: float(_is_close(case, poses)) for stage, poses in candidates.items()}
    mssd, mspd = _errors(case, result.cam_from_obj[:1])
    return found | {
        "the answer has MSSD below 0.1": float(mssd[0] < 0.1),
        "... MSPD below 5 px": float(mspd[0] < 5),
    }


def _is_close(case: Case, poses: SE3) -> bool:
    if not len(poses):
        return False
    mssd, mspd = _errors(case, poses)
    return bool(((mspd < MSPD_PX) & (mssd < MSSD)).any())


def _errors(case: Case, poses: SE3) -> tuple[Tensor, Tensor]:
    """(B,) MSSD in diameters and (B,) MSPD in pixels of poses (B,)."""
    points = case.model.surface.cloud.points[::12]
    equals = case.model.symmetry.transforms(case.model.diameter, SYMMETRY_STEP)
    truth = case.cam_from_obj.apply_points(equals.apply_points(points))
    found = poses.apply_points(points)
    mssd = (found[:, None] - truth).norm(dim=-1).amax(-1).amin(-1) / case.model.diameter
    project = case.frame.camera.project
    mspd = (project(found)[:, None] - project(truth)).norm(dim=-1).amax(-1).amin(-1)
    return mssd, mspd


def _overlap(one: Tensor, other: Tensor) -> float:
    return float((one & other).sum() / (one | other).sum().clamp_min(1))


def _model(dataset: BopDataset, obj_id: int, templates: Path, models: dict[int, ObjectModel]) -> ObjectModel:
    name = f"obj_{obj_id:06d}"
    if obj_id not in models and (templates / name).is_dir():
        models[obj_id] = ObjectModel.load(templates / name)
    elif obj_id not in models:
        symmetry = dataset.models_info[obj_id].symmetry
        models[obj_id] = onboard(dataset.mesh(obj_id), name, "m", out=templates, symmetry=symmetry)
    return models[obj_id]


if __name__ == "__main__":
    main()
