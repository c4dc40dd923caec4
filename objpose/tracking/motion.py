"""Where an object will be: it goes on as it went, the less surely the longer nobody looked."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.geometry.tangent import moved_about

SMOOTHEST, QUICKEST = 1.5, 0.1  # seconds in which a velocity dies away, at agility 0 and 1
STEADIEST, KEENEST = 0.3, 0.9  # share of a newly seen velocity in the one kept, at agility 0 and 1


class Motion:
    """The velocity of one object: constant but for a decay, mean of those seen, the last ones most.

    agility: from 0 to 1, see TrackerOptions.
    """

    def __init__(self, centre: Tensor, agility: float):
        self.centre = centre  # (3,) metres, object frame: what the object turns about
        self.decay = SMOOTHEST ** (1 - agility) * QUICKEST**agility
        self.keenness = STEADIEST + (KEENEST - STEADIEST) * agility
        self.stop()

    def stop(self) -> None:
        """After a jump nothing is known of how it moves."""
        self.velocity, self.is_known = torch.zeros(6, dtype=torch.float64), False

    def predicted(self, cam_from_obj: SE3, elapsed: float) -> SE3:
        """The pose () after `elapsed` seconds: the centre goes straight on, whatever turns about it."""
        shift, turn = self.decay * -math.expm1(-elapsed / self.decay) * self.velocity.view(2, 3)
        twist = torch.cat([torch.zeros_like(turn), turn])
        moved = moved_about(self.centre, cam_from_obj.wxyz_xyz[None], twist[None])[0]
        moved[4:] += shift
        return SE3(moved)

    def fade(self, elapsed: float) -> None:
        """So many seconds passed in which nothing was seen of it."""
        self.velocity = self.velocity * math.exp(-elapsed / self.decay)

    def saw(self, before: SE3, after: SE3, elapsed: float, share: float = 1.0) -> None:
        """The pose () changed so in `elapsed` seconds; share: 0 to 1, how far that can be believed.

        What is seen first is not averaged with a standstill that nobody saw.
        """
        moved = after.apply(self.centre) - before.apply(self.centre)
        turned = (after.rotation @ before.rotation.inverse()).log()
        seen = torch.cat([moved, turned]).double() / elapsed
        self.fade(elapsed)
        gain = share * (self.keenness if self.is_known else 1.0)
        self.velocity = self.velocity + gain * (seen - self.velocity)
        self.is_known = True
