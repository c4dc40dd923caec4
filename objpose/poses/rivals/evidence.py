"""What each kind of evidence is worth where rivals are compared, with depth and without."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.poses.answer import Verdict
from objpose.poses.rivals.compare import Weights


@dataclass(frozen=True)
class Evidence:
    """The weights of the two looks at rivals, of what the judge says of them as a whole, and of edges."""

    first: Weights  # of all turns, in few pixels
    close: Weights  # of aligned poses
    geometry: float  # nats for all of a verdict's
    appearance: float
    network: float = 0.0  # nats at most, by which the network that sees crop and drawings may part them
    shade: float = 0.0  # the same of shade
    edges: float = 0.0  # nats for a mean log likelihood of one of the picture's edges beneath the outline
    believed: float = 1.0  # of the nats, where they become shares: what speaks for a rival may err alike

    def of(self, verdict: Verdict) -> Tensor:
        """(B,) nats for the verdicts of B poses."""
        seen = self.geometry * verdict.geometry + self.appearance * verdict.appearance
        return seen + self.looked(verdict.preferred, verdict.shade)

    def looked(self, preferred: Tensor, shade: Tensor) -> Tensor:
        """(B,) nats for B poses by the network's (B,) and by shade's (B,)."""
        seen = torch.zeros_like(preferred)
        for nats, most in ((preferred, self.network), (shade, self.shade)):
            seen = seen + bounded(nats, most) if most else seen
        return seen


def bounded(nats: Tensor, most: float) -> Tensor:
    """(B,) the same near the best, at most `most` behind it: what speaks for one may be mistaken."""
    return -most * (1 - ((nats - nats.amax()) / most).exp())


# With depth: the weights of the first look fitted, with MOST of `correlation` and the noise of prints, to the
# candidates of half the images of three sets, photoreal and real; the others chosen on these and on half of
# some drawn pairs of look-alikes. docs/benchmarks/choosing.md gives the other half.
RGBD_EVIDENCE = Evidence(
    Weights(0.3, 0.0, 2.3), Weights(0.06, 0.0, 3.5), geometry=200.0, appearance=60.0, network=2.0, shade=2.0
)
# Added to these: the edges, chosen on half the images of one set, and what is believed, on all of the three.
RGB_EVIDENCE = Evidence(
    Weights(0.0, 2.2, 1.1),
    Weights(0.0, 0.0, 2.0),
    geometry=358.0,
    appearance=33.0,
    network=2.0,
    shade=3.0,
    edges=64.0,
    believed=0.6,
)
