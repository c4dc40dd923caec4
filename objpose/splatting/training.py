"""The loop that fits splats to views, one view a step: shared by objects and scenes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from objpose.raster import SplatRender, Splats
from objpose.splatting.density import Density
from objpose.splatting.parameters import SplatParameters

Shown = Callable[[Splats, int], tuple[SplatRender, Tensor]]  # splats, view -> its drawing and its loss ()


class Schedule(Protocol):
    """What of the options the loop goes by."""

    @property
    def steps(self) -> int:
        """Of one view each."""

    @property
    def round_steps(self) -> int:
        """Between two rounds of densification and pruning."""

    @property
    def growing(self) -> float:
        """Share of the steps in which splats are added."""


@dataclass(frozen=True, eq=False)
class Training:
    parameters: SplatParameters
    density: Density
    schedule: Schedule
    last_rate: float  # of the means' rate, reached at the end
    others: Sequence[torch.optim.Optimizer] = ()  # of what is fitted along with the splats

    def run(
        self, shown: Shown, order: Sequence[int], progress: Callable[[int, int], None] | None = None
    ) -> Splats:
        """The splats after all steps. order: the view of each; progress: called with (step, steps)."""
        steps, rounds = self.schedule.steps, self.schedule.round_steps
        for step in range(steps):
            self.parameters.slow_means(self.last_rate ** (step / steps))
            # The first third without the harmonics that change with the side.
            self._step(shown, order[step], None if 3 * step >= steps else 1)
            if (step + 1) % rounds == 0 and step + 1 < steps:
                self.density.act(self.parameters, grow=step < self.schedule.growing * steps)
            if progress is not None:
                progress(step + 1, steps)
        return self.parameters.final()

    def _step(self, shown: Shown, view: int, harmonics: int | None) -> None:
        render, loss = shown(self.parameters.splats(harmonics), view)
        render.screen.values.retain_grad()
        optimizers = (self.parameters.optimizer, *self.others)
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        pull = render.screen.values.grad
        assert pull is not None  # of the backward pass
        self.density.watch(pull, render.screen.extent)


def view_order(views: int, steps: int, generator: torch.Generator) -> list[int]:
    """Every view once in a random order, then again in another, for so many steps at least."""
    rounds = -(-steps // views)
    orders = (torch.randperm(views, generator=generator).tolist() for _ in range(rounds))
    return [view for order in orders for view in order]
