"""Poses turned a little from one: where its paint shows as well there, that turn is not told."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.geometry.tangent import moved_about
from objpose.tracking.evidence import Evidence, chance, paint_nats
from objpose.tracking.sight import Sight

if TYPE_CHECKING:
    from objpose.tracking.fitting import Fitter

TURNED = 8.0  # degrees: outlines and prints that are drawn to the pixel are held against so much
# Nats by which paint may speak for a turned pose where the chances are even, and in which they are e to one:
# cells of a drawing are coarse, and the pose is drawn by its outline too.
EVEN, SOFT = 0.2, 0.1


class Beside(NamedTuple):
    """The likeliest of the turned poses, by paint."""

    cam_from_mesh: Tensor  # (1, 7)
    nats: float  # for it, against the pose itself
    share: float  # in [0, 1], what that leaves of the pose's chance; 1 where there is no paint

    @property
    def is_likelier(self) -> bool:
        """Enough to be drawn onto the frame."""
        return self.nats > EVEN


def beside(fitter: Fitter, sight: Sight, cam_from_mesh: SE3, evidence: Evidence) -> Beside:
    """Of a pose () whose evidence is known."""
    poses = moved_about(fitter.views.centre, cam_from_mesh.wxyz_xyz.expand(6, 7), turns_of(TURNED))
    poses = poses.to(torch.float32).contiguous()
    nats = paint_nats(fitter.paint.seen(sight, SE3(poses))) - evidence.paint
    best = int(nats.argmax())
    most = float(nats[best])
    share = chance((EVEN - most) / SOFT) if evidence.colourful > 0 else 1.0
    return Beside(poses[best : best + 1], most if evidence.colourful > 0 else -math.inf, share)


@lru_cache(maxsize=2)
def turns_of(degrees: float) -> Tensor:
    """(6, 6) twists about the centre, each way about each axis."""
    turned = math.radians(degrees) * torch.cat([torch.eye(3), -torch.eye(3)])
    return torch.cat([torch.zeros(6, 3), turned], 1)
