"""How far off an instance's pose and size may be, by the curvature of its residuals."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.categories.canonical import Canonical
from objpose.categories.instances import Instances
from objpose.poses import FreeTurn, left_covariance
from objpose.poses.uncertainty import free_directions, given_turn

# By how much more than independent residuals those of a surface err that the model cannot shape. Chosen on
# drawn instances, between what sides (8) and what places (70) of right answers ask for.
CORRELATION = 25.0


class Uncertainty(NamedTuple):
    covariance: Tensor  # (6, 6) of the left perturbation of cam_from_obj; metres, radians
    size_sigma: Tensor  # (3,) metres, along the axes of the object


def uncertainty(
    instances: Instances, index: int, normal: Tensor, found: Canonical, free_turn: FreeTurn | None
) -> Uncertainty:
    """Of one of the instances; normal (6 + D, 6 + D) is that of its residuals, the category's among them."""
    prior = torch.diag(torch.cat([torch.zeros(6), torch.ones(instances.model.dim)])).double()
    normal = (normal.double() - prior) / CORRELATION + prior
    moved, mixed, latent = normal[:6, :6], normal[:6, 6:], normal[6:, 6:]
    information = moved - mixed @ torch.linalg.solve(latent, mixed.mT)
    diameter = found.mesh.diameter()
    # About the middle of the body, which is where the residuals turn it.
    covariance = left_covariance(information, instances.cam_from_obj[index], torch.zeros(3), diameter)
    if free_turn is not None:
        part = (free_turn.end - free_turn.start) / 12**0.5  # one sigma of what is even over the range
        axis = found.cam_from_obj.rotation.apply(free_turn.axis)
        covariance = given_turn(covariance, axis, 0.0) + part**2 * _about(axis, found)
    covariance = covariance + free_directions(found.symmetry, found.cam_from_obj)
    return Uncertainty((covariance + covariance.mT) / 2, _size_sigma(instances, index, normal, found))


def _about(axis: Tensor, found: Canonical) -> Tensor:
    """(6, 6) of a turn by one radian about a line through the body's middle, camera frame."""
    middle = found.cam_from_obj.apply(found.body_middle)
    twist = torch.cat([torch.linalg.cross(middle, axis), axis]).double()
    return torch.outer(twist, twist)


def _size_sigma(instances: Instances, index: int, normal: Tensor, found: Canonical) -> Tensor:
    """(3,) metres: of the box, as its sides change with the latents."""
    latent = instances.latent[index]
    covariance = torch.linalg.inv(normal + 1e-6 * torch.eye(len(normal)).double())[6:, 6:]

    def size(values: Tensor) -> Tensor:
        vertices = instances.model.vertices(values)
        return vertices.amax(0) - vertices.amin(0)

    jacobian = torch.autograd.functional.jacobian(size, latent).double()
    axes = found.body_from_obj.rotation.matrix().abs().double()
    return (axes.mT @ (jacobian @ covariance @ jacobian.mT).diagonal().clamp_min(0).sqrt()).float()
