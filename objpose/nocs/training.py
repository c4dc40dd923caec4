"""Steps of training, each drawn by its number: a run that is broken off and goes on ends as one that was not.

Nobody says beforehand how long a run lasts, so nothing is scheduled towards an end: rates fall with the root
of the steps taken, and what is kept is a mean of the weights over the last part of all steps so far (Karras,
Aittala, Lehtinen, Hellsten, Aila, Laine: Analyzing and Improving the Training Dynamics of Diffusion Models,
CVPR 2024).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import HOST
from objpose.nocs.coordinates import NocsSymmetry
from objpose.nocs.loss import Target, loss_of
from objpose.nocs.network import NetworkOptions, PoseNet

Draw = Callable[[int, int], tuple[Tensor, Target, NocsSymmetry]]  # crops so many, by a seed
SMALL_BATCH = 24
STEEPEST = 5.0  # norm of a gradient: longer ones are shortened to it
HELD_OUT = 2**40  # first of the seeds that a network is looked at with, and never taught by


@dataclass(frozen=True)
class TrainingOptions:
    batch: int | None = None  # crops a step; None: 24 on the CPU, 192 on a device
    learning_rate: float = 1e-3  # of 24 crops; of more it grows with their root
    warm_up: int = 100  # steps
    steady: int = 1000  # steps from which on the rate falls
    weight_decay: float = 1e-3
    mean_power: float = 9.0  # of the mean of weights: about the last tenth of the steps counts
    seed: int = 0

    def batch_on(self, device: torch.device) -> int:
        return self.batch or (SMALL_BATCH if device == HOST else 192)


class Trainer:
    """A network that is taught, its mean, and where it stands."""

    def __init__(
        self, draw: Draw, device: torch.device, network: NetworkOptions, options: TrainingOptions
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            self.network = PoseNet(network)
        self.network.to(device).to(memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), options.learning_rate,
            weight_decay=options.weight_decay, fused=device != HOST,
        )  # fmt: skip
        self.draw, self.device, self.options = draw, device, options
        self.step = 0
        self.seconds = 0.0

    def advance(self) -> Tensor:
        """One step; () its loss, where the network is, which nothing has waited for."""
        options = self.options
        crops, target, symmetry = self.draw(options.batch_on(self.device), self._seed(self.step))
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        self.network.train()
        with self._cast():
            prediction = self.network(crops.contiguous(memory_format=torch.channels_last))
        loss = loss_of(prediction, target, symmetry)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), STEEPEST)
        self.optimizer.step()
        self.step += 1
        self._follow()
        return loss.detach()

    @torch.no_grad()
    def held_out(self, batches: int = 2) -> float:
        """The loss of the mean network on crops that nothing was taught by."""
        losses = []
        for number in range(batches):
            crops, target, symmetry = self.draw(self.options.batch_on(self.device), HELD_OUT + 2 * number)
            with self._cast():
                prediction = self.mean(crops.contiguous(memory_format=torch.channels_last))
            losses.append(loss_of(prediction, target, symmetry))
        return float(torch.stack(losses).mean())

    def _cast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device != HOST)

    def _seed(self, step: int) -> int:
        return 2 * (1_000_003 * self.options.seed + step)

    def _rate(self) -> float:
        options, done = self.options, self.step + 1
        warm = min(1.0, done / options.warm_up)
        more = (options.batch_on(self.device) / SMALL_BATCH) ** 0.5
        return more * options.learning_rate * warm / max(1.0, done / options.steady) ** 0.5

    @torch.no_grad()
    def _follow(self) -> None:
        """The mean moves towards the network, its running statistics too."""
        share = 1 - (1 - 1 / self.step) ** (self.options.mean_power + 1)
        mean, now = dict(self.mean.state_dict()), self.network.state_dict()
        floats = [name for name, values in mean.items() if values.is_floating_point()]
        torch._foreach_lerp_([mean[name] for name in floats], [now[name] for name in floats], share)

    def state(self) -> dict[str, Tensor]:
        """All that going on needs, by name."""
        tensors = {f"network.{name}": values for name, values in self.network.state_dict().items()}
        tensors |= {f"mean.{name}": values for name, values in self.mean.state_dict().items()}
        for number, entries in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": values for name, values in entries.items()}
        return tensors

    def restore(self, tensors: Mapping[str, Tensor], step: int, seconds: float) -> None:
        """To where `state` was asked; KeyError and RuntimeError for that of another network."""
        for prefix, network in (("network.", self.network), ("mean.", self.mean)):
            network.load_state_dict(_part(tensors, prefix))
        state: dict[int, dict[str, Tensor]] = {}
        for name, values in _part(tensors, "optimizer.").items():
            number, entry = name.split(".", 1)
            state.setdefault(int(number), {})[entry] = values
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})
        self.step, self.seconds = step, seconds


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
