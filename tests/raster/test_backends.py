"""Loading the core: what a missing or foreign one says, and the fallback to plain torch."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from objpose.errors import InputError
from objpose.raster import Fragments, backend_status, backends, interpolate, rasterize, render_mesh
from objpose.raster.constants import ABI_VERSION
from objpose.raster.cpu import library
from tests.raster.scenes import HEIGHT, WIDTH, bumpy_sphere, intrinsics, random_poses, stage_arguments


@pytest.fixture
def fresh_loading() -> Iterator[None]:
    """Nothing loaded before or after the test."""
    for _ in range(2):
        library.load.cache_clear()
        backends._backend.cache_clear()
        if _ == 0:
            yield


def test_the_core_is_built() -> None:
    status = backend_status()["cpu"]
    assert status["available"], status["error"]
    assert status["abi_version"] == ABI_VERSION
    assert Path(status["path"]).is_file()


def test_a_missing_core_names_the_cure(
    fresh_loading: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "library_path", lambda: tmp_path / "libobjpose_raster.so")
    with pytest.raises(library.CoreUnavailableError, match="does not load .*pip install"):
        library.load()
    status = backend_status()["cpu"]
    assert not status["available"] and "pip install" in status["error"]


def test_another_abi_version_is_refused(fresh_loading: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "ABI_VERSION", 999)
    with pytest.raises(library.CoreUnavailableError, match="expected 999"):
        library.load()


def test_without_a_core_plain_torch_renders_with_a_warning(
    fresh_loading: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = (bumpy_sphere(2), random_poses(2), intrinsics(), WIDTH, HEIGHT)
    outputs = ("depth", "normals", "coords", "color")
    expected = render_mesh(*arguments, outputs=outputs)
    library.load.cache_clear()
    backends._backend.cache_clear()
    monkeypatch.setattr(library, "library_path", lambda: tmp_path / "libobjpose_raster.so")
    with pytest.warns(RuntimeWarning, match="plain torch"):
        found = render_mesh(*arguments, outputs=outputs)
    for name in outputs:
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=1e-4, atol=1e-4)


def test_indices_out_of_range_are_refused_not_read() -> None:
    mesh = bumpy_sphere(1)
    vertices, faces, matrices, K = stage_arguments(mesh, random_poses(1), intrinsics())
    for bad in (len(vertices), -1):
        faces = faces.clone()
        faces[3, 1] = bad
        with pytest.raises(InputError, match=f"vertex {bad} of {len(vertices)}"):
            rasterize(vertices, faces, matrices, K, WIDTH, HEIGHT)
    fragments = rasterize(vertices, mesh.faces, matrices, K, WIDTH, HEIGHT)
    too_many = Fragments(*fragments)._replace(face_ids=torch.full_like(fragments.face_ids, len(mesh.faces)))
    with pytest.raises(InputError, match="face_ids name face"):
        interpolate(vertices, mesh.faces, too_many)


def test_the_library_exports_its_c_functions_only() -> None:
    """Nothing of ours under a mangled name: another library in the process might have the same."""
    if shutil.which("nm") is None:
        pytest.skip("no nm to list symbols with: install binutils")
    command = ["nm", "--dynamic", "--defined-only", "--format=posix", str(library.library_path())]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    kinds = {line.split()[0]: line.split()[1] for line in listed}
    strong = {name for name, kind in kinds.items() if kind in "TDBR"}
    assert {"objpose_rasterize", "objpose_blend_splats", "objpose_last_error"} <= strong
    assert [name for name in strong if not name.startswith("objpose_")] == []
    assert [name for name in kinds if "7objpose" in name] == []
