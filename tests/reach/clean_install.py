"""The package as strangers get it: sdist, a wheel built from it, and that wheel where no compiler is.

    pip install build
    python tests/reach/clean_install.py [--libraries SITE_PACKAGES]

The wheel is installed without its dependencies; these are seen where they are installed already (by default
beside this Python), so that nothing large is fetched. Then `objpose doctor` and `objpose demo` run with an
empty PATH, beside a copy of examples/.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
IN_SDIST = ("pyproject.toml", "CMakeLists.txt", "README.md", "LICENSE", "objpose/raster/csrc/cpu/exports.map")
NOT_IN_WHEEL = ("tests/", "benchmarks/", "training/", "examples/", "docs/", "build/")
COMPILERS = ("c++", "g++", "clang++", "cc", "gcc", "cmake", "ninja")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--libraries", type=Path, default=_site_packages(Path(sys.prefix)))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sdist, wheel = build(folder)
        check_contents(sdist, wheel)
        python = install(wheel, folder / "venv", options.libraries)
        run_without_compiler(python, folder / "elsewhere")
    return 0


def build(folder: Path) -> tuple[Path, Path]:
    """The sdist of this working tree, and the wheel made of it."""
    run([sys.executable, "-m", "build", "--outdir", folder / "dist", REPOSITORY])
    [sdist] = (folder / "dist").glob("objpose-*.tar.gz")
    [wheel] = (folder / "dist").glob("objpose-*.whl")
    for made in (sdist, wheel):
        print(f"{made.name}: {made.stat().st_size / 2**20:.2f} MB")
    return sdist, wheel


def check_contents(sdist: Path, wheel: Path) -> None:
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    if missing := [name for name in IN_SDIST if name not in inside]:
        sys.exit(f"not in {sdist.name}: {', '.join(missing)}")
    names = zipfile.ZipFile(wheel).namelist()
    if stray := [name for name in names if name.startswith(NOT_IN_WHEEL)]:
        sys.exit(f"in {wheel.name}, and not meant to be: {', '.join(stray[:5])}")
    if not wheel.name.startswith("objpose-") or "-py3-none-" not in wheel.name:
        sys.exit(f"{wheel.name}: expected one wheel for every Python 3 of a platform")
    if not any("libobjpose_raster" in name for name in names):
        sys.exit(f"not in {wheel.name}: the core")


def install(wheel: Path, venv: Path, libraries: Path) -> Path:
    """A new environment with the wheel, which sees the libraries of another one but not its objpose."""
    run([sys.executable, "-m", "venv", venv])
    python = venv / "bin" / "python"
    run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel])
    (_site_packages(venv) / "libraries.pth").write_text(f"{libraries}\n")
    return python


def run_without_compiler(python: Path, folder: Path) -> None:
    shutil.copytree(REPOSITORY / "examples", folder / "examples")
    empty = folder / "bin"
    empty.mkdir()
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CXX", "CC")
    }
    environment["PATH"] = str(empty)
    found = [name for name in COMPILERS if shutil.which(name, path=environment["PATH"])]
    assert not found, found
    where = [python, "-c", "import objpose; print(objpose.__file__)"]
    print(run(where, cwd=folder, env=environment).strip())
    for command in ("doctor", "demo"):
        print(run([python.parent / "objpose", command], cwd=folder, env=environment))


def run(command: list, **more: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **more)  # type: ignore[call-overload]
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command[:4]))} failed:\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def _site_packages(prefix: Path) -> Path:
    return prefix / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


if __name__ == "__main__":
    sys.exit(main())
