"""What a tracker compares with a frame: an object's outline and surface as few points, from all around.

The sparse viewpoint model of RBGT and M3T (Stoiber et al., ACCV 2020, CVPR 2022).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float32
from torch import Tensor

from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.objects.store import Making, OnDisk, made_of
from objpose.raster import nearest_views
from objpose.tracking.view_points import COUNT, view_points

FORMAT = 2  # raised when the way views are made changes


@dataclass(frozen=True, eq=False)
class SparseViews:
    """V views of an object with N contour points and M surface points each.

    Metres, in the frame of the object's mesh (`ObjectModel.cam_from_mesh` gives poses of it).
    """

    centre: Float32[Tensor, " 3"]  # of the mesh's bounding box: what views look at, what twists turn about
    directions: Float32[Tensor, "V 3"]  # unit, from the centre to the camera
    contour_points: Float32[Tensor, "V N 3"]  # evenly along all contours, inner ones too
    # Unit, perpendicular to the view's axis, from object to background.
    contour_normals: Float32[Tensor, "V N 3"]
    # How far one can walk along the normal inward, and outward, until the silhouette changes, at most the
    # diameter.
    contour_reach: Float32[Tensor, "V N 2"]
    # How much nearer to the camera the object's own surface comes within 5 % of the diameter; at least 0.
    contour_front: Float32[Tensor, "V N"]
    surface_points: Float32[Tensor, "V M 3"]  # visible from there, evenly in the image
    surface_normals: Float32[Tensor, "V M 3"]  # unit, outward

    def nearest(self, cam_from_mesh: SE3) -> Tensor:
        """(B,) long: the view whose direction is closest to where each camera (B,) stands."""
        poses = cam_from_mesh.wxyz_xyz.float().contiguous()
        view = torch.zeros(len(poses), dtype=torch.int32)
        nearest_views(self.directions, self.centre, poses, view)
        return view.long()


def sparse_views(model: ObjectModel) -> SparseViews:
    """The views of an object; made at first use, in some seconds, and kept with it."""
    return made_of(model, view_making(model))


def view_making(model: ObjectModel) -> Making[SparseViews]:
    return Making(
        "sparse-views",
        json.dumps({"format": FORMAT, "count": COUNT}),
        lambda: SparseViews(**view_points(model.mesh)),
        OnDisk(_arrays, lambda arrays: SparseViews(**arrays)),
    )


def _arrays(views: SparseViews) -> dict[str, Tensor]:
    return {field.name: getattr(views, field.name) for field in fields(views)}
