"""Targets of categories: drawn instances on tables, and instances of BOP sets that nothing was fitted to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bodies import BenchmarkObject, any_paint, known
from calibration import CONDITIONS
from category_truth import TrueBox, box_of_mesh
from reliability import is_wrong_label
from scenes import HiddenError, make_scene

from objpose import Frame
from objpose.geometry import SE3, Mesh, Symmetry
from objpose.io import BopDataset, read_detections
from training.categories.shapes import FAMILIES

# By the names of objects of a set; what is not named here is of no category that there is.
CATEGORY_OF = {
    "cracker_box": "box",
    "foam_brick": "box",
    "tomato_soup_can": "can",
    "mustard_bottle": "bottle",
    "mug": "cup",
    "bowl": "bowl",
    "tea_box": "box",
    "soap_bar": "box",
    "bean_can": "can",
    "fish_tin": "can",
    "plain_cup": "cup",
    "syrup_bottle": "bottle",
}
INSTANCES = 12  # of each category, among which drawn scenes choose


@dataclass(frozen=True, eq=False)
class CategoryTarget:
    name: str
    category: str  # that the mask is said to be of
    frame: Frame
    mask: np.ndarray  # (H, W) bool
    truths: list[TrueBox]  # of all instances in view; none where the mask is of something else


def drawn_targets(seeds: range, instance_seed: int) -> Iterator[CategoryTarget]:
    """One a seed; every condition of `calibration.py`, wrong masks included, in turn."""
    objects = _instances(instance_seed)
    for seed in seeds:
        options = CONDITIONS[(seed + seed // len(objects)) % len(CONDITIONS)]
        try:
            scene = make_scene(objects, seed, options)
        except HiddenError:
            continue
        category = scene.target.name.split("_")[0]
        truth = box_of_mesh(scene.target.mesh, category).moved(scene.cam_from_obj)
        is_wrong = is_wrong_label(scene.mask, [scene.visible])
        yield CategoryTarget(
            scene.target.name, category, scene.frame, scene.mask, [] if is_wrong else [truth]
        )


def _instances(seed: int) -> list[BenchmarkObject]:
    """Other instances than those that the models were learned from."""
    objects = []
    for number in range(INSTANCES):
        for kind, (name, family) in enumerate(FAMILIES.items()):
            rng = np.random.default_rng([1_000_000 + seed, number, kind])
            shape = family(rng)
            paint = np.tile(any_paint(rng), (len(shape.vertices), 1))
            mesh = Mesh(
                shape.vertices - (shape.vertices.min(0) + shape.vertices.max(0)) / 2, shape.faces, paint
            )
            objects.append(known(f"{name}_{number}", mesh, Symmetry.none()))
    return objects


def bop_targets(root: Path, every: int = 1, first: int = 0) -> Iterator[CategoryTarget]:
    """Detections whose label is of a category, wrong labels included, in images first, first + every, ..."""
    dataset = BopDataset(root)
    names = {int(key): name for key, name in json.loads((root / "object_names.json").read_text()).items()}
    category_of = {key: CATEGORY_OF[name] for key, name in names.items() if name in CATEGORY_OF}
    boxes = {key: box_of_mesh(dataset.mesh(key), category) for key, category in category_of.items()}
    detections = [found for found in read_detections(root / "detections.json") if found.obj_id in category_of]
    images = sorted({(found.scene_id, found.image_id) for found in detections})[first::every]
    for scene_id, image_id in images:
        image = dataset.image(scene_id, image_id)
        frame = Frame(image.rgb, image.camera, image.depth)
        for found in detections:
            if (found.scene_id, found.image_id) != (scene_id, image_id):
                continue
            mask = found.mask(frame.size)
            truths = [truth for truth in image.gts if truth.obj_id == found.obj_id]
            is_wrong = is_wrong_label(mask, [truth.mask_visib() for truth in truths])
            placed = (
                []
                if is_wrong
                else [boxes[found.obj_id].moved(SE3(truth.cam_from_obj.wxyz_xyz.float())) for truth in truths]
            )
            yield CategoryTarget(names[found.obj_id], category_of[found.obj_id], frame, mask, placed)
