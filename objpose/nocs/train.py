"""A whole training, in time or in steps; broken off anywhere, it goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from objpose.nocs.checkpoint import resume, save_network, save_state
from objpose.nocs.training import Trainer

SAVE_EVERY = 25.0  # seconds between states written
WATCHED = 20  # steps between looks at the loss: a device is waited for at each


@dataclass(frozen=True)
class Budget:
    """What ends a training; what was done before it was broken off counts."""

    seconds: float | None = None
    steps: int | None = None

    def is_spent(self, trainer: Trainer) -> bool:
        return (self.seconds is not None and trainer.seconds >= self.seconds) or (
            self.steps is not None and trainer.step >= self.steps
        )

    def share(self, trainer: Trainer) -> float:
        """Of it that is spent, in [0, 1]."""
        parts = [
            done / whole
            for done, whole in ((trainer.seconds, self.seconds), (trainer.step, self.steps))
            if whole
        ]
        return min(1.0, max(parts, default=1.0))


@dataclass(frozen=True)
class Report:
    step: int
    seconds: float
    loss: float  # nats, of the last step
    share: float  # of the budget that is spent


@dataclass
class Log:
    """How a training went, as it is written beside its weights."""

    seed: int
    batch: int
    device: str
    rows: list[dict[str, float]] = field(default_factory=list)

    def text(self) -> str:
        return json.dumps(vars(self))

    def go_on(self, text: str) -> None:
        """With the rows of a log that was written before."""
        self.rows = json.loads(text)["rows"]


def train(
    trainer: Trainer,
    out: Path,
    state: Path,
    subject: str,
    budget: Budget,
    report: Callable[[Report], None] = lambda _: None,
) -> float:
    """Write the network to `out` and all that going on needs to `state`, now and then and in the end.

    Returns the loss on crops that nothing was taught by, nats. What `state` holds already is gone on with.
    subject: digest of what is learned.

    Raises:
        InputError: a state of something else, and places that cannot be written to.
    """
    log = Log(trainer.options.seed, trainer.options.batch_on(trainer.device), str(trainer.device))
    if state.is_file():
        log.go_on(resume(state, trainer, subject))
    saved = started = time.monotonic()
    before = trainer.seconds
    while not budget.is_spent(trainer):
        loss = trainer.advance()
        trainer.seconds = before + time.monotonic() - started
        if trainer.step % WATCHED == 0:
            report(_report(trainer, loss, budget))
        if time.monotonic() - saved > SAVE_EVERY:
            _save(trainer, out, state, subject, log)
            saved = time.monotonic()
    _save(trainer, out, state, subject, log)
    return log.rows[-1]["held out"]


def _report(trainer: Trainer, loss: Tensor, budget: Budget) -> Report:
    return Report(trainer.step, trainer.seconds, float(loss), budget.share(trainer))


def _save(trainer: Trainer, out: Path, state: Path, subject: str, log: Log) -> None:
    row = {"step": trainer.step, "seconds": round(trainer.seconds, 1), "held out": trainer.held_out()}
    log.rows.append(row)
    save_network(out, trainer.mean, subject, log.text())
    save_state(state, trainer, subject, log.text())
