"""The torch ops: schema, fakes and autograd as torch.library wants them; gradients against differences."""

from __future__ import annotations

import pytest
import torch
from torch.library import opcheck

from objpose.raster import Fragments, interpolate, rasterize, texture_pyramid
from objpose.raster.meshes import ops
from tests.raster.scenes import bumpy_sphere, intrinsics, random_poses, stage_arguments

SIZE = (24, 18)


@pytest.fixture(scope="module")
def scene():
    mesh, poses = bumpy_sphere(1), random_poses(2)
    arguments = stage_arguments(mesh, poses, intrinsics(*SIZE, focal=30.0))
    return mesh, arguments, Fragments(*ops.rasterize(*arguments, *SIZE, 0.01, True))


def test_opcheck_rasterize(scene) -> None:
    _, arguments, _ = scene
    for surface in (True, False):
        opcheck(torch.ops.objpose.rasterize, (*arguments, *SIZE, 0.01, surface))


def test_opcheck_interpolate(scene) -> None:
    _, (vertices, faces, _, _), fragments = scene
    for needs_grad in (False, True):
        attributes = vertices.clone().requires_grad_(needs_grad)
        bary = fragments.bary.clone().requires_grad_(needs_grad)
        opcheck(torch.ops.objpose.interpolate, (attributes, faces, fragments.face_ids, bary))
    grad = torch.ones(*fragments.face_ids.shape, 3)
    inputs = (vertices, faces, fragments.face_ids, fragments.bary, grad)
    opcheck(torch.ops.objpose.interpolate_adjoint, inputs)


def test_opcheck_shading(scene) -> None:
    mesh, (vertices, faces, matrices, _), fragments = scene
    pixels = (faces, *fragments[1:])
    opcheck(torch.ops.objpose.sample_texture, (*texture_pyramid(mesh.texture), mesh.uvs, *pixels))
    opcheck(torch.ops.objpose.face_normals, (vertices, faces, matrices, fragments.face_ids))


def test_gradients_of_interpolate_are_the_differences(scene) -> None:
    """The op is linear in the attributes and in bary, so a difference quotient is exact but for rounding."""
    mesh, _, fragments = scene
    generator = torch.Generator().manual_seed(0)
    attributes = torch.randn(len(mesh.vertices), 2, generator=generator, requires_grad=True)
    bary = fragments.bary.clone().requires_grad_()
    weights = torch.randn(*fragments.face_ids.shape, 2, generator=generator)

    def loss(attributes: torch.Tensor, bary: torch.Tensor) -> torch.Tensor:
        return (interpolate(attributes, mesh.faces, fragments._replace(bary=bary)) * weights).double().sum()

    gradients = torch.autograd.grad(loss(attributes, bary), (attributes, bary))
    for i, (value, gradient) in enumerate(zip((attributes, bary), gradients, strict=True)):
        step = torch.randn(value.shape, generator=generator)
        moved = [attributes.detach(), bary.detach()]
        moved[i] = moved[i] + step
        difference = loss(*moved) - loss(attributes, bary)
        torch.testing.assert_close(difference, (gradient * step).double().sum(), rtol=1e-4, atol=1e-4)


def test_gradients_of_attributes_that_are_not_contiguous(scene) -> None:
    mesh, _, fragments = scene
    generator = torch.Generator().manual_seed(0)
    plain = torch.randn(len(mesh.vertices), 4, generator=generator)
    weights = torch.randn(*fragments.face_ids.shape, 4, generator=generator)

    def gradients(attributes: torch.Tensor, bary: torch.Tensor) -> tuple[torch.Tensor, ...]:
        attributes, bary = attributes.requires_grad_(), bary.requires_grad_()
        image = interpolate(attributes, mesh.faces, fragments._replace(bary=bary))
        return torch.autograd.grad((image * weights).sum(), (attributes, bary))

    strided = (plain.T.contiguous().T, fragments.bary.transpose(1, 2).contiguous().transpose(1, 2))
    assert not any(tensor.is_contiguous() for tensor in strided)
    for found, expected in zip(gradients(*strided), gradients(plain, fragments.bary.clone()), strict=True):
        assert torch.equal(found, expected)


def test_stage_accepts_what_a_mesh_holds(scene) -> None:
    mesh, arguments, fragments = scene
    found = rasterize(mesh.vertices, mesh.faces, arguments[2].float(), arguments[3], *SIZE)
    assert torch.equal(found.face_ids >= 0, fragments.face_ids >= 0)
