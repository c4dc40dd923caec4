"""Objects onboarded from posed views against the same from their CAD models, on the images of a BOP set.

    OMP_NUM_THREADS=1 python benchmarks/view_objects.py DATASET [--objects 1 4 5] [--every 1] [--views 20]

Views are rendered from the textured meshes for the purpose, with depth and without; no method sees the mesh
but "CAD". Each visible instance is estimated in its true visible mask, from RGB-D and from RGB. Errors are
MSSD to the CAD model's own vertices and symmetries. Seconds are of the processor.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from pose_error import average_recall, nearest_truth

from objpose import EstimatorOptions, Frame, ObjectModel, PoseEstimator, onboard, onboard_views
from objpose.errors import InputError
from objpose.geometry import SE3, Mesh
from objpose.io import BopDataset
from objpose.splatting.polish import mesh_views

SOURCES = ("CAD", "RGB-D views", "RGB views")
METHODS = {"rgbd": "RGB-D", "rgb": "RGB"}
LEAST_VISIBLE = 0.1
SAMPLES = 20_000  # of a surface that is compared


class Case(NamedTuple):
    frame: Frame
    mask: np.ndarray
    cam_from_obj: SE3  # the truth


def main(arguments: list[str] | None = None) -> None:
    options = parse_options(arguments)
    torch.set_num_threads(1)
    dataset = BopDataset(options.dataset)
    recalls: dict[tuple[str, str], list[float]] = defaultdict(list)
    for obj_id in options.objects or dataset.object_ids:
        mesh, found = dataset.mesh(obj_id), list(cases(dataset, obj_id, options.every))
        print(f"object {obj_id}, {len(found)} instances", flush=True)
        for source in SOURCES:
            begin = time.process_time()
            model = onboarded(mesh, source, dataset, obj_id, options)
            seconds = time.process_time() - begin
            line = f"  {source:12s}{seconds:6.1f} s  {describe(model.mesh, mesh)}"
            for method, name in METHODS.items():
                errors = [error(dataset, obj_id, mesh, model, case, method) for case in found]
                recalls[source, method] += errors
                line += f"  {name} AR {average_recall(torch.tensor(errors)):.3f}"
            print(line, flush=True)
    for (source, method), errors in recalls.items():
        recall = average_recall(torch.tensor(errors))
        print(f"all {len(errors)}: {source:12s} {METHODS[method]:6s} AR (MSSD) {recall:.3f}")


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path, help="a BOP set with models and ground truth")
    parser.add_argument("--objects", type=int, nargs="+", help="by their ids; all where left out")
    parser.add_argument("--every", type=int, default=1, help="take every so many of an object's instances")
    parser.add_argument("--views", type=int, default=20)
    parser.add_argument("--size", type=int, default=256, help="pixels of a view's side")
    return parser.parse_args(arguments)


def cases(dataset: BopDataset, obj_id: int, every: int) -> Iterator[Case]:
    number = 0
    for scene_id, im_id in dataset.image_ids():
        image = dataset.image(scene_id, im_id)
        for truth in image.gts:
            if truth.obj_id != obj_id or truth.visib_fract < LEAST_VISIBLE:
                continue
            number += 1
            if number % every == 0:
                frame = Frame(image.rgb, image.camera, image.depth)
                yield Case(frame, truth.mask_visib(), truth.cam_from_obj.to(torch.float32))


def onboarded(
    mesh: Mesh, source: str, dataset: BopDataset, obj_id: int, options: argparse.Namespace
) -> ObjectModel:
    if source == "CAD":
        return onboard(mesh, str(obj_id), "m", out=None, progress=False)
    views, cam_from_obj = mesh_views(mesh, options.views, options.size)
    with_depth = source == "RGB-D views"
    frames = [
        Frame((view.rgb * 255).round().byte(), view.camera, view.depth if with_depth else None)
        for view in views
    ]
    masks = [view.mask for view in views]
    return onboard_views(frames, masks, cam_from_obj, str(obj_id), out=None, progress=False)


def error(dataset: BopDataset, obj_id: int, mesh: Mesh, model: ObjectModel, case: Case, method: str) -> float:
    """MSSD of the best estimate, in diameters; infinite where there is none."""
    estimator = PoseEstimator([model], EstimatorOptions(method=method, threads=1))
    try:
        [best, *_] = estimator.estimate(case.frame, case.mask)
    except InputError:  # the mask shows too little
        return float("inf")
    symmetry = dataset.models_info[obj_id].symmetry
    return nearest_truth(
        mesh.vertices, mesh.diameter(), symmetry, best.cam_from_obj.to(torch.float32), case.cam_from_obj
    )[1]


def describe(found: Mesh, truth: Mesh) -> str:
    """Mean and 95 % quantile of the distances between two surfaces, from each to the other."""
    there, back = (1000 * distances(*pair) for pair in ((found, truth), (truth, found)))
    return (
        f"chamfer {(there.mean() + back.mean()) / 2:.2f} mm, "
        f"95 % {np.quantile(there, 0.95):.2f} / {np.quantile(back, 0.95):.2f}"
    )


def distances(one: Mesh, other: Mesh) -> np.ndarray:
    """(SAMPLES,) metres from points on one surface to the nearest of the other."""
    import open3d as o3d

    scene = o3d.t.geometry.RaycastingScene()
    triangles = other.faces.numpy().astype(np.uint32)
    scene.add_triangles(o3d.core.Tensor(other.vertices.numpy()), o3d.core.Tensor(triangles))
    points = one.sample_surface(SAMPLES, seed=0).points.numpy()
    return scene.compute_distance(o3d.core.Tensor(points)).numpy()


if __name__ == "__main__":
    main()
