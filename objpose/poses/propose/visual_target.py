"""Patches of a frame as points with visual features: FreeZe's side of the scene.

Caraffa et al.: FreeZe, ECCV 2024: a target point is the centre of a patch on the mask that has depth, and
carries the patch's own descriptor.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from objpose.crops import main_part, pinhole_box, virtual_view
from objpose.features import DenseFeatures
from objpose.frame import Frame
from objpose.geometry import Camera, nearest_pixels
from objpose.objects.templates import BACKGROUND
from objpose.poses.propose.visual_views import VisualScale, image_turns

GRAZING = 0.1  # least cosine between a normal and the ray back


@dataclass(frozen=True, eq=False)
class VisualCrop:
    """The frame around a mask at the scale of the object's views."""

    rgb: Tensor  # (S, S, 3) float32 in [0, 1]
    depth: Tensor  # (S, S) metres, 0 = missing
    mask: Tensor  # (S, S) bool
    camera: Camera

    def image(self) -> Tensor:
        """(1, 3, S, S) for the features: what is not the object filled as in the views."""
        return torch.where(self.mask[..., None], self.rgb, BACKGROUND).permute(2, 0, 1)[None]


@dataclass(frozen=True, eq=False)
class PatchPoints:
    points: Tensor  # (P, 3) camera frame, metres: the surface at the centres of patches
    descriptors: Tensor  # (P, R, C) as the features give them, of the image turned in R steps
    up: Tensor  # (R, 2) the direction in the crop that points up in each turned image

    def __getitem__(self, index: Tensor) -> PatchPoints:
        return PatchPoints(self.points[index], self.descriptors[index], self.up)

    def directions(self, normals: Tensor) -> Tensor:
        """(P, R, 3) unit: along the surface with these normals (P, 3), what points up in each image."""
        rays = functional.normalize(self.points, dim=-1)
        ahead = functional.pad(self.up, (0, 1)).expand(len(rays), -1, -1)
        # Moved along the ray, which does not change where it is seen, onto the tangent plane.
        depth = (ahead @ normals[..., None]) / (rays * normals).sum(-1).clamp(max=-GRAZING)[:, None, None]
        return functional.normalize(ahead - depth * rays[:, None], dim=-1)


def visual_crop(
    frame: Frame, mask: Tensor, scale: VisualScale, distance: float, diameter: float
) -> VisualCrop:
    """Centred on the mask's (H, W) box, less specks; `distance` metres is that of the masked surface."""
    mask = main_part(mask)
    low, high = pinhole_box(frame, mask)
    middle, pinhole = (low + high) / 2, frame.camera.pinhole
    zoom = scale.focal(distance, diameter) / pinhole.fx
    side = (scale.size - 1) / 2
    K = torch.diag(torch.tensor([zoom, zoom, 1.0], dtype=torch.float64)) @ pinhole.K.double()
    K[:2, 2] = side - zoom * (middle.double() - pinhole.K[:2, 2].double())
    camera = Camera(K, scale.size, scale.size)
    assert frame.depth is not None
    rgb, _ = virtual_view(frame, mask, camera)
    column, row, inside = nearest_pixels(frame.camera.project(camera.rays()), *frame.size)
    return VisualCrop(rgb, frame.depth[row, column] * inside, mask[row, column] & inside, camera)


def patch_points(crop: VisualCrop, features: DenseFeatures, turns: int) -> PatchPoints:
    """One point for every patch whose centre lies on the mask and has depth.

    With one turn the descriptors are the maps' own; those of turned images are read between their cells.
    """
    rotation = image_turns(turns).matrix()[:, :2, :2]
    maps = features(_turned(crop.image(), rotation))
    centres = maps.centres()
    column, row = centres.round().long().unbind(-1)
    depth = crop.depth[row, column]
    usable = crop.mask[row, column] & (depth > 0)
    centres, middle = centres[usable], (len(crop.mask) - 1) / 2
    points = crop.camera.unproject(centres, depth[usable])
    descriptors = maps.sample((centres - middle) @ rotation.mT + middle)
    up = torch.tensor([0.0, -1.0]) @ rotation
    return PatchPoints(points.float(), descriptors.transpose(0, 1), up)


def _turned(image: Tensor, rotation: Tensor) -> Tensor:
    """(R, 3, S, S) of an image (1, 3, S, S): what is at p from the centre moves to rotation (R, 2, 2) @ p."""
    theta = torch.cat([rotation.mT, torch.zeros(len(rotation), 2, 1)], dim=-1)
    images = image.expand(len(rotation), -1, -1, -1)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images - BACKGROUND, grid, align_corners=False) + BACKGROUND
