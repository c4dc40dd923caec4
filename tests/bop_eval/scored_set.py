"""Test sets made by hand for the rules: cubes of 20 mm before a 64 x 48 camera."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.io import BopResultTable, write_image, write_mesh
from tests.bop_set import cube, put_json

WIDTH, HEIGHT, FOCAL = 64, 48, 80.0
DIAMETER_M = 0.02 * 3**0.5
PLAIN, TURNING = 1, 2  # objects: without symmetry, and free to turn about its z axis


@dataclass(frozen=True)
class Instance:
    """A true cube, not turned, at a place in millimetres."""

    obj_id: int
    t: tuple[float, float, float]
    visible: float = 1.0


@dataclass(frozen=True)
class Guess:
    """An estimate: rotation by `turn` (radians, about z) and a place in millimetres."""

    scene_id: int
    im_id: int
    obj_id: int
    score: float
    t: tuple[float, float, float]
    turn: float = 0.0
    time_s: float = 0.5


Images = dict[tuple[int, int], Sequence[Instance]]
Target = tuple[int, int, int, int]  # scene, image, object, count


def make_scored_set(root: Path, images: Images, targets: Sequence[Target], depth_mm: float = 0.0) -> Path:
    """Write the set; `depth_mm` everywhere in the depth images, 0 for missing."""
    info = {"diameter": DIAMETER_M * 1000}
    turning = {"symmetries_continuous": [{"axis": [0, 0, 1], "offset": [0, 0, 0]}]}
    put_json(root / "models_eval" / "models_info.json", {PLAIN: info, TURNING: info | turning})
    for obj_id in (PLAIN, TURNING):
        write_mesh(root / "models_eval" / f"obj_{obj_id:06d}.ply", cube())
    for scene_id in {scene_id for scene_id, _ in images}:
        of_scene = {im_id: found for (scene, im_id), found in images.items() if scene == scene_id}
        write_scene(root / "test" / f"{scene_id:06d}", of_scene, depth_mm)
    names = ("scene_id", "im_id", "obj_id", "inst_count")
    put_json(root / "test_targets_bop19.json", [dict(zip(names, t, strict=True)) for t in targets])
    put_json(root / "test_targets_bop24.json", [{"scene_id": s, "im_id": i} for s, i in images])
    return root


def write_scene(
    folder: Path, images: dict[int, Sequence[Instance]], depth_mm: float, sensor: str = ""
) -> None:
    """A scene folder; with a sensor's name, in the layout of BOP24."""
    ending = f"_{sensor}" if sensor else ""
    K = [FOCAL, 0, WIDTH / 2 - 0.5, 0, FOCAL, HEIGHT / 2 - 0.5, 0, 0, 1]
    identity = [1, 0, 0, 0, 1, 0, 0, 0, 1]
    put_json(folder / f"scene_camera{ending}.json", {i: {"cam_K": K, "depth_scale": 0.1} for i in images})
    truth = {
        im_id: [{"obj_id": one.obj_id, "cam_R_m2c": identity, "cam_t_m2c": list(one.t)} for one in found]
        for im_id, found in images.items()
    }
    put_json(folder / f"scene_gt{ending}.json", truth)
    visible = {im_id: [{"visib_fract": one.visible} for one in found] for im_id, found in images.items()}
    put_json(folder / f"scene_gt_info{ending}.json", visible)
    for im_id in images:
        depth = np.full((HEIGHT, WIDTH), round(depth_mm * 10), np.uint16)
        write_image(folder / f"depth{ending}" / f"{im_id:06d}.png", depth)
        write_image(folder / f"gray{ending}" / f"{im_id:06d}.png", np.full((HEIGHT, WIDTH), 128, np.uint8))


def table(*guesses: Guess) -> BopResultTable:
    """The guesses as results, in this order."""
    cosine, sine = (np.array([f(guess.turn) for guess in guesses]) for f in (np.cos, np.sin))
    cam_from_obj = np.zeros((len(guesses), 3, 4))
    cam_from_obj[:, 0, 0], cam_from_obj[:, 0, 1] = cosine, -sine
    cam_from_obj[:, 1, 0], cam_from_obj[:, 1, 1] = sine, cosine
    cam_from_obj[:, 2, 2] = 1
    cam_from_obj[:, :, 3] = np.array([guess.t for guess in guesses]).reshape(-1, 3) / 1000
    names = ("scene_id", "im_id", "obj_id")
    ids = (np.array([getattr(guess, name) for guess in guesses], np.int64) for name in names)
    return BopResultTable(
        *ids,
        np.array([guess.score for guess in guesses], float),
        cam_from_obj,
        np.array([guess.time_s for guess in guesses], float),
        np.arange(2, len(guesses) + 2),
    )
