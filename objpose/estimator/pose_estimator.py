"""PoseEstimator: onboarded objects and a frame in, poses with a confidence out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

from objpose.errors import InputError
from objpose.estimator.as_estimates import GIVEN, as_estimates
from objpose.estimator.causes import doubted, with_cause
from objpose.estimator.estimate import PoseEstimate, Target
from objpose.estimator.ground import on_one_ground, unsure_on_ground
from objpose.estimator.in_masks import Asked, InMasks, beside
from objpose.estimator.options import EstimatorOptions
from objpose.estimator.search import Search
from objpose.estimator.targets import targets_of
from objpose.frame import Frame
from objpose.geometry import HOST
from objpose.given import PictureOrFile, as_list, as_options, described
from objpose.objects import ObjectModel
from objpose.raster.devices import chosen_device
from objpose.work import share, within

OBJECTS = "onboarded objects", "objpose.onboard makes them, objpose.load_object finds them"


class PoseEstimator:
    """Finds onboarded objects in RGB-D and RGB frames.

    objects: their names must differ. Masks are worked on in parallel threads, each alone on its thread, so
    that the answer does not depend on how many there are; for a GPU by one thread, in turn. Frames and masks
    may lie on any device; what is found lies on the host.

    Raises:
        InputError: objects of one name, options that do not exist, and a device that cannot be used.
    """

    def __init__(
        self,
        objects: Sequence[ObjectModel],
        options: EstimatorOptions = EstimatorOptions(),  # noqa: B008 - frozen
    ) -> None:
        objects = as_list(objects, "objects", ObjectModel, *OBJECTS)
        self.options = options = as_options(options, EstimatorOptions).checked()
        self.objects = {model.name: model.on_host for model in objects}
        if not objects:
            raise InputError("objects", "none", "at least one onboarded object", "onboard a mesh first")
        if len(self.objects) < len(objects):
            names = sorted(model.name for model in objects)
            raise InputError("objects", f"names {names}", "different names", "onboard with name=")
        self.device = chosen_device(options.device)
        there = {name: model.to(self.device) for name, model in self.objects.items()}
        self._in_masks = InMasks(there, options, self.device)

    def estimate(
        self,
        frame: Frame,
        masks: PictureOrFile | Sequence[Target | PictureOrFile] | Mapping[str, PictureOrFile] | None = None,
    ) -> list[PoseEstimate]:
        """Poses of the objects, best first: by score, or by confidence where no masks say what is there.

        masks: a mask (H, W), or several, when one object is known; else Targets, or a dict of masks by the
        objects' names; one pose at most for each. None: the objects are looked for, and the list holds
        every place that may show one, perhaps none; read the confidences.
        Where the confidence is low, an estimate's warnings say what `objpose.check` finds among the inputs.
        A target whose mask shows too little is left out with a Python warning; when that leaves none,
        InputError is raised, as for masks of another size, empty masks, unknown names and a frame without
        depth when the method asks for it.
        """
        if not isinstance(frame, Frame):
            cure = "objpose.Frame(rgb, camera, depth); call estimate once for each"
            raise InputError("frame", described(frame), "a Frame", cure)
        method, frame = self._method(frame), frame.to(HOST)
        with within(self.options.threads):
            return self._searched(frame, method) if masks is None else self._found(frame, masks, method)

    def _found(self, frame: Frame, masks: object, method: str) -> list[PoseEstimate]:
        """Estimates in given masks."""
        targets = targets_of(masks, self.objects)
        checked = [frame.checked_mask(t.mask, f"mask {i} ({t.object})") for i, t in enumerate(targets)]
        asked = Asked(frame, targets, checked, beside(checked), method)
        found = self._in_masks.answers(asked)
        failed = [answer for answer in found if isinstance(answer, InputError)]
        if failed and len(failed) == len(found):
            first = targets[found.index(failed[0])]
            raise with_cause(failed[0], frame, first, self.objects[first.object])
        for error in failed:
            warnings.warn(str(error), stacklevel=3)
        if method == "rgb" and self.options.ground:
            grounds = unsure_on_ground(
                as_estimates(asked, found, self.objects, GIVEN), self.objects, frame.camera
            )
            found = self._in_masks.stood(asked, found, grounds)
        estimates = self._grounded(as_estimates(asked, found, self.objects, GIVEN), frame, method)
        doubts = [(one, frame, targets[one.target], self.objects[one.object]) for one in estimates]
        return share(lambda one: doubted(*one), doubts)

    def prepare(self, names: Sequence[str] | None = None) -> None:
        """Make what RGB needs, templates above all, of some objects or all, that no estimate has to wait."""
        with within(self.options.threads):
            self._in_masks.prepare(self.objects if names is None else names, "rgb")

    def _method(self, frame: Frame) -> str:
        wanted = self.options.method
        if wanted == "rgbd" and frame.depth is None:
            raise InputError("frame", "no depth", "an RGB-D frame", 'give depth to Frame, or method="rgb"')
        return wanted if wanted != "auto" else "rgb" if frame.depth is None else "rgbd"

    def _searched(self, frame: Frame, method: str) -> list[PoseEstimate]:
        """Estimates where segmentation sees an object."""
        search = Search(self._in_masks, self.objects, self.options)
        return search.with_depth(frame) if method == "rgbd" else search.without_depth(frame)

    def _grounded(self, estimates: list[PoseEstimate], frame: Frame, method: str) -> list[PoseEstimate]:
        """Without depth, with what the ground tells that objects stand on."""
        if method == "rgbd" or not self.options.ground:
            return estimates
        return on_one_ground(estimates, self.objects, frame.camera)
