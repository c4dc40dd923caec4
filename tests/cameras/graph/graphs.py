"""Camera graphs with known truth: some edges hold nothing right, the others one right of several."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.geometry import SO3, average_rotations


def make_graph(
    num_cameras: int,
    seed: int,
    wrong: float = 0.5,
    alternatives: int = 5,
    noise_degrees: float = 0.0,
    density: float = 1.0,
) -> tuple[SO3, list[Edge], Tensor]:
    """True cam_from_world (n,), edges of equal weights, and the right hypothesis (E,), -1 where none is.

    Wrong hypotheses are uniform; the noise is normal, degrees an axis.
    """
    generator = torch.Generator().manual_seed(seed)
    rotations = SO3.random((num_cameras,), generator, dtype=torch.float64)
    pairs = [(i, j) for i in range(num_cameras) for j in range(i + 1, num_cameras)]
    pairs = [pair for pair in pairs if float(torch.rand((), generator=generator)) < density]
    right = torch.randint(alternatives, (len(pairs),), generator=generator)
    right[torch.randperm(len(pairs), generator=generator)[: round(wrong * len(pairs))]] = -1
    edges = []
    for (i, j), place in zip(pairs, right.tolist(), strict=True):
        wxyz = SO3.random((alternatives,), generator, dtype=torch.float64).wxyz.clone()
        turn = math.radians(noise_degrees) * torch.randn(3, generator=generator, dtype=torch.float64)
        if place >= 0:
            wxyz[place] = (SO3.exp(turn) @ rotations[j] @ rotations[i].inverse()).wxyz
        weights = torch.full((alternatives,), (1 - wrong) / alternatives)
        edges.append(Edge(i, j, SO3(wxyz), weights))
    return rotations, edges, right


def errors_degrees(found: SO3, truth: SO3) -> Tensor:
    """(n,) after the turn of the world that suits most cameras."""
    found, truth = found.to(torch.float64), truth.to(torch.float64)
    world_from_found = average_rotations(truth.inverse() @ found, robust=True)
    return torch.rad2deg((truth @ world_from_found @ found.inverse()).angle())
