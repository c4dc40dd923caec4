"""Categories as deformable shapes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from objpose.categories import categories, shape_model
from objpose.categories.kinds import KINDS
from objpose.categories.shape_model import read_models
from objpose.errors import InputError
from training.categories.shapes import FAMILIES

CLOSE = 0.03  # of an instance's diagonal


def test_each_category_has_a_model_a_family_and_a_kind() -> None:
    assert set(categories()) == set(FAMILIES) == set(KINDS)


@pytest.mark.parametrize("category", sorted(FAMILIES))
def test_modes_make_instances_that_the_model_has_not_seen(category: str) -> None:
    """Half of the surface, at least, within a small distance of where it is."""
    model = shape_model(category)
    for seed in range(5):
        drawn = FAMILIES[category](np.random.default_rng([9, seed]))
        unit = torch.from_numpy(drawn.vertices / drawn.body).float()
        modes = model.modes.flatten(1)
        coefficients = torch.linalg.lstsq(modes.mT, (unit - model.mean).flatten()).solution
        made = model.mean + (coefficients @ modes).view(-1, 3)
        gap = ((made - unit) * torch.from_numpy(drawn.body).float()).norm(dim=-1)
        assert gap.median() < CLOSE * np.linalg.norm(drawn.body)


@pytest.mark.parametrize("category", ["bottle", "bowl", "can", "cup"])
def test_what_is_round_stays_about_round(category: str) -> None:
    """Width and depth of bodies hang together, but for bottles, which may be oval."""
    latent = torch.randn(200, shape_model(category).dim, generator=torch.Generator().manual_seed(0))
    extents, _ = shape_model(category).parts_of(latent)
    ratio = (extents[:, 0] / extents[:, 1]).log().abs()
    assert ratio.median() < (0.3 if category == "bottle" else 0.03)


def test_another_category_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(InputError, match="bottle, bowl, box, can, cup"):
        shape_model("mug")


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models.safetensors").write_bytes(b"no models")
    with pytest.raises(InputError, match="models of categories"):
        read_models(tmp_path / "models.safetensors")
