"""Axes about which a measured side slides along itself: those of cylinders are found, those of blocks not."""

from __future__ import annotations

import numpy as np
import torch

from objpose.geometry import SE3, SO3
from objpose.reference.look import look_at
from objpose.reference.spins import STEPS_DEG, _axes, spins
from tests.synthetic import MESHES, make_scene

ALONG = np.array([0.3, 0.9, -0.2]) / np.linalg.norm([0.3, 0.9, -0.2])
THROUGH = np.array([0.1, -0.2, 0.3])


def cylinder(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The side of one that a camera sees, points and normals."""
    across = np.cross(ALONG, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    other = np.cross(ALONG, across)
    angle, height = rng.uniform(0, np.pi, 300), rng.uniform(-1, 1, 300)
    normals = np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * other
    return THROUGH + 0.5 * normals + height[:, None] * ALONG, normals


def test_the_axis_of_a_cylinder_is_found():
    axes = _axes(*cylinder(np.random.default_rng(0)))
    through, along = axes[0]
    assert abs(along @ ALONG) > 0.999
    off = through - THROUGH
    assert np.linalg.norm(off - (off @ ALONG) * ALONG) < 0.02


def test_three_faces_of_a_block_slide_along_no_turn():
    rng = np.random.default_rng(1)
    points, normals = [], []
    for axis in range(3):
        face = rng.uniform(-1, 1, (100, 3))
        face[:, axis] = 1.0
        points.append(face)
        normals.append(np.tile(np.eye(3)[axis], (100, 1)))
    assert _axes(np.concatenate(points), np.concatenate(normals)) == []


def test_a_can_spins_about_its_own_axis():
    pose = SE3.from_rotation_translation(
        SO3.exp(torch.tensor([1.2, 0.3, 0.1])), torch.tensor([0.0, 0.0, 0.4])
    )
    scene = make_scene(MESHES["can"](), pose)
    look = look_at(scene.frame, scene.mask, 256)
    axis = look.look_from_cam[:3, :3] @ pose.rotation.matrix().double().numpy()[:, 2]
    found = spins(look)
    assert found and len(found) % len(STEPS_DEG) == 0
    turns = [one[:3, :3] @ axis for one in found[:: len(STEPS_DEG)]]
    assert max(float(turned @ axis) for turned in turns) > 0.99
