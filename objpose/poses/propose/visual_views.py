"""What dense features see of an object's keypoints, averaged over the views of a sphere.

The object's half of the visual descriptors of Caraffa et al.: FreeZe, ECCV 2024. Dense features change as the
image is turned, so that a plain mean over views blurs them. Here each keypoint has a direction on the surface
of its own, and every view is turned until that direction points up before the keypoint is described.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from objpose.features import DenseFeatures, PointCloud
from objpose.geometry import SE3, SO3, Mesh, looking_at, square_K, unhidden, view_rotations
from objpose.objects.templates import BACKGROUND
from objpose.raster import render_mesh

DISTANCE = 6.0  # of the cameras from the object's centre, diameters: nearly parallel rays
FRONT = 0.25  # of the diameter that the visible surface is nearer than the centre, about
BORDER = 2  # cells around the object: windows of features must not leave the image
VISIBLE_WITHIN = 0.02  # of the diameter behind the rendered depth: keypoints are means of a few samples
AT_ONCE = 32  # views drawn and described together: bounds the memory


@dataclass(frozen=True)
class VisualScale:
    """The one scale at which views and frames are described: depth makes it known in both."""

    cells: int  # that the object's diameter spans
    stride: int  # pixels between cells

    @property
    def size(self) -> int:
        """Pixels of an image's side."""
        return (self.cells + BORDER) * self.stride

    def focal(self, distance: float, diameter: float) -> float:
        """Pixels, of the camera that sees a surface at `distance` metres at this scale."""
        return self.cells * self.stride * distance / diameter


@dataclass(frozen=True, eq=False)
class Sphere:
    """V cameras around an object, and which keypoints (N) they see."""

    cam_from_obj: SE3  # (V,)
    K: Tensor  # (3, 3)
    visible: Tensor  # (V, N) bool


def surface_directions(normals: Tensor) -> Tensor:
    """(N, 3) unit, at right angles to normals (N, 3): closest to z, or to x where the normal is near z."""
    steep = normals[:, 2:].abs() > 0.8
    axis = torch.where(steep, torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 1.0]))
    return functional.normalize(axis - (axis * normals).sum(-1, keepdim=True) * normals, dim=-1)


def image_turns(count: int) -> SO3:
    """(count,) turns of the camera about its axis, the first none."""
    turns = torch.zeros(count, 3)
    turns[:, 2] = torch.arange(count) * (2 * math.pi / count)
    return SO3.exp(turns)


def view_sphere(mesh: Mesh, cloud: PointCloud, scale: VisualScale, views: int) -> Sphere:
    """The cameras, and the test of the z-buffer: a point counts that faces the camera and is not covered."""
    diameter, rotation = mesh.diameter(), view_rotations(views, 1)
    centre = mesh.bounds().mean(0)
    cam_from_obj = looking_at(centre, rotation, DISTANCE * diameter)
    K = square_K(scale.focal((DISTANCE - FRONT) * diameter, diameter), scale.size)
    depth = render_mesh(mesh, cam_from_obj, K, scale.size, scale.size, near=diameter).depth
    points = cam_from_obj.apply_points(cloud.points)
    normals = cloud.normals @ rotation.matrix().mT
    facing = (normals * points).sum(-1) < 0
    return Sphere(cam_from_obj, K, facing & unhidden(points, depth, K, VISIBLE_WITHIN * diameter))


def averaged_features(
    mesh: Mesh, cloud: PointCloud, sphere: Sphere, features: DenseFeatures, scale: VisualScale, turns: int
) -> Tensor:
    """(N, D) mean descriptor of each point over the views that see it, its surface direction up.

    turns: in how many steps a view is turned. Points that no view sees get zeros.
    """
    total = torch.zeros(len(cloud), features.dim)
    chosen = _upright_turn(cloud, sphere, turns)
    wanted = functional.one_hot(chosen, turns).bool() & sphere.visible[..., None]
    pairs = wanted.any(1).nonzero()
    for view, turn in (some.unbind(-1) for some in pairs.split(AT_ONCE)):
        cam_from_obj = SE3.from_rotation_translation(image_turns(turns)[turn], torch.zeros(len(turn), 3))
        cam_from_obj = cam_from_obj @ sphere.cam_from_obj[view]
        outputs = ("depth", "color")
        render = render_mesh(mesh, cam_from_obj, sphere.K, scale.size, scale.size, outputs=outputs)
        assert render.color is not None  # asked for
        images = torch.where(render.mask[..., None], render.color, BACKGROUND).permute(0, 3, 1, 2)
        pixels = _projected(cam_from_obj.apply_points(cloud.points), sphere.K)
        total += (features(images).sample(pixels) * wanted[view, :, turn][..., None]).sum(0)
    return total / sphere.visible.sum(0).clamp_min(1)[:, None]


def _upright_turn(cloud: PointCloud, sphere: Sphere, turns: int) -> Tensor:
    """(V, N) the turn that brings each point's surface direction closest to the image's up."""
    x, y, _ = (surface_directions(cloud.normals) @ sphere.cam_from_obj.rotation.matrix().mT).unbind(-1)
    missing = -math.pi / 2 - torch.atan2(y, x)
    return (missing * (turns / (2 * math.pi))).round().long() % turns


def _projected(points: Tensor, K: Tensor) -> Tensor:
    return (points[..., :2] / points[..., 2:]) * K[0, 0] + K[:2, 2]
