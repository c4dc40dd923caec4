"""Densification and pruning: splats come where the picture asks for more, and go where they show nothing."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SO3
from objpose.splatting.parameters import SplatParameters

SHARE = 0.15  # of the splats that one round copies at most
LARGE = 0.02  # of the object's radius: larger splats are split in two, smaller ones doubled
SPLIT = 1.6  # what the halves of a split splat are smaller by
FAINT = 0.02  # opacity below which a splat goes
FAR = 1.3  # radii from the centre beyond which it goes
BLOATED = 0.25  # radii: standard deviation beyond which it goes


class Density:
    """Gathers how strongly the pictures pull at each splat, and acts on it now and then.

    After Kerbl et al. (2023), with a share of the splats in place of a threshold on the pull: that depends
    on picture size, loss and object, the share does not.
    """

    def __init__(self, centre: Tensor, radius: float, most: int, generator: torch.Generator):
        self.centre, self.radius, self.most, self.generator = centre, radius, most, generator
        self.pull, self.seen = torch.zeros(0), torch.zeros(0)

    def watch(self, gradient: Tensor, extent: Tensor) -> None:
        """gradient: (N, G, >=2) of the loss by the screen positions; extent: (N, G, 2), 0 = not seen."""
        if len(self.pull) != gradient.shape[1]:
            self.pull, self.seen = torch.zeros(gradient.shape[1]), torch.zeros(gradient.shape[1])
        self.pull += gradient[..., :2].norm(dim=-1).sum(0)
        self.seen += (extent[..., 0] > 0).sum(0)

    @torch.no_grad()
    def act(self, parameters: SplatParameters, grow: bool) -> None:
        """Prune; where `grow`, split the large and double the small ones of those pulled at most."""
        splats = parameters.splats()
        place = (splats.means - self.centre).norm(dim=-1)
        stays = (splats.opacities > FAINT) & (place < FAR * self.radius)
        stays &= splats.scales.amax(-1) < BLOATED * self.radius
        room = min(int(SHARE * len(splats)), self.most - int(stays.sum()))
        chosen = self._pulled(stays, room) if grow and room > 0 else stays.new_zeros(0).long()
        is_large = splats.scales[chosen].amax(-1) > LARGE * self.radius
        stays[chosen[is_large]] = False
        values = parameters.values
        added = {name: value[torch.cat([chosen, chosen[is_large]])].clone() for name, value in values.items()}
        split = torch.cat([is_large, is_large.new_ones(int(is_large.sum()))])
        self._spread(added, split)
        parameters.replace(stays.nonzero()[:, 0], added)
        self.pull, self.seen = torch.zeros(0), torch.zeros(0)

    def _pulled(self, stays: Tensor, room: int) -> Tensor:
        """Indices of those pulled above the mean, the `room` strongest of them."""
        strength = self.pull / self.seen.clamp_min(1) * stays
        order = strength.argsort(descending=True, stable=True)[:room]
        return order[strength[order] > strength[stays].mean()]

    def _spread(self, added: dict[str, Tensor], split: Tensor) -> None:
        """Halves of split splats lie within the old one; doubled ones part by their gradients."""
        noise = torch.randn(len(split), 3, generator=self.generator)
        offset = SO3(added["wxyz"]).normalized().apply(noise * added["scales"].exp())
        added["means"] += offset * split[:, None]
        added["scales"] -= torch.log(torch.tensor(SPLIT)) * split[:, None]
