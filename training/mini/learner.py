"""What learns the network of mini: norms while it learns, a second task, the mean of its weights."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from objpose.features.mini_network import COARSEST, WIDTHS, MiniNetwork
from training.mini.batches import Batch
from training.mini.exposures import SIZE
from training.mini.matching import CODES, code_loss, match_loss

RATE, DECAY = 2e-3, 0.02  # of AdamW, at its highest
WARM = 0.04  # of the time, until the rate is highest
AVERAGED = 0.998  # of the weights that are kept, what a step leaves
SHARPNESS = 1 / 0.07  # of likenesses, to start from
MOST_NORM = 1.0  # of the gradients
CODE, PART = 96, 24  # numbers of a view's code, and of each part of the view that it is made of


class Learner(nn.Module):
    """The network with norms after its convolutions, how sharply likenesses count, and a second task.

    The code of a whole view tells how it is turned. It is learned beside, and left behind: the package finds
    templates better by its visual words.
    """

    def __init__(self) -> None:
        super().__init__()
        self.network = normed(MiniNetwork())
        self.summarize = nn.Sequential(nn.Conv2d(WIDTHS[-1], PART, 1), nn.BatchNorm2d(PART), nn.ReLU())
        self.encode = nn.Linear(PART * (SIZE // COARSEST) ** 2, CODE)
        self.sharpness = nn.Parameter(torch.tensor([SHARPNESS, SHARPNESS]).log())

    def forward(self, batch: Batch, generator: Generator) -> Tensor:
        images = torch.cat([batch.photos.images.flatten(0, 1), batch.templates.images.flatten(0, 1)])
        with torch.autocast(images.device.type, torch.bfloat16):
            maps, whole = self.network.with_whole(images.contiguous(memory_format=torch.channels_last))
            codes = self.encode(self.summarize(whole).flatten(1))
        codes = functional.normalize(codes.float(), dim=1)
        of_matches, of_codes = self.sharpness.exp()
        matched = match_loss(batch, *maps.chunk(2), of_matches, generator)
        return matched + CODES * code_loss(batch, *codes.chunk(2), of_codes)


def normed(network: nn.Module) -> nn.Module:
    for name, child in network.named_children():
        if isinstance(child, nn.Conv2d) and name != "describe":
            setattr(network, name, nn.Sequential(child, nn.BatchNorm2d(child.out_channels)))
        else:
            normed(child)
    return network


def folded(network: nn.Module) -> nn.Module:
    """The same without norms, in evaluation."""
    for name, child in network.named_children():
        if isinstance(child, nn.Sequential) and isinstance(child[-1], nn.BatchNorm2d):
            setattr(network, name, fuse_conv_bn_eval(child[0], child[1]))
        else:
            folded(child)
    return network


class Run:
    """A learner, what moves its weights, and the mean of the weights lately."""

    def __init__(self, device: torch.device, seed: int) -> None:
        torch.manual_seed(seed)
        self.learner = Learner().to(device, memory_format=torch.channels_last)
        self.kept = deepcopy(self.learner)
        self.means, self.values = _floats(self.kept), _floats(self.learner)
        is_fused = device.type == "cuda"
        self.optimizer = torch.optim.AdamW(
            self.learner.parameters(), RATE, weight_decay=DECAY, fused=is_fused
        )
        self.step, self.total = 0, torch.zeros((), device=device)

    def learn(self, batch: Batch, drawn: Generator, progress: float) -> None:
        """progress: of the time; the rate rises within WARM of it, then falls evenly to nothing."""
        for group in self.optimizer.param_groups:
            group["lr"] = RATE * max(0.0, min(progress / WARM + 0.01, (1 - progress) / (1 - WARM), 1.0))
        loss = self.learner(batch, drawn)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.learner.parameters(), MOST_NORM)
        self.optimizer.step()
        self.step += 1
        self.total += loss.detach()
        torch._foreach_lerp_(self.means, self.values, max(1 - AVERAGED, 1 / self.step))

    def network(self) -> nn.Module:
        return folded(deepcopy(self.kept.network).eval())


def _floats(module: nn.Module) -> list[Tensor]:
    """Weights and what norms remember, without gradients."""
    return [values for values in module.state_dict().values() if values.is_floating_point()]
