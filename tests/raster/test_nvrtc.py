"""NVRTC without a GPU: where it is found, what it compiles for, what is kept, what stands in its way."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from objpose.raster import cuda
from objpose.raster.cuda import images, libraries, nvrtc


@pytest.fixture
def no_nvrtc() -> Iterator[None]:
    """Looked for anew in the test, and after it."""
    nvrtc._load.cache_clear()
    yield
    nvrtc._load.cache_clear()


@pytest.fixture
def little_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One kernel in the place of all, compiled in a moment, and a cache of its own."""
    folder = tmp_path / "csrc" / "cuda"
    folder.mkdir(parents=True)
    (folder / "little.cu").write_text('extern "C" __global__ void little(float* a) { *a = 1.0f; }')
    monkeypatch.setattr(nvrtc, "SOURCE_FOLDER", folder.parent)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder.parent


def cached_files() -> list[Path]:
    folder = images.cache_folder()
    return sorted(folder.iterdir()) if folder is not None and folder.exists() else []


def test_the_image_of_a_known_architecture_is_machine_code(little_source: Path) -> None:
    image = nvrtc.compile_image(90)
    assert image.startswith(b"\x7fELF") and b"little" in image


def test_devices_newer_than_nvrtc_get_ptx(little_source: Path) -> None:
    image = nvrtc.compile_image(999)
    newest = nvrtc.known_architectures()[-1]
    assert b".entry little" in image and b".target sm_%d" % newest in image


def test_devices_between_those_that_nvrtc_knows_get_ptx_of_the_next_older(little_source: Path) -> None:
    known = nvrtc.known_architectures()
    between = next(a for a in range(known[0], known[-1]) if a not in known)
    older = max(a for a in known if a < between)
    assert b".target sm_%d" % older in nvrtc.compile_image(between)


def test_devices_older_than_nvrtc_are_refused_with_the_cure() -> None:
    refused = "capability 3.0, only those from .*older CUDA, or use the CPU"
    with pytest.raises(nvrtc.NvrtcError, match=refused):
        nvrtc.compile_image(30)


def test_a_compile_error_shows_the_log(little_source: Path) -> None:
    (little_source / "cuda" / "meshes.cu").write_text("this is not CUDA")
    with pytest.raises(nvrtc.NvrtcError, match="do not compile for sm_90:\n.*error"):
        nvrtc.compile_image(90)


@pytest.mark.parametrize(
    ("built_for", "cure"),
    [
        (None, "install a CUDA build of torch"),
        ("12.6", r"pip install 'nvidia-cuda-nvrtc-cu12==12\.\*'"),
        ("13.0", r"pip install 'nvidia-cuda-nvrtc==13\.\*'"),
    ],
)
def test_without_nvrtc_the_cure_is_that_of_this_torch(
    no_nvrtc: None, monkeypatch: pytest.MonkeyPatch, built_for: str | None, cure: str
) -> None:
    monkeypatch.setattr(torch.version, "cuda", built_for)
    monkeypatch.setattr(nvrtc, "nvrtc_files", lambda: ["/nowhere/libnvrtc.so"])
    with pytest.raises(nvrtc.NvrtcError, match=f"is not found .*/nowhere/libnvrtc.so.*{cure}"):
        nvrtc.compile_image(90)


