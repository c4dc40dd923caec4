"""The side of an object that a reference with depth shows, as an object that PoseEstimator takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from objpose.geometry import SE3, SO3, Mesh, Symmetry
from objpose.objects import ObjectModel
from objpose.onboarding import onboard
from objpose.reference.look import Look
from objpose.reference.seen_side import seen_mesh


def seen_object(look: Look, cam_from_obj: SE3, name: str) -> ObjectModel:
    """Of a view with depth, in the object's frame, in memory.

    Its symmetries stay unknown: half of a surface tells none.

    Raises:
        InputError: hardly any depth under the mask.
    """
    assert look.depth is not None
    mesh = seen_mesh(look, look.depth)
    cam_from_look = SE3.from_rotation_translation(
        SO3.from_matrix(torch.from_numpy(look.look_from_cam[:3, :3].T).float()), torch.zeros(3)
    )
    obj_from_look = cam_from_obj.inverse() @ cam_from_look
    placed = replace(mesh, vertices=obj_from_look.apply_points(mesh.vertices))
    return onboard(placed, name, "m", None, Symmetry.none(), progress=False)


def share_in_view(mesh: Mesh, cam_from_obj: SE3) -> float:
    """In [0, 1]: of the surface that the reference shows, what faces the camera under a pose ()."""
    corners = cam_from_obj.apply_points(mesh.vertices)[mesh.faces]
    across = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    faces = (across * corners.mean(1)).sum(-1) < 0
    area = across.norm(dim=-1)
    return float((area * faces).sum() / area.sum().clamp_min(1e-12))


def as_matrix(motion: SE3) -> np.ndarray:
    """(4, 4) float64."""
    return motion.matrix().double().numpy()
