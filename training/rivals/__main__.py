"""Trains the network that tells rivals apart (`objpose/poses/rivals/network.py`) on what it draws meanwhile.

    python -m training.rivals.stock STOCK
    python -m training.rivals STOCK --out RUN [--device cuda] [--seconds 270] [--seed 0]

It stops by itself, and writes weights and log every half minute. Every sixth body and print is held out: the
log's figures are of photos of these.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from objpose.poses.rivals.network import RivalNet
from training.rivals.batches import Batch, Scale, draw_batch
from training.rivals.layout import Pool, empty_pool
from training.rivals.scoring import figures_of, losses_of
from training.rivals.solids import load_stock

BY_ITSELF = 0.5  # of the loss of being right by itself, against that of choosing
RATE, DECAY = 2e-3, 0.02
LARGE, SMALL = Scale(2, 5, 24, (8, 8, 6, 6, 4, 2, 1), 48, 512), Scale(2, 2, 4, (8, 6, 4), 8, 64)
HELD_OUT_RIVALS, HELD_OUT_PHOTOS = 6, 4  # photos of each thing


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stock", type=Path, help="bodies and prints")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=270.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="weights to go on from; else from nothing")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    return _Training(options).run()


class _Training:
    def __init__(self, options: argparse.Namespace) -> None:
        self.start = time.monotonic()
        self.options, self.device = options, torch.device(options.device)
        self.scale = LARGE if self.device.type == "cuda" else SMALL
        seed = options.seed
        self.stock, self.held_out = load_stock(options.stock, self.device)
        torch.manual_seed(seed)
        network = RivalNet()
        if options.start is not None:
            network.load_state_dict({n: x.float() for n, x in load_file(options.start).items()}, strict=False)
        self.network = network.to(self.device, memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.network).eval()
        fused = self.device.type == "cuda"
        self.solver = torch.optim.AdamW(self.network.parameters(), RATE, weight_decay=DECAY, fused=fused)
        self.log: dict = {"seed": seed, "losses": [], "held_out": []}
        print(f"{len(self.stock.solids)} bodies after {self.elapsed():.0f} s", flush=True)

    def elapsed(self) -> float:
        return time.monotonic() - self.start

    def run(self) -> dict:
        seconds = self.options.seconds
        pool, rng, dice = self._dice(self.options.seed)
        held = self._held_out_batches()
        reserve = min(self._judged(held, 0), 0.1 * seconds)
        begun, step, saved, counted = self.elapsed(), 0, self.elapsed(), 0
        losses = torch.zeros(2, device=self.device)
        # Drawing and learning keep a processor busy each with what they ask of the device.
        drawer = ThreadPoolExecutor(1)
        drawing = partial(drawer.submit, draw_batch, self.stock, self.scale, pool, rng, dice)
        ahead = drawing()
        while self.elapsed() < seconds - 2 * reserve - 3:
            share = (self.elapsed() - begun) / (seconds - begun)
            for group in self.solver.param_groups:
                group["lr"] = RATE * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * share))
            batch, ahead = ahead.result(), drawing()
            losses += self._step(batch, step)
            step += 1
            if self.elapsed() - saved > min(25.0, 0.25 * seconds):
                self.log["losses"].append([step, *(losses / (step - counted)).tolist()])
                self._judged(held, step)
                saved, counted = self.elapsed(), step
                losses.zero_()
        drawer.shutdown()
        self._judged(held, step)
        return self.log

    def _step(self, batch: Batch, step: int) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16):
            nats = self.network(batch.pictures)
        choice, alone = losses_of(nats.float(), batch)
        self.solver.zero_grad()
        (choice + BY_ITSELF * alone).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.solver.step()
        keep = min(0.999, (step + 1) / (step + 10))
        with torch.no_grad():
            for mean, own in zip(
                self.mean.state_dict().values(), self.network.state_dict().values(), strict=True
            ):
                if mean.is_floating_point():
                    mean.lerp_(own, 1 - keep)
                else:
                    mean.copy_(own)
        return torch.stack([choice.detach(), alone.detach()])

    def _dice(self, seed: int) -> tuple[Pool, torch.Generator, np.random.Generator]:
        rng = torch.Generator(self.device).manual_seed(seed)
        return empty_pool(self.scale.others, rng), rng, np.random.default_rng(seed)

    def _held_out_batches(self) -> list[Batch]:
        """The first ones only fill the pool."""
        pool, rng, dice = self._dice(self.options.seed + 1)
        scale = self.scale._replace(groups=1, photos=HELD_OUT_PHOTOS, rivals=(HELD_OUT_RIVALS,))
        count = self.scale.held_out + self.scale.held_out // 4
        batches = [draw_batch(self.held_out, scale, pool, rng, dice, True) for _ in range(count)]
        return batches[-self.scale.held_out :]

    def _judged(self, held: list[Batch], step: int) -> float:
        """Seconds that it took to judge and to save."""
        begun = time.monotonic()
        nats = []
        with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16):
            for batch in held:
                nats.append(self.mean(batch.pictures.float()).float())
        figures = figures_of(torch.cat(nats), *(torch.cat([b[i] for b in held]) for i in (1, 2, 3)))
        self.log["held_out"].append({"step": step, "seconds": round(self.elapsed(), 1), **figures})
        print(json.dumps(self.log["held_out"][-1]), self.log["losses"][-1:], flush=True)
        halves = {
            name: values.half() if values.is_floating_point() else values
            for name, values in self.mean.state_dict().items()
        }
        halves = {
            name: v.contiguous().cpu()
            for name, v in halves.items()
            if not name.endswith("num_batches_tracked")
        }
        partial = self.options.out / "rivals.partial"
        save_file(halves, partial)
        partial.replace(self.options.out / "rivals.safetensors")
        (self.options.out / "rivals.json").write_text(json.dumps(self.log, indent=1))
        return time.monotonic() - begun


if __name__ == "__main__":
    main()
