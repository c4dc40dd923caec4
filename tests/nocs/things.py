"""A small painted box, and trainers on it that learn in a moment."""

from __future__ import annotations

import torch

from objpose.geometry import HOST, Mesh, Symmetry
from objpose.nocs import NetworkOptions, ObjectCrops, Trainer, TrainingOptions

SMALL = NetworkOptions(width=8)


def painted_box() -> Mesh:
    """6 x 8 x 12 cm about (0.02, 0, 0), painted by where its points lie: red by x, green by y, blue by z."""
    corners = torch.cartesian_prod(*[torch.tensor([-0.5, 0.5])] * 3)
    sides = torch.tensor([0.06, 0.08, 0.12])
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))]
    return Mesh(corners * sides + torch.tensor([0.02, 0.0, 0.0]), faces, vertex_colors=corners + 0.5)


def box_crops() -> ObjectCrops:
    return ObjectCrops(painted_box(), Symmetry.none(), HOST)


def small_trainer(seed: int = 0) -> Trainer:
    return Trainer(
        box_crops(), HOST, SMALL, TrainingOptions(batch=8, learning_rate=5e-3, warm_up=5, seed=seed)
    )
