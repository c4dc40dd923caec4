"""What is compared with what: the estimates and the true instances of one object in one image are a group."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bop_eval.datasets import EvaluationImage
from objpose.errors import InputError
from objpose.io import BopResultTable, BopTarget

Image = tuple[int, int]  # scene id, image id


@dataclass(frozen=True, eq=False)
class Truths:
    """The true instances of M images, as columns of length N.

    images: the M images. image: index of each instance's image. gt_ids: its place in the image's list.
    cam_from_obj: (N, 3, 4) metres. visible: visible share of its silhouette.
    """

    images: list[EvaluationImage]
    image: np.ndarray
    gt_ids: np.ndarray
    obj_ids: np.ndarray
    cam_from_obj: np.ndarray
    visible: np.ndarray

    @staticmethod
    def of(images: Iterable[EvaluationImage]) -> "Truths":
        images = list(images)
        counts = [len(image.obj_ids) for image in images]
        return Truths(
            images,
            np.repeat(np.arange(len(images)), counts),
            np.concatenate([np.arange(count) for count in counts] or [np.zeros(0, np.int64)]),
            np.concatenate([image.obj_ids for image in images] or [np.zeros(0, np.int64)]),
            np.concatenate([image.cam_from_obj for image in images] or [np.zeros((0, 3, 4))]),
            np.concatenate([image.visible for image in images] or [np.zeros(0)]),
        )

    def require_visibility(self, rows: list[int]) -> None:
        """Raises `InputError` where the set does not say how much of these instances is visible."""
        for row in rows:
            if np.isnan(self.visible[row]):
                image = self.images[self.image[row]]
                raise InputError(
                    f"scene {image.scene_id} image {image.im_id}", "no visibilities (scene_gt_info.json)",
                    "them, to tell which instances are to be found", "make or get them with the set",
                )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Groups:
    """G groups, padded to E estimates and I instances with -1.

    image, obj_ids: (G,). estimates: (G, E) rows of the results, best score first. truths: (G, I) rows of
    `Truths`. is_target: (G, I), instances that are to be found.
    """

    image: np.ndarray
    obj_ids: np.ndarray
    estimates: np.ndarray
    truths: np.ndarray
    is_target: np.ndarray

    def part(self, rows: np.ndarray) -> "Groups":
        """Some of the groups."""
        columns = (self.image, self.obj_ids, self.estimates, self.truths, self.is_target)
        return Groups(*(column[rows] for column in columns))

    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Group, place among its estimates and place among its instances of every pair to compare, (P,)."""
        both = (self.estimates >= 0)[:, :, None] & (self.truths >= 0)[:, None, :]
        group, estimate, instance = np.nonzero(both)
        return group, estimate, instance


def localization_groups(results: BopResultTable, truths: Truths, targets: list[BopTarget]) -> Groups:
    """A group for each target: its `inst_count` best estimates, and all instances of its object.

    To be found are the `inst_count` most visible ones; what else matches an estimate is no error.
    """
    rows_of, truths_of = _rows_of_groups(results), _truths_of_groups(truths)
    image_of = {(image.scene_id, image.im_id): i for i, image in enumerate(truths.images)}
    groups = []
    for target in targets:
        image = image_of[target.scene_id, target.im_id]
        rows = rows_of[target.scene_id, target.im_id, target.obj_id][: target.inst_count]
        instances = truths_of[image, target.obj_id]
        if len(instances) > target.inst_count:
            truths.require_visibility(instances)
        by_visibility = sorted(instances, key=lambda row: -truths.visible[row])
        groups.append((image, target.obj_id, rows, instances, by_visibility[: target.inst_count]))
    return _padded(groups)


def detection_groups(results: BopResultTable, truths: Truths, most_estimates: int) -> Groups:
    """A group for each object in each image: of the image's best estimates those of the object.

    Estimates of objects that are not in an image belong to no group and count nowhere: so BOP's toolkit does.
    """
    rows_of, truths_of = _rows_of_groups(results, most_estimates), _truths_of_groups(truths)
    groups = []
    for (image, obj_id), instances in truths_of.items():
        truths.require_visibility(instances)
        scene_id, im_id = truths.images[image].scene_id, truths.images[image].im_id
        groups.append((image, obj_id, rows_of[scene_id, im_id, obj_id], instances, instances))
    return _padded(groups)


def _rows_of_groups(
    results: BopResultTable, most_estimates: int | None = None
) -> defaultdict[tuple[int, int, int], list[int]]:
    """Rows by (scene, image, object), best score first, in the order of the file where scores are equal."""
    left: dict[Image, int] = {}
    rows_of: defaultdict[tuple[int, int, int], list[int]] = defaultdict(list)
    columns = (results.scene_ids.tolist(), results.im_ids.tolist(), results.obj_ids.tolist())
    for row in np.argsort(-results.scores, kind="stable").tolist():
        scene_id, im_id, obj_id = (column[row] for column in columns)
        if most_estimates is not None:
            left[scene_id, im_id] = left.get((scene_id, im_id), most_estimates) - 1
            if left[scene_id, im_id] < 0:
                continue
        rows_of[scene_id, im_id, obj_id].append(row)
    return rows_of


def _truths_of_groups(truths: Truths) -> defaultdict[tuple[int, int], list[int]]:
    """Rows of the instances by (image, object), in the order of the images."""
    truths_of: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for row, key in enumerate(zip(truths.image.tolist(), truths.obj_ids.tolist(), strict=True)):
        truths_of[key].append(row)
    return truths_of


def _padded(groups: list[tuple[int, int, list[int], list[int], list[int]]]) -> Groups:
    most_estimates = max((len(rows) for _, _, rows, _, _ in groups), default=0)
    most_instances = max((len(instances) for _, _, _, instances, _ in groups), default=0)
    estimates = np.full((len(groups), most_estimates), -1, dtype=np.int64)
    truths = np.full((len(groups), most_instances), -1, dtype=np.int64)
    for g, (_, _, rows, instances, _) in enumerate(groups):
        estimates[g, : len(rows)], truths[g, : len(instances)] = rows, instances
    is_target = np.zeros(truths.shape, dtype=bool)
    for g, (_, _, _, instances, to_find) in enumerate(groups):
        is_target[g, : len(instances)] = np.isin(instances, to_find)
    image, obj_ids = (np.array([group[k] for group in groups], dtype=np.int64) for k in (0, 1))
    return Groups(image, obj_ids, estimates, truths, is_target)
