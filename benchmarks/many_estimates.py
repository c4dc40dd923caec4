"""Whether memory grows over thousands of estimates: one estimator, frame after frame, each of its own noise.

    python benchmarks/many_estimates.py --count 2000 --width 160
    python benchmarks/many_estimates.py --count 200 --width 160 --method rgb

The example's frame in a smaller size; every tenth frame has no depth, and is refused.
Memory is the process's resident set, each tenth of the run; CPU seconds are all threads'.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

import objpose
from objpose.io import read_camera, read_depth, read_image, read_mask

DATA = Path(__file__).resolve().parents[1] / "examples" / "data"
PARTS = 10
EMPTY_EVERY = 10  # frames of which one has no depth: a refusal must leave nothing behind either


def small_example(width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, objpose.Camera]:
    """rgb, depth, mask and camera of the example, `width` pixels wide."""
    rgb = read_image(DATA / "rgb.png")
    size = width, round(rgb.shape[0] * width / rgb.shape[1])
    camera = read_camera(DATA / "camera.json")[0].resize(*size)
    small = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX))
    depth = np.asarray(Image.fromarray(read_depth(DATA / "depth.png")).resize(size, Image.Resampling.NEAREST))
    mask = np.asarray(Image.fromarray(read_mask(DATA / "mask.png")).resize(size, Image.Resampling.NEAREST))
    return small, depth, mask, camera


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def run(count: int, width: int, method: str) -> list[tuple[int, float]]:
    """(estimates so far, MB) at each part of the run."""
    rgb, depth, mask, camera = small_example(width)
    model = objpose.onboard(DATA / "watering_can.glb", units="m", out=None)
    estimator = objpose.PoseEstimator([model], objpose.EstimatorOptions(method=method))
    rng, found, refused = np.random.default_rng(0), [], 0
    for i in tqdm(range(count), unit="estimate", disable=None):
        noisy = np.clip(rgb + rng.normal(scale=4, size=rgb.shape), 0, 255).astype(np.uint8)
        seen = depth * (0 if i % EMPTY_EVERY == EMPTY_EVERY - 1 and method == "rgbd" else 1)
        try:
            measured = seen.astype(np.float32) if method == "rgbd" else None
            estimator.estimate(objpose.Frame(noisy, camera, measured), mask)
        except objpose.InputError:
            refused += 1
        if (i + 1) % max(1, count // PARTS) == 0:
            found.append((i + 1, resident_mb()))
            print(f"{i + 1:6d} estimates: {found[-1][1]:7.1f} MB, {refused} refused", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--method", choices=("rgbd", "rgb"), default="rgbd")
    options = parser.parse_args()
    began = time.process_time()
    found = run(options.count, options.width, options.method)
    late = found[len(found) // 2 :]
    slope = np.polyfit(*zip(*late, strict=True), 1)[0] * 1000
    spent = time.process_time() - began
    print(f"second half: {slope:+.2f} MB in a thousand estimates; {spent:.0f} CPU seconds")


if __name__ == "__main__":
    main()
