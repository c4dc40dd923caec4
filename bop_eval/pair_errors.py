"""The errors of all pairs of a test, object by object."""

from collections.abc import Iterator

import numpy as np
import torch

from bop_eval.datasets import TestSet
from bop_eval.errors import mspd, mssd, te
from bop_eval.evaluation_model import EvaluationModel
from bop_eval.groups import Groups, Truths
from bop_eval.surfaces import PosesInViews, View, vsd_of_pairs
from objpose.errors import InputError
from objpose.io import BopResultTable

BOP_IMAGE_WIDTH = 640  # whose pixels MSPD's thresholds are given in
IMAGES_AT_ONCE = 64  # whose depth is held in memory


class PairErrors:
    """Errors of the P pairs of groups, each kind computed when asked for.

    Lengths are in metres, MSPD in pixels of an image 640 wide.
    """

    def __init__(self, test_set: TestSet, results: BopResultTable, truths: Truths, groups: Groups) -> None:
        self.test_set, self.truths = test_set, truths
        self.group, estimate, instance = groups.pairs()
        self.est_rows = groups.estimates[self.group, estimate]
        self.gt_rows = groups.truths[self.group, instance]
        self.image, self.obj_ids = groups.image[self.group], groups.obj_ids[self.group]
        self.est = torch.from_numpy(results.cam_from_obj[self.est_rows])
        self.gt = torch.from_numpy(truths.cam_from_obj[self.gt_rows])
        wanted = np.unique(self.obj_ids).tolist()
        self.models = {obj_id: EvaluationModel(test_set.models, obj_id) for obj_id in wanted}
        self.diameters = np.array([self.models[obj_id].diameter for obj_id in self.obj_ids.tolist()])

    def mssd(self) -> np.ndarray:
        """(P,); infinite where the origins are a diameter or more apart, which is never correct."""
        errors = np.full(len(self.group), np.inf)
        is_near = te(self.est, self.gt).numpy() < self.diameters
        for model, pairs in self._by_object(is_near):
            errors[pairs] = mssd(self.est[pairs], self.gt[pairs], model.hull, model.symmetries).numpy()
        return errors

    def mspd(self) -> np.ndarray:
        """(P,)"""
        errors = np.full(len(self.group), np.inf)
        K = torch.from_numpy(np.array([image.K for image in self.truths.images]).reshape(-1, 3, 3))
        widths = np.array([image.width for image in self.truths.images])
        for model, pairs in self._by_object(np.ones(len(self.group), dtype=bool)):
            transforms = (self.est[pairs], self.gt[pairs])
            pixels = mspd(*transforms, model.vertices, K[self.image[pairs]], model.symmetries).numpy()
            errors[pairs] = pixels * (BOP_IMAGE_WIDTH / widths[self.image[pairs]])
        return errors

    def vsd(self, taus: np.ndarray) -> np.ndarray:
        """(P, T)

        Raises:
            InputError: an image without depth.
        """
        errors = np.ones((len(self.group), len(taus)))
        used = np.unique(self.image)
        for start in range(0, len(used), IMAGES_AT_ONCE):
            views = {int(i): self._view(int(i)) for i in used[start : start + IMAGES_AT_ONCE]}
            for model, pairs in self._by_object(np.isin(self.image, list(views))):
                errors[pairs] = self._vsd_of_object(model, pairs, views, taus)
        return errors

    def _vsd_of_object(
        self, model: EvaluationModel, pairs: np.ndarray, views: dict[int, View], taus: np.ndarray
    ) -> np.ndarray:
        """Each estimate and each truth, though in several pairs, is one pose."""
        _, first_est, est = np.unique(self.est_rows[pairs], return_index=True, return_inverse=True)
        _, first_gt, gt = np.unique(self.gt_rows[pairs], return_index=True, return_inverse=True)
        transforms = torch.cat([self.est[pairs[first_est]], self.gt[pairs[first_gt]]])
        view = np.concatenate([self.image[pairs[first_est]], self.image[pairs[first_gt]]])
        of_pairs = np.stack([est, gt + len(first_est)], axis=1)
        delta = self.test_set.rules.delta_m
        return vsd_of_pairs(model, PosesInViews(transforms, view), views, of_pairs, delta, taus)

    def _view(self, i: int) -> View:
        image = self.truths.images[i]
        if image.depth is None:
            raise InputError(
                f"scene {image.scene_id} image {image.im_id}", "no depth image", "one, for VSD",
                "get the depth images of the set, or score --task detection, which needs none",
            )  # fmt: skip
        return View(image.K, image.depth())

    def _by_object(self, is_wanted: np.ndarray) -> Iterator[tuple[EvaluationModel, np.ndarray]]:
        for obj_id, model in self.models.items():
            pairs = np.nonzero(is_wanted & (self.obj_ids == obj_id))[0]
            if len(pairs):
                yield model, pairs
