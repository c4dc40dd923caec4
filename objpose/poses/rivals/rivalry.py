"""The look-alikes of the best poses: found, thinned out, and given their shares of the chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses.distinct import SAME, best, distinct
from objpose.poses.rivals.compare import Comparison
from objpose.poses.rivals.shares import shares

TURNS = 72  # about an axis
BODIES = 2  # poses whose look-alikes are tried, none of which is a look-alike of another
MOST = 8  # rivals that are aligned and compared in pairs
HOPELESS = 20.0  # nats behind the best in the first look


@dataclass(frozen=True, eq=False)
class Rivalry:
    model: ObjectModel
    first_look: Comparison  # of all turns, in few pixels
    close_look: Comparison  # of aligned poses

    def rivals(self, cam_from_obj: SE3) -> SE3:
        """(k,) the likeliest of poses (B,), best first, and of the look-alikes of the first few; k <= MOST."""
        model = self.model
        radius = SAME * model.diameter
        bodies = cam_from_obj[distinct(model, model.near_symmetry, cam_from_obj, radius, BODIES)]
        turns = model.near_symmetry.transforms(1.0, math.pi / TURNS)[1:]
        turned = SE3((bodies[:, None] @ turns).wxyz_xyz.reshape(-1, 7))
        candidates = SE3.cat([cam_from_obj, turned])
        nats = self.first_look.log_likelihood(candidates)
        order = best(nats)
        order = order[nats[order] > nats.max() - HOPELESS]
        return candidates[order][distinct(model, model.symmetry, candidates[order], radius, MOST)]

    def shares(self, cam_from_obj: SE3) -> Tensor:
        """(B,) chances of aligned poses (B,), one of which is right."""
        return shares(self.close_look.log_odds(cam_from_obj))
