"""Time and memory of a crop for each dense feature backbone, on the CPU and, where there is one, on CUDA.

    python benchmarks/features.py [--models dinov2-s-reg ...] [--sizes 224 420] [--batch 1] [--repeats 5]

The weights of DINOv2 are random: time and memory do not depend on them. Every case runs in its own process.
Peak memory is what a call adds to the weights; on the CPU it is read from Linux's /proc.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import torch

from objpose.features import DenseFeatures, DinoFeatures, PatchDescriptor

PATCHES = "patches"  # the default features


class Case(NamedTuple):
    model: str  # PATCHES, or a name DinoFeatures takes
    device: str
    size: int  # pixels of a crop's side
    batch: int
    repeats: int


class Cost(NamedTuple):
    milliseconds: float  # a crop, median of the repeats
    cpu_milliseconds: float  # of all threads together: what a busy machine does not change
    megabytes: float  # peak of the whole batch, weights not counted


def main(arguments: list[str] | None = None) -> dict[Case, Cost]:
    options = parse_options(arguments)
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    print(f"{torch.get_num_threads()} threads; batches of {options.batch}")
    print(f"{'features':24}{'device':>8}{'crop':>6}{'ms a crop':>12}{'CPU ms':>10}{'peak MB':>10}")
    costs = {}
    for model in options.models:
        for device in devices:
            for size in options.sizes:
                case = Case(model, device, size, options.batch, options.repeats)
                costs[case] = apart(case)
                wall, cpu, mb = costs[case]
                print(f"{model:24}{device:>8}{size:>6}{wall:>12.1f}{cpu:>10.1f}{mb:>10.0f}", flush=True)
    return costs


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", default=[PATCHES, "dinov2-s-reg", "dinov2-l-reg"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[224, 420])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args(arguments)


def apart(case: Case) -> Cost:
    """The cost of a case, measured in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (case, torch.get_num_threads()))


def measure(case: Case, threads: int) -> Cost:
    torch.set_num_threads(threads)
    features = make_features(case)
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(case.batch, 3, case.size, case.size, generator=generator).to(case.device)
    features(images[..., : features.stride, : features.stride])  # the first call sets the libraries up
    before = start_peak(case.device)
    features(images)
    peak = peak_bytes(case.device) - before
    began = time.process_time()
    seconds = [features(images).seconds for _ in range(case.repeats)]
    cpu = (time.process_time() - began) / case.repeats
    return Cost(1e3 * statistics.median(seconds) / case.batch, 1e3 * cpu / case.batch, peak / 2**20)


def make_features(case: Case) -> DenseFeatures:
    if case.model == PATCHES:
        return PatchDescriptor()
    import timm
    from safetensors.torch import save_file

    from objpose.features.dino import SHORT_NAMES

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "random.safetensors"
        name = SHORT_NAMES.get(case.model, case.model)
        save_file(timm.create_model(name, pretrained=False, num_classes=0).state_dict(), file)
        return DinoFeatures(case.model, weights=file, device=case.device)


def start_peak(device: str) -> int:
    """Bytes held now, from where `peak_bytes` counts."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    Path("/proc/self/clear_refs").write_text("5")  # Linux: peak resident memory starts anew
    return peak_bytes(device)


def peak_bytes(device: str) -> int:
    """The most bytes held at once since `start_peak`."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    lines = Path("/proc/self/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return 1024 * int(kilobytes)


if __name__ == "__main__":
    main()
