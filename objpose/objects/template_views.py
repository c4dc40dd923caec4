"""The views that templates are made from: the object from all around, each filling its image alike."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import SE3, Mesh, centred_K, looking_at, view_rotations
from objpose.geometry.extent import hull_corners
from objpose.raster import MeshRender, render_mesh

AT_ONCE = 64  # views drawn together: bounds the memory


@dataclass(frozen=True)
class ViewOptions:
    """FoundPose's sampling: 57 directions x 14 turns in the image plane are 798 views, 25 degrees apart."""

    directions: int = 57
    turns: int = 14  # of the camera about its axis, for each direction
    cells: int = 20  # of the features along a side of a view, which is square
    fill: float = 0.7  # longer side of the box around the object, of the view's side
    distance: float = 5.0  # of the camera from the object's centre, diameters: tabletop perspective


@dataclass(frozen=True, eq=False)
class TemplateViews:
    """T cameras that look at an object's centre, each zoomed and shifted to the box its view fills."""

    cam_from_obj: SE3  # (T,)
    K: Tensor  # (T, 3, 3) pinhole, pixels
    centre: Tensor  # (3,) of the object's bounding box, object frame: what the cameras look at
    size: int  # pixels of a view, which is square
    fill: float  # longer side of the box around the object, of the view's side

    def __len__(self) -> int:
        return len(self.K)

    def render(self, mesh: Mesh, start: int) -> MeshRender:
        """The views from `start` on, AT_ONCE at most, in depth and colour."""
        some = slice(start, start + AT_ONCE)
        outputs = ("depth", "color")
        return render_mesh(mesh, self.cam_from_obj[some], self.K[some], self.size, self.size, outputs=outputs)

    def unproject(self, views: Tensor, pixels: Tensor, depth: Tensor) -> Tensor:
        """(P, 3) points in the object frame, metres, at pixels (P, 2) and z-depths (P,) of views (P,)."""
        K = self.K[views]
        plane = (pixels - K[:, :2, 2]) / torch.stack([K[:, 0, 0], K[:, 1, 1]], dim=-1)
        rays = torch.cat([plane, torch.ones(len(plane), 1)], dim=-1)
        return self.cam_from_obj[views].inverse().apply(depth[:, None] * rays)


def template_views(mesh: Mesh, size: int, options: ViewOptions) -> TemplateViews:
    """The cameras of all views, `size` pixels a side, of a mesh in metres."""
    rotation = view_rotations(options.directions, options.turns)
    centre = mesh.bounds().mean(0)
    cam_from_obj = looking_at(centre, rotation, options.distance * mesh.diameter())
    low, high = _silhouette_box(mesh, cam_from_obj)
    focal = options.fill * size / (high - low).amax(-1)
    return TemplateViews(cam_from_obj, centred_K(low, high, focal, size), centre, size, options.fill)


def _silhouette_box(mesh: Mesh, cam_from_obj: SE3) -> tuple[Tensor, Tensor]:
    """(T, 2) least and largest x/z, y/z of the mesh."""
    corners = torch.from_numpy(hull_corners(mesh.vertices.double().numpy())).float()
    boxes = []
    for some in cam_from_obj.wxyz_xyz.split(AT_ONCE):
        seen = SE3(some).apply_points(corners)
        plane = seen[..., :2] / seen[..., 2:]
        boxes.append(torch.stack([plane.amin(1), plane.amax(1)]))
    low, high = torch.cat(boxes, dim=1)
    return low, high
