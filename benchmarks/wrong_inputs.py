"""How sure answers are of inputs that contradict each other: a wrong scale or K, depth that lies elsewhere.

    python benchmarks/wrong_inputs.py DATASET... [--method rgbd] [--every 4] [--together] [--objects FOLDER]

Each mistake is made with every n-th detection whose label is right, alone in its image; or with every n-th
image, all such detections of it at once. Beside it stands what the confidence was before the picture was
asked (objpose/poses/witnesses.py and paint.py, objpose/estimator/mirrored_frame.py). An answer is right where
no point is off by 10 % of the true diameter: with a mesh of another size, or depth out of place, some are; in
a mirrored frame, of an object in other colours, and of a picture of it, none is.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from bop_reliability import model_of
from pose_error import nearest_truth
from reliability import SURE, is_wrong_label, trust_of
from scipy import ndimage
from torch import Tensor
from tqdm import tqdm

from objpose import EstimatorOptions, Frame, ObjectModel, PoseEstimate, PoseEstimator, Target, onboard
from objpose.errors import InputError
from objpose.geometry import SE3, Camera, Mesh, Symmetry
from objpose.io import BopDataset, BopDetection, read_detections
from objpose.poses import RIGHT


@dataclass(frozen=True, eq=False)
class Case:
    frame: Frame
    mask: Tensor  # (H, W) bool
    model: ObjectModel
    true_model: ObjectModel  # whose points must not be off
    symmetry: Symmetry
    truths: list[SE3]
    half: int = 0  # 0 on even images, 1 on odd ones
    visible: tuple[Tensor, ...] = ()  # (H, W) bool, what is seen of the things of its image

    def right(self, found: SE3) -> bool:
        vertices, diameter = self.true_model.mesh.vertices, self.true_model.diameter
        errors = [nearest_truth(vertices, diameter, self.symmetry, found, truth)[1] for truth in self.truths]
        return min(errors, default=float("inf")) < RIGHT


Change = Callable[[Case], Case]
SHIFT = 10  # pixels that a mask is moved by
BLUR = 4  # pixels to either side
SLANT, NOISE = 0.1, 0.002  # of the distance: of a picture from side to side, and of its depth


def times_mesh(factor: float) -> Change:
    made: dict[str, ObjectModel] = {}

    def change(case: Case) -> Case:
        name = case.model.name
        if name not in made:
            made[name] = onboard(case.model.mesh.scaled(factor), name, "m", out=None, progress=False)
        return replace(case, model=made[name])

    return change


def times_focal(factor: float) -> Change:
    def change(case: Case) -> Case:
        K, camera = case.frame.camera.K.clone(), case.frame.camera
        K[:2, :2] *= factor
        return replace(
            case, frame=Frame(case.frame.rgb, Camera(K, camera.width, camera.height), case.frame.depth)
        )

    return change


def with_depth(change_depth: Callable[[Tensor], Tensor]) -> Change:
    def change(case: Case) -> Case:
        frame = case.frame
        assert frame.depth is not None  # of RGB-D sets
        return replace(case, frame=Frame(frame.rgb, frame.camera, change_depth(frame.depth)))

    return change


def mask_moved(case: Case) -> Case:
    return replace(case, mask=case.mask.roll(SHIFT, 1))


def is_same(seen: Tensor, mask: Tensor) -> bool:
    return int((seen & mask).sum()) > 0.5 * int(seen.sum())


def mask_merged(case: Case) -> Case:
    """With the mask that lies nearest: two things as one."""
    away = torch.from_numpy(ndimage.distance_transform_edt(~case.mask.numpy()))
    others = [seen for seen in case.visible if bool(seen.any()) and not is_same(seen, case.mask)]
    nearest = min(others, key=lambda seen: float(away[seen].min()), default=case.mask)
    return replace(case, mask=case.mask | nearest)


def as_picture(case: Case) -> Case:
    """A picture of the scene on a screen or a poster: its depth is a slanted plane's, with the same noise."""
    frame = case.frame
    assert frame.depth is not None  # of RGB-D sets
    seen = frame.depth[case.mask]
    rows, columns = (torch.linspace(-0.5, 0.5, length) for length in frame.size)
    slant = 1 + SLANT * (rows[:, None] + columns[None])
    noise = NOISE * torch.randn(frame.depth.shape, generator=torch.Generator().manual_seed(0))
    depth = float(seen[seen > 0].median()) * slant * (1 + noise)
    return replace(case, frame=Frame(frame.rgb, frame.camera, depth * (frame.depth > 0)), truths=[])


def blurred(case: Case) -> Case:
    """Moved while the shutter was open."""
    frame = case.frame
    smeared = torch.stack([frame.rgb.float().roll(step, 1) for step in range(-BLUR, BLUR + 1)]).mean(0)
    return replace(case, frame=Frame(smeared.round().to(torch.uint8), frame.camera, frame.depth))


def mirrored(case: Case) -> Case:
    """Picture and depth as a driver gives them that mirrors both; K stays."""
    frame = case.frame
    assert frame.depth is not None  # of RGB-D sets
    flipped = Frame(frame.rgb.flip(1), frame.camera, frame.depth.flip(1))
    return replace(case, frame=flipped, mask=case.mask.flip(1), truths=[])


def other_colors() -> Change:
    """Another pack of the same shape: red is green, green blue. What is grey stays, and counts as wrong."""
    made: dict[str, ObjectModel] = {}

    def change(case: Case) -> Case:
        name = case.model.name
        if name not in made:
            made[name] = onboard(_repainted(case.model.mesh), name, "m", out=None, progress=False)
        return replace(case, model=made[name], truths=[])

    return change


