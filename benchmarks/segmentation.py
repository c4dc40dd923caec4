"""How often the masks of `objpose.segmentation` find the objects of a BOP set, and how long they take.

    python benchmarks/segmentation.py DATASET [--rgb] [--templates FOLDER] [--images N]

Every target of the set asks for an object's visible masks in an image. Its detections are ranked; an instance
counts as found when one of the first n of them (n: the number of instances), of the first n + 1, or of all
overlaps its true visible mask by an intersection over union of 0.5 or 0.7. "Proposals" asks the same of all
unlabelled proposals. "From its box" is the mask that the box around the true mask becomes.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from objpose import Frame, ObjectModel, onboard
from objpose.io import BopDataset, BopImage
from objpose.segmentation import mask_from_box, propose, segment

LEAST_VISIBLE = 0.1  # share of an instance that must be seen for it to count
LEVELS = (0.5, 0.7)  # intersection over union
RANKS = ("first n", "first n + 1", "all", "proposals", "from its box")


@dataclass(frozen=True)
class Recall:
    """One instance: its best overlaps, in the order of RANKS."""

    obj_id: int
    overlaps: tuple[float, ...]


def main(arguments: list[str] | None = None) -> list[Recall]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--rgb", action="store_true", help="leave the depth out")
    parser.add_argument("--templates", type=Path, help="folder in which onboarded objects are kept")
    parser.add_argument("--images", type=int, help="only so many, evenly spread")
    options = parser.parse_args(arguments)
    dataset = BopDataset(options.dataset)
    asked = _asked(dataset)
    images = list(asked)[:: max(1, len(asked) // options.images)] if options.images else list(asked)
    models = {obj_id: _model(dataset, obj_id, options.templates) for obj_id in dataset.object_ids}
    recalls, seconds = [], []
    for key in tqdm(images, desc="images", disable=None):
        found, took = _image_recalls(dataset.image(*key), asked[key], models, options.rgb)
        recalls.extend(found)
        seconds.append(took)
    # The first image pays for the templates.
    _print(recalls, float(np.mean(seconds[1:] or seconds)), seconds[0])
    return recalls


def _asked(dataset: BopDataset) -> dict[tuple[int, int], list[int]]:
    """The objects that the targets ask for, image by image."""
    asked: dict[tuple[int, int], list[int]] = {}
    for target in dataset.targets():
        asked.setdefault((target.scene_id, target.im_id), []).append(target.obj_id)
    return asked


def _model(dataset: BopDataset, obj_id: int, folder: Path | None) -> ObjectModel:
    name = f"obj_{obj_id:06d}"
    if folder is not None and (folder / name).is_dir():
        return ObjectModel.load(folder / name)
    symmetry = dataset.models_info[obj_id].symmetry
    return onboard(dataset.mesh(obj_id), name, "m", out=folder, symmetry=symmetry)


def _image_recalls(
    image: BopImage, obj_ids: list[int], models: dict[int, ObjectModel], rgb_only: bool
) -> tuple[list[Recall], float]:
    frame = Frame(image.rgb, image.camera, None if rgb_only else image.depth)
    start = time.perf_counter()
    detections = segment(frame, [models[obj_id] for obj_id in obj_ids])
    seconds = time.perf_counter() - start
    proposals = [proposal.mask for proposal in propose(frame)]
    recalls = []
    for obj_id in obj_ids:
        truths = [torch.from_numpy(mask) for mask in _visible_masks(image, obj_id)]
        ranked = [d.mask for d in detections if d.object == models[obj_id].name]
        for truth in truths:
            prompted = [mask_from_box(frame, _box(truth), models[obj_id])]
            masks = (ranked[: len(truths)], ranked[: len(truths) + 1], ranked, proposals, prompted)
            recalls.append(Recall(obj_id, tuple(_best_overlap(some, truth) for some in masks)))
    return recalls, seconds


def _visible_masks(image: BopImage, obj_id: int) -> list[np.ndarray]:
    masks = [
        gt.mask_visib()
        for gt in image.gts
        if gt.obj_id == obj_id and (gt.visib_fract is None or gt.visib_fract >= LEAST_VISIBLE)
    ]
    return [mask for mask in masks if mask.any()]


def _box(mask: torch.Tensor) -> tuple[int, int, int, int]:
    rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


def _best_overlap(masks: list[torch.Tensor], truth: torch.Tensor) -> float:
    return max((float((mask & truth).sum() / (mask | truth).sum()) for mask in masks), default=0.0)


def _print(recalls: list[Recall], seconds: float, first: float) -> None:
    print(f"{len(recalls)} instances, {seconds:.2f} s an image ({first:.2f} s the first)")
    overlaps = np.array([recall.overlaps for recall in recalls]).reshape(-1, len(RANKS))
    obj_ids = np.array([recall.obj_id for recall in recalls])
    print("recall at an overlap of  " + "  ".join(f"{level:>5}" for level in LEVELS))
    for rank, column in zip(RANKS, overlaps.T, strict=True):
        print(f"{rank:24s} " + "  ".join(f"{(column >= level).mean():5.3f}" for level in LEVELS))
    for obj_id in sorted(set(obj_ids.tolist())):
        of_object = overlaps[obj_ids == obj_id, RANKS.index("all")]
        shares = "  ".join(f"{(of_object >= level).mean():5.3f}" for level in LEVELS)
        print(f"  object {obj_id:<3d} all          {shares}  ({len(of_object)})")


if __name__ == "__main__":
    main()
