"""Builds the C++ core for other machines by Debian's cross compilers, and runs it as far as that goes.

    python tests/reach/cross.py [arm64 | windows] [--seeds 60]

arm64 (Jetson, Raspberry Pi, Graviton): the shared library by CMake, and the drivers of tests/raster/fuzz
under qemu-user. windows: the DLL by MinGW-w64, its exports, and the drivers under wine where it is installed.
What `outputs.cpp` draws there is compared with what this machine makes of it.

    apt-get install cmake g++-aarch64-linux-gnu qemu-user g++-mingw-w64-x86-64-posix wine64
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
SOURCES = REPOSITORY / "objpose" / "raster" / "csrc"
DRIVERS = REPOSITORY / "tests" / "raster" / "fuzz"
# As CMakeLists.txt compiles the core; the drivers are linked with it into one program that needs no library.
FLAGS = (
    *("-std=c++17", "-O2", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast"),
    *("-Wno-psabi", "-static", "-pthread", f"-I{SOURCES}", f"-I{DRIVERS}"),
    *("-include", str(DRIVERS / "core.h")),
)
EDGES = 0.002  # share of the pixels that rounding may hand to the neighbouring triangle
CLOSE = 1e-4  # of values otherwise, absolute and relative: products are fused here and not there


@dataclass(frozen=True)
class Machine:
    name: str
    system: str  # as CMake calls it
    processor: str
    compiler: str
    emulators: tuple[str, ...]  # the first that is installed is used
    library: str


MACHINES = {
    "arm64": Machine(
        "arm64", "Linux", "aarch64", "aarch64-linux-gnu-g++", ("qemu-aarch64",), "libobjpose_raster.so"
    ),
    "windows": Machine(
        "windows", "Windows", "AMD64", "x86_64-w64-mingw32-g++-posix", ("wine64", "wine"),
        "libobjpose_raster.dll",
    ),
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("machine", choices=sorted(MACHINES))
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--build", type=Path, default=REPOSITORY / "build" / "cross")
    options = parser.parse_args()
    machine, folder = MACHINES[options.machine], options.build / options.machine
    missing = [tool for tool in (machine.compiler, "cmake") if shutil.which(tool) is None]
    if missing:
        print(f"{machine.name}: not built, no {' and no '.join(missing)}")
        return 2
    library = build_library(machine, folder)
    print(f"{machine.name}: {library.name}, {library.stat().st_size / 2**20:.2f} MB")
    check_exports(machine, library)
    emulator = next((found for found in map(shutil.which, machine.emulators) if found), None)
    if emulator is None:
        print(f"{machine.name}: not run, none of {', '.join(machine.emulators)} is installed")
        return 0
    fuzz = build_program(machine.compiler, folder / "fuzz", sorted(DRIVERS.glob("*.cpp")))
    ran = _output([emulator, fuzz, "0", str(options.seeds)]).decode().strip()
    print(f"{machine.name}: {ran.splitlines()[-1]}")
    compare(machine, folder, emulator)
    return 0


def build_library(machine: Machine, folder: Path) -> Path:
    """The shared library as the wheel of that machine would hold it."""
    folder.mkdir(parents=True, exist_ok=True)
    configure = [
        *("cmake", "-S", REPOSITORY, "-B", folder / "cmake", "-DCMAKE_BUILD_TYPE=Release"),
        f"-DCMAKE_SYSTEM_NAME={machine.system}",
        f"-DCMAKE_SYSTEM_PROCESSOR={machine.processor}",
        f"-DCMAKE_CXX_COMPILER={machine.compiler}",
    ]
    _output(configure)
    _output(["cmake", "--build", folder / "cmake"])
    return folder / "cmake" / machine.library


def build_program(compiler: str, program: Path, drivers: list[Path]) -> Path:
    """The core and its drivers as one program."""
    program.parent.mkdir(parents=True, exist_ok=True)
    core = sorted((SOURCES / "cpu").glob("*.cpp"))
    name = program.with_suffix(".exe") if "mingw" in compiler else program
    _output([compiler, *FLAGS, *core, *drivers, "-o", name])
    return name


def check_exports(machine: Machine, library: Path) -> None:
    """The library exports the functions that `core.h` declares, and no other of ours."""
    declared = {
        line.split("(")[0].split()[1]
        for line in (DRIVERS / "core.h").read_text().splitlines()
        if line.startswith("int objpose_")
    }
    prefix = machine.compiler.removesuffix("-posix").removesuffix("g++")
    is_dll = machine.system == "Windows"
    told = [f"{prefix}objdump", "-p"] if is_dll else [f"{prefix}nm", "-D", "--defined-only"]
    exported = {word for word in _output([*told, library]).decode().split() if word.startswith("objpose_")}
    if missing := declared - exported:
        sys.exit(f"{machine.name}: not exported: {', '.join(sorted(missing))}")
    print(f"{machine.name}: exports all {len(declared)} functions of core.h")


def compare(machine: Machine, folder: Path, emulator: str, seeds: int = 8) -> None:
    """What the core draws there and here, number by number."""
    sources = [FOLDER / "outputs.cpp"]
    there = build_program(machine.compiler, folder / "outputs", sources)
    here = build_program(shutil.which("g++") or "c++", folder / "outputs-here", sources)
    told = read_outputs(_output([emulator, there, "0", str(seeds)]))
    expected = read_outputs(_output([here, "0", str(seeds)]))
    for name, values in expected.items():
        far = share_apart(told[name], values)
        print(f"{machine.name}: {name}: {len(values)} numbers, {far:.5%} of them apart")
        if far > EDGES:
            sys.exit(f"{machine.name}: {name} is another than on this machine")


def read_outputs(content: bytes) -> dict[str, np.ndarray]:
    """By name, all seeds in a row. Emulators may say something first."""
    found: dict[str, list[np.ndarray]] = {}
    content = content[content.index(b"mesh.depth ") :]
    while content:
        head, content = content.split(b"\n", 1)
        name, count = head.split()
        size = 4 * int(count)
        found.setdefault(name.decode(), []).append(np.frombuffer(content[:size], np.float32))
        content = content[size:]
    return {name: np.concatenate(parts) for name, parts in found.items()}


def share_apart(told: np.ndarray, expected: np.ndarray) -> float:
    """Of numbers that differ by more than rounding; 1 where there are more or fewer of them."""
    if told.shape != expected.shape:
        return 1.0
    scale = np.maximum(1.0, np.abs(expected).max(initial=0.0) * 1e-2)
    return float((~np.isclose(told, expected, rtol=CLOSE, atol=CLOSE * scale, equal_nan=True)).mean())


def _output(command: list) -> bytes:
    done = subprocess.run(list(map(str, command)), capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {(done.stderr or done.stdout).decode(errors='replace')[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
