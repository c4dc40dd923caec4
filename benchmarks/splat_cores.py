"""Two builds of the C++ core in turn: does a change make splats faster? One thread, by the processor's clock.

    python benchmarks/splat_cores.py OTHER_CORE.so [--rounds 15]

Another commit's core is built by `cmake -S . -B build/other && cmake --build build/other` in its checkout.
The scene is that of `benchmarks/splats.py`: each call of the core, then a whole step through torch, then
normal equations. Both builds must have this commit's ABI.
"""

from __future__ import annotations

import argparse
import ctypes
import time
from collections.abc import Callable
from statistics import median

import torch
from splats import CHANNELS, SIZE, camera, core_step, object_splats, poses

from objpose.raster import splat_normal_equations
from objpose.raster.cpu import library
from objpose.raster.cpu import splats as core
from objpose.raster.splats.bundles import Gaussians, SplatView

SPLATS = 20_000


def main(arguments: list[str] | None = None) -> dict[str, float]:
    """The other build's time over this one's, by what is called."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other")
    parser.add_argument(
        "--rounds", type=int, default=30, help="of two calls by each build, of which one counts"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    other = ctypes.CDLL(options.other)
    other.objpose_last_error.restype = ctypes.c_char_p
    load, ratios = library.load, {}
    try:
        for name, call in calls().items():
            before, now = (1000 * seconds for seconds in in_turn([other, load()], call, options.rounds))
            ratios[name] = before / now
            print(f"{name:24s} other {before:7.2f} ms   this {now:7.2f} ms   ratio {ratios[name]:.2f}")
    finally:
        library.load = load
    return ratios


def calls() -> dict[str, Callable[[], object]]:
    splats, pose, K = object_splats(SPLATS), poses(1), camera(*SIZE, 320.0)
    gaussians = Gaussians(splats.means, splats.wxyz, splats.scales, splats.opacities)
    transforms = pose.to(torch.float64).matrix()[:, :3].contiguous()
    view = SplatView(transforms, K[None], *SIZE, 0.01, False)
    screen, extent = core.project_splats(gaussians, view)
    blending = (screen, extent, splats.tensors()["colors"][None], torch.zeros(1, CHANNELS), *SIZE)
    images, walk = core.blend_splats(*blending)
    gradients = (2 * images[0], *(torch.zeros_like(image) for image in images[1:]))
    by_screen = core.blend_splats_adjoint(*blending, walk, *gradients)[0]
    return {
        "project": lambda: core.project_splats(gaussians, view),
        "blend": lambda: core.blend_splats(*blending),
        "blend, adjoint": lambda: core.blend_splats_adjoint(*blending, walk, *gradients),
        "project, adjoint": lambda: core.project_splats_adjoint(gaussians, view, extent, by_screen),
        "step, forward": lambda: core_step(splats, pose, K, False),
        "step, with backward": lambda: core_step(splats, pose, K, True),
        "normal equations, RGB": lambda: splat_normal_equations(splats, pose, K, images[0]),
    }


def in_turn(builds: list[ctypes.CDLL], call: Callable[[], object], rounds: int) -> list[float]:
    """The median of each build's seconds: the fastest call is one whose memory the system had at hand."""
    seconds: list[list[float]] = [[] for _ in builds]
    for turn in range(rounds * len(builds)):
        i = turn % len(builds)
        library.load = lambda build=builds[i]: build
        call()  # finds the memory as the other build left it
        begin = time.process_time()
        call()
        seconds[i].append(time.process_time() - begin)
    return [median(found) for found in seconds]


if __name__ == "__main__":
    main()
