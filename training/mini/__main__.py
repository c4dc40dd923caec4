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
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Generator, nn

from objpose.features.dense import DenseFeatures
from objpose.features.mini import WEIGHTS
from objpose.features.patches import PatchDescriptor
from training.mini.batches import Batch, draw_batch
from training.mini.learner import Run
from training.mini.matching import right_share
from training.mini.stock import GrowingStock, Stock

WRITTEN = 25.0  # seconds between files
RESERVE = 10.0  # seconds that the last figures and files take at most
HELD_OUT = 1_000_000  # added to the seed: of the things that are held out


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
