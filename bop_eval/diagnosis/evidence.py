"""How well estimates fit the truth: what every suspicion is tried on."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict

import numpy as np
import torch

from bop_eval.datasets import EvaluationSet
from bop_eval.errors import mssd
from bop_eval.evaluation_model import EvaluationModel
from bop_eval.groups import Truths, detection_groups, localization_groups
from bop_eval.localization import match_targets
from bop_eval.outcome import PIXELS, SHARES
from bop_eval.pair_errors import PairErrors
from bop_eval.scores import recall
from objpose.errors import InputError
from objpose.geometry import Mesh
from objpose.io import BopResultTable

RIGHT = 0.5  # share of the thresholds of MSSD that an estimate passes which counts as right
MOST_SEARCHED = 600  # estimates that suspicions are tried on; what is found is told of all


def part(table: BopResultTable, rows: np.ndarray) -> BopResultTable:
    """Some rows of a table."""
    names = [field.name for field in dataclasses.fields(table)]
    return BopResultTable(*(getattr(table, name)[rows] for name in names))


def with_transforms(table: BopResultTable, rotations: np.ndarray, translations: np.ndarray) -> BopResultTable:
    """The same estimates with R (N, 3, 3) and t (N, 3), metres."""
    transforms = np.concatenate([rotations, translations[:, :, None]], axis=2)
    return dataclasses.replace(table, cam_from_obj=transforms)


class Evidence:
    """The truth of a set, and what estimates are worth before it."""

    def __init__(self, test_set: EvaluationSet, images: list[tuple[int, int]]) -> None:
        self._test_set = test_set
        self.truths = Truths.of(test_set.read_images(images))
        self.known_objects = sorted(test_set.models.infos)
        self._models: dict[int, EvaluationModel] = {}
        self._of_object: defaultdict[tuple[int, int, int], list[int]] = defaultdict(list)
        self.place = {(image.scene_id, image.im_id): i for i, image in enumerate(self.truths.images)}
        for row, (image, obj_id) in enumerate(zip(self.truths.image, self.truths.obj_ids, strict=True)):
            of = self.truths.images[image]
            self._of_object[of.scene_id, of.im_id, int(obj_id)].append(row)

    def model(self, obj_id: int) -> EvaluationModel:
        """An object, read once."""
        if obj_id not in self._models:
            self._models[obj_id] = EvaluationModel(self._test_set.models, obj_id)
        return self._models[obj_id]

    def painted_mesh(self, obj_id: int) -> Mesh:
        """The mesh of an object with its colours, metres."""
        return self._test_set.models.mesh(obj_id)

    def compared(self, table: BopResultTable) -> BopResultTable:
        """The best estimates: of an object in an image as many as there are instances of it, at least one."""
        taken: Counter[tuple[int, int, int]] = Counter()
        rows = []
        columns = (table.scene_ids.tolist(), table.im_ids.tolist(), table.obj_ids.tolist())
        keys = list(zip(*columns, strict=True))
        for row in np.argsort(-table.scores, kind="stable").tolist():
            if taken[keys[row]] < max(1, len(self._of_object.get(keys[row], ()))):
                taken[keys[row]] += 1
                rows.append(row)
        return part(table, np.sort(np.array(rows, np.int64)))

    def pairs(self, table: BopResultTable) -> tuple[np.ndarray, np.ndarray]:
        """Rows of estimates and of the true instances of their objects in their images, (P,) each."""
        columns = (table.scene_ids.tolist(), table.im_ids.tolist(), table.obj_ids.tolist())
        found = [
            (row, truth)
            for row, key in enumerate(zip(*columns, strict=True))
            for truth in self._of_object.get(key, ())
        ]
        rows, truths = np.array(found, np.int64).reshape(-1, 2).T
        return rows, truths

    def quality(self, table: BopResultTable) -> np.ndarray:
        """(N,) share of MSSD's thresholds that each estimate passes with an instance of its object."""
        rows, truths = self.pairs(table)
        est, gt = table.cam_from_obj[rows], self.truths.cam_from_obj[truths]
        apart = np.linalg.norm(est[:, :, 3] - gt[:, :, 3], axis=1)
        passed = np.zeros(len(rows))
        for obj_id in np.unique(table.obj_ids[rows]).tolist():
            model = self.model(obj_id)
            here = np.nonzero((table.obj_ids[rows] == obj_id) & (apart < model.diameter))[0]
            if len(here):
                of_pairs = (torch.from_numpy(est[here]), torch.from_numpy(gt[here]))
                errors = mssd(*of_pairs, model.hull, model.symmetries).numpy() / model.diameter
                passed[here] = (errors[:, None] < SHARES).mean(axis=1)
        best = np.zeros(len(table))
        np.maximum.at(best, rows, passed)
        return best

    def recalls(self, table: BopResultTable) -> dict[str, float]:
        """AR_MSSD and AR_MSPD of all targets, as `bop-eval score` gives them."""
        if self._test_set.has_localization:
            groups = localization_groups(table, self.truths, self._test_set.localization_targets)
        else:
            groups = detection_groups(table, self.truths, self._test_set.rules.most_estimates)
        pairs = PairErrors(self._test_set, table, self.truths, groups)
        measured = {"MSSD": (pairs.mssd() / pairs.diameters, SHARES), "MSPD": (pairs.mspd(), PIXELS)}
        targets = int(groups.is_target.sum())
        hits = {name: (match_targets(groups, *one) >= 0).sum(axis=(0, 1)) for name, one in measured.items()}
        return {f"AR_{name}": float(recall(found, targets).mean()) for name, found in hits.items()}


def test_images(test_set: EvaluationSet) -> list[tuple[int, int]]:
    """The images of the localization task, or where the set has no list for it of the detection task."""
    if test_set.has_localization:
        return list(dict.fromkeys((t.scene_id, t.im_id) for t in test_set.localization_targets))
    return test_set.detection_images


def searched(table: BopResultTable, seed: int = 0) -> BopResultTable:
    """At most `MOST_SEARCHED` estimates, drawn evenly.

    Raises:
        InputError: no estimate at all.
    """
    if not len(table):
        raise InputError("results", "no estimate", "estimates to compare with the truth", "check the file")
    if len(table) <= MOST_SEARCHED:
        return table
    rows = np.random.default_rng(seed).choice(len(table), MOST_SEARCHED, replace=False)
    return part(table, np.sort(rows))
