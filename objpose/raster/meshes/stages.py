"""The public stages of mesh rendering: rasterize, then interpolate, sample a texture, or take normals.

Frames and units: metres, OpenCV camera axes, `x_cam = cam_from_obj @ x_obj`, pixel centres at integers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import HOST, upload
from objpose.raster.backends import backend_for, needs_op
from objpose.raster.constants import GUARD_PIXELS
from objpose.raster.meshes import ops
from objpose.raster.meshes.pyramid import Pyramid


class Fragments(NamedTuple):
    """What covers each pixel.

    depth: (N, H, W) z-depth in metres, 0 where nothing is. face_ids: (N, H, W) int32, -1 where nothing is.
    bary: (N, H, W, 2) perspective-correct b1, b2: the surface point is (1 - b1 - b2) v0 + b1 v1 + b2 v2.
    footprint: (N, H, W) area in (b1, b2) under the pixel, which gives a texture its mip level.
    All but depth are empty tensors when only depth was asked for.
    """

    depth: Tensor
    face_ids: Tensor
    bary: Tensor
    footprint: Tensor


def rasterize(
    vertices: Tensor,
    faces: Tensor,
    cam_from_obj: Tensor,
    K: Tensor,
    width: int,
    height: int,
    *,
    near: float = 0.01,
    depth_only: bool = False,
) -> Fragments:
    """The nearest surface at every pixel centre, for N poses of one mesh.

    A pixel centre belongs to a triangle by exact arithmetic on positions snapped to 1/256 pixel, ties by the
    top-left rule: triangles that share an edge cover each pixel exactly once, and cropping K by whole pixels
    crops the result exactly. Both sides of a triangle are drawn; what lies nearer than `near` is cut away.

    Args:
        vertices: (V, 3) float32, object frame, metres.
        faces: (F, 3) integer vertex indices.
        cam_from_obj: (N, 3, 4) or (N, 4, 4). On a device they are not looked at, which would make the host
            wait for it: what is not finite shows nothing.
        K: (N, 3, 3) pinhole intrinsics, pixels; best on the host, where they are checked.

    Raises:
        InputError: a K that is no pinhole camera, and images that reach further than 16384 pixels from
            the principal point.
    """
    device = vertices.device
    check_size(width, height)
    cam_from_obj, K = cam_from_obj[..., :3, :].double(), K.to(HOST, torch.float64)
    check_views(cam_from_obj, K, width, height, near)
    cam_from_obj, K = upload(seen_poses(cam_from_obj), device).contiguous(), upload(K.contiguous(), device)
    faces = faces.to(device, torch.int32).contiguous()
    arguments = (vertices.float().contiguous(), faces, cam_from_obj, K, int(width), int(height), float(near))
    return Fragments(*_stage("rasterize", vertices)(*arguments, not depth_only))


def interpolate(attributes: Tensor, faces: Tensor, fragments: Fragments) -> Tensor:
    """(N, H, W, C) perspective-correct values of per-vertex attributes (V, C); 0 where nothing is.

    Differentiable in the attributes and in `fragments.bary`.
    """
    faces = faces.to(attributes.device, torch.int32)
    stage = _stage("interpolate", attributes, fragments.bary)
    return stage(attributes.float(), faces, fragments.face_ids, fragments.bary)


def sample_texture(pyramid: Pyramid, uvs: Tensor, faces: Tensor, fragments: Fragments) -> Tensor:
    """(N, H, W, 3) colours in [0, 1] from a texture, trilinear between mip levels; 0 where nothing is.

    uvs: (V, 2), v up, repeating outside [0, 1]. The mip level is the one whose texel has the area of the
    pixel on the surface (the determinant of the screen-space derivatives), so slanted surfaces stay sharp.
    """
    pixels = (fragments.face_ids, fragments.bary, fragments.footprint)
    return _stage("sample_texture", uvs)(
        pyramid.texels, pyramid.sizes, uvs.float(), faces.to(uvs.device, torch.int32), *pixels
    )


def face_normals(vertices: Tensor, faces: Tensor, cam_from_obj: Tensor, face_ids: Tensor) -> Tensor:
    """(N, H, W, 3) unit normals of the visible triangles, camera frame, facing the camera; 0 where empty."""
    cam_from_obj = upload(cam_from_obj[..., :3, :].double(), vertices.device).contiguous()
    stage = _stage("face_normals", vertices)
    return stage(vertices.float(), faces.to(vertices.device, torch.int32), cam_from_obj, face_ids)


def _stage(name: str, values: Tensor, *others: Tensor) -> Callable[..., Any]:
    """The op where torch traces or records, else the core itself."""
    return getattr(ops if needs_op(values, *others) else backend_for(values.device).meshes, name)


def seen_poses(cam_from_obj: Tensor) -> Tensor:
    """Of (N, 3, 4) matrices on a device, which nobody has checked, what is not finite becomes 0."""
    return cam_from_obj if cam_from_obj.device == HOST else cam_from_obj.nan_to_num(0.0, 0.0, 0.0)


def check_size(width: int, height: int) -> None:
    if int(width) != width or int(height) != height or width < 1 or height < 1:
        raise InputError(
            "image size", f"{width} x {height}", "whole pixels, at least 1 x 1", "give width and height"
        )


def check_views(cam_from_obj: Tensor, K: Tensor, width: int, height: int, near: float) -> None:
    poses = len(cam_from_obj)
    is_wrong = cam_from_obj.device == HOST and not cam_from_obj.isfinite().all()
    if cam_from_obj.shape != (poses, 3, 4) or is_wrong:
        found = (
            f"shape {tuple(cam_from_obj.shape)}"
            if cam_from_obj.shape != (poses, 3, 4)
            else "values not finite"
        )
        raise InputError(
            "cam_from_obj", found, "(N, 3, 4) finite numbers", "pass one rigid transform for each image"
        )
    if K.shape != (poses, 3, 3):
        raise InputError(
            "K", f"shape {tuple(K.shape)}", f"({poses}, 3, 3)", "pass one K, or one for each pose"
        )
    if not near > 0:
        raise InputError("near", near, "a distance above 0 m", "leave it at its default, 0.01 m")
    is_pinhole = K.isfinite().all() and (K[:, [0, 1], [0, 1]] > 0).all() and (K[:, 1, 0] == 0).all()
    if not is_pinhole or not torch.equal(K[:, 2], K.new_tensor([0.0, 0.0, 1.0]).expand(poses, 3)):
        cure = "pass [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] in pixels"
        raise InputError("K", K[0].tolist() if poses else "none", "a pinhole camera with fx, fy > 0", cure)
    size = K.new_tensor([width, height])
    reach = torch.maximum(K[:, :2, 2].abs(), (size - K[:, :2, 2]).abs())
    if (reach > GUARD_PIXELS).any():
        found = f"image corners up to {reach.max().item():.0f} pixels from the principal point"
        raise InputError(
            "K", found, f"at most {GUARD_PIXELS}", "render a smaller image, or scale K with the image"
        )
