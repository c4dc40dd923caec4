"""A small BOP set made by hand: a cube before a 32 x 24 camera, two scenes of two images."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from objpose.geometry import Mesh
from objpose.io import write_image, write_mesh

WIDTH, HEIGHT = 32, 24
K = [40.0, 0.0, 15.5, 0.0, 40.0, 11.5, 0.0, 0.0, 1.0]
CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float32)
FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
)  # fmt: skip
IMAGES = [(1, 0), (1, 1), (2, 0), (2, 3)]


def cube(half_side: float = 10.0, **colors: torch.Tensor) -> Mesh:
    return Mesh(torch.from_numpy(CORNERS * half_side), torch.from_numpy(FACES), **colors)


def make_bop_set(
    root: Path, split: str = "test", models: str = "models", images: Sequence[tuple[int, int]] = IMAGES
) -> Path:
    """Write the set: 20 mm cubes, object 1 without symmetry, object 2 with both kinds of symmetry."""
    diameter = 20 * 3**0.5
    box = {"min_x": -10, "min_y": -10, "min_z": -10, "size_x": 20, "size_y": 20, "size_z": 20}
    half_turn = [-1, 0, 0, 1.5, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    symmetric = {
        "symmetries_discrete": [half_turn],
        "symmetries_continuous": [{"axis": [0, 0, 2], "offset": [1, 2, 3]}],
    }
    infos = {"1": {"diameter": diameter, **box}, "2": {"diameter": diameter, **box, **symmetric}}
    put_json(root / models / "models_info.json", infos)
    for obj_id in (1, 2):
        write_mesh(root / models / f"obj_{obj_id:06d}.ply", cube())
    for scene_id in sorted({scene_id for scene_id, _ in images}):
        _write_scene(root / split / f"{scene_id:06d}", [im_id for s, im_id in images if s == scene_id])
    targets = [{"scene_id": s, "im_id": i, "obj_id": o, "inst_count": 1} for s, i in images for o in (1, 2)]
    put_json(root / "test_targets_bop19.json", targets)
    put_json(root / "detections.json", [_detection(t) for t in targets])
    return root


def put_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def mask_counts(first: int, length: int) -> list[int]:
    """Runs of a mask of `length` pixels from pixel `first` on, down the columns."""
    return [first, length, WIDTH * HEIGHT - first - length]


def _write_scene(folder: Path, im_ids: list[int]) -> None:
    gt = {"cam_R_m2c": [1, 0, 0, 0, 1, 0, 0, 0, 1], "cam_t_m2c": [5, -5, 400]}
    put_json(folder / "scene_camera.json", {i: {"cam_K": K, "depth_scale": 0.5} for i in im_ids})
    put_json(folder / "scene_gt.json", {i: [{"obj_id": o, **gt} for o in (1, 2)] for i in im_ids})
    put_json(
        folder / "scene_gt_info.json", {i: [{"visib_fract": 0.75}, {"visib_fract": 1.0}] for i in im_ids}
    )
    for im_id in im_ids:
        write_image(folder / "rgb" / f"{im_id:06d}.png", np.full((HEIGHT, WIDTH, 3), im_id, np.uint8))
        write_image(folder / "depth" / f"{im_id:06d}.png", np.full((HEIGHT, WIDTH), 800, np.uint16))
        for instance in (0, 1):
            mask = np.zeros((HEIGHT, WIDTH), bool)
            mask[: 5 + instance] = True
            write_image(folder / "mask" / f"{im_id:06d}_{instance:06d}.png", mask)
            write_image(folder / "mask_visib" / f"{im_id:06d}_{instance:06d}.png", mask)


def _detection(target: dict[str, int]) -> dict[str, object]:
    segmentation = {"size": [HEIGHT, WIDTH], "counts": mask_counts(24 * target["obj_id"], 30)}
    return {
        "scene_id": target["scene_id"], "image_id": target["im_id"], "category_id": target["obj_id"],
        "score": 0.5, "bbox": [1, 0, 2, 24], "segmentation": segmentation, "time": 0.1,
    }  # fmt: skip
