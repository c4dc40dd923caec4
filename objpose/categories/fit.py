"""Hypotheses drawn to the measured points, coarse to fine, in pose, size and shape; the best go on."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from objpose.categories.instances import Instances
from objpose.categories.observation import Observation
from objpose.categories.residuals import ResidualOptions, Residuals
from objpose.poses import best
from objpose.robust import LMOptions, levenberg_marquardt


@dataclass(frozen=True)
class Round:
    points: int  # of the cloud
    reach: float  # of the span: distances beyond are outliers
    iterations: int
    keep: int  # hypotheses that go on


ROUNDS = (
    Round(48, 0.3, 3, 40),
    Round(96, 0.15, 5, 12),
    Round(256, 0.08, 8, 8),
    Round(400, 0.03, 15, 4),
)


def fitted(
    start: Instances,
    observation: Observation,
    rounds: tuple[Round, ...],
    options: ResidualOptions,
    generator: torch.Generator,
) -> Instances:
    """(k,) hypotheses, of least cost first, by so many rounds."""
    instances = start
    for part in rounds:
        instances = _settled(instances, residuals_of(observation, part, options, generator), part)
    return instances


def residuals_of(
    observation: Observation, part: Round, options: ResidualOptions, generator: torch.Generator
) -> Residuals:
    cloud = observation.cloud.subset(part.points, generator)
    return Residuals(observation, cloud.points, cloud.normals, part.reach * observation.span, options)


def _settled(instances: Instances, residuals: Residuals, part: Round) -> Instances:
    """Each at the least of its residuals nearby; the best go on."""
    model = instances.model
    result = levenberg_marquardt(
        instances.packed,
        lambda params: residuals(Instances.unpacked(model, params)),
        lambda params, step: Instances.unpacked(model, params).moved(step).packed,
        LMOptions(max_iterations=part.iterations, initial_damping=1e-2),
    )
    return Instances.unpacked(model, result.params)[best(-result.cost, part.keep)]
