"""`objpose train-nocs`: an object learns to be recognised pixel by pixel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from objpose.cli.onboard import UNITS
from objpose.errors import InputError

if TYPE_CHECKING:
    from objpose import ObjectModel
    from objpose.nocs import Budget, Trainer
    from objpose.onboarding.units import Units

STATE = ".training.safetensors"  # after the stem of the weights' name: all that going on needs
FINENESS = 1000  # parts of a bar
BAR = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"


@click.command("train-nocs")
@click.argument("thing", metavar="NAME|MESH")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for the weights.  [default: beside the onboarded object, where estimates find it]",
)
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), default=20.0, show_default=True,
    help="In all, those before it was broken off included; more than before trains on.",
)  # fmt: skip
@click.option(
    "--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, ...; auto: cuda where it works."
)
@click.option("--seed", default=0, show_default=True, help="The same seed draws the same crops.")
@UNITS
def train_nocs(thing: str, out: Path | None, minutes: float, device: str, seed: int, units: Units) -> None:
    """Train a Pose-Net of an object, NAME of an onboarded one or MESH, on crops that are drawn of it.

    `objpose estimate` then tries the poses that it proposes too. Broken off, the same command goes on where
    it stood.
    """
    import objpose
    from objpose.io.atomic import check_writable
    from objpose.nocs import FILE, Budget, NetworkOptions, ObjectCrops, Trainer, TrainingOptions
    from objpose.raster.devices import chosen_device

    model = objpose.load_object(thing, units)
    if out is None and model.folder is None:
        cure = "give --out FILE, or onboard it first: objpose onboard MESH"
        raise InputError("--out", "nothing, for an object that is kept nowhere", "a file", cure)
    weights = out or Path(model.folder or "") / FILE
    check_writable(weights)
    chosen = chosen_device(device)
    draw = ObjectCrops(model.mesh, model.symmetry, chosen)
    trainer = Trainer(draw, chosen, NetworkOptions(), TrainingOptions(seed=seed))
    state = weights.with_name(weights.stem + STATE)
    held_out = _trained(trainer, model, weights, state, Budget(seconds=60 * minutes))
    took = f"{trainer.step} steps in {trainer.seconds / 60:.1f} min"
    click.echo(f"{model.name}: {took}, loss on crops held out {held_out:.2f}")
    click.echo(f"written to {weights}; with more --minutes it goes on from {state.name}")


def _trained(trainer: Trainer, model: ObjectModel, weights: Path, state: Path, budget: Budget) -> float:
    """The loss on crops held out, after a training with a bar."""
    from tqdm import tqdm

    from objpose.cli.interrupts import goes_on
    from objpose.nocs import Report, train

    def how() -> str | None:
        return "the same command goes on from here" if state.is_file() else None

    with goes_on(how), tqdm(total=FINENESS, desc=model.name, disable=None, bar_format=BAR) as bar:

        def report(now: Report) -> None:
            bar.update(round(FINENESS * now.share) - bar.n)
            bar.set_postfix_str(f"step {now.step}, loss {now.loss:.2f}")

        return train(trainer, weights, state, model.content, budget, report)
