"""Splats: the core against plain torch on the CPU, its share of the peak, and against gsplat on a GPU.

    python benchmarks/splats.py [--splats 20000] [--threads 1] [--rounds 20]

One frame of an object at 320 x 240: forward, and forward with backward to every parameter and to the camera.
Then a Gauss-Newton step. One thread is timed by the processor's clock, so that what else the machine does
counts little, more of them by the wall's. The peak is that of a loop of fused multiply-adds, compiled with
the core's flags; operations are those of the (splat, pixel) pairs that show, counted in csrc/, so that work
on others lowers the share. On a CUDA device: the same against gsplat where it is installed, for objects
(batches of 1, 16 and 64) and for a scene.
"""

from __future__ import annotations

import argparse
import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from objpose.geometry import SE3, SO3
from objpose.raster import Splats, project_splats, render_splats, splat_normal_equations
from objpose.raster.constants import MAX_ALPHA, MIN_ALPHA, MIN_TRANSMITTANCE
from objpose.raster.splats.bundles import Gaussians, SplatView
from objpose.raster.twin import splats as splat_twin

SIZE = (320, 240)
RADIUS = 0.1  # metres
CHANNELS = 3
# Floating-point operations on a pair: alpha takes 25 (offsets, form, exponential, light); blending 9 and two
# for each channel; the way back takes alpha again, 31 more and four for each channel.
FORWARD_OPERATIONS = 25 + 9 + 2 * CHANNELS
BACKWARD_OPERATIONS = 25 + 31 + 4 * CHANNELS
PEAK_SOURCE = """
typedef float Lanes __attribute__((vector_size(64)));
extern "C" __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
float multiply_add(long long rounds) {
  Lanes sums[12], factor = Lanes{} + 0.999f, term = Lanes{} + 0.001f;
  for (int i = 0; i < 12; ++i) sums[i] = Lanes{} + float(i);
  for (long long round = 0; round < rounds; ++round)
    for (int i = 0; i < 12; ++i) sums[i] = sums[i] * factor + term;
  float total = 0;
  for (int i = 0; i < 12; ++i) for (int k = 0; k < 16; ++k) total += sums[i][k];
  return total;
}
"""
PEAK_FLAGS = (
    "-std=c++17",
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-Wno-psabi",
)


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    splats, K = object_splats(options.splats), camera(*SIZE, 320.0)
    pose = poses(1)
    pairs = visible_pairs(splats, pose, K)
    print(f"{options.splats} splats, {SIZE[0]} x {SIZE[1]}, {options.threads} threads, {pairs} pairs show")
    compare_with_twin(splats, pose, K, pairs, options)
    time_normal_equations(splats, pose, K, options)
    compare_with_gsplat(options.rounds)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--splats", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    return parser.parse_args()


def object_splats(count: int, radius: float = RADIUS, device: str = "cpu") -> Splats:
    """A shell of uneven splats that cover each other some ten times."""
    generator = torch.Generator().manual_seed(0)
    directions = torch.nn.functional.normalize(torch.randn(count, 3, generator=generator))
    means = radius * directions * (1 + 0.1 * torch.rand(count, 1, generator=generator))
    scales = 3.5 * radius / count**0.5 * (0.3 + torch.rand(count, 3, generator=generator))
    wxyz, opacities = torch.randn(count, 4, generator=generator), torch.rand(count, generator=generator)
    colors = torch.rand(count, CHANNELS, generator=generator)
    return Splats(means, wxyz, scales, 0.1 + 0.85 * opacities, colors).to(device)


def poses(count: int, distance: float = 0.3) -> SE3:
    generator = torch.Generator().manual_seed(0)
    offset = torch.tensor([0.0, 0.0, distance]) + 0.02 * torch.randn(count, 3, generator=generator)
    return SE3.from_rotation_translation(SO3.random((count,), generator=generator), offset)


def camera(width: int, height: int, focal: float) -> Tensor:
    return torch.tensor(
        [[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]], dtype=torch.float64
    )


