"""Training mini: what is written loads and is told; norms fold away; it learns."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import objpose.features.mini
from objpose.features.mini import WEIGHTS
from objpose.features.mini_network import MiniNetwork
from training.mini.__main__ import main
from training.mini.learner import folded, normed

FEW = ["--device", "cpu", "--stock", "4", "--held-out", "2", "--things", "1", "--processes", "1"]


@pytest.mark.slow("two minutes of training")
def test_it_learns_and_what_was_trained_loads(tmp_path: Path):
    """From chance, where hardly a tenth is right."""
    main(["--out", str(tmp_path), "--seconds", "120", *FEW])
    log = json.loads((tmp_path / "mini.json").read_text())
    last = log["history"][-1]
    assert log["settings"]["seed"] == 0 and last["step"] > 0
    assert 0.2 < last["right"] < 1 and log["patches"] > 0.2
    MiniNetwork().load_state_dict(load_file(tmp_path / WEIGHTS))
    assert not list(tmp_path.glob("*partial*"))


def test_the_weights_in_the_package_are_such():
    """With their log beside them."""
    folder = Path(objpose.features.mini.__file__).parent
    log = json.loads((folder / "mini.json").read_text())
    assert log["history"][-1]["right"] > log["patches"] + 0.1


def test_norms_fold_away():
    network = normed(MiniNetwork())
    images = torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    images[:, :, :8] = 0.5
    network.train()(images)  # which gives the norms something to remember
    network.eval()
    plain = folded(deepcopy(network))
    assert {name for name, _ in plain.named_parameters()} == {
        name for name, _ in MiniNetwork().named_parameters()
    }
    torch.testing.assert_close(plain(images), network(images), atol=1e-4, rtol=1e-4)
