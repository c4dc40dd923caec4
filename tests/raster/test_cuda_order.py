"""The CUDA kernels give the same bits in whatever order blocks and threads run: the shim reverses both."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import torch
from torch import Tensor

from objpose.raster import Fragments
from objpose.raster.cuda import meshes as cuda_meshes
from objpose.raster.cuda import splats as cuda_splats
from objpose.raster.splats.bundles import Comparison, Shading, SplatView
from objpose.raster.twin import meshes as mesh_twin
from tests.raster.scenes import bumpy_sphere, intrinsics, random_poses, stage_arguments
from tests.raster.splat_scenes import cameras, gaussians, random_splats

SIZE = (45, 40)  # three tiles by three


def same_in_both_orders(shim_library: ctypes.CDLL, run: Callable[[], list[Tensor]]) -> None:
    forwards = run()
    shim_library.run_backwards(True)
    for one, other in zip(forwards, run(), strict=True):
        assert torch.equal(one, other)
        assert bool((one != 0).any())


def noise(*like: Tensor) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(tensor.shape, generator=generator) for tensor in like]


def test_splats(shim: list[str], shim_library: ctypes.CDLL) -> None:
    """Values and gradients of all stages; more splats than a block has threads and a tile loads at once."""
    splats, (transforms, K, *_) = random_splats(600, coefficients=4, size=0.03), cameras(2)
    arguments = (gaussians(splats), SplatView(transforms, K, *SIZE, 0.01, True))

    def run() -> list[Tensor]:
        screen, extent = cuda_splats.project_splats(*arguments)
        colors = cuda_splats.shade_splats(splats.means, splats.sh, transforms)
        blended = (screen, extent, colors[:1], torch.ones(2, 3), *SIZE)
        images, walk = cuda_splats.blend_splats(*blended)
        gradients = cuda_splats.blend_splats_adjoint(*blended, walk, *noise(*images))
        back = cuda_splats.project_splats_adjoint(*arguments, extent, gradients[0])
        shading = cuda_splats.shade_splats_adjoint(splats.means, splats.sh, transforms, *noise(colors))
        return [screen, colors, *images, *walk, *gradients, *back, *shading]

    same_in_both_orders(shim_library, run)


def test_normal_equations(shim: list[str], shim_library: ctypes.CDLL) -> None:
    splats, (transforms, K, *_) = random_splats(100, size=0.03), cameras(2)
    view = SplatView(transforms, K, *SIZE, 0.01, True)
    target, depth = noise(torch.empty(2, SIZE[1], SIZE[0], 3), torch.empty(2, SIZE[1], SIZE[0]))
    compared = Comparison(torch.ones(2, 3), target, depth.abs(), None, None, [2.0, 0.1, 1.0] * 3)
    shading = Shading(splats.colors[None], None)
    same_in_both_orders(
        shim_library,
        lambda: list(cuda_splats.splat_normal_equations(gaussians(splats), shading, view, compared)),
    )


def test_meshes(shim: list[str], shim_library: ctypes.CDLL) -> None:
    """Small triangles, large ones, and some through the near plane."""
    mesh, poses = bumpy_sphere(2), random_poses(2, seed=4, distance=0.12)
    arguments = (*stage_arguments(mesh, poses, intrinsics(*SIZE, focal=45.0)), *SIZE, 0.03)
    same_in_both_orders(shim_library, lambda: list(cuda_meshes.rasterize(*arguments, True)))


def test_gradients_of_attributes(shim: list[str], shim_library: ctypes.CDLL) -> None:
    mesh = bumpy_sphere(1)
    arguments = stage_arguments(mesh, random_poses(2), intrinsics(*SIZE, focal=60.0))
    fragments = Fragments(*mesh_twin.rasterize(*arguments, *SIZE, 0.01, True))
    attributes, grad = noise(torch.empty(len(mesh.vertices), 5), torch.empty(2, SIZE[1], SIZE[0], 5))
    pixels = (fragments.face_ids, fragments.bary, grad)
    same_in_both_orders(
        shim_library, lambda: list(cuda_meshes.interpolate_adjoint(attributes, arguments[1], *pixels))
    )