def visible_pairs(splats: Splats, pose: SE3, K: Tensor, tile: int = 32) -> int:
    """How many times a splat brings light to a pixel."""
    transforms = pose.to(dtype=torch.float64).matrix()[:, :3]
    gaussians = (splats.means, splats.wxyz, splats.scales, splats.opacities)
    values, extent = (part[0] for part in project_splats(*gaussians, transforms, K[None], *SIZE))
    order = values[:, 6].argsort()
    order = order[extent[order, 0] > 0]
    values, extent, total = values[order], extent[order], 0
    for top in range(0, SIZE[1], tile):
        for left in range(0, SIZE[0], tile):
            middle = torch.tensor([left + tile / 2, top + tile / 2])
            near = ((values[:, :2] - middle).abs() <= extent + tile / 2).all(1)
            rows = torch.arange(top, min(top + tile, SIZE[1]))
            pixels = torch.cartesian_prod(rows, torch.arange(left, min(left + tile, SIZE[0]))).flip(1)
            dx, dy = (pixels[:, None] - values[near, :2]).unbind(2)
            a, b, c, opacity = values[near, 2:6].unbind(1)
            alpha = opacity * torch.exp(-0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy)
            alpha = torch.where(alpha >= MIN_ALPHA, alpha.clamp(max=MAX_ALPHA), 0.0)
            shows = (alpha > 0) & ((1 - alpha).cumprod(1) >= MIN_TRANSMITTANCE)
            total += int(shows.sum())
    return total


def compare_with_twin(splats: Splats, pose: SE3, K: Tensor, pairs: int, options: argparse.Namespace) -> None:
    peak, clock = options.threads * arithmetic_peak(), clock_of(options.threads)
    print(f"peak of fused multiply-adds: {peak / 1e9:.1f} GFLOP/s on {options.threads} threads")
    work = {"forward": FORWARD_OPERATIONS, "forward + backward": FORWARD_OPERATIONS + BACKWARD_OPERATIONS}
    for name, operations in work.items():
        backward = name != "forward"
        core = best_of(options.rounds, lambda b=backward: core_step(splats, pose, K, b), clock)
        twin = best_of(2, lambda b=backward: twin_step(splats, pose, K, b), clock)
        share = pairs * operations / core / peak
        print(
            f"  {name:19s} core {1000 * core:8.2f} ms   plain torch {1000 * twin:8.0f} ms   "
            f"ratio {twin / core:6.1f}   {100 * share:4.1f} % of the peak"
        )


def core_step(splats: Splats, pose: SE3, K: Tensor, backward: bool, size: tuple[int, int] = SIZE) -> None:
    inputs = [t.detach().requires_grad_(backward) for t in splats.tensors().values()]
    names = splats.tensors()
    twist = torch.zeros(len(pose), 6, device=splats.means.device, requires_grad=backward)
    image = render_splats(Splats(**dict(zip(names, inputs, strict=True))), pose, K, *size, twist=twist)
    if backward:
        image.color.square().sum().backward()


def twin_step(splats: Splats, pose: SE3, K: Tensor, backward: bool) -> None:
    """The same in plain torch, differentiated by autograd."""
    inputs = [t.detach().requires_grad_(backward) for t in splats.tensors().values()]
    twist = torch.zeros(len(pose), 6, dtype=torch.float64, requires_grad=backward)
    transforms = (SE3.exp(twist) @ pose.to(torch.float64)).matrix()[:, :3]
    view = SplatView(transforms, K[None], *SIZE, 0.01, False)
    screen, extent = splat_twin.project_splats(Gaussians(*inputs[:4]), view)
    background = torch.zeros(1, CHANNELS)
    color = splat_twin.blend_splats(screen, extent, inputs[4][None], background, *SIZE)[0][0]
    if backward:
        color.square().sum().backward()


