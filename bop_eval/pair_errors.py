"""The errors of all pairs of a test, object by object."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from bop_eval.datasets import EvaluationSet
from bop_eval.errors import mspd, mssd, te
from bop_eval.evaluation_model import EvaluationModel
from bop_eval.groups import Groups, Truths
from bop_eval.surfaces import PosesInViews, View, vsd_of_pairs
from objpose.errors import InputError
from objpose.io import BopResultTable
from objpose.work import share

BOP_IMAGE_WIDTH = 640  # whose pixels MSPD's thresholds are given in
IMAGES_AT_ONCE = 32  # whose depth is held in memory: a gigabyte at 4K


class PairErrors:
    """Errors of the P pairs of groups, each kind computed when asked for.

    Lengths are in metres, MSPD in pixels of an image 640 wide.
    """

    def __init__(
        self, test_set: EvaluationSet, results: BopResultTable, truths: Truths, groups: Groups
    ) -> None:
        self._test_set, self._truths = test_set, truths
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

        def of_object(model: EvaluationModel, pairs: np.ndarray) -> np.ndarray:
            return mssd(self.est[pairs], self.gt[pairs], model.hull, model.symmetries).numpy()

        is_near = te(self.est, self.gt).numpy() < self.diameters
        return self._by_object(of_object, is_near, np.full(len(self.group), np.inf))

    def mspd(self) -> np.ndarray:
        """(P,)"""
        K = torch.from_numpy(np.array([image.K for image in self._truths.images]).reshape(-1, 3, 3))
        scale = np.array([BOP_IMAGE_WIDTH / image.width for image in self._truths.images])

        lenses = [image.fisheye for image in self._truths.images]
        has_lens = np.array([lens is not None for lens in lenses], dtype=bool)

        def of_object(model: EvaluationModel, pairs: np.ndarray) -> np.ndarray:
            of_pairs = self.image[pairs]
            lens = np.stack([lenses[i] for i in of_pairs]) if has_lens[of_pairs[0]] else None
            transforms = (self.est[pairs], self.gt[pairs])
            pixels = mspd(*transforms, model.vertices, K[of_pairs], model.symmetries, lens).numpy()
            return pixels * scale[of_pairs]

        errors = np.full(len(self.group), np.inf)
        for chosen in (has_lens[self.image], ~has_lens[self.image]):
            self._by_object(of_object, chosen, errors)
        return errors

    def vsd(self, taus: np.ndarray) -> np.ndarray:
        """(P, T)

        Raises:
            InputError: an image without depth.
        """
        errors = np.ones((len(self.group), len(taus)))
        used = np.unique(self.image).tolist()
        for start in range(0, len(used), IMAGES_AT_ONCE):
            here = used[start : start + IMAGES_AT_ONCE]
            views = dict(zip(here, share(self._view, here), strict=True))
            work = partial(self._vsd_of_object, views=views, taus=taus)
            self._by_object(work, np.isin(self.image, here), errors)
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
        delta = self._test_set.rules.delta_m
        return vsd_of_pairs(model, PosesInViews(transforms, view), views, of_pairs, delta, taus)

    def _view(self, i: int) -> View:
        image = self._truths.images[i]
        if image.fisheye is not None:
            raise InputError(
                f"scene {image.scene_id} image {image.im_id}", "a fisheye camera", "a pinhole, for VSD",
                "score --task detection, which takes both",
            )  # fmt: skip
        if image.depth is None:
            raise InputError(
                f"scene {image.scene_id} image {image.im_id}", "no depth image", "one, for VSD",
                "get the depth images of the set, or score --task detection, which needs none",
            )  # fmt: skip
        return View(image.K, image.depth())

    def _by_object(
        self,
        work: Callable[[EvaluationModel, np.ndarray], np.ndarray],
        is_wanted: np.ndarray,
        errors: np.ndarray,
    ) -> np.ndarray:
        """Put the errors of the wanted pairs, worked out for each object, in their places."""
        pairs_of = [np.nonzero(is_wanted & (self.obj_ids == obj_id))[0] for obj_id in self.models]
        jobs = [job for job in zip(self.models.values(), pairs_of, strict=True) if len(job[1])]
        for (_, pairs), found in zip(jobs, share(lambda job: work(*job), jobs), strict=True):
            errors[pairs] = found
        return errors
