"""Networks of kornia: files load in the layouts they are published in, and what does not fit is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from kornia import feature
from torch import Tensor, nn

from objpose.errors import InputError
from objpose.features.networks import load_network, network_names

State = dict[str, Tensor]


def as_published_lightglue(state: State) -> State:
    """Attention blocks by kind and layer, as in LightGlue's releases; buffers not in the file."""
    moved = {re.sub(r"transformers\.(\d+)\.(\w+_attn)", r"\2.\1", key): value for key, value in state.items()}
    return {key: value for key, value in moved.items() if key != "confidence_thresholds"}


def beside_its_features(state: State) -> State:
    """As LighterGlue's file is, with the extractor that it was trained with."""
    return {f"matcher.{key}": value for key, value in state.items()} | {"extractor.net.bias": torch.zeros(3)}


LAYOUTS: dict[str, tuple[Callable[[], nn.Module], Callable[[State], dict]]] = {
    "disk": (feature.DISK, lambda state: {"extractor": state, "epoch": 50}),
    "xfeat": (feature.XFeat, lambda state: {key.removeprefix("net."): value for key, value in state.items()}),
    "lightglue-xfeat": (
        lambda: feature.LightGlue(None, **{**feature.LightGlue.features["xfeat"], "weights": None}),
        lambda state: beside_its_features(as_published_lightglue(state)),
    ),
    "lightglue-disk": (
        lambda: feature.LightGlue(None, input_dim=128),
        lambda state: as_published_lightglue(state) | {"log_assignment.3.r": torch.zeros(1)},
    ),
    "loftr": (
        lambda: feature.LoFTR(None),
        lambda state: {"state_dict": {f"matcher.{key}": value for key, value in state.items()}},
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_published_and_own_layouts_load(name: str, tmp_path: Path) -> None:
    build, publish = LAYOUTS[name]
    torch.manual_seed(0)
    state = build().state_dict()
    for content in (publish(dict(state)), state):
        torch.save(content, tmp_path / "weights.pth")
        loaded = load_network(name, tmp_path / "weights.pth")
        assert not loaded.training and not any(one.requires_grad for one in loaded.parameters())
        own = loaded.state_dict()
        assert own.keys() == state.keys()
        assert all(torch.equal(own[key], state[key]) for key in state)


def test_settings_reach_the_network(tmp_path: Path) -> None:
    torch.save(feature.ALIKED("aliked-t16").state_dict(), tmp_path / "aliked.pth")
    network = load_network("aliked-t16", tmp_path / "aliked.pth", max_num_keypoints=77)
    assert network.max_num_keypoints == 77


@pytest.mark.parametrize("name", ["disk", "lightglue-xfeat", "loftr"])
def test_an_incomplete_file_is_refused(name: str, tmp_path: Path) -> None:
    """Also one that lacks only what batch normalisation has seen."""
    build, _ = LAYOUTS[name]
    state = build().state_dict()
    running = [key for key in state if key.endswith("running_mean")]
    torch.save({key: state[key] for key in state if key != (running or [*state])[-1]}, tmp_path / "part.pth")
    with pytest.raises(InputError, match=f"1 parameters missing.*weights of {name}"):
        load_network(name, tmp_path / "part.pth")


def test_a_failed_download_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> State:
        raise RuntimeError("Failed to load weights from all 2 source(s).")

    monkeypatch.setattr("objpose.features.published_weights.installed_package", lambda name: None)
    monkeypatch.setattr("kornia.feature.disk.disk.load_state_dict_from_url", unreachable)
    monkeypatch.setattr("kornia.feature.lightglue.load_state_dict_from_url", unreachable)
    for name in ("disk", "lightglue-aliked"):
        with pytest.raises(InputError, match=f"weights of {name}: found no download .*give a local file"):
            load_network(name)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="'superglue', expected one of aliked-t16"):
        load_network("superglue")
    assert len(set(network_names())) == len(network_names())
