"""A mug seen from the side, its handle where a test wants it: in view, beside the body, or behind it."""

from __future__ import annotations

import math

import torch

from objpose.geometry import SE3, SO3
from tests.synthetic import onboarded

ABOVE = math.radians(30)  # the camera looks down by that much


def about_z(degrees: list[float]) -> SE3:
    """(B,) turns of an object about its own axis."""
    turns = torch.tensor(degrees).deg2rad()
    axis = torch.stack([0 * turns, 0 * turns, turns], dim=-1)
    return SE3.from_rotation_translation(SO3.exp(axis), torch.zeros(len(turns), 3))


def standing(degrees: float) -> SE3:
    """A mug on a table, its handle turned by an angle, at the camera's right by none."""
    upright = SO3.exp(torch.tensor([math.pi / 2 + ABOVE, 0.0, 0.0]))
    return SE3.from_rotation_translation(upright, torch.tensor([0.0, 0.0, 0.45])) @ about_z([degrees])[0]


def hidden_handle() -> SE3:
    """The turn that has the handle behind the body."""
    vertices = onboarded("mug").mesh.vertices
    handle = vertices[vertices[:, 0] > 0.045]
    return max(
        (standing(degrees) for degrees in range(0, 360, 10)),
        key=lambda pose: float(pose.apply_points(handle)[:, 2].mean()),
    )
