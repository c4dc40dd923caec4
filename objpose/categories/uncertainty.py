"""How far off an instance's pose and size may be, by the curvature of its residuals."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.categories.canonical import Canonical
from objpose.categories.instances import Instances
from objpose.categories.shape_model import ShapeModel
from objpose.poses import FreeTurn, left_covariance
from objpose.poses.uncertainty import free_directions, given_turn

# Times what independent residuals would give: what the model cannot shape errs alike all over the surface.
# Fitted on drawn instances, so that pose errors are in the middle of their spread: benchmarks/categories.py.
CORRELATION = 3.0


class Uncertainty(NamedTuple):
    covariance: Tensor  # (6, 6) of the left perturbation of cam_from_obj; metres, radians
    size_sigma: Tensor  # (3,) metres, along the object's axes


def uncertainty(
    instances: Instances, index: int, normal: Tensor, found: Canonical, free_turn: FreeTurn | None
) -> Uncertainty:
    """Of one of the instances; normal (6 + D, 6 + D) is that of its residuals, the category's among them."""
    model = instances.model
    prior = torch.diag(torch.cat([torch.zeros(6), torch.ones(model.dim)])).double()
    normal = (normal.double() - prior) / CORRELATION + prior
    pose, mixed, latent = normal[:6, :6], normal[:6, 6:], normal[6:, 6:]
    information = pose - mixed @ torch.linalg.solve(latent, mixed.mT)
    body = instances.cam_from_obj[index]
    diameter = found.mesh.diameter()
    covariance = left_covariance(information, body, torch.zeros(3), diameter)
    if free_turn is not None:
        axis = found.cam_from_obj.rotation.apply(free_turn.axis)
        covariance = given_turn(covariance, axis, 0.0) + turn_spread(found, free_turn)
    covariance = covariance + free_directions(found.symmetry, found.cam_from_obj)
    return Uncertainty((covariance + covariance.mT) / 2, _size_sigma(model, latent - mixed.mT @ _solve(pose, mixed), found))
