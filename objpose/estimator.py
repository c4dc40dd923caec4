"""PoseEstimator: onboarded objects and a frame in, poses with a confidence out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.onboarding import ObjectModel
from objpose.registration import Registration, RegistrationOptions, register
from objpose.registration.confidence import confidence, pose_covariance


@dataclass(frozen=True)
class EstimatorOptions:
    seed: int = 0  # the same seed gives the same answer, on any number of threads
    threads: int | None = None  # masks worked on at the same time; None: torch.get_num_threads()
    registration: RegistrationOptions = RegistrationOptions()


@dataclass(frozen=True, eq=False)
class Target:
    """Where to look for which object."""

    object: str  # name of an onboarded object
    mask: np.ndarray | Tensor  # (H, W) bool, its visible pixels
    score: float = 1.0  # the segmenter's; it does not change the pose


@dataclass(frozen=True, eq=False)
class PoseEstimate:
    object: str
    cam_from_obj: SE3  # metres, OpenCV camera axes
    confidence: float  # in [0, 1]: the chance of being within 10 % of the diameter
    covariance: Tensor  # (6, 6) of the left perturbation exp((v, w)) @ cam_from_obj, metres and radians
    score: float  # in [0, 1]: how well the rendered pose explains the frame
    target: int  # index of the target this answers
    alternatives: tuple[tuple[SE3, float], ...]  # other poses, none equal by symmetry, and their scores
    stats: dict = field(default_factory=dict)  # counts of each stage, and what the score is made of
    timings: dict = field(default_factory=dict)  # seconds of each stage
    warnings: tuple[str, ...] = ()


class PoseEstimator:
    """Finds onboarded objects in RGB-D frames.

    objects: their names must differ. Masks are worked on in parallel threads, each alone on its thread, so
    that the answer does not depend on how many there are.
    """

    def __init__(self, objects: Sequence[ObjectModel], options: EstimatorOptions = EstimatorOptions()):
        self.objects = {model.name: model for model in objects}
        self.options = options
        if not objects:
            raise InputError("objects", "none", "at least one onboarded object", "onboard a mesh first")
        if len(self.objects) < len(objects):
            names = sorted(model.name for model in objects)
            raise InputError("objects", f"names {names}", "different names", "onboard with name=")

    def estimate(
        self, frame: Frame, masks: np.ndarray | Tensor | Sequence[Target | np.ndarray | Tensor]
    ) -> list[PoseEstimate]:
        """Poses of the masked objects, best first; one at most for each mask.

        masks: a mask (H, W), or several, when one object is known; else Targets. A target whose mask holds
        too little depth is left out with a Python warning; when that leaves none, InputError is raised, as
        for masks of another size, empty masks, unknown names and a frame without depth.
        """
        if frame.depth is None:
            raise InputError("frame", "no depth", "an RGB-D frame", "give depth to Frame")
        targets = self._targets(masks)
        checked = [frame.checked_mask(t.mask, f"mask {i} ({t.object})") for i, t in enumerate(targets)]
        found = self._registered(frame, targets, checked)
        failed = [result for result in found if isinstance(result, InputError)]
        if failed and len(failed) == len(found):
            raise failed[0]
        for error in failed:
            warnings.warn(str(error), stacklevel=2)
        pairs = [(i, result) for i, result in enumerate(found) if isinstance(result, Registration)]
        estimates = [self._estimate(i, targets[i], result) for i, result in pairs]
        return sorted(estimates, key=lambda estimate: -estimate.score)

    def _targets(self, masks) -> list[Target]:
        if isinstance(masks, (np.ndarray, Tensor)):
            masks = [masks] if masks.ndim == 2 else list(masks)
        targets = [mask if isinstance(mask, Target) else self._only_target(mask) for mask in masks]
        for target in targets:
            if target.object not in self.objects:
                known = ", ".join(sorted(self.objects))
                raise InputError("target", f"object {target.object!r}", f"one of {known}", "onboard it first")
        return targets

    def _only_target(self, mask: np.ndarray | Tensor) -> Target:
        if len(self.objects) > 1:
            found = f"a bare mask with {len(self.objects)} objects"
            raise InputError("masks", found, "Targets that name the object", "give Target(object, mask)")
        return Target(next(iter(self.objects)), mask)

    def _registered(
        self, frame: Frame, targets: list[Target], masks: list[Tensor]
    ) -> list[Registration | InputError]:
        threads = self.options.threads or torch.get_num_threads()
        names = [target.object for target in targets]
        before = torch.get_num_threads()
        # torch's sums depend on how many threads share them: one thread a mask keeps the answer the same.
        try:
            with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
                return list(pool.map(lambda name, mask: self._register(name, frame, mask), names, masks))
        finally:
            torch.set_num_threads(before)  # threads that start later take the number set last

    def _register(self, name: str, frame: Frame, mask: Tensor) -> Registration | InputError:
        try:
            return register(self.objects[name], frame, mask, self.options.seed, self.options.registration)
        except InputError as error:
            return error

    def _estimate(self, index: int, target: Target, found: Registration) -> PoseEstimate:
        model, scores = self.objects[target.object], found.verdict.score
        runner_up = scores[1] if len(scores) > 1 else torch.tensor(0.0)
        centre = model.mesh.bounds().mean(0)
        return PoseEstimate(
            object=model.name,
            cam_from_obj=found.cam_from_obj[0],
            confidence=float(confidence(scores[0], runner_up)),
            covariance=pose_covariance(found.information[0], found.cam_from_obj[0], centre, model.diameter),
            score=float(scores[0]),
            target=index,
            alternatives=tuple((found.cam_from_obj[i], float(scores[i])) for i in range(1, len(scores))),
            stats=found.stats | _reasons(found),
            timings=found.timings,
            warnings=found.warnings,
        )


def _reasons(found: Registration) -> dict[str, float]:
    """What the best pose's score is made of, and the share of its rendering that the depth confirms."""
    verdict = found.verdict
    parts = {"geometry": verdict.geometry, "appearance": verdict.appearance, "visible": verdict.visible}
    return {name: float(values[0]) for name, values in parts.items()}
