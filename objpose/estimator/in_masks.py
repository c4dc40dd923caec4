"""What shows in given masks of a frame, each answered alone, and once more on the ground of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.crops import covered_by
from objpose.errors import InputError
from objpose.estimator.estimate import Target
from objpose.estimator.options import EstimatorOptions
from objpose.features import DenseFeatures, PatchDescriptor
from objpose.frame import Frame
from objpose.geometry import HOST, SE3
from objpose.nocs import stored_network
from objpose.objects import ObjectModel, object_templates
from objpose.poses import (
    GroundPlane,
    PoseAnswer,
    find_rgb,
    find_rgbd,
    find_standing,
    prepare_looks,
    questioned,
    refine_splats,
    trusted_together,
)
from objpose.splatting import object_splats
from objpose.work import share, within

Found = list[PoseAnswer | InputError]  # by target, the error where a mask shows too little


@dataclass(frozen=True, eq=False)
class Asked:
    """Objects looked for in masks of one frame.

    masks: (H, W) bool, by target; covered: (H, W) bool, what other masks claim of the frame, which without
    depth may hide a part; None where nothing does. method: "rgbd" or "rgb".
    """

    frame: Frame
    targets: Sequence[Target]
    masks: Sequence[Tensor]
    covered: Sequence[Tensor | None]
    method: str

    def joined(self, other: Asked) -> Asked:
        """With the targets of another of the same frame behind its own."""
        targets, masks = [*self.targets, *other.targets], [*self.masks, *other.masks]
        return replace(self, targets=targets, masks=masks, covered=[*self.covered, *other.covered])

    @property
    def seen(self) -> Frame:
        """What the method sees of the frame."""
        return self.frame if self.method == "rgbd" else self.frame.without_depth()


@dataclass(frozen=True, eq=False)
class InMasks:
    """objects: by name, on the device where they are found."""

    objects: Mapping[str, ObjectModel]
    options: EstimatorOptions
    device: torch.device

    def prepare(self, names: Iterable[str], method: str) -> None:
        """Make once what threads would make at once: templates, splats, networks."""

        def prepare(name: str) -> None:
            model = self.objects[name]
            if self.options.pose_nets:
                stored_network(model)
            if method == "rgb":
                object_templates(model, self._rgb_features, self.options.rgb.templates)
                prepare_looks(model)
            if self._on_splats(model, method):
                object_splats(model)

        share(prepare, dict.fromkeys(names))

    def answers(self, asked: Asked) -> Found:
        """Each mask's own; those of one frame trust its depth together."""
        self.prepare([target.object for target in asked.targets], asked.method)
        with within(self._threads):
            found = share(lambda target: self._answer(asked, target), range(len(asked.targets)))
        trusted = iter(trusted_together([answer for answer in found if isinstance(answer, PoseAnswer)]))
        return [next(trusted) if isinstance(answer, PoseAnswer) else answer for answer in found]

    def stood(self, asked: Asked, found: Found, grounds: Mapping[int, GroundPlane]) -> Found:
        """The answers, those with a ground, by target, beside what could stand on it in their place."""

        def stood(target: int) -> PoseAnswer | InputError:
            answer = found[target]
            if target not in grounds or isinstance(answer, InputError):
                return answer
            model, mask, beside = self._of(asked, target)
            finish = self._finish(asked, target)
            given = asked.seen, mask, beside, grounds[target], answer, self.options.rgb, finish
            again = find_standing(model, *given)
            return answer if again is answer else trusted_together([again])[0]

        with within(self._threads):
            return share(stood, range(len(found)))

    def _answer(self, asked: Asked, target: int) -> PoseAnswer | InputError:
        options = self.options
        model, mask, covered = self._of(asked, target)
        finish = self._finish(asked, target)
        network = stored_network(model) if options.pose_nets else None
        try:
            if asked.method == "rgb":
                given = self._rgb_features, asked.seen, mask, options.seed, options.rgb
                return find_rgb(model, *given, finish, covered, network)
            how = options.seed, options.rgbd, options.features, finish, network
            found = find_rgbd(model, asked.seen, mask, *how)
            return questioned(found, model, asked.seen, mask, covered)
        except InputError as error:
            return error

    def _finish(self, asked: Asked, target: int) -> Callable[[SE3], SE3] | None:
        """Poses refined on splats, or as they were where the splats see none better; None where it is not
        asked for.
        """
        model, mask, covered = self._of(asked, target)
        if not self._on_splats(model, asked.method):
            return None
        splats, options = object_splats(model), self.options.splatting
        return lambda poses: refine_splats(splats, asked.seen, mask, poses, options, covered).cam_from_obj

    def _of(self, asked: Asked, target: int) -> tuple[ObjectModel, Tensor, Tensor | None]:
        return self.objects[asked.targets[target].object], asked.masks[target], asked.covered[target]

    @property
    def _rgb_features(self) -> DenseFeatures:
        return self.options.features or PatchDescriptor()

    def _on_splats(self, model: ObjectModel, method: str) -> bool:
        wanted = self.options.refine
        return wanted == "splat" or (wanted == "auto" and method == "rgb" and model.fitted is not None)

    @property
    def _threads(self) -> int | None:
        """A device has one queue, and one thread fills it."""
        return None if self.device == HOST else 1


def beside(masks: list[Tensor]) -> list[Tensor | None]:
    """Of each mask (H, W) what the others claim."""
    return [covered_by(mask, masks[:i] + masks[i + 1 :]) for i, mask in enumerate(masks)]