def time_normal_equations(splats: Splats, pose: SE3, K: Tensor, options: argparse.Namespace) -> None:
    image = render_splats(splats, pose, K, *SIZE)
    for name, depth in (("colour", None), ("colour and depth", image.depth)):
        seconds = best_of(
            options.rounds,
            lambda d=depth: splat_normal_equations(splats, pose, K, image.color, target_depth=d),
            clock_of(options.threads),
        )
        print(f"  normal equations of {name}: {1000 * seconds:.2f} ms")


def arithmetic_peak() -> float:
    """Operations a second of one thread's fused multiply-adds (two operations each)."""
    compiler = shutil.which("c++") or shutil.which("g++")
    if compiler is None:
        raise SystemExit("error: no C++ compiler to measure the peak with; install g++")
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "peak.cpp", Path(folder) / "peak.so"
        source.write_text(PEAK_SOURCE)
        subprocess.run([compiler, *PEAK_FLAGS, "-shared", "-fPIC", source, "-o", library], check=True)
        function = ctypes.CDLL(str(library)).multiply_add
    function.restype = ctypes.c_float
    rounds = 2_000_000
    return 2 * 16 * 12 * rounds / best_of(5, lambda: function(ctypes.c_longlong(rounds)), time.process_time)


def clock_of(threads: int) -> Callable[[], float]:
    return time.process_time if threads == 1 else time.perf_counter


def best_of(rounds: int, call: Callable[[], object], clock: Callable[[], float]) -> float:
    """Seconds of the fastest call, after one that does not count."""
    call()
    seconds = []
    for _ in range(rounds):
        begin = clock()
        call()
        seconds.append(clock() - begin)
    return min(seconds)


def compare_with_gsplat(rounds: int) -> None:
    try:
        import gsplat
    except ImportError:
        print("against gsplat: not run, it is not installed")
        return
    if not torch.cuda.is_available():
        print("against gsplat: not run, there is no CUDA device")
        return
    cases = [(50_000, (256, 256), batch, 256.0, RADIUS, 0.3) for batch in (1, 16, 64)]
    cases.append((1_000_000, (1920, 1080), 1, 1200.0, 5.0, 2.0))
    for case in cases:
        compare_case(gsplat, rounds, *case)


def compare_case(
    gsplat,
    rounds: int,
    count: int,
    size: tuple[int, int],
    batch: int,
    focal: float,
    radius: float,
    distance: float,
) -> None:
    splats, views, K = object_splats(count, radius, "cuda"), poses(batch, distance), camera(*size, focal)
    print(f"{count} splats, {size[0]} x {size[1]}, {batch} cameras")
    for name in ("forward", "forward + backward"):
        backward = name != "forward"
        ours = cuda_best(rounds, lambda b=backward: core_step(splats, views, K, b, size))
        theirs = cuda_best(rounds, lambda b=backward: gsplat_step(gsplat, splats, views, K, b, size))
        print(
            f"  {name:19s} ours {1000 * ours[0]:8.2f} ms {ours[1]:6.0f} MiB   "
            f"gsplat {1000 * theirs[0]:8.2f} ms {theirs[1]:6.0f} MiB   ratio {theirs[0] / ours[0]:5.2f}"
        )


def gsplat_step(gsplat, splats: Splats, views: SE3, K: Tensor, backward: bool, size: tuple[int, int]) -> None:
    inputs = [t.detach().requires_grad_(backward) for t in splats.tensors().values()]
    viewmats = views.matrix().cuda().requires_grad_(backward)
    Ks = K.float().cuda().expand(len(views), 3, 3)
    color, _, _ = gsplat.rasterization(*inputs, viewmats, Ks, *size, packed=False, render_mode="RGB+ED")
    if backward:
        color[..., :CHANNELS].square().sum().backward()


def cuda_best(rounds: int, call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the fastest call, and MiB of memory at its peak."""

    def finished() -> None:
        call()
        torch.cuda.synchronize()

    torch.cuda.reset_peak_memory_stats()
    seconds = best_of(rounds, finished, time.perf_counter)
    return seconds, torch.cuda.max_memory_allocated() / 2**20


if __name__ == "__main__":
    main()