def _repainted(mesh: Mesh) -> Mesh:
    texture, colors = mesh.texture, mesh.vertex_colors
    return Mesh(
        mesh.vertices,
        mesh.faces,
        uvs=mesh.uvs,
        texture=None if texture is None else texture[..., [1, 2, 0]],
        vertex_colors=None if colors is None else colors[:, [1, 2, 0]],
    )


MISTAKES: dict[str, Change] = {
    "none": lambda case: case,
    "depth x 1.05": with_depth(lambda depth: depth * 1.05),
    "depth x 1.10": with_depth(lambda depth: depth * 1.10),
    "depth x 0.85": with_depth(lambda depth: depth * 0.85),
    "mesh x 1.10": times_mesh(1.10),
    "mesh x 0.85": times_mesh(0.85),
    "K x 1.20": times_focal(1.20),
    "K x 1.10": times_focal(1.10),
    "K x 0.67": times_focal(0.67),
    "depth 5 px off": with_depth(lambda depth: depth.roll(5, 1)),
    "depth 8 px off": with_depth(lambda depth: depth.roll(8, 1)),
    "depth 16 px off": with_depth(lambda depth: depth.roll(16, 1)),
    "mirrored": mirrored,
    "other colours": other_colors(),
    "mask 10 px off": mask_moved,
    "two masks as one": mask_merged,
    "as a picture": as_picture,
    "blurred": blurred,
}


def main(arguments: list[str] | None = None) -> dict[str, list[tuple[PoseEstimate, bool]]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--method", choices=("rgbd", "rgb"), default="rgbd")
    parser.add_argument("--every", type=int, default=4, help="take every n-th detection, or image")
    parser.add_argument("--together", action="store_true", help="all masks of an image at once")
    parser.add_argument("--mistakes", nargs="+", choices=list(MISTAKES), default=list(MISTAKES))
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    options = parser.parse_args(arguments)
    found: dict[str, list[tuple[PoseEstimate, bool]]] = {name: [] for name in options.mistakes}
    for root in options.datasets:
        for cases in groups(BopDataset(root), options.objects, options.every, options.together):
            for name in found:
                found[name] += answered([MISTAKES[name](case) for case in cases], options.method)
    show(found)
    return found


def groups(dataset: BopDataset, folder: Path | None, every: int, together: bool) -> Iterator[list[Case]]:
    """Cases of one image; together: all of every n-th image, else each n-th alone."""
    detections = read_detections(dataset.root / "detections.json")
    models = {obj_id: model_of(dataset, obj_id, folder) for obj_id in sorted({d.obj_id for d in detections})}
    parts = [[each] for each in detections[::every]]
    if together:
        images = sorted({(d.scene_id, d.image_id) for d in detections})[::every]
        parts = [[d for d in detections if (d.scene_id, d.image_id) == image] for image in images]
    for found in tqdm(parts, desc=dataset.root.name, disable=None):
        if cases := [case for d in found if (case := _case(dataset, d, models[d.obj_id])) is not None]:
            yield cases


def _case(dataset: BopDataset, detection: BopDetection, model: ObjectModel) -> Case | None:
    """None for a wrong label."""
    image, mask = dataset.image(detection.scene_id, detection.image_id), detection.mask()
    instances = [gt for gt in image.gts if gt.obj_id == detection.obj_id]
    if is_wrong_label(mask, [gt.mask_visib() for gt in instances]):
        return None
    symmetry = dataset.models_info[detection.obj_id].symmetry
    truths = [SE3(gt.cam_from_obj.wxyz_xyz.float()) for gt in instances]
    frame = Frame(image.rgb, image.camera, image.depth)
    half = (detection.scene_id + detection.image_id) % 2
    visible = tuple(torch.from_numpy(gt.mask_visib()) for gt in image.gts)
    return Case(frame, torch.from_numpy(mask), model, model, symmetry, truths, half, visible)


def answered(cases: list[Case], method: str) -> list[tuple[PoseEstimate, bool]]:
    """The estimates of one frame, and whether they are right; none where all are refused."""
    models = {case.model.name: case.model for case in cases}
    targets = [Target(case.model.name, case.mask) for case in cases]
    estimator = PoseEstimator(list(models.values()), EstimatorOptions(method))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of targets that are refused
        try:
            found = estimator.estimate(cases[0].frame, targets)
        except InputError:
            return []
    return [(estimate, cases[estimate.target].right(estimate.cam_from_obj)) for estimate in found]


def show(found: Mapping[str, list[tuple[PoseEstimate, bool]]]) -> None:
    print(f"{'':16s} answers  right  wrong, above {SURE}   right, above {SURE}   (before, now)")
    for name, answers in found.items():
        print(f"{name:16s}{_row(answers)}")


def _row(answers: list[tuple[PoseEstimate, bool]]) -> str:
    now = torch.tensor([estimate.confidence for estimate, _ in answers])
    trust = torch.tensor([trust_of(estimate) for estimate, _ in answers])
    right = torch.tensor([is_right for _, is_right in answers], dtype=torch.bool)
    before = now / trust
    sure = [int(((chance > SURE) & some).sum()) for some in (~right, right) for chance in (before, now)]
    return f"{len(answers):8d}{int(right.sum()):7d}{sure[0]:10d} {sure[1]:5d}{sure[2]:14d} {sure[3]:5d}"


if __name__ == "__main__":
    main()
