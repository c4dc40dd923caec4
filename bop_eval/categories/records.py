"""Predictions and truths of category-level pose, from NOCS's result files or plain ones."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bop_eval.categories.safe_pickle import read_array_pickle
from objpose.errors import InputError
from objpose.io import JsonValue, read_json
from objpose.io.json_file import describe_failure

SUFFIXES = (".pkl", ".npz", ".json")
ROTATION_TOLERANCE = 1e-2  # of entries of R R^T, once the scale is taken out
FIELDS = "class_ids (n,), RTs (n, 4, 4), scales (n, 3)"


@dataclass(frozen=True, eq=False)
class Boxes:
    """N boxes as columns.

    image: (N,) which image each is in. class_ids: (N,). cam_from_box: (N, 3, 4) rigid, metres; NaN where the
    file holds no pose. sizes: (N, 3) metres along the box's axes. scores: (N,) of predictions, 1 for truths.
    handle_seen: (N,) 1 or 0 of truths, NaN where not said.
    """

    image: np.ndarray
    class_ids: np.ndarray
    cam_from_box: np.ndarray
    sizes: np.ndarray
    scores: np.ndarray
    handle_seen: np.ndarray

    def __len__(self) -> int:
        return len(self.image)


@dataclass(frozen=True, eq=False)
class CategoryResults:
    """Predictions and truths of M images. images: their names. scenes: (M,) the name of each one's scene."""

    images: list[str]
    scenes: list[str]
    predictions: Boxes
    truths: Boxes


def read_category_results(
    results: str | os.PathLike[str], truth: str | os.PathLike[str] | None = None
) -> CategoryResults:
    """Read predictions, and the truth from another place or, for None, from the same files.

    Either is a folder with one file an image (.pkl as NOCS's script writes it, .npz, .json), or one .json
    file `{image: fields}`. Fields of an image: `pred_class_ids` (m,), `pred_RTs` (m, 4, 4), `pred_scales` (m,
    3), `pred_scores` (m,); `gt_class_ids` (n,), `gt_RTs`, `gt_scales`, and `gt_handle_visibility` (n,). An RT
    maps the box, whose sides are its scales, into the camera's frame in metres, and may hold a scale itself,
    which is taken out of it and multiplied into the sides. Images without predictions count as missed.

    Raises:
        InputError: missing or malformed files, an RT that is no similarity, predictions without truth.
    """
    predicted = _images(Path(results))
    true = predicted if truth is None else _images(Path(truth))
    strange = sorted(set(predicted) - set(true))
    if strange:
        found = f"predictions for {strange[0]} and {len(strange) - 1} more images"
        raise InputError(results, found, f"images of {truth}", "give the truth of the same images")
    names = sorted(true)
    return CategoryResults(
        names,
        [_scene(name) for name in names],
        _joined([_boxes(predicted.get(name), i, name, "pred") for i, name in enumerate(names)]),
        _joined([_boxes(true[name], i, name, "gt") for i, name in enumerate(names)]),
    )


Fields = Mapping[str, object]


