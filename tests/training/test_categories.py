"""The program that makes the models of categories."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from objpose.categories.shape_model import read_models
from training.categories.__main__ import main


def test_the_same_seed_gives_the_same_models(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for name in ("one", "two"):
        main(["--count", "40", "--out", str(tmp_path / f"{name}.safetensors")])
    one, two = (read_models(tmp_path / f"{name}.safetensors") for name in ("one", "two"))
    assert sorted(one) == ["bottle", "bowl", "box", "can", "cup"]
    for name, model in one.items():
        torch.testing.assert_close(model.latent_mean, two[name].latent_mean)
        assert model.faces.max() < len(model.mean)
    assert "modes hold" in capsys.readouterr().out
