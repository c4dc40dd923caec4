"""What of an object each direction shows: rendered once, from a sphere of views."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import Mesh, looking_at, nearest_pixels, square_K, view_directions, view_rotations
from objpose.raster import MeshRender, render_mesh

DISTANCE = 6.0  # of the cameras, in diameters: nearly parallel rays
SIZE = 96  # pixels of a view's side
FILL = 0.9  # of the view's side taken by the object's diameter
VISIBLE_WITHIN = 0.02  # of the diameter behind the rendered depth, for grazing pixels
FLUSH_WITHIN = 0.003  # of the diameter off what is drawn there, along the normal: walls are thin


@dataclass(frozen=True, eq=False)
class ViewSphere:
    directions: Tensor  # (V, 3) unit, object frame, from the object to the camera
    centroids: Tensor  # (V, 3) metres, object frame: mean of the surface visible from there

    def nearest(self, directions: Tensor) -> Tensor:
        """(N,) index of the view closest to each direction (N, 3)."""
        return (directions @ self.directions.T).argmax(-1)


def render_view_sphere(mesh: Mesh, count: int, points: Tensor, normals: Tensor) -> tuple[ViewSphere, Tensor]:
    """The sphere of `count` views, and (V, N) which of the surface points (N, 3) each view sees.

    normals: (N, 3) unit, either way.
    """
    low, high = mesh.bounds()
    centre, diameter = (low + high) / 2, mesh.diameter()
    cam_from_obj = looking_at(centre, view_rotations(count, 1), DISTANCE * diameter)
    K = square_K(FILL * SIZE * DISTANCE, SIZE)
    render = render_mesh(mesh, cam_from_obj, K, SIZE, SIZE, outputs=("depth", "coords"), near=diameter)
    assert render.coords is not None  # asked for
    seen = render.mask.float()
    area = seen.sum((1, 2)).clamp_min(1.0)
    centroids = (render.coords * seen[..., None]).sum((1, 2)) / area[:, None]
    visible = _visible(points, normals, cam_from_obj.apply_points(points), render, K, diameter)
    return ViewSphere(view_directions(count), centroids), visible


def _visible(
    points: Tensor, normals: Tensor, posed: Tensor, render: MeshRender, K: Tensor, diameter: float
) -> Tensor:
    """(V, N) bool: surface points (N, 3), camera frames (V, N, 3), on what is drawn in their pixel.

    A pixel is as wide as the wall of a bowl is thick, so depth alone would show its inside from below. Along
    the normal what is drawn beside a point on the same face is not off at all.
    """
    assert render.coords is not None  # asked for
    column, row, inside = nearest_pixels(((posed / posed[..., 2:]) @ K.mT)[..., :2], SIZE, SIZE)
    place = torch.arange(len(posed))[:, None], row, column
    off = ((render.coords[place] - points) * normals).sum(-1).abs()
    behind = posed[..., 2] - render.depth[place]
    drawn = inside & render.mask[place]
    return drawn & (behind <= VISIBLE_WITHIN * diameter) & (off <= FLUSH_WITHIN * diameter)
