"""Every CUDA kernel compiles for every architecture, without a GPU, and keeps to its registers."""

from __future__ import annotations

import re

import pytest

from objpose.raster.cuda import nvrtc

KERNELS = {
    name
    for file in (nvrtc.SOURCE_FOLDER / "cuda").glob("*.cu")
    for name in re.findall(r'extern "C" __global__ void (\w+)', file.read_text())
}
SECONDS = pytest.mark.slow("compiles all kernels: four seconds an architecture")


@pytest.mark.parametrize(
    "architecture", [75, 90, 120, *(pytest.param(a, marks=SECONDS) for a in (80, 86, 89, 100))]
)
def test_every_kernel_compiles_and_spills_nothing(architecture: int) -> None:
    import cuda_resources

    resources = cuda_resources.kernel_resources(architecture)
    assert len(KERNELS) > 10 and set(resources) == KERNELS
    assert [name for name, taken in resources.items() if taken.spills] == []
    assert all(0 < taken.registers <= 255 and taken.shared <= 48 << 10 for taken in resources.values())
