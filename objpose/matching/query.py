"""What a frame shows of one object, as a virtual camera that looks straight at it sees it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3, SO3, Camera
from objpose.matching.turns import turn_onto

SAMPLES = 2  # along a pixel's side, averaged: frames are often seen at half their size


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


def query_view(frame: Frame, mask: Tensor, size: int, fill: float) -> Query:
    """The view, `size` pixels a side; the longer side of the mask's (H, W) box spans `fill` of it.

    Raises InputError for a mask that lies where the frame's lens sees nothing in front of the camera.
    """
    rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
    left, right, top, bottom = (float(x) for x in (columns[0], columns[-1], rows[0], rows[-1]))
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
    focal = fill * size / float(torch.maximum(width, height))
    centre = (size - 1) / 2
    K = torch.tensor([[focal, 0.0, centre], [0.0, focal, centre], [0.0, 0.0, 1.0]])
    rgb, inside = _warped(frame, mask, query_from_cam, K, size)
    return Query(rgb, inside, K, query_from_cam)


def _warped(frame: Frame, mask: Tensor, query_from_cam: SO3, K: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """(S, S, 3) colour and (S, S) mask of the virtual view; black and False beyond the frame."""
    fine = Camera.from_K(K, size, size).resize(size * SAMPLES, size * SAMPLES)
    pixels = frame.camera.project(query_from_cam.inverse().apply(fine.rays())).nan_to_num(-9.0)
    height, width = frame.size
    grid = (2 * pixels + 1) / torch.tensor([width, height]) - 1
    planes = torch.cat([frame.rgb.float() / 255, mask[..., None].float()], dim=-1).permute(2, 0, 1)
    sampled = functional.grid_sample(planes[None], grid[None].float(), align_corners=False)
    mean = functional.avg_pool2d(sampled, SAMPLES)[0].permute(1, 2, 0)
    return mean[..., :3], mean[..., 3] > 0.5
