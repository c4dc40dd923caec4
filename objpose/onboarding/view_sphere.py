"""What of an object each direction shows: rendered once, from a sphere of views."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import SE3, Mesh, view_directions, view_rotations
from objpose.raster import render_mesh

DISTANCE = 6.0  # of the cameras, in diameters: nearly parallel rays
SIZE = 96  # pixels of a view's side
FILL = 0.9  # of the view's side taken by the object's diameter
VISIBLE_WITHIN = 0.02  # of the diameter behind the rendered depth, for grazing pixels


@dataclass(frozen=True, eq=False)
class ViewSphere:
    directions: Tensor  # (V, 3) unit, object frame, from the object to the camera
    centroids: Tensor  # (V, 3) metres, object frame: mean of the surface visible from there

    def nearest(self, directions: Tensor) -> Tensor:
        """(N,) index of the view closest to each direction (N, 3)."""
        return (directions @ self.directions.T).argmax(-1)


def render_view_sphere(mesh: Mesh, count: int, points: Tensor) -> tuple[ViewSphere, Tensor]:
    """The sphere of `count` views, and (V, N) which of the surface points (N, 3) each view sees."""
    low, high = mesh.bounds()
    centre, diameter = (low + high) / 2, mesh.diameter()
    rotation = view_rotations(count, 1)
    translation = torch.tensor([0.0, 0.0, DISTANCE * diameter]) - rotation.apply(centre)
    cam_from_obj = SE3.from_rotation_translation(rotation, translation)
    focal = FILL * SIZE * DISTANCE
    K = torch.tensor([[focal, 0.0, (SIZE - 1) / 2], [0.0, focal, (SIZE - 1) / 2], [0.0, 0.0, 1.0]])
    render = render_mesh(mesh, cam_from_obj, K, SIZE, SIZE, outputs=("depth", "coords"), near=diameter)
    seen = render.mask.float()
    area = seen.sum((1, 2)).clamp_min(1.0)
    centroids = (render.coords * seen[..., None]).sum((1, 2)) / area[:, None]
    visible = _visible(cam_from_obj.apply_points(points), render.depth, K, VISIBLE_WITHIN * diameter)
    return ViewSphere(view_directions(count), centroids), visible


def _visible(points_cam: Tensor, depth: Tensor, K: Tensor, slack: float) -> Tensor:
    """(V, N) whether points (V, N, 3) lie at most `slack` metres behind their pixel of depth (V, H, W)."""
    pixel = (points_cam[..., :2] / points_cam[..., 2:]) * K[0, 0] + K[:2, 2]
    column, row = pixel.round().long().clamp(0, SIZE - 1).unbind(-1)
    surface = depth[torch.arange(len(depth))[:, None], row, column]
    return (surface > 0) & (points_cam[..., 2] <= surface + slack)
