"""Makes objpose/categories/models.safetensors: a mean, modes and a Gaussian of each category.

    python -m training.categories [--count 1500] [--seed 0] [--out objpose/categories/models.safetensors]

Instances are drawn (`shapes.py`), normalised by the extents of their bodies, and taken apart into
principal components. A CPU minute; the same seed gives the same models.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor
from tqdm import tqdm

from objpose.io.atomic import atomic_path
from training.categories.shapes import FAMILIES, Instance

MODES = 6  # at most
KEPT = 0.98  # of the variance: more modes are left out
LOOSENESS = 0.01  # standard deviation that no direction of the Gaussian falls below: 1 % of a size
OUT = Path(__file__).resolve().parents[2] / "objpose" / "categories" / "models.safetensors"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1500, help="instances of each category")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    tensors: dict[str, Tensor] = {}
    for number, (name, family) in enumerate(FAMILIES.items()):
        rng = np.random.default_rng([options.seed, number])
        drawn = [family(rng) for _ in tqdm(range(options.count), desc=name, disable=None)]
        model, kept = learned(drawn)
        tensors |= {f"{name}.{part}": values for part, values in model.items()}
        print(f"{name}: {len(model['modes'])} modes hold {kept:.3f} of the variance")
    with atomic_path(options.out) as part:
        part.write_bytes(save(tensors))
    print(f"{options.out}: {options.out.stat().st_size / 1000:.0f} kB")


def learned(drawn: list[Instance]) -> tuple[dict[str, Tensor], float]:
    """The parts of a ShapeModel, and the share of the variance that its modes hold."""
    bodies = np.stack([instance.body for instance in drawn])
    unit = np.stack([instance.vertices / instance.body for instance in drawn])
    mean = unit.mean(0)
    centred = (unit - mean).reshape(len(drawn), -1)
    # Of the instances' products: they are fewer than the coordinates.
    squares, left = (part[..., ::-1] for part in np.linalg.eigh(centred @ centred.T))
    shares = squares.clip(0) / squares.clip(0).sum()
    count = min(MODES, int(np.searchsorted(shares.cumsum(), KEPT)) + 1)
    coefficients = left[:, :count] * np.sqrt(len(drawn))
    latent = np.concatenate([np.log(bodies), coefficients], axis=1)
    covariance = np.cov(latent.T) + LOOSENESS**2 * np.eye(latent.shape[1])
    modes = coefficients.T @ centred / len(drawn)
    model = {
        "mean": torch.from_numpy(mean).half(),
        "modes": torch.from_numpy(modes.reshape(count, -1, 3)).half(),
        "faces": torch.from_numpy(np.ascontiguousarray(drawn[0].faces, np.int16)),
        "latent_mean": torch.from_numpy(latent.mean(0)).float(),
        "latent_scale": torch.from_numpy(np.linalg.cholesky(covariance)).float(),
    }
    return model, float(shares[:count].sum())


if __name__ == "__main__":
    main()
