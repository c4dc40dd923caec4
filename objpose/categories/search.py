"""From what was observed to different instances, likeliest first: proposed, fitted, turned, ranked."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.categories.canonical import Canonical, canonical
from objpose.categories.confidence import TEMPERATURE
from objpose.categories.different import different
from objpose.categories.fit import fitted, residuals_of
from objpose.categories.instances import Instances
from objpose.categories.kinds import KINDS, Kind
from objpose.categories.observation import Observation
from objpose.categories.options import CategoryOptions
from objpose.categories.propose import proposed
from objpose.categories.residuals import Residuals
from objpose.categories.shape_model import ShapeModel
from objpose.categories.turns import compared, turned
from objpose.poses import best
from objpose.timing import Clock


@dataclass(frozen=True, eq=False)
class Found:
    """k different instances, likeliest first."""

    instances: Instances
    places: list[Canonical]
    share: Tensor  # (k,) of the chance, 1 together
    fits: int  # that they were chosen among
    normal: Tensor  # (6 + D, 6 + D) of the residuals of the first


@dataclass(frozen=True, eq=False)
class Search:
    model: ShapeModel
    observation: Observation
    options: CategoryOptions

    @property
    def kind(self) -> Kind:
        return KINDS[self.model.category]

    def run(self, clock: Clock) -> Found:
        options, observation = self.options, self.observation
        generator = torch.Generator().manual_seed(options.seed)
        start = proposed(self.model, self.kind, observation, options.hypotheses)
        clock.lap("proposed")
        fits = fitted(start, observation, options.rounds, options.residuals, generator)
        clock.lap("fitted")
        if self.kind.handle:
            fits = fits.joined(self._turned(fits[:1], generator))
            clock.lap("turned")
        found = self._ranked(fits)
        clock.lap("ranked")
        return found

    def _turned(self, first: Instances, generator: torch.Generator) -> Instances:
        """The likeliest fit, turned to where else its handle may be, and fitted again."""
        angles = torch.tensor(compared(first, 0, self.observation.crop).peaks())
        poses = first.cam_from_obj @ turned(angles)
        turns = Instances(self.model, poses, first.latent.expand(len(angles), -1))
        options = self.options
        return fitted(turns, self.observation, options.rounds[-2:], options.residuals, generator)

    def _ranked(self, fits: Instances) -> Found:
        # By the residuals, not by how it looks drawn: that was no better on drawn instances.
        equations = self._residuals()(fits)
        nats = -equations.cost / TEMPERATURE
        order = best(nats)
        places = [canonical(fits, index, self.kind) for index in order.tolist()]
        chosen, owner = different(places)
        share = torch.zeros(len(chosen)).index_add_(0, owner, nats[order].softmax(0))
        kept = fits[order[torch.tensor(chosen)]]
        return Found(kept, [places[index] for index in chosen], share, len(fits), equations.normal[order[0]])

    def _residuals(self) -> Residuals:
        """Those that the last round ends with."""
        options, generator = self.options, torch.Generator().manual_seed(self.options.seed)
        return residuals_of(self.observation, options.rounds[-1], options.residuals, generator)
