"""What a frame shows of one object, as a virtual camera that looks straight at it sees it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.crops import mask_box, virtual_view
from objpose.errors import InputError
from objpose.features import DenseFeatures
from objpose.frame import Frame
from objpose.geometry import SE3, SO3, Camera, square_K, turn_onto
from objpose.objects import TemplateSet
from objpose.objects.templates import BACKGROUND, covered


@dataclass(frozen=True, eq=False)
class Query:
    rgb: Tensor  # (S, S, 3) float32 in [0, 1]
    mask: Tensor  # (S, S) bool
    K: Tensor  # (3, 3) of the virtual pinhole
    query_from_cam: SO3  # () its turn against the frame's camera; both stand in the same place

    @property
    def size(self) -> int:
        return self.rgb.shape[0]

    def cam_from_obj(self, query_from_obj: SE3) -> SE3:
        """Poses (*,) relative to the virtual camera, relative to the frame's."""
        cam_from_query = self.query_from_cam.inverse()
        return SE3.from_rotation_translation(
            cam_from_query @ query_from_obj.rotation, cam_from_query.apply(query_from_obj.translation)
        )


@dataclass(frozen=True, eq=False)
class QueryPatches:
    """Patches of a query that lie on the mask, described as the templates' are."""

    map: Tensor  # (h, w, D) principal components of all cells
    stride: float
    origin: float
    pixels: Tensor  # (Q, 2) centres of those on the mask, column and row
    descriptors: Tensor  # (Q, D)


def query_view(frame: Frame, mask: Tensor, size: int, fill: float) -> Query:
    """The view, `size` pixels a side; the longer side of the mask's (H, W) box spans `fill` of it.

    Raises:
        InputError: a mask that lies where the frame's lens sees nothing in front of the camera.
    """
    (left, top), (right, bottom) = (corner.tolist() for corner in mask_box(mask))
    x, y = (left + right) / 2, (top + bottom) / 2
    # Where the box's middle and the middles of its sides are seen; the middle becomes the optical axis.
    pixels = torch.tensor([[x, y], [left - 0.5, y], [right + 0.5, y], [x, top - 0.5], [x, bottom + 0.5]])
    rays = frame.camera.unproject(pixels, torch.ones(5))
    if not bool(rays.isfinite().all()):
        found = "pixels that the camera's lens leads nowhere in front of it"
        raise InputError(
            "mask", found, "pixels that the camera can see", "check K, the distortion and the mask"
        )
    query_from_cam = turn_onto(rays[:1])[0].inverse()
    seen = query_from_cam.apply(rays)
    plane = seen[:, :2] / seen[:, 2:]
    width, height = (plane[2] - plane[1]).norm(), (plane[4] - plane[3]).norm()
    K = square_K(fill * size / float(torch.maximum(width, height)), size)
    rgb, share = virtual_view(frame, mask, Camera.from_K(K, size, size), query_from_cam.inverse())
    return Query(rgb, share > 0.5, K, query_from_cam)


def describe(query: Query, features: DenseFeatures, templates: TemplateSet) -> QueryPatches:
    """Describe a query with the features that the templates were made with."""
    image = torch.where(query.mask[..., None], query.rgb, BACKGROUND).permute(2, 0, 1)
    found = features(image[None])
    centres = found.centres()
    column, row = centres.round().long().unbind(-1)
    owned = covered(query.mask[None], 3)[0][row, column]
    projected = templates.components.project(found.descriptors[0])
    return QueryPatches(projected, found.stride, found.origin, centres[owned], projected[owned])
