"""Drawn pairs: reproducible, and their surface points are those that crops and templates show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import training.mini_map.pairs
from training.drawn.prints import any_print
from training.mini_map.pairs import Pairs, draw_shard, load_pairs, main


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return draw_shard(3, 0, things=4, photos=2)


def test_a_shard_depends_on_its_seed_alone(pairs: Pairs):
    again, other = draw_shard(3, 0, things=4, photos=2), draw_shard(4, 0, things=4, photos=2)
    for name, values in pairs._asdict().items():
        torch.testing.assert_close(values, getattr(again, name), rtol=0, atol=0, equal_nan=True)
    assert not torch.equal(pairs.patches, other.patches)


def test_cells_on_a_template_show_points_of_the_thing(pairs: Pairs):
    """Of its surface, whose diameter is 1 and whose centre is the origin."""
    owned, points = pairs.owned[:, 1:], pairs.points[:, 1:].float()
    assert bool(points[owned].isfinite().all())
    assert 0.03 < float(owned.float().mean()) < 0.6
    assert float(points[owned].norm(dim=-1).max()) < 0.75


def test_most_cells_on_a_crop_show_points(pairs: Pairs):
    """Masks are rough: some lie beyond the thing."""
    shown = pairs.points[:, 0].isfinite().all(-1)[pairs.owned[:, 0]]
    assert float(shown.float().mean()) > 0.8


def test_shards_that_lie_there_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pairs: Pairs):
    monkeypatch.setattr(training.mini_map.pairs, "draw_shard", lambda seed, shard: pairs)
    save_file(pairs._replace(owned=~pairs.owned)._asdict(), tmp_path / "0-0001.safetensors")
    main([str(tmp_path), "--shards", "2"])
    first, second = (load_pairs(file) for file in sorted(tmp_path.iterdir()))
    assert torch.equal(first.owned, pairs.owned) and torch.equal(second.owned, ~pairs.owned)


def test_prints_differ():
    prints = [any_print(np.random.default_rng(seed)) for seed in range(4)]
    assert all(one.shape == (192, 384, 3) and one.dtype == np.uint8 for one in prints)
    assert len({one.tobytes() for one in prints}) == 4
