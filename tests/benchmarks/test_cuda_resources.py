"""Every CUDA kernel compiles for every architecture, without a GPU, and keeps to its registers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from objpose.raster.cuda import nvrtc

SOURCES = [file.read_text() for file in (nvrtc.SOURCE_FOLDER / "cuda").glob("*.[ch]*")]
BOUNDS = r"(?:__launch_bounds__\([^)]*\)[\s\\]+)?"


def instances(source: str) -> list[str]:
    """Of the kernels that a file writes once and compiles for several numbers: these numbers."""
    for used in re.findall(r"^OBJPOSE_FOR_\w+", source, re.MULTILINE):
        [numbers] = (
            found[1] for text in SOURCES if (found := re.search(rf"#define {used}\(.*?\)(.*)", text))
        )
        return re.findall(r"instance\((\d+)\)", numbers)
    return []


KERNELS = {
    written.replace(template, instance)
    for source in SOURCES
    for written, template in re.findall(rf'extern "C" __global__ void[\s\\]+{BOUNDS}(\w+(##\w+)?)', source)
    for instance in (instances(source) if template else [""])
}
SECONDS = pytest.mark.slow("compiles all kernels: six seconds of a core an architecture")


def resources_of(architecture: int, cache: pytest.Cache) -> dict[str, Any]:
    """As an earlier run compiled them, where neither the kernels nor NVRTC have changed since."""
    import cuda_resources

    key = f"cuda_resources/{nvrtc.source_hash()}-{architecture}"
    kept = cache.get(key, None)
    if kept is None:
        kept = cuda_resources.kernel_resources(architecture)
        cache.set(key, kept)
    return {name: cuda_resources.Resources(*numbers) for name, numbers in kept.items()}


@pytest.mark.parametrize(
    "architecture", [75, *(pytest.param(a, marks=SECONDS) for a in (80, 86, 89, 90, 100, 120))]
)
def test_every_kernel_compiles_and_spills_nothing(architecture: int, pytestconfig: pytest.Config) -> None:
    resources = resources_of(architecture, pytestconfig.cache)
    assert len(KERNELS) > 10 and set(resources) == KERNELS
    assert [name for name, taken in resources.items() if taken.spills] == []
    assert all(0 < taken.registers <= 255 and taken.shared <= 48 << 10 for taken in resources.values())
