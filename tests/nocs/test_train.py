"""Training: it learns, and broken off it goes on as if it had not been."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from objpose.nocs import Budget, Trainer, load_network, train
from tests.nocs.things import small_trainer


def trained(trainer: Trainer, folder: Path, steps: int) -> float:
    state = folder / "state.safetensors"
    return train(trainer, folder / "weights.safetensors", state, "the box", Budget(steps=steps))


def test_a_broken_off_training_goes_on_bit_for_bit(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    trained(small_trainer(), whole, 6)
    trained(small_trainer(), parts, 2)
    assert trained(small_trainer(), parts, 6) == trained(small_trainer(), whole, 6)
    one, other = (load_network(folder / "weights.safetensors", "the box", "box") for folder in (whole, parts))
    for name, values in one.state_dict().items():
        assert torch.equal(values, other.state_dict()[name]), name
    again = small_trainer()
    trained(again, parts, 6)
    assert again.step == 6  # nothing is done twice


def test_another_seed_is_another_training(tmp_path: Path) -> None:
    trained(small_trainer(), tmp_path / "one", 2)
    trained(small_trainer(seed=1), tmp_path / "other", 2)
    one, other = (
        load_network(tmp_path / name / "weights.safetensors", "the box", "box") for name in ("one", "other")
    )
    assert not torch.equal(one.head.weight, other.head.weight)


def test_it_learns(tmp_path: Path) -> None:
    """A few seconds: of crops that it has not seen it says more than a network that has learned nothing."""
    trainer = small_trainer()
    before = trainer.held_out()
    reported: list[float] = []
    files = tmp_path / "weights.safetensors", tmp_path / "state.safetensors"
    train(trainer, *files, "the box", Budget(steps=40), lambda report: reported.append(report.share))
    assert trainer.held_out() < before - 0.3
    assert reported == pytest.approx([0.5, 1.0])


def test_a_budget_of_time_ends_a_training(tmp_path: Path) -> None:
    trainer = small_trainer()
    train(trainer, tmp_path / "w.safetensors", tmp_path / "s.safetensors", "the box", Budget(seconds=0.2))
    assert trainer.step >= 1 and trainer.seconds >= 0.2
