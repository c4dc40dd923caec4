"""A BOP set of YCB-V's size, drawn: 21 meshes, images of ten of them each, masks as segmenters give.

    python benchmarks/bop_set_at_scale.py OUT --images 75

Pictures are drawn by the core, with the noise of `sensing`; nothing in them is traced, so that scores on this
set say little. It is there for what a run costs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from bodies import BenchmarkObject
from layouts import Layout, Setting, spread_out
from lookalike_objects import lookalike_set
from objects import object_set
from sensing import Difficulty, measured_depth, rough_mask, seen_color
from tqdm import tqdm

from objpose.geometry import SE3, Camera, Symmetry
from objpose.io import write_image, write_json, write_mesh

OBJECTS, OBJECTS_AN_IMAGE = 21, 10  # as in YCB-V
DEPTH_SCALE = 0.1  # millimetres per stored unit
FAR = Setting(distance=(1.0, 1.3), elevation=(40.0, 75.0))
LEAST_PIXELS = 100  # of an object to be a target


def make_set(root: Path, images: int, seed: int = 0) -> Path:
    """Write the set; an image takes about a second."""
    things = (object_set(seed) + lookalike_set(seed) + object_set(seed + 1))[:OBJECTS]
    _write_models(root / "models", things)
    scene = _Scene(root / "test" / "000001")
    for im_id in tqdm(range(images), "drawing", unit="image", disable=None):
        rng = np.random.default_rng((seed, im_id))
        chosen = rng.permutation(OBJECTS)[:OBJECTS_AN_IMAGE]
        layout, poses = spread_out([things[i] for i in chosen], rng, FAR)
        scene.add(im_id, [int(i) + 1 for i in chosen], layout, poses, rng)
    scene.write(root)
    return root


def _write_models(folder: Path, things: list[BenchmarkObject]) -> None:
    infos = {}
    for obj_id, thing in enumerate(things, start=1):
        mesh = thing.mesh.scaled(1000)
        write_mesh(folder / f"obj_{obj_id:06d}.ply", mesh)
        low, high = mesh.bounds().tolist()
        box = {f"min_{axis}": low[i] for i, axis in enumerate("xyz")}
        size = {f"size_{axis}": high[i] - low[i] for i, axis in enumerate("xyz")}
        infos[str(obj_id)] = {"diameter": 1000 * thing.diameter, **box, **size, **_symmetry(thing.symmetry)}
    write_json(folder / "models_info.json", infos)


def _symmetry(symmetry: Symmetry) -> dict:
    """As models_info.json says it, in millimetres; the identity is not listed."""
    discrete = symmetry.discrete.matrix().double()
    discrete[:, :3, 3] *= 1000
    identity = torch.eye(4).double()
    turns = [turn.flatten().tolist() for turn in discrete if not torch.allclose(turn, identity, atol=1e-6)]
    lines = [{"axis": s.axis.tolist(), "offset": (1000 * s.offset).tolist()} for s in symmetry.continuous]
    return {"symmetries_discrete": turns, "symmetries_continuous": lines}


class _Scene:
    """The files of a scene, as they are told by and by."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cameras: dict[str, dict] = {}
        self._truth: dict[str, list[dict]] = {}
        self._seen: dict[str, list[dict]] = {}
        self._targets: list[dict] = []
        self._detections: list[dict] = []

    def add(
        self, im_id: int, obj_ids: list[int], layout: Layout, poses: list[SE3], rng: np.random.Generator
    ) -> None:
        level, key = Difficulty(), str(im_id)
        depth, normals, albedo = layout.composed()
        camera, name = layout.camera, f"{im_id:06d}"
        write_image(self._folder / "rgb" / f"{name}.png", seen_color(albedo, normals, rng, level))
        metres = measured_depth(depth, normals, camera.fx, rng, level)
        units = (metres * 1000 / DEPTH_SCALE).clip(0, 65535).astype(np.uint16)
        write_image(self._folder / "depth" / f"{name}.png", units)
        self._cameras[key] = {"cam_K": camera.K.flatten().tolist(), "depth_scale": DEPTH_SCALE}
        self._truth[key], self._seen[key] = [], []
        for index, (obj_id, pose) in enumerate(zip(obj_ids, poses, strict=True)):
            self._add_object(im_id, index, obj_id, pose, layout, rng)

    def _add_object(
        self, im_id: int, index: int, obj_id: int, pose: SE3, layout: Layout, rng: np.random.Generator
    ) -> None:
        visible = layout.visible(index)
        whole = np.isfinite(layout.layers[index].depth)
        matrix = pose.matrix()
        self._truth[str(im_id)].append(
            {
                "obj_id": obj_id,
                "cam_R_m2c": matrix[:3, :3].flatten().tolist(),
                "cam_t_m2c": (1000 * matrix[:3, 3]).tolist(),
            }
        )
        share = float(visible.sum() / max(1, whole.sum()))
        self._seen[str(im_id)].append({"visib_fract": share, "px_count_visib": int(visible.sum())})
        for kind, mask in (("mask", whole), ("mask_visib", visible)):
            write_image(self._folder / kind / f"{im_id:06d}_{index:06d}.png", mask)
        if visible.sum() < LEAST_PIXELS or share < 0.1:
            return
        others = (layout.nearest < len(layout.layers) - 1) & ~visible
        mask = rough_mask(visible, others, rng, Difficulty())
        if not mask.any():
            return
        target = {"scene_id": 1, "im_id": im_id, "obj_id": obj_id, "inst_count": 1}
        self._targets.append(target)
        self._detections.append(_detection(target, mask, layout.camera))

    def write(self, root: Path) -> None:
        write_json(self._folder / "scene_camera.json", self._cameras)
        write_json(self._folder / "scene_gt.json", self._truth)
        write_json(self._folder / "scene_gt_info.json", self._seen)
        write_json(root / "test_targets_bop19.json", self._targets)
        write_json(root / "detections.json", self._detections)


def _detection(target: dict, mask: np.ndarray, camera: Camera) -> dict:
    column_wise = np.concatenate([[False], mask.T.reshape(-1), [False]])
    changes = np.flatnonzero(column_wise[1:] != column_wise[:-1])
    runs = np.diff(np.concatenate([[0], changes, [mask.size]])).tolist()
    rows, columns = mask.nonzero()
    box = [int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1]
    return {
        "scene_id": target["scene_id"],
        "image_id": target["im_id"],
        "category_id": target["obj_id"],
        "score": 0.9,
        "bbox": box,
        "segmentation": {"size": [camera.height, camera.width], "counts": runs},
        "time": 0.1,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--images", type=int, default=75)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    make_set(options.out, options.images, options.seed)


if __name__ == "__main__":
    main()
