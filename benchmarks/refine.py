"""Refinement basins on a BOP set: how far off a pose may be and still be brought home, and in what time.

    OMP_NUM_THREADS=1 python benchmarks/refine.py DATASET [--every 6] [--adam] [--modes rgb rgbd]

Ground-truth poses are turned by 5, 10, 15 degrees about a random axis through the object's centre and moved
by 1, 2, 4 cm in a random direction. A refined pose is home within 2 degrees and 5 mm, up to the object's
symmetries; without depth, within 2 degrees, 5 mm across the ray and 2 % of the distance along it.
Compared in one run: Levenberg-Marquardt on splats made from the meshes, Adam with autograd on the same splats
and the same cost (175 steps, as GS2Pose takes), and the alignments of the mesh itself. Seconds are of the
processor, so that what else the machine does does not count.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch
from pose_adam import adam_refined
from torch import Tensor

from objpose.crops import Crop, crop_frame, main_part
from objpose.frame import Frame
from objpose.geometry import SE3, SO3, Mesh
from objpose.io import BopDataset
from objpose.poses import SplatRefineOptions, refine_crop, rgb, rgbd
from objpose.splatting import mesh_splats, polished_splats

LEVELS = ((5.0, 0.01), (10.0, 0.02), (15.0, 0.04))  # degrees and metres
DEGREES, METERS, ALONG_RAY = 2.0, 0.005, 0.02
LEAST_VISIBLE = 0.3
CROP = 112  # pixels
MESH_STEPS = (8, 8, 9)  # of the mesh alignments at 32, 64 and 112 pixels: as many as the splats'
MESH_SIZES = (32, 64, 112)
OUTLINE_REACH = (0.25, 0.15, 0.08)  # of the crop's side


class Case(NamedTuple):
    """One object instance and its disturbed pose."""

    obj_id: int
    crop: Crop
    truth: SE3
    start: SE3
    level: int


@dataclass
class Record:
    home: dict[int, list[bool]] = field(default_factory=dict)  # by level
    seconds: list[float] = field(default_factory=list)

    def add(self, level: int, home: bool, seconds: float) -> None:
        self.home.setdefault(level, []).append(home)
        self.seconds.append(seconds)


class Judge:
    """Tells whether poses are home, up to the symmetries of each object."""

    def __init__(self, dataset: BopDataset):
        self.symmetry, self.centre = {}, {}
        for obj_id, info in dataset.models_info.items():
            self.symmetry[obj_id] = info.symmetry.transforms(info.diameter)
            self.centre[obj_id] = dataset.mesh(obj_id).bounds().mean(0)

    def errors(self, obj_id: int, estimate: SE3, truth: SE3) -> tuple[float, float, float]:
        """Degrees, metres across the ray and share of the distance along it, at the nearest equal pose."""
        equal = SE3(truth.wxyz_xyz.float()) @ self.symmetry[obj_id]
        angles = (estimate.rotation.inverse() @ equal.rotation).angle().rad2deg()
        nearest = int(angles.argmin())
        found, right = (pose.apply(self.centre[obj_id]) for pose in (estimate, equal[nearest]))
        ray = right / right.norm()
        along = float((found - right) @ ray)
        across = float((found - right - along * ray).norm())
        return float(angles[nearest]), across, along / float(right.norm())

    def is_home(self, obj_id: int, estimate: SE3, truth: SE3, has_depth: bool) -> bool:
        angle, across, along = self.errors(obj_id, estimate, truth)
        if not has_depth:
            return angle < DEGREES and across < METERS and abs(along) < ALONG_RAY
        distance = along * float(truth.apply(self.centre[obj_id].double()).norm())
        return angle < DEGREES and (across**2 + distance**2) ** 0.5 < METERS


def main(arguments: list[str] | None = None) -> dict[tuple[str, str], Record]:
    options = parse_options(arguments)
    torch.set_num_threads(1)
    dataset = BopDataset(options.dataset)
    judge = Judge(dataset)
    make = polished_splats if options.polish else mesh_splats
    splats = functools.cache(lambda obj_id: make(dataset.mesh(obj_id), options.splats))
    records: dict[tuple[str, str], Record] = {}
    for case in cases(dataset, judge, options.every):
        for mode in options.modes:
            crop = case.crop if mode == "rgbd" else without_depth(case.crop)
            for name, method in methods(
                dataset.mesh(case.obj_id), splats(case.obj_id), mode, options.adam
            ).items():
                begin = time.process_time()
                found = method(crop, case.start)
                seconds = time.process_time() - begin
                home = judge.is_home(case.obj_id, found, case.truth, mode == "rgbd")
                records.setdefault((mode, name), Record()).add(case.level, home, seconds)
    print_table(records)
    return records


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path, help="a BOP set with ground truth")
    parser.add_argument("--every", type=int, default=6, help="take every so many of the visible instances")
    parser.add_argument("--adam", action="store_true", help="compare with 175 steps of Adam, which are slow")
    parser.add_argument("--modes", nargs="+", choices=["rgb", "rgbd"], default=["rgb", "rgbd"])
    parser.add_argument("--raw", dest="polish", action="store_false", help="surfels as sampled, not polished")
    parser.add_argument("--splats", type=int, default=12_000, help="of an object")
    return parser.parse_args(arguments)


def cases(dataset: BopDataset, judge: Judge, every: int) -> Iterator[Case]:
    generator = torch.Generator().manual_seed(0)
    number = 0
    for scene_id, im_id in dataset.image_ids():
        image = dataset.image(scene_id, im_id)
        frame = None
        for truth in image.gts:
            number += truth.visib_fract >= LEAST_VISIBLE
            if truth.visib_fract < LEAST_VISIBLE or number % every:
                continue
            frame = frame or Frame(image.rgb, image.camera, image.depth)
            crop = crop_frame(frame, main_part(frame.checked_mask(truth.mask_visib())), CROP)
            for level, (degrees, meters) in enumerate(LEVELS):
                centre = judge.centre[truth.obj_id]
                start = disturbed(truth.cam_from_obj, centre, degrees, meters, generator)
                yield Case(truth.obj_id, crop, truth.cam_from_obj, start, level)


def disturbed(truth: SE3, centre: Tensor, degrees: float, meters: float, generator: torch.Generator) -> SE3:
    """(1,) turned about the centre and moved, both in random directions."""
    axis, direction = torch.nn.functional.normalize(torch.randn(2, 3, generator=generator), dim=-1)
    truth = SE3(truth.wxyz_xyz.float())
    turn = SO3.exp(axis * torch.tensor(degrees).deg2rad())
    pivot = truth.apply(centre)
    translation = turn.apply(truth.translation - pivot) + pivot + meters * direction
    return SE3.from_rotation_translation(turn @ truth.rotation, translation)[None]


def without_depth(crop: Crop) -> Crop:
    return Crop(crop.rgb, torch.zeros_like(crop.depth), crop.mask, crop.inside, crop.camera)


def methods(mesh: Mesh, splats, mode: str, with_adam: bool) -> dict[str, Callable[[Crop, SE3], SE3]]:
    found = {
        "unrefined": lambda crop, start: start[0],
        "splats, LM": lambda crop, start: refine_crop(splats, crop, start, SplatRefineOptions()).cam_from_obj[
            0
        ],
    }
    if mode == "rgbd":
        found["mesh, LM"] = lambda crop, start: mesh_rgbd(mesh, crop, start)
    else:
        found["mesh, LM"] = lambda crop, start: mesh_rgb(mesh, crop, start)
    if with_adam:
        found["splats, Adam"] = lambda crop, start: adam_refined(splats, crop, start)
    return found


def mesh_rgbd(mesh: Mesh, crop: Crop, start: SE3) -> SE3:
    for size, steps in zip(MESH_SIZES, MESH_STEPS, strict=True):
        start = rgbd.aligned(mesh, crop.smaller(size), mesh.diameter(), steps)(start)
    return start[0]


def mesh_rgb(mesh: Mesh, crop: Crop, start: SE3) -> SE3:
    for size, steps, reach in zip(MESH_SIZES, MESH_STEPS, OUTLINE_REACH, strict=True):
        start = rgb.aligned(mesh, crop, rgb.Level(size, steps, reach))(start)
    return start[0]


def print_table(records: dict[tuple[str, str], Record]) -> None:
    count = len(next(iter(records.values())).home[0])
    headings = "".join(f"{degrees:4.0f} deg {100 * meters:.0f} cm" for degrees, meters in LEVELS)
    print(f"share home, {count} instances      {headings}     mean   s each")
    for (mode, name), record in records.items():
        shares = [sum(home) / len(home) for _, home in sorted(record.home.items())]
        columns = "".join(f"{share:13.2f}" for share in shares)
        seconds = sum(record.seconds) / len(record.seconds)
        print(f"{mode:5s} {name:24s}{columns} {sum(shares) / len(shares):8.2f} {seconds:8.3f}")


if __name__ == "__main__":
    main()
