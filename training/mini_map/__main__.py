"""Fit the map of mini, objpose/features/mini.py, to pairs that training/mini_map/pairs.py draws.

    python -m training.mini_map.pairs DATA --shards 12
    python -m training.mini_map.pairs DATA/held_out --shards 4 --seed 1
    python -m training.mini_map DATA --out RUN [--seed 0]

Puts the map into RUN/mini.safetensors, in half precision, where training/mini has written the network, and
into RUN/mini.json what it was made from, and the share of right matches on the held-out things, with the map
and with the patches as they are. It is solved for, not searched: the same pairs and seed give the same map.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from objpose.features.mini import INPUTS, MAP, MAPPED, PATCHES, WEIGHTS
from training.mini_map.pairs import Pairs, load_pairs
from training.mini_map.surface import Cells, cells_of, right_share

RIGHT, WRONG = (
    0.03,
    0.1,
)  # of the diameter: cells closer than the one match, those farther than the other do not
RIDGE = 0.01  # of the mean variance
AT_ONCE = 24  # crops


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    projection = fit(options.data, options.seed).half()
    file, log_file = options.out / WEIGHTS, options.out / "mini.json"
    save_file(load_file(file) | {MAP: projection}, file)
    log = json.loads(log_file.read_text())
    log["map"] = {
        "seed": options.seed,
        "shards": [file.name for file in _files(options.data)],
        "right with the map": evaluate(options.data / "held_out", projection.float()),
        "right with patches": evaluate(options.data / "held_out", None),
    }
    log_file.write_text(json.dumps(log, indent=1) + "\n")


def fit(data: Path, seed: int) -> Tensor:
    """(MAPPED, INPUTS) rows in which right matches differ least, for how much wrong ones do.

    A row weighs by the root of the variance of wrong matches, that of right ones being 1.
    """
    generator = torch.Generator().manual_seed(seed)
    right, wrong = torch.zeros(2, INPUTS, INPUTS, dtype=torch.float64)
    for pairs in _batches(data):
        more_right, more_wrong = _spreads(cells_of(pairs), generator)
        right += more_right
        wrong += more_wrong
    right = right + RIDGE * right.diagonal().mean() * torch.eye(len(right))
    factor = torch.linalg.cholesky(right)
    half = torch.linalg.solve_triangular(factor, wrong, upper=False)
    ratio = torch.linalg.solve_triangular(factor, half.mT, upper=False)
    variance, directions = torch.linalg.eigh((ratio + ratio.mT) / 2)
    rows = torch.linalg.solve_triangular(factor.mT, directions, upper=True) * variance.clamp_min(0).sqrt()
    return rows.flip(1)[:, :MAPPED].mT.float().contiguous()


def _spreads(cells: Cells, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(INPUTS, INPUTS) float64 mean products of the differences of right matches, and of wrong ones."""
    nearest, match = cells.distance.min(-1)
    crop, side, cell = (nearest < RIGHT).nonzero().unbind(-1)
    other = torch.randint(cells.distance.shape[-1], crop.shape, generator=generator)
    far = cells.distance[crop, side, cell, other]
    seen = cells.values[crop, 0, cell]
    right = seen - cells.values[crop, 1 + side, match[crop, side, cell]]
    wrong = (seen - cells.values[crop, 1 + side, other])[(far > WRONG) & far.isfinite()]
    return _mean_product(right), _mean_product(wrong)


def _mean_product(differences: Tensor) -> Tensor:
    return (differences.mT @ differences).double() / max(1, len(differences))


def evaluate(data: Path, projection: Tensor | None) -> float:
    """Mean share of right matches; by the patches as they are without a projection (MAPPED, INPUTS)."""
    found = []
    for pairs in _batches(data):
        cells = cells_of(pairs)
        values = cells.values[..., : PATCHES.dim]
        if projection is not None:
            values = functional.normalize(cells.values @ projection.mT, dim=-1)
        found.append(right_share(cells, -torch.cdist(values[:, :1], values[:, 1:])))
    return round(float(torch.stack(found).mean()), 4)


def _batches(data: Path) -> Iterator[Pairs]:
    for file in tqdm(_files(data), desc="shards", disable=None):
        shard = load_pairs(file)
        yield from (shard.rows(rows) for rows in torch.arange(len(shard.round)).split(AT_ONCE))


def _files(data: Path) -> list[Path]:
    return sorted(data.glob("*.safetensors"))


if __name__ == "__main__":
    main()
