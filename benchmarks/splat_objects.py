"""Splats optimised from posed views of the objects of a BOP set: likeness on views held out, and seconds.

    OMP_NUM_THREADS=1 python benchmarks/splat_objects.py DATASET [--objects 1 5] [--steps 600] [--size 128]

Views are rendered from the textured meshes for the purpose: 20 to learn from, 7 in other directions to judge
by. Compared: surfels of the mesh as sampled, the same polished, and splats that know no mesh, with depth and
without. PSNR over the whole picture (black around the object) and over the object's pixels alone. Seconds are
of the processor.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch

from objpose.crops import Crop
from objpose.geometry import SE3, Mesh
from objpose.io import BopDataset
from objpose.raster import Splats, render_splats
from objpose.splatting import FitOptions, fit_splats, mesh_splats, polished_splats
from objpose.splatting.losses import psnr
from objpose.splatting.polish import mesh_views

LEARNED, HELD_OUT = 20, 7


def main(arguments: list[str] | None = None) -> None:
    options = parse_options(arguments)
    torch.set_num_threads(1)
    dataset = BopDataset(options.dataset)
    print(f"{'object':8s}{'':22s}{'splats':>8s}{'PSNR':>8s}{'on it':>8s}{'depth mm':>10s}{'seconds':>9s}")
    for obj_id in options.objects or dataset.object_ids:
        mesh = dataset.mesh(obj_id)
        held_out = mesh_views(mesh, HELD_OUT, options.size)
        for name, make in methods(mesh, options).items():
            begin = time.process_time()
            splats = make()
            seconds = time.process_time() - begin
            whole, on_object, depth = likeness(splats, *held_out)
            row = f"{obj_id:<8d}{name:22s}{len(splats):8d}{whole:8.1f}{on_object:8.1f}"
            print(f"{row}{1000 * depth:10.2f}{seconds:9.1f}", flush=True)


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path, help="a BOP set with models")
    parser.add_argument("--objects", type=int, nargs="+", help="by their ids; all where left out")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--size", type=int, default=128, help="pixels of a view's side")
    return parser.parse_args(arguments)


def methods(mesh: Mesh, options: argparse.Namespace) -> dict[str, Callable[[], Splats]]:
    views, cam_from_obj = mesh_views(mesh, LEARNED, options.size)
    flat = [Crop(v.rgb, torch.zeros_like(v.depth), v.mask, v.inside, v.camera) for v in views]
    settings = FitOptions(steps=options.steps)
    return {
        "surfels of the mesh": lambda: mesh_splats(mesh),
        "the same, polished": lambda: polished_splats(mesh),
        "20 views, RGB-D": lambda: fit_splats(views, cam_from_obj, settings),
        "20 views, RGB": lambda: fit_splats(flat, cam_from_obj, settings),
    }


def likeness(splats: Splats, views: list[Crop], cam_from_obj: SE3) -> tuple[float, float, float]:
    """PSNR of the pictures, PSNR on the object, and the median depth error (metres)."""
    size, K = views[0].size, views[0].K
    render = render_splats(splats, cam_from_obj, K, size, size, antialias=True)
    rgb, depth, mask = (torch.stack([getattr(v, name) for v in views]) for name in ("rgb", "depth", "mask"))
    gap = (render.depth - depth).abs()[mask & (render.alpha > 0.5)]
    return (
        float(psnr(render.color, rgb).mean()),
        float(psnr(render.color, rgb, mask).mean()),
        float(gap.median()),
    )


if __name__ == "__main__":
    main()
