"""Every CUDA kernel compiles for every architecture, without a GPU, and keeps to its registers."""

from __future__ import annotations

import pytest

from objpose.raster.cuda.splats import COLOR_ROUNDS
from objpose.raster.splats.harmonics import COUNTS

KERNELS = (
    "project_vertices",
    "fill_keys",
    "fill_listed",
    "resolve_keys",
    "interpolate",
    "interpolate_adjoint",
    "sum_corners",
    "sample_texture",
    "face_normals",
    "project_splats",
    "project_splats_adjoint",
    "pack_splats",
    "count_tiles",
    "fill_pairs",
    "gather_pairs",
    "splat_slopes_of",
    "splat_normal",
    *(
        f"{name}_{colors}"
        for name in ("blend_splats", "blend_splats_adjoint", "gather_gradients")
        for colors in COLOR_ROUNDS
    ),
    *(f"{name}_{count}" for name in ("shade_splats", "shade_splats_adjoint") for count in COUNTS),
)
SECONDS = pytest.mark.slow("compiles all kernels: four seconds an architecture")


@pytest.mark.parametrize(
    "architecture", [75, 90, 120, *(pytest.param(a, marks=SECONDS) for a in (80, 86, 89, 100))]
)
def test_every_kernel_compiles_and_spills_nothing(architecture: int) -> None:
    import cuda_resources

    resources = cuda_resources.kernel_resources(architecture)
    assert set(resources) == set(KERNELS)
    assert [name for name, taken in resources.items() if taken.spills] == []
    assert all(0 < taken.registers <= 255 and taken.shared <= 48 << 10 for taken in resources.values())
