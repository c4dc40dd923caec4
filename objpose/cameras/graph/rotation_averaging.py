"""Rotations of all cameras from many hypotheses a pair, given a start: robust averaging by EM."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.cameras.graph.hypothesis_graph import HypothesisGraph
from objpose.cameras.graph.rotation_noise import density, pull
from objpose.geometry import SO3

CONVERGED = 1e-5  # radians
# Of the mean pull: keeps cameras without edges where they are.
RIDGE = 1e-9


def average_rotations_of_graph(
    graph: HypothesisGraph, cam_from_world: SO3, noise: float, max_steps: int = 30
) -> SO3:
    """The nearest set of likeliest rotations (n,), from the start `cam_from_world` (n,).

    Every edge is a mixture: its hypotheses, each with Student noise (radians an axis), and a uniform density
    for "none is right". EM: the shares of the hypotheses at the present rotations (a soft choice by
    consistency), then iteratively reweighted least squares on the tangent, as in Chatterjee and Govindu,
    Efficient and Robust Large-Scale Rotation Averaging, ICCV 2013. The frame of the world stays as the start
    has it, up to small turns.
    """
    rotation = cam_from_world.to(torch.float64)
    for _ in range(max_steps):
        step = _solve(graph, *_pulls(graph, rotation, noise))
        rotation = (rotation @ SO3.exp(step)).normalized()
        if float(step.norm(dim=-1).amax()) < CONVERGED:
            break
    return rotation


def edge_residuals(graph: HypothesisGraph, cam_from_world: SO3) -> Tensor:
    """(E, H, 3) rotation vectors in the world's frame: turning camera j by it makes the hypothesis fit."""
    i, j = graph.ends.unbind(1)
    predicted = SO3(graph.wxyz) @ SO3(cam_from_world.wxyz[i][:, None])
    return (SO3(cam_from_world.wxyz[j][:, None]).inverse() @ predicted).log()


def responsibilities(graph: HypothesisGraph, squared_angle: Tensor, noise: float) -> tuple[Tensor, Tensor]:
    """Shares (E, H) of the hypotheses in explaining their edges, and the log-evidence (E,) of the edges."""
    joint = graph.weights * density(squared_angle, noise)
    total = graph.none + joint.sum(1)
    return joint / total[:, None], total.log()


def _pulls(graph: HypothesisGraph, rotation: SO3, noise: float) -> tuple[Tensor, Tensor]:
    """Stiffness (E,) of every edge, and the turn (E, 3) it asks for times that."""
    residual = edge_residuals(graph, rotation)
    squared_angle = residual.square().sum(-1)
    share, _ = responsibilities(graph, squared_angle, noise)
    stiffness = share * pull(squared_angle, noise)
    return stiffness.sum(1), (stiffness[..., None] * residual).sum(1)


def _solve(graph: HypothesisGraph, stiffness: Tensor, moment: Tensor) -> Tensor:
    """(n, 3) turns of least squares: one graph Laplacian serves the three axes."""
    i, j = graph.ends.unbind(1)
    count = graph.num_cameras
    laplacian = torch.zeros(count, count, dtype=stiffness.dtype)
    right = torch.zeros(count, 3, dtype=stiffness.dtype)
    laplacian.index_put_((i, j), -stiffness, accumulate=True)
    laplacian = laplacian + laplacian.mT
    laplacian.diagonal().sub_(laplacian.sum(1))
    right.index_add_(0, j, moment).index_add_(0, i, -moment)
    laplacian.diagonal().add_(RIDGE * stiffness.mean().clamp(min=1e-6) if len(stiffness) else 1.0)
    return torch.linalg.solve(laplacian, right)
