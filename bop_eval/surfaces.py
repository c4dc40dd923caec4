"""VSD of many estimates: each pose is drawn once, in a window of its image around the object."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bop_eval.errors import spheres_meet_in_image, vsd
from bop_eval.evaluation_model import EvaluationModel
from objpose.geometry import SE3
from objpose.raster import render_mesh

NEAR_M = 0.01  # what comes nearer to the camera gets the whole image as its window
# BOP's toolkit draws through OpenGL without moving K by half a pixel, so it sees surfaces half a pixel right
# of and below the pixel's centre. Its scores are the benchmark: poses are drawn as it does. AR_VSD is then
# the same to the last digit on photoreal data; at the centres it would differ by a few 1e-4.
SAMPLE_OFFSET = 0.5
MARGIN = 2  # pixels around the projected corners: rounding
MOST_PIXELS = 1 << 17  # of the windows drawn at once: the work stays in the processor's cache


class View(NamedTuple):
    """K (3, 3) and measured depth (H, W), metres, of an image."""

    K: np.ndarray
    depth: np.ndarray


@dataclass(frozen=True, eq=False)
class PosesInViews:
    """Poses of one object: cam_from_obj (N, 3, 4), metres, and in which of the views each one is (N,)."""

    cam_from_obj: Tensor
    view: np.ndarray


def vsd_of_pairs(
    model: EvaluationModel,
    poses: PosesInViews,
    views: dict[int, View],
    pairs: np.ndarray,
    delta: float,
    taus: np.ndarray,
) -> np.ndarray:
    """(P, T) VSD of pairs (P, 2) of poses: an estimate and a truth of the same view."""
    errors = np.ones((len(pairs), len(taus)))
    est, gt = (poses.cam_from_obj[rows] for rows in pairs.T)
    left = np.nonzero(spheres_meet_in_image(est, gt, model.diameter / 2).numpy())[0]
    for windows in _windows(model, poses, views, np.unique(pairs[left])):
        here = left[np.isin(poses.view[pairs[left, 0]], windows.views)]
        drawn = _draw(model, poses, views, windows)
        place = torch.from_numpy(np.searchsorted(windows.rows, pairs[here]))
        of_pair = drawn.window[place[:, 0]]
        depths = (drawn.depth[place[:, 0]], drawn.depth[place[:, 1]], drawn.measured[of_pair])
        errors[here] = vsd(*depths, drawn.K[of_pair], model.diameter, delta, taus).numpy()
    return errors


class _Windows(NamedTuple):
    """Windows of one size, one in each of several views, and the poses (rows, ascending) to draw there."""

    views: np.ndarray  # ascending
    corners: np.ndarray  # (W, 2) left, top
    width: int
    height: int
    rows: np.ndarray


class _Drawn(NamedTuple):
    depth: Tensor  # (N, H, W) of the poses
    window: Tensor  # (N,) each one's window
    measured: Tensor  # (W, H, W) of the windows
    K: Tensor  # (W, 3, 3)


def _draw(model: EvaluationModel, poses: PosesInViews, views: dict[int, View], windows: _Windows) -> _Drawn:
    K = torch.from_numpy(np.stack([views[view].K for view in windows.views]))
    K[:, :2, 2] -= torch.from_numpy(windows.corners)
    measured = torch.zeros(len(K), windows.height, windows.width)
    is_inside = torch.zeros(measured.shape, dtype=torch.bool)
    for i, (view, (left, top)) in enumerate(zip(windows.views, windows.corners, strict=True)):
        crop = views[view].depth[top : top + windows.height, left : left + windows.width]
        measured[i, : crop.shape[0], : crop.shape[1]] = torch.from_numpy(crop)
        is_inside[i, : crop.shape[0], : crop.shape[1]] = True
    window = torch.from_numpy(np.searchsorted(windows.views, poses.view[windows.rows]))
    transforms = SE3.from_matrix(poses.cam_from_obj[windows.rows])
    size = (windows.width, windows.height)
    drawn_K = K[window]
    drawn_K[:, :2, 2] -= SAMPLE_OFFSET
    depth = render_mesh(model.mesh, transforms, drawn_K, *size, near=NEAR_M).depth
    return _Drawn(depth * is_inside[window], window, measured, K)


def _windows(
    model: EvaluationModel, poses: PosesInViews, views: dict[int, View], rows: np.ndarray
) -> Iterator[_Windows]:
    """Batches of windows of like size that hold the given poses, small enough to be drawn at once."""
    boxes = _boxes(model, poses, views, rows)
    used, place = np.unique(poses.view[rows], return_inverse=True)
    low, high = np.full((len(used), 2), np.iinfo(np.int64).max), np.zeros((len(used), 2), np.int64)
    np.minimum.at(low, place, boxes[:, :2])
    np.maximum.at(high, place, boxes[:, 2:])
    for batch in _batches(high - low, np.bincount(place, minlength=len(used))):
        width, height = (int(length) for length in (high - low)[batch].max(axis=0))
        yield _Windows(used[batch], low[batch], width, height, rows[np.isin(place, batch)])


def _batches(sizes: np.ndarray, counts: np.ndarray) -> Iterator[np.ndarray]:
    """Indices, ascending, of windows to draw together: like sizes, and not too many pixels."""
    batch: list[int] = []
    for i in np.argsort(sizes.prod(axis=1), kind="stable").tolist():
        grown = [*batch, i]
        if batch and sizes[grown].max(axis=0).prod() * counts[grown].sum() > MOST_PIXELS:
            yield np.sort(batch)
            grown = [i]
        batch = grown
    if batch:
        yield np.sort(batch)


def _boxes(
    model: EvaluationModel, poses: PosesInViews, views: dict[int, View], rows: np.ndarray
) -> np.ndarray:
    """(N, 4) left, top, right, bottom of the poses' projections, within the image; at least one pixel."""
    of_row = [views[view] for view in poses.view[rows]]
    K = torch.from_numpy(np.array([view.K for view in of_row]).reshape(-1, 3, 3))
    size = np.array([view.depth.shape[::-1] for view in of_row]).reshape(-1, 2)
    transforms = poses.cam_from_obj[rows]
    corners = transforms[..., :3] @ model.hull.mT + transforms[..., 3:]
    pixels = (K @ corners)[:, :2] / corners[:, 2:]
    low, high = pixels.amin(dim=2).floor().numpy() - MARGIN, pixels.amax(dim=2).ceil().numpy() + MARGIN + 1
    is_near = (corners[:, 2] <= NEAR_M).any(dim=1).numpy()[:, None]
    low = np.where(is_near, 0, low.clip(0, size - 1)).astype(np.int64)
    high = np.where(is_near, size, high.clip(low + 1, size)).astype(np.int64)
    return np.concatenate([low, high], axis=1)
