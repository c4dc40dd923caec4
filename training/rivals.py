"""Trains the network that tells rivals apart (`objpose/poses/rivals/network.py`) on what it draws meanwhile.

    python -m training.rival_bodies STOCK
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
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from objpose.poses.rivals.network import RivalNet
from objpose.poses.rivals.pictures import pictures
from training.rival_cases import differing, rivals_of
from training.rival_layout import Pool, empty_pool
from training.rival_photos import draw_photos
from training.rival_solids import Stock, any_dressed, load_stock

NATIVES = (128, 128, 128, 128, 128, 112, 96, 80, 64, 48, 32)  # camera pixels of a crop's side
SOFT = 0.03  # of errors: rivals much nearer to the truth than this are alike
ENOUGH = 0.25  # error of the best rival beyond which there is nothing to choose
RIGHT, WRONG = 0.1, 0.13  # diameters: of a right pose at most, of a rival at least
OTHER = 0.1  # of the photos are said to show another thing
BY_ITSELF = 0.5  # of the loss of being right by itself, against that of choosing
RATE, DECAY = 2e-3, 0.02
SPANS = (0, 1, 10, 40, 100, 400, 1 << 30)  # differing pixels


class Scale(NamedTuple):
    """How much is done at once."""

    groups: int  # of a step, in each of which crops have as many pixels
    things: int  # of a group
    photos: int  # of each
    rivals: tuple[int, ...]  # of a photo, for a step any of these
    held_out: int  # groups
    others: int  # pictures in the pool


LARGE, SMALL = Scale(2, 5, 24, (8, 8, 6, 6, 4, 2, 1), 48, 512), Scale(2, 2, 4, (8, 6, 4), 8, 64)
HELD_OUT_RIVALS, HELD_OUT_PHOTOS = 6, 4  # photos of each thing


class Batch(NamedTuple):
    pictures: Tensor  # (P, K, C, S, S)
    error: Tensor  # (P, K) diameters
    shift: Tensor  # (P, K) diameters in the picture
    differing: Tensor  # (P, K) pixels


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
        drawing = partial(drawer.submit, _batch, self.stock, self.scale, pool, rng, dice)
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
        batches = [_batch(self.held_out, scale, pool, rng, dice, True) for _ in range(count)]
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


def _batch(
    stock: Stock,
    scale: Scale,
    pool: Pool,
    rng: torch.Generator,
    dice: np.random.Generator,
    tells_differing: bool = False,
) -> Batch:
    rivals = int(dice.choice(scale.rivals))
    with torch.no_grad():
        rows = []
        for _ in range(scale.groups):
            things = [any_dressed(stock, dice) for _ in range(scale.things)]
            native = int(dice.choice(NATIVES))
            photos = draw_photos(things, scale.photos, native, pool, rng, dice)
            is_shown = dice.random() > OTHER
            said = things if is_shown else [*things[1:], things[0]]
            case = rivals_of(said, photos, rivals, rng, is_shown)
            seen = pictures(photos.seen, case.drawn).bfloat16()
            differs = differing(things, photos, case.drawn) if tells_differing else case.error
            rows.append(Batch(seen, case.error, case.shift, differs))
        return Batch(*(torch.cat(parts) for parts in zip(*rows, strict=True)))


def losses_of(nats: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """() of choosing among the rivals of a photo, and () of telling right ones by themselves."""
    error = (batch.error + batch.shift).clamp(max=2.0) / 2
    wanted = (-error / SOFT).softmax(1)
    there = (error.amin(1) < ENOUGH).float()
    choice = (wanted * (wanted.clamp_min(1e-8).log() - nats[..., 0].log_softmax(1))).sum(1)
    right = (batch.error < RIGHT).float()
    alone = functional.binary_cross_entropy_with_logits(nats[..., 1], right)
    return (there * choice).sum() / there.sum().clamp_min(1), alone


def figures_of(nats: Tensor, error: Tensor, shift: Tensor, differing: Tensor) -> dict:
    """Of photos with a right rival: pairs of it and a wrong one, by how they differ; the choice; chances."""
    there = error.amin(1) < RIGHT
    nats, error, differing = nats[there], error[there], differing[there]
    best = error.argmin(1, keepdim=True)
    gap = nats[..., 0].gather(1, best) - nats[..., 0]
    is_pair = error > WRONG
    found: dict = {"photos": len(nats)}
    for low, high in zip(SPANS[:-1], SPANS[1:], strict=True):
        pairs = gap[is_pair & (differing >= low) & (differing < high)]
        found[f"pairs from {low} px"] = [len(pairs), round(float((pairs > 0).float().mean()), 4)]
    silent = gap[is_pair & (differing == 0)].sigmoid()
    found["tied"] = round(float(((silent - 0.5).abs() <= 0.1).float().mean()), 4)
    chosen = error.gather(1, nats[..., 0].argmax(1, keepdim=True))
    found["right choice"] = round(float((chosen < RIGHT).float().mean()), 4)
    chance, right = nats[..., 1].sigmoid().flatten(), (error < RIGHT).float().flatten()
    found["brier"] = round(float((chance - right).square().mean()), 4)
    sure = chance > 0.9
    found["sure, right"] = [round(float(sure.float().mean()), 4), round(float(right[sure].mean()), 4)]
    return found


if __name__ == "__main__":
    main()
