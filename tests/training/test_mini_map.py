"""Fitting mini: surface distance is truth, symmetric places are one, the map is reproducible and better."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import objpose.features.mini
from objpose.features import MiniDescriptor
from objpose.features.mini import INPUTS, MAP, MAPPED, PATCHES, WEIGHTS
from training.drawn.things import Thing, any_thing
from training.mini_map.__main__ import fit, main
from training.mini_map.pairs import Pairs, draw_shard
from training.mini_map.surface import SAME, cells_of, right_share


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return draw_shard(3, 0, things=4, photos=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, pairs: Pairs) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    (folder / "held_out").mkdir()
    save_file(pairs._asdict(), folder / "0-0000.safetensors")
    held_out = pairs.rows(torch.arange(3))
    save_file(held_out._asdict(), folder / "held_out" / "1-0000.safetensors")
    return folder


def test_what_was_fitted_loads_and_is_told(data: Path, tmp_path: Path):
    """Beside the network and its log."""
    package = load_file(Path(objpose.features.mini.__file__).parent / WEIGHTS)
    del package[MAP]
    save_file(package, tmp_path / WEIGHTS)
    (tmp_path / "mini.json").write_text(json.dumps({"history": []}))
    main([str(data), "--out", str(tmp_path)])
    found = MiniDescriptor(tmp_path / WEIGHTS)
    assert found.weights.projection.shape == (MAPPED, INPUTS) and found.name != MiniDescriptor().name
    log = json.loads((tmp_path / "mini.json").read_text())
    assert log["map"]["shards"] == ["0-0000.safetensors"] and log["map"]["seed"] == 0
    assert (
        log["map"]["right with the map"] > log["map"]["right with patches"] > 0.1
    )  # of what it was fitted to
    assert log["history"] == []


def test_the_same_pairs_and_seed_give_the_same_map(data: Path, tmp_path: Path):
    torch.testing.assert_close(fit(data, 0), fit(data, 0), rtol=0, atol=0)
    assert not torch.equal(fit(data, 0), fit(data, 1))


def test_the_map_in_the_package_is_such_a_one():
    """With its log beside it."""
    folder = Path(objpose.features.mini.__file__).parent
    log = json.loads((folder / "mini.json").read_text())["map"]
    assert log["right with the map"] > log["right with patches"] + 0.05


def test_the_kept_cells_are_all_that_are_owned(pairs: Pairs):
    cells = cells_of(pairs)
    both = pairs.owned[:, :1].sum(-1) * pairs.owned[:, 1:].sum(-1)
    assert torch.equal(cells.rivals.sum((-1, -2)), both)
    crop = pairs.patches[0, 0].flatten(0, 1)[pairs.owned[0, 0]].float()
    assert torch.equal(cells.values[0, 0, : len(crop), : PATCHES.dim], crop)


def test_matches_by_distance_are_right_and_others_mostly_not(pairs: Pairs):
    cells = cells_of(pairs)
    likeness = -cells.distance.clamp(max=10.0)
    assert float(right_share(cells, likeness)) == 1.0
    assert float(right_share(cells, likeness.roll(7, -1))) < 0.7


def test_templates_are_turned_much_as_the_crop(pairs: Pairs):
    """What it shows lies mostly near something that the first template shows."""
    nearest = cells_of(pairs).distance[:, 0].amin(-1)
    assert float((nearest[nearest.isfinite()] < SAME).float().mean()) > 0.7


def test_symmetries_make_places_one():
    points = _round_thing().mesh.vertices[:400].float()
    angle = torch.tensor(1.3)
    turn = torch.tensor([[angle.cos(), -angle.sin(), 0], [angle.sin(), angle.cos(), 0], [0, 0, 1]])
    assert float(_distance(points, points @ turn.T, is_round=True).max()) < 0.01
    assert float(_distance(points, points @ turn.T, is_round=False).max()) > 0.01


def _round_thing() -> Thing:
    things = (any_thing(np.random.default_rng(seed)) for seed in range(60))
    return next(thing for thing in things if thing.round)


def _distance(points: torch.Tensor, turned: torch.Tensor, is_round: bool) -> torch.Tensor:
    """(2, 400) between the same cells of a crop and of its templates."""
    pairs = Pairs(
        torch.zeros(1, 3, 20, 20, PATCHES.dim).half(),
        torch.ones(1, 3, 400, dtype=torch.bool),
        torch.stack([points, turned, turned])[None],
        torch.eye(3).expand(1, 4, 3, 3),
        torch.tensor([is_round]),
    )
    return cells_of(pairs).distance[0].diagonal(dim1=-2, dim2=-1)
