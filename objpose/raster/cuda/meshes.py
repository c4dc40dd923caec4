"""The stages of mesh rendering by the CUDA core: allocates with torch, launches csrc/cuda/meshes.cu."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.raster.cuda.driver import launch_kernel
from objpose.raster.cuda.structures import SCREEN_VERTEX_INTS, MeshScene, Pyramid, held


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
    device, poses = vertices.device, len(cam_from_obj)
    shape = (poses, height, width)
    depth = torch.empty(shape, device=device)
    face_ids = torch.empty(shape if surface else 0, dtype=torch.int32, device=device)
    bary = torch.empty((*shape, 2) if surface else 0, device=device)
    footprint = torch.empty(shape if surface else 0, device=device)
    # Held here until the kernels are queued; after that the stream's order protects their memory.
    mesh = (vertices, len(vertices), faces, len(faces))
    scene = held(MeshScene, *mesh, cam_from_obj, K, width, height, near)
    screen = torch.empty(poses * len(vertices) * SCREEN_VERTEX_INTS, dtype=torch.int32, device=device)
    keys = torch.zeros(shape, dtype=torch.int64, device=device)
    launch_kernel("project_vertices", device, poses * len(vertices), scene, poses, screen)
    launch_kernel("fill_keys", device, poses * len(faces), scene, poses, screen, keys)
    buffers = (face_ids, bary, footprint) if surface else (None, None, None)
    launch_kernel("resolve_keys", device, keys.numel(), scene, poses, screen, keys, depth, *buffers)
    return depth, face_ids, bary, footprint


def interpolate(attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor) -> Tensor:
    channels, pixels = attributes.shape[1], face_ids.numel()
    out = attributes.new_empty((*face_ids.shape, channels))
    inputs = (attributes, ctypes.c_int(channels), faces, face_ids, bary)
    launch_kernel("interpolate", attributes.device, pixels, *inputs, pixels, out)
    return out


def interpolate_adjoint(
    attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor, grad: Tensor
) -> tuple[Tensor, Tensor]:
    # Contiguous, whatever the inputs are.
    grad_attributes, grad_bary = attributes.new_zeros(attributes.shape), bary.new_empty(bary.shape)
    pixels = face_ids.numel()
    inputs = (attributes, ctypes.c_int(attributes.shape[1]), faces, face_ids, bary, grad)
    launch_kernel(
        "interpolate_adjoint", attributes.device, pixels, *inputs, pixels, grad_attributes, grad_bary
    )
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
    out, pixels = uvs.new_empty((*face_ids.shape, 3)), face_ids.numel()
    pyramid = held(Pyramid, texels, sizes, len(sizes))
    launch_kernel(
        "sample_texture", uvs.device, pixels, pyramid, uvs, faces, face_ids, bary, footprint, pixels, out
    )
    return out


def face_normals(vertices: Tensor, faces: Tensor, cam_from_obj: Tensor, face_ids: Tensor) -> Tensor:
    out, pixels = vertices.new_empty((*face_ids.shape, 3)), face_ids.numel()
    per_pose = pixels // max(1, len(face_ids))
    inputs = (vertices, faces, cam_from_obj, face_ids)
    launch_kernel("face_normals", vertices.device, pixels, *inputs, per_pose, pixels, out)
    return out
