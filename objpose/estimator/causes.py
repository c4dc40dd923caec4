"""What does not fit among the inputs of an answer that is unsure, or of a target that has none."""

from __future__ import annotations

from dataclasses import replace

from objpose.checking import check
from objpose.errors import InputError
from objpose.estimator.estimate import PoseEstimate, Target
from objpose.frame import Frame
from objpose.objects import ObjectModel

UNSURE = 0.3  # confidence below which the inputs are checked for what does not fit


def doubted(estimate: PoseEstimate, frame: Frame, target: Target, model: ObjectModel) -> PoseEstimate:
    """The estimate; where it is unsure, what does not fit among the inputs is added to its warnings."""
    if estimate.confidence >= UNSURE:
        return estimate
    return replace(estimate, warnings=(*estimate.warnings, *_causes(frame, target, model)))


def with_cause(error: InputError, frame: Frame, target: Target, model: ObjectModel) -> InputError:
    """The error, its cure followed by what does not fit among the inputs."""
    cure = "; ".join([error.cure, *_causes(frame, target, model)])
    return InputError(error.subject, error.found, error.expected, cure)


def _causes(frame: Frame, target: Target, model: ObjectModel) -> tuple[str, ...]:
    return tuple(map(str, check(frame, target.mask, model)))
