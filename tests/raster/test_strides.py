"""Tensors that are not contiguous: an op gives what it gives of their copies, laid out as its fake says."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch
from torch import Tensor
from torch.library import opcheck

from objpose.raster import Fragments, cpu, twin
from objpose.raster.cuda import meshes as cuda_meshes
from objpose.raster.cuda import splats as cuda_splats
from objpose.raster.meshes import ops as mesh_ops
from objpose.raster.splats import ops as splat_ops
from objpose.raster.splats.bundles import Gaussians, SplatView
from tests.raster.scenes import bumpy_sphere, intrinsics, random_poses, stage_arguments
from tests.raster.splat_scenes import cameras, random_splats

SIZE = (12, 9)
Arguments = tuple[object, ...]


def turned(value: object) -> object:
    """The same numbers, their axes the other way round in memory."""
    if not isinstance(value, Tensor) or value.ndim < 2:
        return value
    axes = list(range(value.ndim))[::-1]
    return value.permute(axes).contiguous().permute(axes)


def noise(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def mesh_calls() -> dict[str, Arguments]:
    mesh = bumpy_sphere(1)
    vertices, faces, poses, K = stage_arguments(mesh, random_poses(2), intrinsics(*SIZE, focal=15.0))
    fragments = Fragments(*mesh_ops.rasterize(vertices, faces, poses, K, *SIZE, 0.01, True))
    width, height = SIZE
    pixels = (fragments.face_ids, fragments.bary)
    return {
        "rasterize": (vertices, faces, poses, K, width, height, 0.01, True),
        "interpolate": (noise(len(vertices), 4), faces, *pixels),
        "interpolate_adjoint": (noise(len(vertices), 4), faces, *pixels, noise(2, height, width, 4)),
        "face_normals": (vertices, faces, poses, fragments.face_ids),
    }


def splat_calls() -> dict[str, Arguments]:
    splats = random_splats(9, coefficients=4, size=0.05)
    transforms, K, *_ = cameras(2)
    size, scale = (12, 9), torch.tensor([[0.25], [0.25], [1.0]], dtype=torch.float64)
    view = (transforms, K * scale, *size, 0.01, True)
    shape = (splats.means, splats.wxyz, splats.scales, splats.opacities)
    screen, extent = splat_ops.project_splats(Gaussians(*shape), SplatView(*view))
    blending = (screen, extent, noise(2, 9, 3), noise(2, 3), *size)
    *_, last, light, bins = splat_ops.blend_splats_op(*blending)
    images = (noise(2, 9, 12, 3), *(noise(2, 9, 12) for _ in range(3)))
    return {
        "project_splats": (*shape, *view),
        "project_splats_adjoint": (*shape, *view, extent, noise(*screen.shape)),
        "shade_splats": (splats.means, splats.sh, transforms),
        "shade_splats_adjoint": (splats.means, splats.sh, transforms, noise(2, 9, 3)),
        "blend_splats": blending,
        "blend_splats_adjoint": (*blending, last, light, bins, *images),
    }


CALLS = {**mesh_calls(), **splat_calls()}


@pytest.mark.parametrize("backend", [cpu, twin], ids=["core", "twin"])
@pytest.mark.parametrize("name", CALLS)
def test_ops_of_turned_tensors(name: str, backend: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (mesh_ops, splat_ops):
        monkeypatch.setattr(module, "backend_for", lambda device: backend)
    op, arguments = getattr(torch.ops.objpose, name), tuple(turned(value) for value in CALLS[name])
    assert not all(value.is_contiguous() for value in arguments if isinstance(value, Tensor))
    if backend is cpu:  # opcheck runs inside of what the twin's adjoints cannot run in
        opcheck(op, arguments, test_utils=("test_faketensor",))
    _assert_alike(op(*arguments), op(*CALLS[name]))


@pytest.mark.parametrize("name", [name for name in CALLS if "splats" not in name])
def test_cuda_kernels_of_turned_meshes(on_shim: None, name: str) -> None:
    call = getattr(cuda_meshes, name)
    found, expected = call(*(turned(value) for value in CALLS[name])), call(*CALLS[name])
    _assert_alike(found, expected)


def test_cuda_kernels_of_turned_splats(on_shim: None) -> None:
    *shape, transforms, K, width, height, near, antialias = CALLS["project_splats"]
    for of in (lambda value: value, turned):
        gaussians = Gaussians(*(of(value) for value in shape))
        view = SplatView(of(transforms), of(K), width, height, near, antialias)
        screen, extent = cuda_splats.project_splats(gaussians, view)
        grad = of(noise(*screen.shape))
        found = (screen, *cuda_splats.project_splats_adjoint(gaussians, view, of(extent), grad))
        colors, background = of(CALLS["blend_splats"][2]), of(CALLS["blend_splats"][3])
        blending = (of(screen), of(extent), colors, background, width, height)
        images, walk = cuda_splats.blend_splats(*blending)
        gradients = tuple(of(noise(*image.shape)) for image in images)
        found += (*images, *cuda_splats.blend_splats_adjoint(*blending, walk, *gradients))
        if of is not turned:
            expected = found
    _assert_alike(found, expected)


def test_ops_that_wait_for_the_gpu_are_not_recorded_in_graphs() -> None:
    unsafe = getattr(torch.Tag, "cudagraph_unsafe", None)
    if unsafe is None:
        pytest.skip("this torch has no tag for it")
    ops = {name: getattr(torch.ops.objpose, name).default for name in (*CALLS, "splat_normal_equations")}
    tagged = {name for name, op in ops.items() if unsafe in op.tags}
    assert tagged == {"blend_splats", "blend_splats_adjoint", "splat_normal_equations"}


def _assert_alike(found: Tensor | tuple[Tensor, ...], expected: Tensor | tuple[Tensor, ...]) -> None:
    """Equal but for the order of sums, and contiguous, as all fakes are."""
    pairs = [(found, expected)] if isinstance(found, Tensor) else zip(found, expected, strict=True)
    for one, other in pairs:
        assert one.is_contiguous()
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
