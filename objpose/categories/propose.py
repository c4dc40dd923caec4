"""First hypotheses: every rotation of a grid, with a size and a place that the measured points suggest."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.categories.instances import Instances
from objpose.categories.kinds import Kind
from objpose.categories.observation import Observation
from objpose.categories.shape_model import ShapeModel
from objpose.geometry import SE3, SO3, rotation_grid, turn_onto, view_directions

QUARTERS = (0.0, math.pi / 2)  # turns of what is oval
AGREEMENT = (
    0.08  # standard deviation of a logarithm: how well the seen extent tells one that is seen from the side
)


def proposed(model: ShapeModel, kind: Kind, observation: Observation, count: int) -> Instances:
    """`count` hypotheses, spread over what the category's symmetry leaves of all rotations."""
    rotation = _rotations(kind, count)
    obj_from_cam = rotation.inverse().matrix()
    points = observation.cloud.points @ obj_from_cam.mT  # (B, N, 3)
    rows = points.sort(1).values
    beyond = len(observation.cloud) // 50
    low, high = rows[:, beyond], rows[:, -1 - beyond]
    view = torch.nn.functional.normalize(observation.cloud.points.mean(0), dim=0) @ obj_from_cam.mT
    latent = _sized(model, high - low, view)
    extents = model.parts_of(latent)[0]
    # Along the view the near side is seen: what is missing lies behind it.
    middle = (low + high) / 2 + view * (extents - (high - low)) / 2
    cam_from_obj = SE3.from_rotation_translation(rotation, rotation.apply(middle))
    return Instances(model, cam_from_obj, latent)


def _rotations(kind: Kind, count: int) -> SO3:
    """(count,) cam_from_obj."""
    if not kind.turns_freely:
        return rotation_grid(count)
    turns = QUARTERS if kind.oval else QUARTERS[:1]
    axes = turn_onto(view_directions(count // len(turns)))
    about_z = torch.tensor([[0.0, 0.0, turn] for turn in turns])
    return SO3((axes[:, None] @ SO3.exp(about_z)).wxyz.reshape(-1, 4))


def _sized(model: ShapeModel, seen: Tensor, view: Tensor) -> Tensor:
    """(B, D) latents, likeliest for extents (B, 3) that are seen, as far as axes lie across the view.

    A Gaussian given measurements: logarithms of the extents, with noise that grows without end along it.
    """
    across = (1 - view.square()).clamp_min(1e-3)
    sigma = AGREEMENT / across.square()
    rows = model.latent_scale[:3] / sigma[..., None]  # (B, 3, D)
    wanted = (seen.clamp_min(1e-3).log() - model.latent_mean[:3]) / sigma
    normal = rows.mT @ rows + torch.eye(model.dim)
    return torch.linalg.solve(normal, (rows.mT @ wanted[..., None]))[..., 0]
