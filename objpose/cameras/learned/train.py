"""Train the motion network on sets that the core draws, into a checkpoint of safetensors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from objpose.cameras.learned.checkpoint import resume, save_checkpoint
from objpose.cameras.learned.network import MotionNetwork, NetworkOptions
from objpose.cameras.learned.rendered_sets import RenderedSets, RenderOptions
from objpose.cameras.learned.training import TrainingOptions, train
from objpose.errors import InputError

SMOOTHING = 0.98  # of the losses shown


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, or go on with training when the output is there already; a checkpoint every so many steps."""
    options = parse(arguments)
    torch.manual_seed(options.seed)
    shape = NetworkOptions(
        image_size=options.image_size, width=options.width, dim=options.dim, queries=options.queries
    )
    network = MotionNetwork(shape).to(options.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=options.learning_rate)
    start = resume(options.out, network, optimizer) if options.out.is_file() else 0
    data = RenderedSets(RenderOptions(objects=options.objects, image_size=options.image_size))
    training = TrainingOptions(options.learning_rate, options.sets, options.images, options.seed)
    losses: tuple[float, ...] = ()
    with tqdm(total=options.steps, initial=start, unit="step", disable=None) as bar:
        for report in train(network, optimizer, data, range(start, options.steps), training):
            now = (report.generator_loss, report.discriminator_loss)
            losses = now if not losses else tuple(
                SMOOTHING * old + (1 - SMOOTHING) * new for old, new in zip(losses, now, strict=True)
            )  # fmt: skip
            bar.set_postfix_str(f"closest {losses[0]:.3f} rad, truth {losses[1]:.3f} nats")
            bar.update()
            done = report.step + 1
            if done % options.save_every == 0 or done == options.steps:
                save_checkpoint(options.out, network, optimizer, done)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m objpose.cameras.learned.train", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="checkpoint; training goes on if it exists")
    parser.add_argument("--steps", type=int, default=200_000, help="in all, those done before included")
    parser.add_argument("--sets", type=int, default=32, help="a step")
    parser.add_argument("--images", type=int, default=2, help="a set")
    parser.add_argument("--objects", type=int, default=1000, help="procedural objects")
    parser.add_argument("--image-size", type=int, default=64, help="pixels, a multiple of 8")
    parser.add_argument("--width", type=int, default=32, help="channels of the first stage")
    parser.add_argument("--dim", type=int, default=256, help="of a token")
    parser.add_argument("--queries", type=int, default=500, help="hypotheses an image")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--save-every", type=int, default=1000, help="steps between checkpoints")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
