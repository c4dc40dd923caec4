"""Train the network of mini, objpose/features/mini_network.py, on photos and templates drawn as it learns.

    python -m training.mini --out RUN --device cuda --seconds 270 [--seed 0]

Writes RUN/mini.safetensors, in half precision, and RUN/mini.json: what it was made with, and the share of
right matches on held-out things as it learned, beside that of the patches as they are. Both are written anew
about every half minute. How far it gets depends on the device: the rate falls with the time that is left.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from copy import deepcopy
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from objpose.features.dense import DenseFeatures
from objpose.features.mini import WEIGHTS
from objpose.features.mini_network import COARSEST, WIDTHS, MiniNetwork
from objpose.features.patches import PatchDescriptor
from training.batches import Batch, draw_batch
from training.exposures import SIZE
from training.matching import CODES, code_loss, match_loss, right_share
from training.stock import GrowingStock, Stock

RATE, DECAY = 2e-3, 0.02  # of AdamW, at its highest
WARM = 0.04  # of the time, until the rate is highest
AVERAGED = 0.998  # of the weights that are kept, what a step leaves
SHARPNESS = 1 / 0.07  # of likenesses, to start from
WRITTEN = 25.0  # seconds between files
RESERVE = 10.0  # seconds that the last figures and files take at most
HELD_OUT = 1_000_000  # added to the seed: of the things that are held out
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


def main(arguments: list[str] | None = None) -> None:
    began = time.monotonic()
    options = parse_options(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    device = torch.device(options.device)
    torch.backends.cudnn.benchmark = True  # batches are all of one shape
    # Forked before the device is touched: they would not survive it, and need not import anything.
    with ProcessPoolExecutor(options.processes, get_context("fork")) as pool:
        held_out = GrowingStock(options.held_out, options.seed + HELD_OUT, device, pool).whole()
        stock = GrowingStock(options.stock, options.seed, device, pool)
        train(stock, held_out_batches(held_out, options.things, device), options, began)
        pool.shutdown(cancel_futures=True)  # where the time was over before all things were made


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=270.0, help="in all, things and files among them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stock", type=int, default=2000, help="things to learn from")
    parser.add_argument("--held-out", type=int, default=64, help="things to measure with")
    parser.add_argument("--things", type=int, default=16, help="of a batch; 16 photos and templates of each")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="that make things")
    return parser.parse_args(arguments)


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


def train(stock: GrowingStock, tests: list[Batch], options: argparse.Namespace, began: float) -> None:
    device = torch.device(options.device)
    run, host = Run(device, options.seed), Generator().manual_seed(options.seed)
    drawn, listed = (Generator(device).manual_seed(options.seed + which) for which in range(2))
    log: dict[str, Any] = {"settings": _settings(options), "patches": 0.0, "history": []}

    @torch.no_grad()
    def drawing() -> tuple[Batch, int]:
        things = stock.now()
        chosen = torch.randperm(len(things), generator=host)[: options.things]
        return draw_batch(things, chosen, host, drawn), len(things)

    start = written = time.monotonic()
    last = began + options.seconds - min(RESERVE, options.seconds / 4)
    # The host is what is slow: it draws the next batch while one is learned.
    with ThreadPoolExecutor(1) as beside:
        coming = beside.submit(drawing)
        while not run.step or time.monotonic() < last:
            batch, count = coming.result()
            coming = beside.submit(drawing)
            run.learn(batch, listed, (time.monotonic() - start) / (last - start))
            if time.monotonic() - written > WRITTEN:
                note(run, tests, options.out, log, {"seconds": time.monotonic() - began, "things": count})
                written = time.monotonic()
    note(run, tests, options.out, log, {"seconds": time.monotonic() - began, "things": count})


def note(run: Run, tests: list[Batch], out: Path, log: dict[str, Any], row: dict[str, float]) -> None:
    """Write the weights, measure, and tell; nobody sees half a file."""
    network = run.network()
    state = {name: values.half().cpu().contiguous() for name, values in network.state_dict().items()}
    save_file(state, out / "partial")
    (out / "partial").rename(out / WEIGHTS)
    log["patches"] = log["patches"] or evaluate(tests, PatchDescriptor())
    row |= {"step": run.step, "mean loss": float(run.total) / max(1, run.step)}
    row["right"] = evaluate(tests, network)
    log["history"].append({name: round(value, 4) for name, value in row.items()})
    print(json.dumps(log["history"][-1]), flush=True)
    (out / "partial").write_text(json.dumps(log, indent=1) + "\n")
    (out / "partial").rename(out / "mini.json")


@torch.no_grad()
def held_out_batches(stock: Stock, things: int, device: torch.device) -> list[Batch]:
    """Each thing once."""
    host, drawn = Generator().manual_seed(HELD_OUT), Generator(device).manual_seed(HELD_OUT)
    return [draw_batch(stock, number, host, drawn) for number in torch.arange(len(stock)).split(things)]


@torch.no_grad()
def evaluate(tests: list[Batch], network: nn.Module | DenseFeatures) -> float:
    """Share of right matches."""
    found = []
    for batch in tests:
        sides = [pictures.images.flatten(0, 1) for pictures in (batch.photos, batch.templates)]
        if not isinstance(network, nn.Module):
            maps = [network(images).descriptors.permute(0, 3, 1, 2) for images in sides]
        else:
            maps = [network(images) for images in sides]
        found.append(right_share(batch, *maps))
    return float(torch.stack(found).mean())


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    names = ("device", "seconds", "seed", "stock", "held_out", "things")
    return {name: getattr(options, name) for name in names} | {"torch": torch.__version__}


if __name__ == "__main__":
    main()