def test_the_nvrtc_of_torchs_own_cuda_is_tried_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the wheels for CUDA 12 and 13 side by side, and never the parts that NVRTC loads itself."""
    wheels = tmp_path / "nvidia"
    for name in ("cuda_nvrtc/lib/libnvrtc.so.12", "cu13/lib/libnvrtc.so.13", "cu13/lib/libnvrtc.alt.so.13"):
        (wheels / name).parent.mkdir(parents=True, exist_ok=True)
        (wheels / name).touch()
    (wheels / "cu13/lib/libnvrtc-builtins.so.13.0").touch()
    monkeypatch.setattr(libraries, "find_spec", lambda name: FoundAt([str(wheels)]))
    monkeypatch.setattr(libraries, "WINDOWS", False)
    monkeypatch.setattr(torch, "__file__", str(tmp_path / "torch" / "__init__.py"))
    for built_for, first in (("12.8", "libnvrtc.so.12"), ("13.0", "libnvrtc.so.13")):
        monkeypatch.setattr(torch.version, "cuda", built_for)
        files = libraries.nvrtc_files()
        assert Path(files[0]).name == first and len(files) == 4
        assert files[2:] == [first, "libnvrtc.so"]  # of the system


class FoundAt:
    def __init__(self, places: list[str]) -> None:
        self.submodule_search_locations = places


def test_no_binding_of_a_package_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """cuda.bindings exist neither for every Python nor beside every torch: a fresh import does without."""
    for name in ("cuda", "cuda.bindings"):
        monkeypatch.setitem(sys.modules, name, None)
    for module in (libraries, nvrtc):
        monkeypatch.setattr(cuda, module.__name__.rpartition(".")[2], module)
        monkeypatch.delitem(sys.modules, module.__name__)
    fresh = importlib.import_module(nvrtc.__name__)
    assert fresh is not nvrtc and 90 in fresh.known_architectures()


def test_images_are_cached_by_source_and_architecture(
    little_source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = images.cached_image(90)
    assert len(cached_files()) == 1
    compile_image = nvrtc.compile_image
    monkeypatch.setattr(nvrtc, "compile_image", lambda _: pytest.fail("compiled again"))
    assert images.cached_image(90) == image
    monkeypatch.setattr(nvrtc, "compile_image", compile_image)
    (little_source / "cuda" / "more.h").write_text("// changed")
    images.cached_image(90)
    images.cached_image(80)
    assert len(cached_files()) == 3


@pytest.mark.parametrize("broken", ["truncated", "empty", "changed", "without its digest"])
def test_a_broken_cache_file_is_replaced(little_source: Path, broken: str) -> None:
    image = images.cached_image(90)
    [file] = cached_files()
    whole = file.read_bytes()
    changed = bytes([*whole[:-1], whole[-1] ^ 1])
    planted = {"truncated": whole[:-7], "empty": b"", "changed": changed, "without its digest": image}
    file.write_bytes(planted[broken])
    assert images.cached_image(90) == image
    assert [path.read_bytes() for path in cached_files()] == [whole]


def test_a_cache_that_cannot_be_written_costs_only_time(
    little_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert images.cached_image(90).startswith(b"\x7fELF")


def test_a_user_without_a_home_compiles_in_every_process(
    little_source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert images.cache_folder() is None
    assert images.cached_image(90).startswith(b"\x7fELF")


@pytest.mark.slow("starts a process, which imports torch anew")
def test_processes_that_compile_at_once_agree(little_source: Path) -> None:
    """All find an empty cache, and leave one whole file."""
    program = (
        "import os, sys, time, hashlib; from pathlib import Path\n"
        "from objpose.raster.cuda import images, nvrtc\n"
        f"nvrtc.SOURCE_FOLDER = Path({str(little_source)!r})\n"
        "compile_image = nvrtc.compile_image\n"
        "child = os.fork()\n"  # for torch takes seconds to import
        "mine, others = sys.argv[1:] if child else sys.argv[:0:-1]\n"
        "def late(architecture):\n"  # until the other one has found nothing, too
        "    Path(mine).touch()\n"
        "    while not Path(others).exists(): time.sleep(0.01)\n"
        "    return compile_image(architecture)\n"
        "nvrtc.compile_image = late\n"
        "digest = hashlib.sha256(images.cached_image(90)).hexdigest()\n"
        "os.write(1, f'{digest}\\n'.encode())\n"  # at once, so that no line breaks into another
        "if child: sys.exit(os.waitpid(child, 0)[1])\n"
    )
    marks = [str(little_source / name) for name in ("one", "other")]
    command = [sys.executable, "-c", program, *marks]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    one, other = done.stdout.splitlines()
    assert one == other != ""
    assert len(cached_files()) == 1
    assert images.cached_image(90).startswith(b"\x7fELF")
