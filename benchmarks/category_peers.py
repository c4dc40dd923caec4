"""What is plainly done otherwise: the box of the visible points; the mean shape laid on them by ICP."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
import trimesh
from torch import Tensor

from objpose.categories.canonical import canonical
from objpose.categories.fit import ROUNDS, fitted
from objpose.categories.kinds import KINDS
from objpose.categories.observation import Observation
from objpose.categories.propose import proposed
from objpose.categories.residuals import ResidualOptions
from objpose.categories.shape_model import shape_model
from objpose.geometry import SE3, SO3

Placed = tuple[SE3, Tensor]  # cam_from_obj of the middle of a box, and its size


def visible_box(observation: Observation, category: str) -> Placed:
    """The least box around the measured points; z up in the picture, along the side least like the others."""
    points = observation.cloud.points.double().numpy()
    box_from_cam, size = trimesh.bounds.oriented_bounds(points)
    order = np.argsort(size)
    if category != "box" and size[order[2]] - size[order[1]] < size[order[1]] - size[order[0]]:
        order = order[[1, 2, 0]]  # flat things stand on their flat side
    axes, size = box_from_cam[:3, :3][order], size[order]
    if category != "box" and axes[2, 1] > 0:
        axes[2] *= -1  # cameras look down on tables: what stands points up in the picture
    axes[0] *= np.sign(np.linalg.det(axes))
    middle = -box_from_cam[:3, :3].T @ box_from_cam[:3, 3]
    rotation = SO3.from_matrix(torch.from_numpy(axes.T.copy()).float())
    pose = SE3.from_rotation_translation(rotation, torch.from_numpy(middle).float())
    return pose, torch.from_numpy(size).float()


def mean_shape_icp(observation: Observation, category: str, hypotheses: int, seed: int) -> Placed:
    """The mean shape of one free scale, by the same ICP from the same starts, on the surface alone."""
    model = shape_model(category)
    spread = (model.latent_scale[:3].mean(0)).norm()  # one sigma of the logarithm of the size
    scale = torch.zeros(len(model.latent_mean), 1)
    scale[:3] = spread
    rigid = replace(model, latent_scale=scale)
    generator = torch.Generator().manual_seed(seed)
    start = proposed(rigid, KINDS[category], observation, hypotheses)
    best = fitted(start, observation, ROUNDS, ResidualOptions(free=0.0), generator)
    found = canonical(best, 0, KINDS[category])
    return found.cam_from_obj, found.size
