"""Methods "rgbd" and "rgb": objpose.PoseEstimator, with given masks or none."""

import numpy as np
from torch import Tensor
from tqdm import tqdm

import objpose
from bop_eval.methods import Estimate, MaskedObject, MethodSettings
from objpose.errors import InputError
from objpose.io import BopImage
from objpose.work import share

DIAMETER_TOLERANCE = 0.02  # onboarding may decimate; another object differs by more


class EstimatorMethod:
    """Onboards the objects once, then estimates image by image."""

    def __init__(self, settings: MethodSettings, method: str) -> None:
        self._settings = settings
        self._options = objpose.EstimatorOptions(method=method, seed=settings.seed, device=settings.device)
        self._names = {_object_name(obj_id): obj_id for obj_id in settings.obj_ids}
        with tqdm(settings.obj_ids, desc="onboarding", unit="object") as bar:
            models = share(self._model, settings.obj_ids, bar.update)
        self._models = dict(zip(settings.obj_ids, models, strict=True))
        if method == "rgb":  # now: the first image must not pay for the templates
            objpose.PoseEstimator(list(self._models.values()), options=self._options).prepare()

    def __call__(self, image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        """Estimates for the detections of one image, with the score that ranks them."""
        depth = None if self._options.method == "rgb" else image.depth
        frame = objpose.Frame(image.rgb, image.camera, depth=depth)
        models = [self._models[obj_id] for obj_id in dict.fromkeys(d.obj_id for d in detections)]
        estimator = objpose.PoseEstimator(models, options=self._options)
        targets = [self._target(frame, d) for d in detections if d.mask is not None or d.box is not None]
        estimates = estimator.estimate(frame, targets or None)
        ranks = [estimate.score if targets else estimate.confidence for estimate in estimates]  # as it sorts
        found = zip(ranks, estimates, strict=True)
        return [Estimate(self._names[e.object], rank, e.cam_from_obj) for rank, e in found]

    def _target(self, frame: objpose.Frame, found: MaskedObject) -> objpose.Target:
        """A box becomes a mask by what is seen in it."""
        from objpose.segmentation import mask_from_box

        mask: np.ndarray | Tensor | None = found.mask
        if mask is None:
            assert found.box is not None  # the others are left out
            mask = mask_from_box(frame, found.box, self._models[found.obj_id], self._options.seed)
        return objpose.Target(object=_object_name(found.obj_id), mask=mask, score=found.score)

    def _model(self, obj_id: int) -> objpose.ObjectModel:
        """The object from the templates folder; onboarded now and kept there if none of this version is."""
        dataset, name = self._settings.dataset, _object_name(obj_id)
        folder = self._settings.templates / name
        if not objpose.objects.is_object(folder) or objpose.objects.is_outdated(folder):
            # The set's own symmetries: an estimator may know them, and its rules are those of the set.
            symmetry = dataset.models_info[obj_id].symmetry
            out = self._settings.templates
            return objpose.onboard(dataset.mesh(obj_id), name=name, units="m", out=out, symmetry=symmetry)
        model = objpose.ObjectModel.load(folder)
        expected = dataset.models_info[obj_id].diameter
        if abs(model.diameter - expected) > DIAMETER_TOLERANCE * expected:
            raise InputError(
                folder,
                f"an object of diameter {model.diameter:.4f} m",
                f"{expected:.4f} m, as in {dataset.models_dir}",
                "remove the folder, or give another one with --templates",
            )
        return model


def _object_name(obj_id: int) -> str:
    return f"obj_{obj_id:06d}"
