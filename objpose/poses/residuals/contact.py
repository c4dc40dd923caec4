"""How an object stands on a ground that is known: flat on one of its sides, touching it, or elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.objects import ObjectModel
from objpose.poses.residuals.posed import Posed

# Of right poses: those that stand on one of their sides, touch the ground but lean, lie on something else,
# and stand on a lower ground.
FLAT, TOUCHES, ABOVE, BELOW = 0.7, 0.2, 0.09, 0.01
TILT_SIGMA = math.radians(2.0)  # of a side on the ground: grounds are uneven, and so are meshes
HEIGHT_SIGMA = 0.012  # diameters
HEIGHTS = 3.0  # diameters, of the range that an object off the ground may be in


class GroundPlane(NamedTuple):
    """The plane normal . x = height, camera frame, metres."""

    normal: np.ndarray  # (3,) unit, up
    height: float  # below 0 where the camera is above it
    across: np.ndarray  # (2, 3) unit, along the plane
    covariance: np.ndarray  # (3, 3) of tilts along `across`, radians, and of the height


@dataclass(frozen=True, eq=False)
class Body:
    """What an object can stand on, in its mesh's frame; float64."""

    corners: Tensor  # (H, 3) metres, of its convex hull
    sides: Tensor  # (F, 3) unit, outward
    diameter: float

    @staticmethod
    def of(model: ObjectModel) -> Body:
        host = model.on_host
        corners = host.sides.corners - np.array(host.origin)
        return Body(torch.from_numpy(corners), torch.from_numpy(host.sides.normals), host.diameter)


class Contact:
    """Of B poses the nats against their standing as they do, flat, touching or elsewhere by those shares.

    Where an object is hidden, its outline lets it slide along the ray; the ground holds it. A pose that the
    picture draws off its side is let go: the pull is that of what is likely there.
    """

    outputs = ()

    def __init__(self, body: Body, ground: GroundPlane, device: torch.device):
        self.corners, self.sides = body.corners.to(device), body.sides.to(device)
        self.normal, self.across, self.of_ground = (
            torch.from_numpy(part).to(device) for part in (ground.normal, ground.across, ground.covariance)
        )
        self.height, self.near = ground.height, HEIGHT_SIGMA * body.diameter
        sigmas = torch.tensor([TILT_SIGMA, TILT_SIGMA, self.near], dtype=torch.float64, device=device)
        self.noise = torch.diag(sigmas**2)
        # Densities of a side's tilt, where it may be any, and of a height in the range.
        self.any_tilt = math.log(len(body.sides) / (4 * math.pi))
        self.any_height = -math.log(HEIGHTS * body.diameter)

    def system(self, posed: Posed) -> NormalEquations:
        off, by_pose, covariance = self.off(posed)
        height, spread = off[:, 2], covariance[:, 2, 2]
        information = torch.linalg.inv(covariance)
        flat = math.log(FLAT) + _log_normal(off, information) - self.any_tilt
        touches = math.log(TOUCHES) + _log_normal(height[:, None], 1 / spread[:, None, None])
        chances = torch.stack(
            [flat, touches, torch.full_like(flat, math.log(ABOVE + BELOW) + self.any_height)]
        )
        is_flat, is_touching, _ = chances.softmax(0)
        trusted = is_flat[:, None, None] * information
        trusted[:, 2, 2] += is_touching / spread
        pulled = by_pose.mT @ trusted
        cost = self.any_height - chances.logsumexp(0)
        gradient = (pulled @ off[..., None])[..., 0]
        return NormalEquations(pulled @ by_pose, gradient, cost).to(posed.cam_from_obj.wxyz_xyz)

    def off(self, posed: Posed) -> tuple[Tensor, Tensor, Tensor]:
        """Of B poses: (B, 3) tilts of the nearest side and height of the lowest point, radians and metres;
        (B, 3, 6) derivatives by twists about the object's centre; (B, 3, 3) covariance of contact."""
        poses = posed.cam_from_obj
        rotation, pivot = poses.rotation.matrix().double(), posed.pivot.double()
        ups = -self.sides @ rotation.mT
        up = ups[torch.arange(len(ups)), (ups @ self.normal).argmax(1)]
        low = self._lowest(self.corners @ rotation.mT + poses.translation.double()[:, None])
        off = torch.cat([up @ self.across.mT, (low @ self.normal - self.height)[:, None]], 1)
        by_pose, by_ground = off.new_zeros(len(off), 3, 6), off.new_zeros(len(off), 3, 3)
        by_pose[:, :2, 3:] = torch.linalg.cross(
            up[:, None].expand(-1, 2, -1), self.across.expand(len(up), -1, -1)
        )
        by_pose[:, 2, :3] = self.normal
        by_pose[:, 2, 3:] = torch.linalg.cross(low - pivot, self.normal.expand_as(pivot))
        by_ground[:, [0, 1, 2], [0, 1, 2]] = -1.0
        by_ground[:, 2, :2] = low @ self.across.mT
        return off, by_pose, self.noise + by_ground @ self.of_ground @ by_ground.mT

    def _lowest(self, corners: Tensor) -> Tensor:
        """(B, 3) what of corners (B, H, 3) touches the ground."""
        heights = corners @ self.normal
        touching = (heights < heights.amin(1, keepdim=True) + self.near).double()
        return (touching[..., None] * corners).sum(1) / touching.sum(1, keepdim=True)


def _log_normal(off: Tensor, information: Tensor) -> Tensor:
    """(B,) of errors (B, n), information (B, n, n)."""
    squared = (off[:, None] @ information @ off[..., None])[:, 0, 0]
    return 0.5 * (torch.logdet(information / (2 * math.pi)) - squared)