def _images(path: Path) -> dict[str, Fields]:
    """Fields by the name of the image."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
        if not files:
            raise InputError(path, "no file of an image", f"files {', '.join(SUFFIXES)}", "check the folder")
        return {file.stem: _fields(file) for file in files}
    if path.suffix == ".json":
        images = {name: _json_fields(entry) for name, entry in read_json(path).members()}
        if not images:
            raise InputError(path, "no image", "{image: fields}", "check the file")
        return images
    raise InputError(
        path, "no folder and no .json", "a folder with one file an image, or a .json", "check the name"
    )


def _fields(file: Path) -> Fields:
    if file.suffix == ".json":
        return _json_fields(read_json(file))
    if file.suffix == ".npz":
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)
        except (OSError, ValueError) as error:
            found = describe_failure(file, error)
            raise InputError(file, found, "arrays of numbers (.npz)", "write the file again") from error
    content = read_array_pickle(file)
    if not isinstance(content, dict):
        raise InputError(
            file, f"a {type(content).__name__}", "a dictionary of one image", "save each image alone"
        )
    return content


def _json_fields(entry: JsonValue) -> Fields:
    return {name: value.value for name, value in entry.members()}


def _scene(name: str) -> str:
    """What stands before the number of the image: `results_real_test_scene_1_0000` is of ..._scene_1."""
    return re.sub(r"[/_-]?\d+$", "", name) or name


def _boxes(fields: Fields | None, image: int, name: str, prefix: str) -> Boxes:
    if fields is None:
        fields = {f"{prefix}_{field}": [] for field in ("class_ids", "RTs", "scales", "scores")}
    class_ids = _array(fields, f"{prefix}_class_ids", name, ())
    count = len(class_ids)
    RTs = _array(fields, f"{prefix}_RTs", name, (4, 4), count)
    scales = _array(fields, f"{prefix}_scales", name, (3,), count)
    is_truth = prefix == "gt"
    scores = np.ones(count) if is_truth else _array(fields, "pred_scores", name, (), count)
    seen = np.full(count, np.nan)
    if is_truth and "gt_handle_visibility" in fields:
        seen = _array(fields, "gt_handle_visibility", name, (), count)
    cam_from_box, scale = _without_scale(RTs, f"{name}: {prefix}_RTs", is_truth)
    sizes = np.nan_to_num(np.abs(scales * scale[:, None]))
    return Boxes(np.full(count, image), class_ids.astype(np.int64), cam_from_box, sizes, scores, seen)


def _array(
    fields: Fields, key: str, name: str, item: tuple[int, ...], count: int | None = None
) -> np.ndarray:
    """(count, *item) float64; an empty list is an array of none."""
    if key not in fields:
        found = f"fields {', '.join(list(fields)[:8]) or 'none'}"
        raise InputError(
            name, found, f"{key}, of {FIELDS}", "write the field, or give the truth with --dataset"
        )
    try:
        values = np.array(fields[key], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: {key}", f"{error}", f"numbers, {FIELDS}", "correct the file") from error
    values = values.reshape(0, *item) if values.size == 0 else values
    if values.shape[1:] != item or (count is not None and len(values) != count):
        expected = f"({'n' if count is None else count}, {', '.join(map(str, item))})"
        raise InputError(f"{name}: {key}", f"shape {values.shape}", expected, "one row for each box")
    return values


def _without_scale(RTs: np.ndarray, where: str, is_truth: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rigid (n, 3, 4) and scales (n,); NaN for a prediction without a pose: zeros, NaN or mirrored."""
    determinants = np.linalg.det(RTs[:, :3, :3])
    is_pose = np.isfinite(RTs).all(axis=(1, 2)) & (determinants > 0)
    scale = np.cbrt(np.where(is_pose, determinants, np.nan))
    rotations = RTs[:, :3, :3] / scale[:, None, None]
    off = np.abs(rotations @ rotations.transpose(0, 2, 1) - np.eye(3)).max(axis=(1, 2), initial=0)
    for wrong, found in ((off > ROTATION_TOLERANCE, "turns and one scale"), (~is_pose & is_truth, "a pose")):
        if wrong.any():
            i = int(np.argmax(wrong))
            raise InputError(
                f"{where}[{i}]", f"{np.round(RTs[i, :3, :3], 4).tolist()}", f"{found} in the 3x3 part",
                "write scale * R, with a scale that is the same for all axes",
            )  # fmt: skip
    rigid = np.concatenate([rotations, RTs[:, :3, 3:]], axis=2)
    return np.where(is_pose[:, None, None], rigid, np.nan), scale


def _joined(parts: list[Boxes]) -> Boxes:
    names = ("image", "class_ids", "cam_from_box", "sizes", "scores", "handle_seen")
    return Boxes(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
