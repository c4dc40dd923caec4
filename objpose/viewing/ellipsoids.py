"""A pose's covariance as something to look at: ellipsoids of points of the object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from objpose.geometry import SO3
from objpose.objects import ObjectModel

if TYPE_CHECKING:
    from viser import IcosphereHandle, ViserServer

COLOR = (86, 180, 233)
THINNEST = 1e-5  # metres: a flat ellipsoid is still drawn


@dataclass(frozen=True)
class Ellipsoid:
    """One sigma of where a point is: semi-axes along the columns of a rotation."""

    centre: np.ndarray  # (3,) metres, camera frame
    wxyz: np.ndarray  # (4,) cam_from_axes
    radii: np.ndarray  # (3,) metres


def point_covariance(
    points: Float[Tensor, "N 3"], covariance: Float[Tensor, "6 6"]
) -> Float[Tensor, "N 3 3"]:
    """Covariances of points in the camera's frame under a left perturbation (v, w): p moves by v + w x p."""
    points, covariance = points.double(), covariance.double()
    x, y, z = points.unbind(-1)
    nil = torch.zeros_like(x)
    cross = torch.stack([nil, -z, y, z, nil, -x, -y, x, nil], -1).unflatten(-1, (3, 3))
    jacobian = torch.cat([torch.eye(3, dtype=torch.float64).expand_as(cross), -cross], -1)
    return jacobian @ covariance @ jacobian.mT


def ellipsoids(points: Float[Tensor, "N 3"], covariance: Float[Tensor, "6 6"]) -> list[Ellipsoid]:
    """Of points in the camera's frame; metres."""
    variances, axes = torch.linalg.eigh(point_covariance(points, covariance))
    axes = axes * torch.linalg.det(axes).sign()[:, None, None]  # eigenvectors may mirror
    wxyz = SO3.from_matrix(axes).wxyz.numpy()
    radii = variances.clamp_min(THINNEST**2).sqrt().numpy()
    return [Ellipsoid(*parts) for parts in zip(points.numpy(), wxyz, radii, strict=True)]


def telling_points(model: ObjectModel) -> Float[Tensor, "7 3"]:
    """Middle of the mesh, and its vertices farthest along each axis, where turns show most; mesh frame."""
    vertices = model.mesh.vertices
    ends = torch.cat([vertices.argmin(0), vertices.argmax(0)])
    return torch.cat([model.mesh.bounds().mean(0, keepdim=True), vertices[ends]])


def show_ellipsoids(
    server: ViserServer, name: str, shown: Sequence[Ellipsoid], sigmas: float
) -> list[IcosphereHandle]:
    return [
        server.scene.add_icosphere(
            f"{name}/{index}",
            scale=tuple(sigmas * one.radii),
            color=COLOR,
            opacity=0.6,
            cast_shadow=False,
            receive_shadow=False,
            wxyz=one.wxyz,
            position=one.centre,
        )
        for index, one in enumerate(shown)
    ]
