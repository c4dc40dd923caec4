"""The CUDA core: allocates with torch and launches the kernels of csrc/raster_cuda.cu."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.raster import nvrtc
from objpose.raster.cuda_driver import launch

SCREEN_VERTEX_INTS = 3  # ScreenVertex is two ints and a float


class CudaUnavailableError(RuntimeError):
    """The CUDA core cannot be used; the message names the reason and the cure."""


class _Scene(ctypes.Structure):
    """As in raster_cuda.cu."""

    _fields_ = [
        ("vertices", ctypes.c_void_p),
        ("vertex_count", ctypes.c_longlong),
        ("faces", ctypes.c_void_p),
        ("face_count", ctypes.c_longlong),
        ("cam_from_obj", ctypes.c_void_p),
        ("K", ctypes.c_void_p),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("near_depth", ctypes.c_double),
    ]


class _Pyramid(ctypes.Structure):
    """As in texture.h."""

    _fields_ = [("texels", ctypes.c_void_p), ("sizes", ctypes.c_void_p), ("levels", ctypes.c_int)]


def load(device_index: int = 0) -> None:
    """Compile the kernels for the device, or find them in the cache; raises CudaUnavailableError."""
    if not torch.cuda.is_available():
        raise CudaUnavailableError(
            "torch finds no CUDA device; install a CUDA build of torch and NVIDIA's driver"
        )
    major, minor = torch.cuda.get_device_capability(device_index)
    try:
        nvrtc.cached_image(10 * major + minor)
    except nvrtc.NvrtcError as error:
        raise CudaUnavailableError(str(error)) from error


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
    vertices, faces, cam_from_obj, K = (t.contiguous() for t in (vertices, faces, cam_from_obj, K))
    mesh = (vertices.data_ptr(), len(vertices), faces.data_ptr(), len(faces))
    scene = _Scene(*mesh, cam_from_obj.data_ptr(), K.data_ptr(), width, height, near)
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
    grad_attributes, grad_bary = torch.zeros_like(attributes), torch.empty_like(bary)
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
    texels, sizes = texels.contiguous(), sizes.contiguous()
    pyramid = _Pyramid(texels.data_ptr(), sizes.data_ptr(), len(sizes))
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


def launch_kernel(
    kernel: str,
    device: torch.device,
    items: int,
    *arguments: Tensor | int | ctypes.Structure | ctypes._SimpleCData | None,
) -> None:
    """Tensors go as pointers and Python integers as 64-bit integers."""
    # Copies made here live until the launch is queued.
    tensors = [a.contiguous() if isinstance(a, Tensor) else a for a in arguments]
    launch(kernel, device, items, [_as_c(a) for a in tensors])


def _as_c(
    argument: Tensor | int | ctypes.Structure | ctypes._SimpleCData | None,
) -> ctypes.Structure | ctypes._SimpleCData:
    if isinstance(argument, Tensor):
        return ctypes.c_void_p(argument.data_ptr())
    if argument is None:
        return ctypes.c_void_p(None)
    return ctypes.c_longlong(argument) if isinstance(argument, int) else argument
