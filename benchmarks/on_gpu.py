"""What a CUDA device is worth: drawing meshes, and estimating poses, beside the CPU in the same run.

    python benchmarks/on_gpu.py [--repeats 7] [--set DATA/desk --images 6]

Meshes: depth images of spheres, at 320 x 240 and in large batches at 64 x 64. Estimates: the example's frame,
and the masks of a few images of a BOP set if one is given; milliseconds an object, the templates made before,
with and without depth; how far the two devices' answers lie apart, and those of two calls on the device. A
profiler counts what the device was asked for, and how long it worked.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import torch
from many_estimates import DATA, small_example

import objpose
from objpose.geometry import SE3, SO3, Mesh
from objpose.io import BopDataset
from objpose.raster import render_mesh

WIDTH = 640  # of the example
DEVICES = "cpu", "cuda"
Estimates = list[objpose.PoseEstimate]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--set", type=Path)
    parser.add_argument("--images", type=int, default=6)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("not run: there is no CUDA device")
    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    time_meshes(options.repeats)
    for method in ("rgbd", "rgb"):
        compare_example(method, options.repeats)
        if options.set is not None:
            compare_set(options.set, method, options.images)


def time_meshes(repeats: int) -> None:
    cases = ((16_000, 1000, (320, 240)), (16_000, 10_000, (64, 64)), (1_000, 20_000, (64, 64)))
    for faces, count, (width, height) in cases:
        mesh = sphere(faces).to("cuda")
        K = torch.tensor([[1.2 * height, 0, width / 2], [0, 1.2 * height, height / 2], [0, 0, 1]]).double()
        generator = torch.Generator().manual_seed(0)
        offset = torch.tensor([[0.0, 0.0, 0.3]]).expand(count, 3)
        poses = SE3.from_rotation_translation(SO3.random((count,), generator=generator), offset)
        poses = SE3(poses.wxyz_xyz.cuda())
        seconds = median(repeats, lambda m=mesh, p=poses, k=K, w=width, h=height: render_mesh(m, p, k, w, h))
        print(
            f"{len(mesh.faces)} triangles, {count} depth images of {width} x {height}: "
            f"{1e3 * seconds:.2f} ms, {count / seconds:,.0f} a second"
        )


def sphere(faces: int) -> Mesh:
    """Of rings of quads, about so many triangles, 0.1 m in radius."""
    rings = round((faces / 4) ** 0.5)
    sides = 2 * rings
    ring, side = torch.meshgrid(torch.arange(rings + 1), torch.arange(sides), indexing="ij")
    polar, turn = torch.pi * ring / rings, 2 * torch.pi * side / sides
    corners = torch.stack([polar.sin() * turn.cos(), polar.sin() * turn.sin(), polar.cos()], -1)
    here, beside = ring[:-1] * sides + side[:-1], ring[:-1] * sides + (side[:-1] + 1) % sides
    quads = torch.stack([here, here + sides, beside + sides, here, beside + sides, beside], -1)
    return Mesh(0.1 * corners.reshape(-1, 3).float(), quads.reshape(-1, 3))


def compare_example(method: str, repeats: int) -> None:
    rgb, depth, mask, camera = small_example(WIDTH)
    frame = objpose.Frame(rgb, camera, depth if method == "rgbd" else None)
    model = objpose.onboard(DATA / "watering_can.glb", units="m", out=None, progress=False)
    print(f"the example, {method}:")
    compare([model], frame, mask, method, repeats)


def compare_set(folder: Path, method: str, images: int) -> None:
    dataset = BopDataset(folder)

    @cache
    def model(obj_id: int) -> objpose.ObjectModel:
        known, mesh = dataset.models_info[obj_id].symmetry, dataset.mesh(obj_id)
        return objpose.onboard(mesh, str(obj_id), units="m", out=None, symmetry=known, progress=False)

    for ids in dataset.image_ids()[:images]:
        image = dataset.image(*ids)
        masks = [objpose.Target(str(truth.obj_id), truth.mask_visib()) for truth in image.gts]
        frame = objpose.Frame(image.rgb, image.camera, image.depth if method == "rgbd" else None)
        models = [model(obj_id) for obj_id in dict.fromkeys(truth.obj_id for truth in image.gts)]
        print(f"{folder.name} {ids}, {method}, {len(masks)} masks:")
        compare(models, frame, masks, method, 3)


def compare(
    models: Sequence[objpose.ObjectModel], frame: objpose.Frame, masks: object, method: str, repeats: int
) -> None:
    found: dict[str, Estimates] = {}
    for device in DEVICES:
        options = objpose.EstimatorOptions(method=method, device=device)
        estimator = objpose.PoseEstimator(list(models), options)
        found[device] = estimator.estimate(frame, masks)  # templates are made
        seconds = median(repeats, lambda e=estimator: e.estimate(frame, masks)) / len(found[device])
        stages = {name: 0.0 for name in found[device][0].timings}
        for estimate in estimator.estimate(frame, masks):
            for name, spent in estimate.timings.items():
                stages[name] = stages.get(name, 0.0) + 1e3 * spent / len(found[device])
        told = ", ".join(f"{name} {spent:.1f}" for name, spent in stages.items())
        print(f"  {device:4s} {1e3 * seconds:7.1f} ms an object ({told})")
    again = estimator.estimate(frame, masks)
    print(f"  {apart(found['cuda'], found['cpu'])}; twice on the device: {apart(again, found['cuda'])}")
    count_work(lambda: estimator.estimate(frame, masks), len(again))


def apart(one: Estimates, other: Estimates) -> str:
    """The farthest that two answers to one mask are apart."""
    pairs = zip(*(sorted(found, key=lambda estimate: estimate.target) for found in (one, other)), strict=True)
    turned, moved, surer = 0.0, 0.0, 0.0
    for mine, theirs in pairs:
        turn = (mine.cam_from_obj.inverse() @ theirs.cam_from_obj).rotation.angle().rad2deg()
        shift = (mine.cam_from_obj.translation - theirs.cam_from_obj.translation).norm()
        turned, moved = max(turned, float(turn)), max(moved, 1e3 * float(shift))
        surer = max(surer, abs(mine.confidence - theirs.confidence))
    return f"apart {turned:.3g} deg, {moved:.3g} mm, confidence {surer:.2g}"


def count_work(work: Callable[[], object], objects: int) -> None:
    """Launches, and the milliseconds that the device worked, an object."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as profiler:
        work()
        torch.cuda.synchronize()
    on_device = torch.autograd.DeviceType.CUDA
    kernels = [event for event in profiler.events() if event.device_type == on_device]
    busy = sum(event.device_time for event in kernels) / 1e3
    print(
        f"  {len(kernels) / objects:.0f} kernels and copies an object, {busy / objects:.2f} ms of the device"
    )


def median(repeats: int, work: Callable[[], object]) -> float:
    """Seconds of a call, what it asked of the device done; one more before does not count."""
    times = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return sorted(times[1:])[repeats // 2]


if __name__ == "__main__":
    main()
