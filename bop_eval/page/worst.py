"""The estimates that went worst, as pictures: the truth, the estimate, and where they differ."""

import base64
import io
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from bop_eval.datasets import EvaluationImage, EvaluationSet
from bop_eval.evaluation_model import EvaluationModel
from bop_eval.report import Report
from objpose.geometry import SE3
from objpose.io import BopResultTable
from objpose.raster import render_mesh

SHOWN = 6
MOST_OF_AN_OBJECT = 2  # so that one hard object does not fill the page
PICTURE_PX = 220  # of the longer side
MARGIN = 0.15  # of the object's box, on each side
TRUTH_COLOR, ESTIMATE_COLOR = (0, 158, 115), (213, 94, 0)
FAR_SHARE = 0.25  # of the diameter: a difference in depth shown at full strength


@dataclass(frozen=True)
class WorstCase:
    """One estimate and the instance that it comes nearest to; the pictures are data URIs."""

    obj_id: int
    scene_id: int
    im_id: int
    line: int
    quality: float  # share of all thresholds passed
    mssd: float  # diameters
    mspd: float  # pixels of an image 640 wide
    pictures: tuple[str, str, str]  # truth, estimate, difference


def worst_cases(report: Report, results: BopResultTable, test_set: EvaluationSet) -> list[WorstCase]:
    """The worst estimates of a localization report, worst first, at most two of an object."""
    chosen: list[int] = []
    for pair, quality in worst_pairs(report):
        if quality == 1.0 or len(chosen) == SHOWN:
            break
        of_object = sum(report.pairs.obj_id[other] == report.pairs.obj_id[pair] for other in chosen)
        if of_object < MOST_OF_AN_OBJECT:
            chosen.append(pair)
    return [case_of(report, results, test_set, pair) for pair in chosen]


def worst_pairs(report: Report) -> list[tuple[int, float]]:
    """For each estimate the pair that it does best in, and the share of thresholds passed; worst first."""
    quality = _quality(report)
    return [(pair, float(quality[pair])) for pair in _nearest_pairs(report, quality)]


def _quality(report: Report) -> np.ndarray:
    """(P,) share of the thresholds that each pair passes, the mean over the three errors."""
    passed = [error.errors[..., None] < error.thresholds for error in report.errors.values()]
    shares = [one.mean(axis=tuple(range(1, one.ndim))) for one in passed]
    return np.mean(shares, axis=0)


def _nearest_pairs(report: Report, quality: np.ndarray) -> list[int]:
    """For each estimate the pair that it does best in, worst first."""
    order = np.lexsort([report.errors["MSPD"].errors, -quality])
    _, first = np.unique(report.pairs.row[order], return_index=True)
    nearest = order[np.sort(first)]
    return nearest[::-1].tolist()


def case_of(report: Report, results: BopResultTable, test_set: EvaluationSet, pair: int) -> WorstCase:
    """One pair of a localization report, with its pictures."""
    columns = (getattr(report.pairs, name)[pair].item() for name in ("obj_id", "scene_id", "im_id"))
    obj_id, scene_id, im_id = columns
    image = test_set.images.image(scene_id, im_id)
    row, gt_id = report.pairs.row[pair].item(), report.pairs.gt_id[pair].item()
    transforms = np.stack([image.cam_from_obj[gt_id], results.cam_from_obj[row]])
    model = EvaluationModel(test_set.models, obj_id)
    return WorstCase(
        obj_id, scene_id, im_id, results.lines[row].item(), float(_quality(report)[pair]),
        report.errors["MSSD"].errors[pair].item(), report.errors["MSPD"].errors[pair].item(),
        _pictures(image, model, transforms),
    )  # fmt: skip


def _pictures(image: EvaluationImage, model: EvaluationModel, transforms: np.ndarray) -> tuple[str, str, str]:
    poses = SE3.from_matrix(torch.from_numpy(transforms))
    K = torch.from_numpy(image.K)
    depths = render_mesh(model.mesh, poses, K, image.width, image.height).depth.numpy()
    window = _window(depths.max(axis=0) > 0, image)
    truth, estimate = depths[0][window], depths[1][window]
    rgb = image.rgb()[window] if image.rgb is not None else np.full((*truth.shape, 3), 128, np.uint8)
    return (
        _data_uri(_tinted(rgb, truth > 0, TRUTH_COLOR)),
        _data_uri(_tinted(rgb, estimate > 0, ESTIMATE_COLOR)),
        _data_uri(_difference(rgb, truth, estimate, model.diameter)),
    )


def _window(mask: np.ndarray, image: EvaluationImage) -> tuple[slice, slice]:
    """Rows and columns around a mask, or the whole image for an empty one."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if not len(rows):
        return slice(0, image.height), slice(0, image.width)
    margin = int(MARGIN * max(np.ptp(rows), np.ptp(columns))) + 2
    return _widened(rows, margin, image.height), _widened(columns, margin, image.width)


def _widened(places: np.ndarray, margin: int, size: int) -> slice:
    return slice(max(0, int(places[0]) - margin), min(size, int(places[-1]) + margin + 1))


def _tinted(rgb: np.ndarray, mask: np.ndarray, tint: tuple[int, int, int]) -> np.ndarray:
    """The picture with a mask tinted, and outlined."""
    inner = mask.copy()
    inner[1:-1, 1:-1] = mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:] & mask[1:-1, 1:-1]
    strength = np.where(mask & ~inner, 1.0, np.where(mask, 0.4, 0.0))[..., None]
    return (rgb * (1 - strength) + np.array(tint) * strength).astype(np.uint8)


def _difference(rgb: np.ndarray, truth: np.ndarray, estimate: np.ndarray, diameter: float) -> np.ndarray:
    """White to black by the difference in depth where both are, else the colour of the one that is there."""
    faded = (rgb.mean(axis=2, keepdims=True) * 0.3 + 150).repeat(3, axis=2)
    near = 1 - np.clip(np.abs(truth - estimate) / (FAR_SHARE * diameter), 0, 1)
    both = (truth > 0) & (estimate > 0)
    picture = np.where(both[..., None], 255 * near[..., None], faded)
    picture[(truth > 0) & ~both] = TRUTH_COLOR
    picture[(estimate > 0) & ~both] = ESTIMATE_COLOR
    return picture.astype(np.uint8)


def _data_uri(picture: np.ndarray) -> str:
    image = Image.fromarray(picture)
    scale = PICTURE_PX / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    buffer = io.BytesIO()
    image.resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
