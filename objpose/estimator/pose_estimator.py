"""PoseEstimator: onboarded objects and a frame in, poses with a confidence out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

from torch import Tensor

from objpose.crops import covered_by
from objpose.errors import InputError
from objpose.estimator.causes import doubted, with_cause
from objpose.estimator.estimate import PoseEstimate, Target, pose_estimate
from objpose.estimator.ground import on_one_ground, unsure_on_ground
from objpose.estimator.in_masks import Asked, Found, InMasks
from objpose.estimator.instances import surest_in_place, surest_of_each
from objpose.estimator.mirrored_frame import mirror_asked
from objpose.estimator.options import EstimatorOptions
from objpose.estimator.targets import targets_of
from objpose.frame import Frame
from objpose.geometry import HOST
from objpose.given import PictureOrFile, as_list, as_options, described
from objpose.objects import ObjectModel
from objpose.poses import RGB, RGB_SEARCHED, RGBD, Calibration, Stats
from objpose.raster.devices import chosen_device
from objpose.segmentation import Detection, segment
from objpose.work import share, within

OBJECTS = "onboarded objects", "objpose.onboard makes them, objpose.load_object finds them"
AT_FIRST = {"rgbd": 3, "rgb": 4}  # masks that may show an object and are looked at before others
SURE = 0.9  # confidence of one of them that ends the search for it
# What evidence means, by method, in masks that were given and in places that were found.
GIVEN = {"rgbd": RGBD, "rgb": RGB}
FOUND = {"rgbd": RGBD, "rgb": RGB_SEARCHED}


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
        asked = Asked(frame, targets, checked, _beside(checked), method)
        found = self._in_masks.answers(asked)
        failed = [answer for answer in found if isinstance(answer, InputError)]
        if failed and len(failed) == len(found):
            first = targets[found.index(failed[0])]
            raise with_cause(failed[0], frame, first, self.objects[first.object])
        for error in failed:
            warnings.warn(str(error), stacklevel=3)
        if method == "rgb" and self.options.ground:
            grounds = unsure_on_ground(self._estimates(asked, found, GIVEN), self.objects, frame.camera)
            found = self._in_masks.stood(asked, found, grounds)
        estimates = self._grounded(self._estimates(asked, found, GIVEN), frame, method)
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
        """Estimates where segmentation sees an object; of those that agree on an instance, the surest.

        A pose in the wrong place may fit what it covers; the confidence asks what stays bare or empty, too.
        """
        seen = frame if method == "rgbd" else frame.without_depth()
        options = self.options
        detections = segment(seen, list(self.objects.values()), options.segmentation, seed=options.seed)
        places = {name: [one for one in detections if one.object == name] for name in self.objects}
        first = AT_FIRST[method]
        estimates = self._at(frame, [one for some in places.values() for one in some[:first]], method)
        if method == "rgbd":  # without depth a place takes four times as long, and few are as sure
            settled = {estimate.object for estimate in estimates if estimate.confidence > SURE}
            more = [one for name, some in places.items() if name not in settled for one in some[first:]]
            estimates += self._at(frame, more, method)
        found = self._grounded(surest_of_each(self.objects.values(), estimates), frame, method)
        return sorted(found, key=lambda estimate: -estimate.confidence)

    def _grounded(self, estimates: list[PoseEstimate], frame: Frame, method: str) -> list[PoseEstimate]:
        """Without depth, with what the ground tells that objects stand on."""
        if method == "rgbd" or not self.options.ground:
            return estimates
        return on_one_ground(estimates, self.objects, frame.camera)

    def _at(self, frame: Frame, detections: list[Detection], method: str) -> list[PoseEstimate]:
        """Estimates at places that segmentation has found."""
        targets = [Target(found.object, found.mask, found.score) for found in detections]
        masks = [detection.mask for detection in detections]
        # Without depth a place beside this one is a guess like it, and claims nothing that outlines end at.
        covered = _beside(masks) if method == "rgbd" else [None] * len(masks)
        asked = Asked(frame, targets, masks, covered, method)
        estimates = self._estimates(asked, self._in_masks.answers(asked), FOUND)
        return estimates if method == "rgbd" else surest_in_place(estimates, masks)

    def _estimates(
        self, asked: Asked, found: Found, calibrations: Mapping[str, Calibration]
    ) -> list[PoseEstimate]:
        seen: Stats = {}
        frame, calibration = asked.frame, calibrations[asked.method]
        if asked.method == "rgbd" and frame.depth is not None:
            seen["depth_missing"] = float((frame.depth == 0).float().mean())
        estimates = [
            pose_estimate(i, self.objects[target.object], answer, calibration, frame.camera, seen)
            for i, (target, answer) in enumerate(zip(asked.targets, found, strict=True))
            if not isinstance(answer, InputError)
        ]
        if asked.method == "rgbd":
            estimates = mirror_asked(estimates, frame, asked.masks, self.objects)
        return sorted(estimates, key=lambda estimate: -estimate.score)


def _beside(masks: list[Tensor]) -> list[Tensor | None]:
    """Of each mask (H, W) what the others claim."""
    return [covered_by(mask, masks[:i] + masks[i + 1 :]) for i, mask in enumerate(masks)]
