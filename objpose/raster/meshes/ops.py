"""The stages as torch custom ops: `torch.ops.objpose.*`, with fake kernels, and gradients where they exist.

Each op has a plain-torch twin of the same name in `twin/meshes.py`: what the tests compare with, and what
runs, with a warning, where no compiled core can. Arguments are those that `stages.py` has validated.
"""

from __future__ import annotations

from torch import Tensor
from torch.library import custom_op

from objpose.raster.backends import backend_for


@custom_op("objpose::rasterize", mutates_args=())
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
    """Depth, and with `surface` face ids, barycentrics and footprints (else empty tensors)."""
    backend = backend_for(vertices.device).meshes
    return backend.rasterize(vertices, faces, cam_from_obj, K, width, height, near, surface)


@rasterize.register_fake
def _(vertices, faces, cam_from_obj, K, width, height, near, surface):
    shape = (cam_from_obj.shape[0], height, width)
    wanted = shape if surface else (0,)
    return (
        vertices.new_empty(shape),
        faces.new_empty(wanted),
        vertices.new_empty((*wanted, 2) if surface else wanted),
        vertices.new_empty(wanted),
    )


@custom_op("objpose::interpolate", mutates_args=())
def interpolate(attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor) -> Tensor:
    return backend_for(attributes.device).meshes.interpolate(attributes, faces, face_ids, bary)


@interpolate.register_fake
def _(attributes, faces, face_ids, bary):
    return attributes.new_empty((*face_ids.shape, attributes.shape[1]))


@custom_op("objpose::interpolate_adjoint", mutates_args=())
def interpolate_adjoint(
    attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor, grad: Tensor
) -> tuple[Tensor, Tensor]:
    return backend_for(attributes.device).meshes.interpolate_adjoint(attributes, faces, face_ids, bary, grad)


@interpolate_adjoint.register_fake
def _(attributes, faces, face_ids, bary, grad):
    return attributes.new_empty(attributes.shape), bary.new_empty(bary.shape)


def _keep_for_adjoint(ctx, inputs, output) -> None:
    ctx.save_for_backward(*inputs)


def _interpolate_backward(ctx, grad: Tensor) -> tuple[Tensor, None, None, Tensor]:
    grad_attributes, grad_bary = interpolate_adjoint(*ctx.saved_tensors, grad.contiguous())
    return grad_attributes, None, None, grad_bary


interpolate.register_autograd(_interpolate_backward, setup_context=_keep_for_adjoint)


@custom_op("objpose::sample_texture", mutates_args=())
def sample_texture(
    texels: Tensor,
    sizes: Tensor,
    uvs: Tensor,
    faces: Tensor,
    face_ids: Tensor,
    bary: Tensor,
    footprint: Tensor,
) -> Tensor:
    return backend_for(uvs.device).meshes.sample_texture(texels, sizes, uvs, faces, face_ids, bary, footprint)


@sample_texture.register_fake
def _(texels, sizes, uvs, faces, face_ids, bary, footprint):
    return uvs.new_empty((*face_ids.shape, 3))


@custom_op("objpose::face_normals", mutates_args=())
def face_normals(vertices: Tensor, faces: Tensor, cam_from_obj: Tensor, face_ids: Tensor) -> Tensor:
    return backend_for(vertices.device).meshes.face_normals(vertices, faces, cam_from_obj, face_ids)


@face_normals.register_fake
def _(vertices, faces, cam_from_obj, face_ids):
    return vertices.new_empty((*face_ids.shape, 3))
