"""The stages of mesh rendering by the C++ core."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.raster.cpu.library import call, threads


def rasterize(
    vertices: Tensor,
    faces: Tensor,
    cam_from_obj: Tensor,
    K: Tensor,
    width: int,
    height: int,
    near: float,
    surface: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    shape = (len(cam_from_obj), height, width)
    depth = torch.empty(shape)
    face_ids = torch.empty(shape if surface else 0, dtype=torch.int32)
    bary = torch.empty((*shape, 2) if surface else 0)
    footprint = torch.empty(shape if surface else 0)
    buffers = (face_ids, bary, footprint) if surface else (None, None, None)
    size = (ctypes.c_int(width), ctypes.c_int(height))
    view = (cam_from_obj, K, len(cam_from_obj), *size, ctypes.c_double(near), threads())
    call("objpose_rasterize", vertices, len(vertices), faces, len(faces), *view, depth, *buffers)
    return depth, face_ids, bary, footprint


def interpolate(attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor) -> Tensor:
    channels = attributes.shape[1]
    out = torch.empty((*face_ids.shape, channels))
    mesh = (attributes, len(attributes), ctypes.c_int(channels), faces, len(faces))
    call("objpose_interpolate", *mesh, face_ids, bary, face_ids.numel(), threads(), out)
    return out


def interpolate_adjoint(
    attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor, grad: Tensor
) -> tuple[Tensor, Tensor]:
    # Contiguous, whatever the inputs are.
    grad_attributes, grad_bary = attributes.new_empty(attributes.shape), bary.new_empty(bary.shape)
    mesh = (attributes, len(attributes), ctypes.c_int(attributes.shape[1]), faces, len(faces))
    pixels = (face_ids, bary, grad, face_ids.numel(), threads())
    call("objpose_interpolate_adjoint", *mesh, *pixels, grad_attributes, grad_bary)
    return grad_attributes, grad_bary


def sample_texture(
    texels: Tensor,
    sizes: Tensor,
    uvs: Tensor,
    faces: Tensor,
    face_ids: Tensor,
    bary: Tensor,
    footprint: Tensor,
) -> Tensor:
    out = torch.empty((*face_ids.shape, 3))
    mesh = (uvs, len(uvs), faces, len(faces))
    pixels = (face_ids, bary, footprint, face_ids.numel(), threads())
    call("objpose_sample_texture", texels, sizes, ctypes.c_int(len(sizes)), *mesh, *pixels, out)
    return out


def face_normals(vertices: Tensor, faces: Tensor, cam_from_obj: Tensor, face_ids: Tensor) -> Tensor:
    out = torch.empty((*face_ids.shape, 3))
    pixels_per_pose = face_ids[0].numel() if len(face_ids) else 0
    pixels = (cam_from_obj, face_ids, len(face_ids), pixels_per_pose, threads())
    call("objpose_face_normals", vertices, len(vertices), faces, len(faces), *pixels, out)
    return out
