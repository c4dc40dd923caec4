"""How light falls on an object, learnt from frames that can be trusted: what turns shows in its shade too."""

from __future__ import annotations

import torch
from torch import Tensor

LEAST = 100  # cells of the object in a frame from which light is learnt
TOLD = 0.6  # share of the differences in brightness that the light must explain to be believed
RIDGE = 0.01  # of the mean brightness: a face alone does not tell where its light comes from
RATE = 0.5  # of the light with each trusted frame: lamps move faster past an object than its colours change
EVEN = torch.tensor([1.0, 0.0, 0.0, 0.0])  # the light that leaves paint as it is
OUTLYING = 2.0  # deviations from what was expected, of glints, cast shadows and what stands before it


class Light:
    """One far lamp and the room: brightness is the paint's times a constant and a slope along the normal.

    Lambert's law, in camera axes. It is used once it explained what trusted frames showed, see `is_known`.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing again."""
        self.slope = EVEN  # of (1, normal)
        self.is_known = False
        self._normal, self._right = torch.zeros(4, 4), torch.zeros(4)
        self._flat, self._left = 0.0, 0.0  # squared differences in brightness without it, and with it

    @property
    def cast(self) -> Tensor:
        """(4,) what paint's brightness is multiplied by along (1, normal), camera axes; 1 at half aside."""
        if not self.is_known:
            return EVEN
        return self.slope / (self.slope[0] - 0.5 * self.slope[3])

    def learn(self, seen: Tensor, paint: Tensor, normals: Tensor, share: float) -> None:
        """Take in colours (P, 3) seen of paint (P, 3) on surfaces of normals (P, 3).

        share: 0 to 1, how far they can be trusted.
        """
        if len(seen) < LEAST:
            return
        bright, own = seen.mean(-1), paint.mean(-1)
        rows = own[:, None] * torch.cat([torch.ones_like(own)[:, None], normals], 1)
        flat = bright - own * (own @ bright) / (own @ own).clamp_min(1e-9)
        left = bright - rows @ _solved(rows.mT @ rows / len(rows), rows.mT @ bright / len(rows))
        near = left.abs() <= OUTLYING * left.square().mean().sqrt()
        rows, bright, flat = rows[near], bright[near], flat[near]
        rate = RATE * share if bool(self._normal.any()) else 1.0
        self._normal += rate * (rows.mT @ rows / len(rows) - self._normal)
        self._right += rate * (rows.mT @ bright / len(rows) - self._right)
        self.slope = _solved(self._normal, self._right)
        left = bright - rows @ self.slope
        self._flat += rate * (float(flat.square().mean()) - self._flat)
        self._left += rate * (float(left.square().mean()) - self._left)
        self.is_known = self._left < (1 - TOLD) * self._flat


def _solved(normal: Tensor, right: Tensor) -> Tensor:
    damped = normal + RIDGE * float(normal[0, 0]) * torch.diag(torch.tensor([0.0, 1.0, 1.0, 1.0]))
    return torch.linalg.solve(damped + 1e-9 * torch.eye(4), right)
