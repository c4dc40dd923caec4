"""PoseEstimator: onboarded objects and a frame in, poses with a confidence out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence

from torch import Tensor

from objpose.crops import covered_by
from objpose.errors import InputError
from objpose.estimator.causes import doubted, with_cause
from objpose.estimator.estimate import PoseEstimate, Target, pose_estimate
from objpose.estimator.ground import on_one_ground, unsure_on_ground
from objpose.estimator.instances import surest_in_place, surest_of_each
from objpose.estimator.mirrored_frame import mirror_asked
from objpose.estimator.options import EstimatorOptions
from objpose.estimator.targets import targets_of
from objpose.features import DenseFeatures, PatchDescriptor
from objpose.frame import Frame
from objpose.geometry import HOST, SE3
from objpose.given import PictureOrFile, as_list, as_options, described
from objpose.nocs import stored_network
from objpose.objects import ObjectModel, object_templates
from objpose.poses import (
    RGB,
    RGB_SEARCHED,
    RGBD,
    Calibration,
    PoseAnswer,
    Stats,
    find_rgb,
    find_rgbd,
    find_standing,
    prepare_looks,
    questioned,
    refine_splats,
    trusted_together,
)
from objpose.raster.devices import chosen_device
from objpose.segmentation import Detection, segment
from objpose.splatting import object_splats
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
        self._there = {name: model.to(self.device) for name, model in self.objects.items()}

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
        covered = _beside(checked)
        found = self._answers(frame, targets, checked, covered, method)
        failed = [answer for answer in found if isinstance(answer, InputError)]
        if failed and len(failed) == len(found):
            first = targets[found.index(failed[0])]
            raise with_cause(failed[0], frame, first, self.objects[first.object])
        for error in failed:
            warnings.warn(str(error), stacklevel=3)
        if method == "rgb" and self.options.ground:
            found = self._stood(frame, targets, checked, covered, found)
        estimates = self._estimates(frame, targets, checked, found, method, GIVEN)
        estimates = self._grounded(estimates, frame, method)
        asked = [(one, frame, targets[one.target], self.objects[one.object]) for one in estimates]
        return share(lambda one: doubted(*one), asked)

    @property
    def _rgb_features(self) -> DenseFeatures:
        return self.options.features or PatchDescriptor()

    def prepare(self, names: Sequence[str] | None = None) -> None:
        """Make what RGB needs, templates above all, of some objects or all, that no estimate has to wait."""
        with within(self.options.threads):
            self._prepare(self.objects if names is None else names, "rgb")

    def _prepare(self, names: Iterable[str], method: str) -> None:
        def prepare(name: str) -> None:
            if self.options.pose_nets:
                stored_network(self._there[name])
            if method == "rgb":
                object_templates(self._there[name], self._rgb_features, self.options.rgb.templates)
                prepare_looks(self._there[name])
            if self._on_splats(self._there[name], method):
                object_splats(self._there[name])

        share(prepare, dict.fromkeys(names))

    def _on_splats(self, model: ObjectModel, method: str) -> bool:
        wanted = self.options.refine
        return wanted == "splat" or (wanted == "auto" and method == "rgb" and model.fitted is not None)

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

    def _stood(
        self,
        frame: Frame,
        targets: list[Target],
        masks: list[Tensor],
        covered: Sequence[Tensor | None],
        found: list[PoseAnswer | InputError],
    ) -> list[PoseAnswer | InputError]:
        """The answers, unsure ones beside what could stand in their place on the ground of the others."""
        seen = frame.without_depth()
        estimates = self._estimates(frame, targets, masks, found, "rgb", GIVEN)
        grounds = unsure_on_ground(estimates, self.objects, frame.camera)

        def stood(target: int) -> PoseAnswer | InputError:
            answer, ground = found[target], grounds.get(target)
            if ground is None or isinstance(answer, InputError):
                return answer
            model, mask, beside = self._there[targets[target].object], masks[target], covered[target]
            finish = self._finish(model, seen, mask, beside) if self._on_splats(model, "rgb") else None
            again = find_standing(model, seen, mask, beside, ground, answer, self.options.rgb, finish)
            return answer if again is answer else trusted_together([again])[0]

        with within(None if self.device == HOST else 1):
            return share(stood, range(len(found)))

    def _at(self, frame: Frame, detections: list[Detection], method: str) -> list[PoseEstimate]:
        """Estimates at places that segmentation has found."""
        targets = [Target(found.object, found.mask, found.score) for found in detections]
        masks = [detection.mask for detection in detections]
        # Without depth a place beside this one is a guess like it, and claims nothing that outlines end at.
        covered = _beside(masks) if method == "rgbd" else [None] * len(masks)
        found = self._answers(frame, targets, masks, covered, method)
        estimates = self._estimates(frame, targets, masks, found, method, FOUND)
        return estimates if method == "rgbd" else surest_in_place(estimates, masks)

    def _estimates(
        self,
        frame: Frame,
        targets: list[Target],
        masks: list[Tensor],
        found: list[PoseAnswer | InputError],
        method: str,
        calibrations: Mapping[str, Calibration],
    ) -> list[PoseEstimate]:
        seen: Stats = {}
        calibration = calibrations[method]
        if method == "rgbd" and frame.depth is not None:
            seen["depth_missing"] = float((frame.depth == 0).float().mean())
        estimates = [
            pose_estimate(i, self.objects[targets[i].object], answer, calibration, frame.camera, seen)
            for i, answer in enumerate(found)
            if not isinstance(answer, InputError)
        ]
        if method == "rgbd":
            estimates = mirror_asked(estimates, frame, masks, self.objects)
        return sorted(estimates, key=lambda estimate: -estimate.score)

    def _answers(
        self,
        frame: Frame,
        targets: list[Target],
        masks: list[Tensor],
        covered: Sequence[Tensor | None],
        method: str,
    ) -> list[PoseAnswer | InputError]:
        names = [target.object for target in targets]
        self._prepare(names, method)  # before the threads: templates and splats are made once
        tasks = zip(names, masks, covered, strict=True)
        with within(None if self.device == HOST else 1):  # a device has one queue, and one thread fills it
            found = share(lambda task: self._answer(task[0], frame, task[1], method, task[2]), tasks)
        trusted = iter(trusted_together([answer for answer in found if isinstance(answer, PoseAnswer)]))
        return [next(trusted) if isinstance(answer, PoseAnswer) else answer for answer in found]

    def _answer(
        self, name: str, frame: Frame, mask: Tensor, method: str, covered: Tensor | None = None
    ) -> PoseAnswer | InputError:
        """covered: (H, W) bool, what the other masks of the frame claim; without depth it may hide a part."""
        options, model = self.options, self._there[name]
        seen = frame if method == "rgbd" else frame.without_depth()
        finish = self._finish(model, seen, mask, covered) if self._on_splats(model, method) else None
        network = stored_network(model) if options.pose_nets else None
        try:
            if method == "rgb":
                given = self._rgb_features, seen, mask, options.seed, options.rgb, finish, covered, network
                return find_rgb(model, *given)
            how = options.seed, options.rgbd, options.features, finish, network
            found = find_rgbd(model, seen, mask, *how)
            return questioned(found, model, seen, mask, covered)
        except InputError as error:
            return error

    def _finish(
        self, model: ObjectModel, frame: Frame, mask: Tensor, covered: Tensor | None
    ) -> Callable[[SE3], SE3]:
        """Poses refined on splats, or as they were where the splats see none better."""
        splats, options = object_splats(model), self.options.splatting
        return lambda poses: refine_splats(splats, frame, mask, poses, options, covered).cam_from_obj


def _beside(masks: list[Tensor]) -> list[Tensor | None]:
    """Of each mask (H, W) what the others claim."""
    return [covered_by(mask, masks[:i] + masks[i + 1 :]) for i, mask in enumerate(masks)]
