"""PoseEstimator: onboarded objects and a frame in, poses with a confidence out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from objpose.checking import check
from objpose.crops import covered_by
from objpose.errors import InputError
from objpose.features import DenseFeatures, PatchDescriptor
from objpose.frame import Frame
from objpose.geometry import HOST, SE3, Camera
from objpose.given import PictureOrFile, as_list, as_mask, as_masks, as_options, described
from objpose.nocs import stored_network
from objpose.objects import ObjectModel, object_templates
from objpose.poses import (
    FINISH,
    RGB,
    RGBD,
    Calibration,
    FreeTurn,
    PoseAnswer,
    RGBDOptions,
    RGBOptions,
    SplatRefineOptions,
    Stats,
    ambiguity,
    best,
    best_distinct,
    find_rgb,
    find_rgbd,
    pose_covariance,
    questioned,
    refine_splats,
    shift_per_pixel,
)
from objpose.raster.devices import chosen_device
from objpose.segmentation import SegmentationOptions, segment
from objpose.splatting import object_splats
from objpose.work import share, within

METHODS = ("auto", "rgbd", "rgb")
REFINES = ("auto", "splat", "mesh")
OBJECTS = "onboarded objects", "objpose.onboard makes them, objpose.load_object finds them"
UNSURE = 0.3  # confidence below which the inputs are checked for what does not fit
SAME = 0.2  # of the diameter: poses of one object closer than this everywhere answer the same instance


@dataclass(frozen=True)
class EstimatorOptions:
    method: str = "auto"  # "rgbd", "rgb", or "auto": "rgbd" for frames with depth, "rgb" for those without
    seed: int = 0  # the same seed gives the same answer, on any number of threads
    threads: int | None = None  # masks worked on at once; None: as many as torch may take
    # Where poses are moved, drawn and judged: "cpu", "cuda" ("cuda:1"), or "auto": CUDA where it works. One
    # that cannot be used is an InputError. Borders, clouds and descriptors are made on the CPU all the same.
    # The CPU until asked: this path has not run on a GPU yet (docs/gpu.md).
    device: str = "cpu"
    # What describes pictures. "rgb" takes PatchDescriptor() where none is given; "rgbd" matches with it only
    # when one is.
    features: DenseFeatures | None = None
    # Whether the Pose-Nets that `objpose train-nocs` wrote beside objects propose poses too.
    pose_nets: bool = True
    # What the best pose is refined on last: the mesh (edges of the picture, ICP with depth), or its splats.
    # "auto": splats for "rgb" where they were fitted to views; those of a mesh measured no better than it.
    refine: str = "auto"
    rgbd: RGBDOptions = RGBDOptions()
    rgb: RGBOptions = RGBOptions()
    splatting: SplatRefineOptions = FINISH  # of refinement on splats
    segmentation: SegmentationOptions = SegmentationOptions()  # where no masks are given


@dataclass(frozen=True, eq=False)
class Target:
    """Where to look for which object."""

    object: str  # name of an onboarded object
    mask: np.ndarray | Tensor  # (H, W) bool, its visible pixels
    score: float = 1.0  # the segmenter's; it does not change the pose


@dataclass(frozen=True, eq=False)
class Alternative:
    """Another pose that may be the right one."""

    cam_from_obj: SE3  # as in PoseEstimate
    score: float  # likewise
    share: float  # of the chance, see PoseEstimate.share


@dataclass(frozen=True, eq=False)
class PoseEstimate:
    object: str
    cam_from_obj: SE3  # metres, OpenCV camera axes; float64 for an object far from its file's origin
    confidence: float  # in [0, 1]: the chance of being within 10 % of the diameter everywhere
    covariance: Float[Tensor, "6 6"]  # of the left perturbation exp((v, w)) @ cam_from_obj; metres, radians
    score: float  # in [0, 1]: how well the rendered pose explains the frame
    target: int  # index of the target this answers
    alternatives: tuple[Alternative, ...]  # other poses, none equal by symmetry, likeliest first
    confidence_in_image: float = 0.0  # in [0, 1]: the chance of being within 5 pixels and 5 degrees
    share: float = 1.0  # in [0, 1], of this pose in the chance that it and its alternatives hold together
    ambiguity: str = ""  # what the frame does not tell, in words; empty where it tells the pose
    free_turn: FreeTurn | None = None  # a range of turns that the frame does not tell apart
    stats: Stats = field(default_factory=dict)  # counts of each stage, and what the score is made of
    timings: dict[str, float] = field(default_factory=dict)  # seconds of each stage
    warnings: tuple[str, ...] = ()


class PoseEstimator:
    """Finds onboarded objects in RGB-D and RGB frames.

    objects: their names must differ. Masks are worked on in parallel threads, each alone on its thread, so
    that the answer does not depend on how many there are; for a GPU by one thread, in turn. Frames and masks
    may lie on any device; what is found lies on the host.

    Raises:
        InputError: objects of one name, options that do not exist, and a device that cannot be used.
    """

    def __init__(self, objects: Sequence[ObjectModel], options: EstimatorOptions = EstimatorOptions()):
        objects = as_list(objects, "objects", ObjectModel, *OBJECTS)
        self.options = options = as_options(options, EstimatorOptions)
        self.objects = {model.name: model.on_host for model in objects}
        for name, known in (("method", METHODS), ("refine", REFINES)):
            chosen = getattr(options, name)
            if chosen not in known:
                raise InputError(name, repr(chosen), f"one of {', '.join(known)}", "choose one of them")
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
        """Poses of the objects, best first; one at most for each mask.

        masks: a mask (H, W), or several, when one object is known; else Targets, or a dict of masks by the
        objects' names. None: the objects are looked for, and the list holds every place that may show one,
        perhaps none; read the confidences.
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
        targets = self._targets(masks)
        checked = [frame.checked_mask(t.mask, f"mask {i} ({t.object})") for i, t in enumerate(targets)]
        found = self._answers(frame, targets, checked, method)
        failed = [answer for answer in found if isinstance(answer, InputError)]
        if failed and len(failed) == len(found):
            first = targets[found.index(failed[0])]
            raise self._with_cause(failed[0], frame, first)
        for error in failed:
            warnings.warn(str(error), stacklevel=3)
        estimates = self._estimates(frame, targets, found, method)
        return [self._doubted(estimate, frame, targets) for estimate in estimates]

    def _doubted(self, estimate: PoseEstimate, frame: Frame, targets: list[Target]) -> PoseEstimate:
        """The estimate; where it is unsure, what does not fit among the inputs is added to its warnings."""
        if estimate.confidence >= UNSURE:
            return estimate
        causes = self._causes(frame, targets[estimate.target])
        return replace(estimate, warnings=(*estimate.warnings, *causes))

    def _with_cause(self, error: InputError, frame: Frame, target: Target) -> InputError:
        """The error, its cure followed by what does not fit among the inputs."""
        cure = "; ".join([error.cure, *self._causes(frame, target)])
        return InputError(error.subject, error.found, error.expected, cure)

    def _causes(self, frame: Frame, target: Target) -> tuple[str, ...]:
        return tuple(map(str, check(frame, target.mask, self.objects[target.object])))

    @property
    def _rgb_features(self) -> DenseFeatures:
        return self.options.features or PatchDescriptor()

    def prepare(self, names: Sequence[str] | None = None) -> None:
        """Make what RGB needs, templates and splats, of some objects or all, that no estimate has to wait."""
        with within(self.options.threads):
            self._prepare(self.objects if names is None else names, "rgb")

    def _prepare(self, names: Iterable[str], method: str) -> None:
        def prepare(name: str) -> None:
            if self.options.pose_nets:
                stored_network(self._there[name])
            if method == "rgb":
                object_templates(self._there[name], self._rgb_features, self.options.rgb.templates)
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
        """Estimates where segmentation sees an object; of those that agree on an instance, the best."""
        seen = frame if method == "rgbd" else frame.without_depth()
        options = self.options
        detections = segment(seen, list(self.objects.values()), options.segmentation, seed=options.seed)
        targets = [Target(found.object, found.mask, found.score) for found in detections]
        found = self._answers(frame, targets, [detection.mask for detection in detections], method)
        estimates = self._estimates(frame, targets, found, method)
        kept = []
        for name, model in self.objects.items():
            same = [estimate for estimate in estimates if estimate.object == name]
            if same:
                poses = SE3.stack([model.cam_from_mesh(estimate.cam_from_obj) for estimate in same])
                score = torch.tensor([estimate.score for estimate in same])
                different = best_distinct(model, poses, score, symmetry=model.symmetry, same=SAME)
                kept += [same[i] for i in different]
        return sorted(kept, key=lambda estimate: -estimate.score)

    def _estimates(
        self, frame: Frame, targets: list[Target], found: list[PoseAnswer | InputError], method: str
    ) -> list[PoseEstimate]:
        calibration = RGBD if method == "rgbd" else RGB
        seen: Stats = {}
        if method == "rgbd" and frame.depth is not None:
            seen["depth_missing"] = float((frame.depth == 0).float().mean())
        estimates = [
            self._estimate(i, targets[i], answer, calibration, frame.camera, seen)
            for i, answer in enumerate(found)
            if not isinstance(answer, InputError)
        ]
        return sorted(estimates, key=lambda estimate: -estimate.score)

    def _targets(self, masks: object) -> list[Target]:
        targets = [
            mask if isinstance(mask, Target) else self._only_target(as_mask(mask, f"mask {i}"))
            for i, mask in enumerate(as_masks(masks, Target))
        ]
        for target in targets:
            if not isinstance(target.object, str) or target.object not in self.objects:
                known = f"the name of one of {', '.join(sorted(self.objects))}"
                cure = "Target(object, mask): the object's name, then its mask"
                raise InputError("target", f"object {described(target.object)}", known, cure)
        return [replace(target, mask=as_mask(target.mask, f"mask of {target.object}")) for target in targets]

    def _only_target(self, mask: np.ndarray | Tensor) -> Target:
        if len(self.objects) > 1:
            found = f"a bare mask with {len(self.objects)} objects"
            raise InputError("masks", found, "Targets that name the object", "give Target(object, mask)")
        return Target(next(iter(self.objects)), mask)

    def _answers(
        self, frame: Frame, targets: list[Target], masks: list[Tensor], method: str
    ) -> list[PoseAnswer | InputError]:
        names = [target.object for target in targets]
        self._prepare(names, method)  # before the threads: templates and splats are made once
        covered = [covered_by(mask, masks[:i] + masks[i + 1 :]) for i, mask in enumerate(masks)]
        tasks = zip(names, masks, covered, strict=True)
        with within(None if self.device == HOST else 1):  # a device has one queue, and one thread fills it
            return share(lambda task: self._answer(task[0], frame, task[1], method, task[2]), tasks)

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

    def _estimate(
        self,
        index: int,
        target: Target,
        found: PoseAnswer,
        calibration: Calibration,
        camera: Camera,
        seen: Stats,
    ) -> PoseEstimate:
        model, verdict, part = self.objects[target.object], found.verdict[0], found.share[0]
        middle = model.mesh.bounds().mean(0)
        shift = shift_per_pixel(found.cam_from_obj[0], middle, model.diameter, camera)
        unsure = ambiguity(model, found.cam_from_obj, found.share)
        return PoseEstimate(
            object=model.name,
            cam_from_obj=model.cam_from_obj(found.cam_from_obj[0]),
            confidence=found.trust * float(calibration.confidence(verdict.evidence, part, shift)),
            confidence_in_image=found.trust * float(calibration.close.of(verdict.evidence, part)),
            covariance=pose_covariance(model, found, unsure, calibration),
            score=float(verdict.score),
            target=index,
            alternatives=_alternatives(model, found),
            share=float(part),
            ambiguity=unsure.words,
            free_turn=unsure.free_turn,
            stats=found.stats | seen | _reasons(found),
            timings=found.timings,
            warnings=found.warnings,
        )


def _alternatives(model: ObjectModel, found: PoseAnswer) -> tuple[Alternative, ...]:
    poses, score, share = model.cam_from_obj(found.cam_from_obj), found.verdict.score, found.share
    order = [index for index in best(share).tolist() if index != 0]
    return tuple(Alternative(poses[i], float(score[i]), float(share[i])) for i in order)


def _reasons(found: PoseAnswer) -> Stats:
    """What the best pose's score and confidence are made of: parts of its verdict."""
    verdict = found.verdict
    names = "geometry", "appearance", "visible", "empty", "bare", "likely"
    return {name: float(getattr(verdict, name)[0]) for name in names}
