"""Boxes of known instances of categories, and how far an answer is from one.

Right up to what the category leaves open: turns about the axis of bottles, bowls and cans; ends of cans; half
turns of boxes, and quarter turns about the axis between two sides of about the same length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import trimesh
from torch import Tensor

from bop_eval.categories import oriented_iou
from objpose.geometry import SE3, SO3, Mesh

ROUND = ("bottle", "bowl", "can")
SQUARE = 0.1  # of the longer: sides that differ by less may be mistaken
TURNS = 24  # of what is round, that boxes are compared under
RIM = 0.03  # of a cup's height


@dataclass(frozen=True, eq=False)
class TrueBox:
    category: str
    cam_from_obj: SE3  # () of the middle of the box; axes as of a CategoryEstimate
    size: Tensor  # (3,) metres

    def moved(self, cam_from_mesh: SE3) -> TrueBox:
        """One that was given in a mesh's frame, in a camera's."""
        return replace(self, cam_from_obj=cam_from_mesh @ self.cam_from_obj)


@dataclass(frozen=True)
class Errors:
    overlap: float  # of the boxes, intersection over union, 0 to 1
    degrees: float
    axis_degrees: float  # of z alone
    metres: float  # of the middles


def box_of_mesh(mesh: Mesh, category: str) -> TrueBox:
    """In the mesh's frame, whose z is the axis of all but boxes."""
    points = mesh.vertices.double().numpy()
    if category == "box":
        box_from_mesh, size = trimesh.bounds.oriented_bounds(points)
        order = np.argsort(size)
        axes = box_from_mesh[:3, :3][order]
        axes[2] *= np.sign(np.linalg.det(axes))
        return _true(category, axes, points)
    if category == "cup":
        return _true(category, _axes(_handle_direction(points)), points)
    to_rectangle, _ = trimesh.bounds.oriented_bounds_2D(points[:, :2])
    return _true(category, _axes(to_rectangle[0, :2]), points)


def _axes(x: np.ndarray) -> np.ndarray:
    """(3, 3) rows x, y, z of a frame whose x lies along a direction (2,) of the ground."""
    x = np.append(x / np.linalg.norm(x), 0.0)
    z = np.array([0.0, 0, 1])
    return np.stack([x, np.cross(z, x), z])


def _handle_direction(points: np.ndarray) -> np.ndarray:
    """(2,) from the middle of the rim to what is farthest from the axis."""
    top, height = points[:, 2].max(), np.ptp(points[:, 2])
    rim = points[points[:, 2] > top - RIM * height, :2]
    away = points[:, :2] - (rim.min(0) + rim.max(0)) / 2
    length = np.linalg.norm(away, axis=1)
    return away[length > 0.95 * length.max()].mean(0)


def _true(category: str, axes: np.ndarray, points: np.ndarray) -> TrueBox:
    within = points @ axes.T
    low, high = within.min(0), within.max(0)
    rotation, middle = (
        torch.from_numpy(axes.T.copy()).float(),
        torch.from_numpy((low + high) / 2 @ axes).float(),
    )
    pose = SE3.from_rotation_translation(SO3.from_matrix(rotation), middle)
    return TrueBox(category, pose, torch.from_numpy(high - low).float())


def errors(truth: TrueBox, cam_from_obj: SE3, size: Tensor) -> Errors:
    rotation = cam_from_obj.rotation
    equal = _equal(truth)
    off = (rotation.inverse() @ truth.cam_from_obj.rotation @ equal).angle().min()
    axes = [pose.apply(torch.tensor([0.0, 0, 1])) for pose in (rotation, truth.cam_from_obj.rotation)]
    cosine = float(axes[0] @ axes[1])
    axis = np.degrees(np.arccos(np.clip(abs(cosine) if truth.category == "can" else cosine, -1, 1)))
    return Errors(
        overlap=_overlap(truth, cam_from_obj, size),
        degrees=float(axis) if truth.category in ROUND else float(torch.rad2deg(off)),
        axis_degrees=float(axis),
        metres=float((cam_from_obj.translation - truth.cam_from_obj.translation).norm()),
    )


def _equal(truth: TrueBox) -> SO3:
    """(n,) turns that leave a box as it is."""
    turns = [(0.0, 0.0, 0.0)]
    if truth.category == "box":
        turns += [(np.pi, 0, 0), (0, np.pi, 0), (0, 0, np.pi)]
        x, y, z = truth.size.tolist()
        turns += [(0, 0, s * np.pi / 2) for s in (-1, 1) if y - x < SQUARE * y]
        turns += [(s * np.pi / 2, 0, 0) for s in (-1, 1) if z - y < SQUARE * z]
    found = SO3.exp(torch.tensor(turns, dtype=torch.float32))
    return SO3((found[:, None] @ found).wxyz.reshape(-1, 4))


def _turns(truth: TrueBox) -> SE3:
    """(n,) of an answer, under the best of which its box is compared."""
    angles = torch.arange(TURNS if truth.category in ROUND else 1) * (2 * np.pi / TURNS)
    about_z = torch.stack([torch.zeros_like(angles), torch.zeros_like(angles), angles], -1)
    return SE3.from_rotation_translation(SO3.exp(about_z), torch.zeros(len(angles), 3))


def _overlap(truth: TrueBox, cam_from_obj: SE3, size: Tensor) -> float:
    """Intersection over union of the two boxes, under the best turn of the answer."""
    turned = (cam_from_obj @ _turns(truth)).matrix().double().numpy()
    true = truth.cam_from_obj.matrix().double().numpy()
    return float(oriented_iou(true, truth.size.double().numpy(), turned, size.double().numpy()).max())
