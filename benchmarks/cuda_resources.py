"""What each CUDA kernel takes of a GPU: registers, spills, shared memory; nothing is run, no GPU needed.

    .venv/bin/python benchmarks/cuda_resources.py [--architectures 75 90 120]

A thread may have 255 registers, a multiprocessor has 65,536, and a block has 256 threads: with 64 registers a
thread, four blocks fit. Spills are bytes that a thread keeps in memory because registers ran out.
"""

from __future__ import annotations

import argparse
import re
from typing import NamedTuple

from objpose.raster.cuda import nvrtc

REPORT = re.compile(
    r"Compiling entry function '(?P<kernel>\w+)'"
    r".*?(?P<stack>\d+) bytes stack frame"
    r", (?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes spill loads"
    r".*?Used (?P<registers>\d+) registers(?P<rest>[^\n]*)",
    re.DOTALL,
)


class Resources(NamedTuple):
    """Of a kernel: a thread's registers and bytes of stack and spills; a block's bytes of shared memory."""

    registers: int
    stack: int
    spills: int
    shared: int


def kernel_resources(architecture: int) -> dict[str, Resources]:
    """By the kernels' names, as ptxas reports them."""
    _, log = nvrtc.compile_kernels(architecture, "--ptxas-options=-v")
    return {found["kernel"]: _resources(found) for found in REPORT.finditer(log)}


def _resources(found: re.Match[str]) -> Resources:
    shared = re.search(r"(\d+) bytes smem", found["rest"])
    spills = int(found["stores"]) + int(found["loads"])
    return Resources(int(found["registers"]), int(found["stack"]), spills, int(shared[1]) if shared else 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--architectures", type=int, nargs="+", default=[75, 90, 120], help="e.g. 90 of an H100"
    )
    architectures = parser.parse_args().architectures
    tables = {architecture: kernel_resources(architecture) for architecture in architectures}
    print("| kernel |", " | ".join(f"sm_{architecture}" for architecture in tables), "|")
    print("|---|" + "---|" * len(tables))
    for kernel in sorted(set().union(*tables.values())):
        cells = (table[kernel] for table in tables.values())
        print(f"| {kernel} |", " | ".join(" / ".join(str(number) for number in cell) for cell in cells), "|")
    print(
        "\na thread's registers / its bytes of stack / its bytes spilled / a block's bytes of shared memory"
    )


if __name__ == "__main__":
    main()
