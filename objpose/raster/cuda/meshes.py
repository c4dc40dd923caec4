"""Meshes by the CUDA core: allocates with torch, launches the kernels of csrc/cuda/{meshes,surface}.cu."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.raster.cuda.driver import launch_kernel
from objpose.raster.cuda.sorting import empty_keys, sort_keys
from objpose.raster.cuda.structures import SCREEN_VERTEX_INTS, WARP, MeshScene, Pyramid, held

# Poses are drawn in groups, so that memory does not grow with their number: keys take 8 bytes a pixel (64
# MB), faces and vertices on the screen 16 (128 MB). Each group is four launches, which the host takes longer
# to ask for than a large device to do.
GROUP_PIXELS = 2**23
GROUP_FACES = 2**23
LISTED_THREADS = 2**18  # for large triangles and those that are clipped: enough for every device at a time


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
    group = _poses_at_once(poses, max(len(faces), len(vertices)), width * height)
    # Held here until the kernels are queued; after that the stream's order protects their memory.
    screen = torch.empty(group * len(vertices) * SCREEN_VERTEX_INTS, dtype=torch.int32, device=device)
    keys = torch.zeros(group * width * height, dtype=torch.int64, device=device)
    listed = torch.zeros(1, dtype=torch.int32, device=device)
    faces_to_list = torch.empty(group * len(faces), dtype=torch.int32, device=device)
    for first in range(0, poses, group):
        part = slice(first, first + group)
        count = len(cam_from_obj[part])
        mesh = (vertices, len(vertices), faces, len(faces))
        scene = held(MeshScene, *mesh, cam_from_obj[part], K[part], width, height, near)
        launch_kernel("project_vertices", device, count * len(vertices), scene, count, screen)
        filled = (scene, count, screen, keys, faces_to_list, listed)
        launch_kernel("fill_keys", device, count * len(faces), *filled)
        launch_kernel("fill_listed", device, LISTED_THREADS, scene, screen, keys, faces_to_list, listed)
        buffers = [image[part] if surface else None for image in (face_ids, bary, footprint)]
        drawn = (scene, count, screen, keys, listed, depth[part], *buffers)
        launch_kernel("resolve_keys", device, count * width * height, *drawn)
    return depth, face_ids, bary, footprint


def _poses_at_once(poses: int, items: int, pixels: int) -> int:
    """Of a mesh of so many faces or vertices, whichever are more."""
    most = min(GROUP_PIXELS // max(1, pixels), GROUP_FACES // max(1, items))
    return max(1, min(poses, most))


def interpolate(attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor) -> Tensor:
    channels, pixels = attributes.shape[1], face_ids.numel()
    out = attributes.new_empty((*face_ids.shape, channels))
    inputs = (attributes, ctypes.c_int(channels), faces, face_ids, bary)
    launch_kernel("interpolate", attributes.device, pixels, *inputs, pixels, out)
    return out


def interpolate_adjoint(
    attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor, grad: Tensor
) -> tuple[Tensor, Tensor]:
    """Sorts the corners of all pixels by vertex (3 keys a pixel), so that each is summed in a fixed order."""
    device, (vertices, channels), pixels = attributes.device, attributes.shape, face_ids.numel()
    # Contiguous, whatever the inputs are.
    grad_attributes, grad_bary = attributes.new_empty(attributes.shape), bary.new_empty(bary.shape)
    keys, written = empty_keys(3 * pixels, vertices, device)
    shape = (ctypes.c_int(channels), faces, face_ids, grad, pixels, ctypes.c_int(vertices))
    launch_kernel("interpolate_adjoint", device, pixels, attributes, *shape, written, grad_bary)
    ends = torch.empty(vertices, dtype=torch.int32, device=device)
    order = sort_keys(keys, ends)
    sums = (grad, ctypes.c_int(channels), bary, order, ends, vertices, grad_attributes)
    launch_kernel("sum_corners", device, vertices * WARP, *sums)
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
