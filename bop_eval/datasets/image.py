"""One image of a test set with its truth, as arrays."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bop_eval.errors.fisheye import COEFFICIENTS
from objpose.errors import InputError
from objpose.io import JsonValue
from objpose.io.camera_files.depth_unit import METERS_PER_MM

FISHEYE_MODEL = "CameraModelType.FISHEYE624"


@dataclass(frozen=True, eq=False)
class EvaluationImage:
    """An image; its pictures are read when asked for.

    K: (3, 3) float64 pixels. fisheye: (12,) coefficients of the lens, None for a pinhole. obj_ids: (n,) of
    the true instances, in the order of the file. cam_from_obj: (n, 3, 4) float64 metres. visible: (n,)
    visible share of each silhouette, NaN where the set does not say.
    depth: reads (H, W) float32 metres, 0 = missing; None for a set without. rgb: reads (H, W, 3) uint8.
    """

    scene_id: int
    im_id: int
    K: np.ndarray
    fisheye: np.ndarray | None
    width: int
    height: int
    obj_ids: np.ndarray
    cam_from_obj: np.ndarray
    visible: np.ndarray
    depth: Callable[[], np.ndarray] | None
    rgb: Callable[[], np.ndarray] | None


def read_lens(camera: JsonValue) -> tuple[np.ndarray, np.ndarray | None]:
    """K (3, 3) and fisheye coefficients (12,), None for a pinhole, of an entry of scene_camera.json.

    It holds `cam_K`, or as in BOP24 a `cam_model`: a pinhole or FISHEYE624, with one or two focal lengths.

    Raises:
        InputError: neither, or another model.
    """
    if "cam_K" in camera:
        return np.array(camera["cam_K"].numbers(9)).reshape(3, 3), None
    model = camera["cam_model"]
    kind = model["projection_model_type"].text()
    parameters = [item.number() for item in model["projection_params"].items()]
    is_fisheye = kind == FISHEYE_MODEL and len(parameters) in (COEFFICIENTS + 3, COEFFICIENTS + 4)
    if not is_fisheye and not ("pinhole" in kind.lower() and len(parameters) >= 4):
        raise InputError(
            f"{camera.file}: {model.key_path}", f"{kind} with {len(parameters)} parameters",
            f"a pinhole with 4 or {FISHEYE_MODEL} with 15 or 16", "undistort the images and the estimates",
        )  # fmt: skip
    if len(parameters) == COEFFICIENTS + 3:
        parameters = parameters[:1] + parameters
    fx, fy, cx, cy = parameters[:4]
    K = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
    return K, np.array(parameters[4:]) if is_fisheye else None


def read_truth(gt: JsonValue) -> tuple[np.ndarray, np.ndarray]:
    """Object ids (n,) and poses (n, 3, 4) in metres of an image's entry in scene_gt.json."""
    items = gt.items()
    obj_ids = np.array([item["obj_id"].integer() for item in items], dtype=np.int64)
    rotations = np.array([item["cam_R_m2c"].numbers(9) for item in items]).reshape(-1, 3, 3)
    translations = np.array([item["cam_t_m2c"].numbers(3) for item in items]).reshape(-1, 3, 1)
    return obj_ids, np.concatenate([rotations, translations * METERS_PER_MM], axis=2)


def read_visible(info: JsonValue | None, count: int) -> np.ndarray:
    """Visible shares (n,) of an image's entry in scene_gt_info.json; NaN for a set without that file.

    Raises:
        InputError: not one for each of the `count` instances.
    """
    if info is None:
        return np.full(count, np.nan)
    visible = np.array([item["visib_fract"].number() for item in info.items()])
    if len(visible) != count:
        raise InputError(
            f"{info.file}: {info.key_path}", f"{len(visible)} instances", f"{count}, as in the true poses",
            "get the annotations of the set again",
        )  # fmt: skip
    return visible
