"""What the kernels of pose estimation are worth on a CPU: each stage of the core against its torch twin.

    python benchmarks/pose_kernels.py [--poses 24] [--size 112] [--rounds 9]

In turns in one process, on one thread; the least processor time of the rounds. The watering can of the
examples, drawn under poses about one, against what that one shows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor

from objpose import onboard
from objpose.crops import Crop
from objpose.geometry import SE3, SO3, Camera, looking_at, moved_about
from objpose.objects import ObjectModel
from objpose.poses.residuals import DepthResidual, Edges, Outline, Photometric
from objpose.raster import MeshRender, SeenShape, cpu, render_mesh, twin
from objpose.work import within

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "data" / "watering_can.glb"
POINTS = 150  # of the scene, as ICP takes
Work = Callable[[ModuleType], object]


def main(arguments: list[str] | None = None) -> dict[str, tuple[float, float]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("poses", 24), ("size", 112), ("rounds", 9)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args(arguments)
    with within(1):
        model = onboard(EXAMPLE, out=None, progress=False)
        works = works_of(model, options.poses, options.size)
        times = {name: least(work, options.rounds) for name, work in works.items()}
    print(f"{options.poses} poses, {options.size} x {options.size} pixels, ms: core, twin, ratio")
    for name, (core, torch_twin) in times.items():
        print(f"{name:24} {core:8.2f} {torch_twin:8.2f} {torch_twin / core:6.1f}")
    return times


def least(work: Work, rounds: int) -> tuple[float, float]:
    """Milliseconds of processor time of the core and of its twin."""
    found = [[], []]
    for _ in range(rounds):
        for core, times in zip((cpu, twin), found, strict=True):
            start = time.process_time()
            work(core)
            times.append(1e3 * (time.process_time() - start))
    return min(found[0]), min(found[1])


def works_of(model: ObjectModel, poses: int, size: int) -> dict[str, Work]:
    centre = model.mesh.bounds().mean(0)
    truth = looking_at(centre, SO3.exp(torch.tensor([1.9, 0.3, -0.5])), 3 * model.diameter)
    spread = torch.tensor([0.02 * model.diameter] * 3 + [0.1] * 3)
    twists = spread * torch.randn(poses, 6, generator=torch.Generator().manual_seed(0))
    moved = moved_about(centre, truth.wxyz_xyz.float().expand(poses, 7), twists)
    camera = Camera.from_K([2.4 * size, 0, size / 2, 0, 2.4 * size, size / 2, 0, 0, 1], size, size)
    draw = partial(render_mesh, model.mesh, K=camera.K, width=size, height=size)
    drawn = draw(SE3(moved), outputs=("depth", "normals", "color"))
    seen = draw(truth[None], outputs=("depth", "color"))
    everywhere = torch.ones(size, size, dtype=torch.bool)
    crop = Crop(seen.color[0], seen.depth[0], seen.mask[0], everywhere, camera)
    return images_of(model, crop, drawn, SE3(moved).apply(centre)) | points_of(model, truth, moved)


def images_of(model: ObjectModel, crop: Crop, drawn: MeshRender, pivot: Tensor) -> dict[str, Work]:
    surface = DepthResidual(crop, 0.01 * model.diameter, 0.06 * model.diameter)
    paint = Photometric(crop, surface.pixels, surface.measured)
    outline, edges = Outline(crop, 0.015 * crop.size, 0.06 * crop.size), Edges(crop, 5.0, 1.7)
    shape = SeenShape(crop.mask, crop.inside, None, crop.depth)
    color, depth, weight = drawn.color, drawn.depth, drawn.mask * crop.mask.float()
    among = surface.pixels, paint.seen, surface.measured, pivot
    measured = drawn.normals, surface.pixels, surface.measured, pivot
    return {
        "depth equations": lambda core: core.drawn.drawn_depth_equations(depth, *measured),
        "colour equations": lambda core: core.drawn.drawn_color_equations(color, depth, *among),
        "outline equations": lambda core: core.drawn.drawn_outline_equations(depth, outline.border, pivot),
        "edge equations": lambda core: core.drawn.drawn_edge_equations(depth, edges.edges, pivot),
        "colour agreement": lambda core: core.drawn.drawn_color_agreement(crop.rgb, color, weight, True),
        "shape counts": lambda core: core.drawn.drawn_shape_counts(depth, shape, 0.04 * model.diameter, 2),
    }


def points_of(model: ObjectModel, truth: SE3, moved: Tensor) -> dict[str, Work]:
    cloud, index, size = model.surface.cloud, model.surface.index, model.diameter
    towards = (truth.apply_points(cloud.points) * truth.rotation.apply(cloud.normals)).sum(-1) < 0
    chosen = cloud[towards].subset(POINTS, torch.Generator().manual_seed(0))
    scene = truth.apply_points(chosen.points), truth.rotation.apply(chosen.normals)
    return {
        "8 steps of ICP": lambda core: core.registration.register_points(
            index, *scene, moved, 8, 0.1 * size, 0.03 * size
        ),
        "surface agreement": lambda core: core.registration.surface_agreement(
            index, *scene, moved, 0.03 * size, None
        ),
    }


if __name__ == "__main__":
    main()
