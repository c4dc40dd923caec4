"""Draws input for every entry point of the C++ core and runs it under sanitizers, for each instruction set.

    python tests/raster/fuzz/run.py [--seeds 300]

The core is compiled once for each set that this processor has, with AddressSanitizer and
UndefinedBehaviorSanitizer, and once with ThreadSanitizer. A fault ends the run with its report; a seed alone:
`build/sanitize/x86-64 SEED 1`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[2]
SOURCES = REPOSITORY / "objpose" / "raster" / "csrc"
FLAGS = ("-std=c++17", "-pthread", "-fopenmp-simd", "-Wno-psabi", f"-I{SOURCES}", f"-I{FOLDER}")
# Casts of floats that no int holds are not among "undefined".
ADDRESS = ("-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all")
CHECKED = ("-O1", "-g1", "-include", str(FOLDER / "core.h"))
# What a processor must say that it has to run code of each set.
FLAG_OF = {"x86-64-v3": "avx2", "x86-64-v4": "avx512vl"}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=300)
    options = parser.parse_args()
    output = REPOSITORY / "build" / "sanitize"
    output.mkdir(parents=True, exist_ok=True)
    builds = {name: (*ADDRESS, f"-march={name}") if name != "plain" else ADDRESS for name in sets()}
    builds["threads"] = ("-fsanitize=thread",)
    core = sorted((SOURCES / "cpu").glob("*.cpp"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = pool.map(lambda name: check(name, builds[name], core, output, options.seeds), builds)
        return max(done)


def sets() -> list[str]:
    """The instruction sets to compile for; "plain" where they are not those of x86-64."""
    information = Path("/proc/cpuinfo")
    found = set(information.read_text().split()) if information.is_file() else set()
    if "sse2" not in found:
        return ["plain"]
    for name, flag in FLAG_OF.items():
        if flag not in found:
            print(f"{name}: not run, this processor does not have it")
    return ["x86-64", *(name for name, flag in FLAG_OF.items() if flag in found)]


def check(name: str, flags: tuple[str, ...], core: list[Path], output: Path, seeds: int) -> int:
    program = output / name
    build(program, [*FLAGS, *CHECKED, *flags], core)
    # Threads are slow there, and order, not values, is what is looked at.
    run = subprocess.run(
        [program, "0", str(seeds // 5 if name == "threads" else seeds)], capture_output=True, text=True
    )
    print(f"{name}: {run.stdout.strip() or run.stderr[:8000]}", flush=True)
    return 1 if run.returncode else 0


def compiler() -> str | None:
    return os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")


def build(program: Path, flags: list[str], core: list[Path]) -> None:
    """Compile the drivers together with `core`: its sources, or a library of it."""
    command = [compiler() or "c++", *flags, *sorted(FOLDER.glob("*.cpp")), *core, "-o", program]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())
