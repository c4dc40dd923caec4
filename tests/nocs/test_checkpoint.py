"""Files of networks: whole, half as large, and refused with a cure where they are others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from objpose.errors import InputError
from objpose.nocs import FILE, PoseNet, load_network, save_network, stored_network
from objpose.nocs.checkpoint import resume, save_state
from tests.nocs.things import SMALL, small_trainer
from tests.synthetic import onboarded


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save_network(tmp_path / "net.safetensors", PoseNet(SMALL), "digest of a box", '{"rows": []}')
    return tmp_path / "net.safetensors"


def test_a_network_comes_back_in_half_precision(tmp_path: Path) -> None:
    network = PoseNet(SMALL).eval()
    save_network(tmp_path / "net.safetensors", network, "a box")
    found = load_network(tmp_path / "net.safetensors", "a box", "box")
    crops = torch.randn(2, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(found(crops).logits, network(crops).logits, atol=0.02)
    assert not any(values.requires_grad for values in found.parameters()) and not found.training


def rewritten(file: Path, **changes: str) -> Path:
    with safe_open(file, framework="pt") as stored:
        metadata = stored.metadata() | changes
    save_file(load_file(file), file, metadata)
    return file


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"object": "another"}, "found a network of something else.*train it again: objpose train-nocs box"),
        ({"format": "0"}, "found version 0, expected version 1; train it again"),
        ({"options": '{"breadth": 3}'}, "found a damaged file.*train it again"),
        ({"options": '{"width": 16}'}, "found a damaged file.*train it again"),
    ],
)
def test_others_are_refused_with_a_cure(file: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_network(rewritten(file, **changes), "digest of a box", "box")


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found no such file.*objpose train-nocs box"):
        load_network(tmp_path / "nothing", "", "box")
    (tmp_path / "torn").write_bytes(b"not a safetensors file")
    with pytest.raises(InputError, match="found a damaged file"):
        load_network(tmp_path / "torn", "", "box")
    save_file({"a": torch.zeros(3)}, tmp_path / "other")
    with pytest.raises(InputError, match="found a file of something else"):
        load_network(tmp_path / "other", "", "box")


def test_a_state_of_another_training_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state.safetensors"
    save_state(state, small_trainer(), "a box")
    with pytest.raises(InputError, match="found the training of another object.*remove"):
        resume(state, small_trainer(), "a can")
    with pytest.raises(InputError, match="training .*give the same options, or remove"):
        resume(state, small_trainer(seed=1), "a box")


def test_a_network_beside_an_object_is_found_and_checked(tmp_path: Path) -> None:
    model = replace(onboarded("painted_blob"), folder=tmp_path)
    assert stored_network(model) is None
    assert stored_network(replace(model, folder=None)) is None
    save_network(tmp_path / FILE, PoseNet(SMALL), model.content)
    assert isinstance(stored_network(model), PoseNet)
    save_network(tmp_path / FILE, PoseNet(SMALL), "the object as it was")
    with pytest.raises(InputError, match="objpose train-nocs painted_blob"):
        stored_network(model)
