"""Vectors as narrow as those of processors without AVX draw the same splats."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from objpose.raster.cpu import library
from objpose.raster.cpu import splats as cpu_splats
from objpose.raster.cuda import nvrtc
from objpose.raster.splats.bundles import Comparison, Shading, SplatView
from tests.raster.splat_scenes import SIZE, assert_near, cameras, gaussians, projected, random_splats


@pytest.fixture
def narrow_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The core compiled for no other than the oldest processors."""
    compiler = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")
    if compiler is None:
        pytest.skip("no C++ compiler: install one, or set CXX")
    built = tmp_path / "narrow.so"
    sources = [str(file) for file in (nvrtc.SOURCE_FOLDER / "cpu").glob("*.cpp")]
    flags = [
        f"-I{nvrtc.SOURCE_FOLDER}",
        "-std=c++17",
        "-O1",
        "-fopenmp-simd",
        "-Wno-psabi",
        "-shared",
        "-fPIC",
        "-pthread",
    ]
    subprocess.run([compiler, *flags, *sources, "-o", str(built)], check=True)
    monkeypatch.setattr(library, "library_path", lambda: built)
    library.load.cache_clear()
    yield
    library.load.cache_clear()


def everything() -> list[torch.Tensor]:
    splats, view = random_splats(300, size=0.03), cameras(2)
    blended = (*projected(splats, view), splats.colors[None], torch.ones(2, 3), *SIZE)
    images, walk = cpu_splats.blend_splats(*blended)
    gradients = cpu_splats.blend_splats_adjoint(*blended, walk, *(image + 0.3 for image in images))
    compared = Comparison(blended[3], images[0] + 0.1, images[2], None, None, [2.0, 0.1, 1.0] * 3)
    scene = (gaussians(splats), Shading(splats.colors[None], None), SplatView(*view, 0.01, True))
    normal = cpu_splats.splat_normal_equations(*scene, compared)
    return [*images, *gradients, *normal]


@pytest.mark.slow("compiles the core once more, with narrow vectors")
def test_narrow_vectors(request: pytest.FixtureRequest) -> None:
    expected = everything()
    request.getfixturevalue("narrow_core")
    assert library.load()._name.endswith("narrow.so")
    for one, other in zip(everything(), expected, strict=True):
        assert_near(one, other, 1e-4)
