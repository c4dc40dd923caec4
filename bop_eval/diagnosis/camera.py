"""Estimates made with another camera matrix than the set's: found by a fit, and tried on images not fitted
to.

Places in the image plane are x = X / Z, y = Y / Z. With another focal length and principal point they are
x_true = ratio * x + shift; distances then differ too, where they were told from apparent size.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from bop_eval.diagnosis.evidence import Evidence, part, with_transforms
from bop_eval.diagnosis.suspicion import Suspicion
from objpose.io import BopResultTable

FEWEST = 8  # estimates to fit to


class View(NamedTuple):
    """What the true camera makes of the plane: ratio and shift (2,) of places, and the ratio of distances."""

    ratio: float
    shift: np.ndarray
    distance: float


class _Matched(NamedTuple):
    """Places (P, 2) and distances (P,) of estimates, and of the true instances they are taken for."""

    est: np.ndarray
    gt: np.ndarray
    est_z: np.ndarray
    gt_z: np.ndarray
    K: np.ndarray


Fit = Callable[[_Matched], View]


def cameras(evidence: Evidence, table: BopResultTable) -> list[tuple[Suspicion, np.ndarray]]:
    """Suspicions fitted to all estimates, with qualities (N,) by fits to the other half of the images."""
    found = []
    for name, fit, parts, words in _KINDS:
        whole = _fitted(evidence, table, fit)
        if whole is None:
            continue
        view, matched = whole
        qualities = _held_out(evidence, table, fit)
        if qualities is not None:
            what, cure = words(view, np.median(matched.K, axis=0))
            found.append((Suspicion(name, what, cure, partial(_mend, view=view), parts), qualities))
    return found


def _held_out(evidence: Evidence, table: BopResultTable, fit: Fit) -> np.ndarray | None:
    images = np.stack([table.scene_ids, table.im_ids], axis=1)
    half = np.unique(images, axis=0, return_inverse=True)[1].reshape(-1) % 2
    qualities = np.zeros(len(table))
    for side in (0, 1):
        fitted = _fitted(evidence, part(table, half != side), fit)
        if fitted is None:
            return None
        qualities[half == side] = evidence.quality(_mend(part(table, half == side), fitted[0]))
    return qualities


def _fitted(evidence: Evidence, table: BopResultTable, fit: Fit) -> tuple[View, _Matched] | None:
    rows, truths = evidence.pairs(table)
    est, gt = table.cam_from_obj[rows, :, 3], evidence.truths.cam_from_obj[truths, :, 3]
    ahead = (est[:, 2] > 0) & (gt[:, 2] > 0)
    rows, truths, est, gt = rows[ahead], truths[ahead], est[ahead], gt[ahead]
    # Of several instances the one that the estimate is turned like: places are what is in doubt.
    cosine = np.einsum(
        "pij,pij->p", table.cam_from_obj[rows, :, :3], evidence.truths.cam_from_obj[truths, :, :3]
    )
    order = np.lexsort([-cosine, rows])
    first = order[np.unique(rows[order], return_index=True)[1]]
    if len(first) < FEWEST:
        return None
    K = np.array([evidence.truths.images[evidence.truths.image[row]].K for row in truths[first]])
    est, gt = est[first], gt[first]
    matched = _Matched(est[:, :2] / est[:, 2:], gt[:, :2] / gt[:, 2:], est[:, 2], gt[:, 2], K)
    return fit(matched), matched


def _mend(table: BopResultTable, view: View) -> BopResultTable:
    """The objects where the true camera sees them, turned with their rays: they look as they did."""
    t = table.cam_from_obj[:, :, 3]
    z = np.where(np.abs(t[:, 2]) > 1e-9, t[:, 2], 1e-9)
    place = view.ratio * t[:, :2] / z[:, None] + view.shift
    moved = np.concatenate([place, np.ones((len(t), 1))], axis=1) * (z * view.distance)[:, None]
    return with_transforms(table, _turns(t, moved) @ table.cam_from_obj[:, :, :3], moved)


def _turns(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(N, 3, 3) the least rotations that take rays to rays."""
    a, b = (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12) for v in (before, after))
    cosine = (a * b).sum(axis=1)[:, None, None]
    x, y, z = np.cross(a, b).T
    zero = np.zeros_like(x)
    skew = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    return np.eye(3) + skew + skew @ skew / np.maximum(1 + cosine, 1e-6)


def _nearer(matched: _Matched) -> float:
    return float(np.median(matched.gt_z / matched.est_z))


def _shift(matched: _Matched, ratio: float) -> np.ndarray:
    return np.median(matched.gt - ratio * matched.est, axis=0)


def _spread(matched: _Matched) -> float:
    """How much farther from the middle the true places are: a median, in which far ones weigh more."""
    ratios, weights = (matched.gt / matched.est).reshape(-1), np.abs(matched.est).reshape(-1)
    order = np.argsort(ratios)
    heap = weights[order].cumsum()
    return float(ratios[order][np.searchsorted(heap, heap[-1] / 2)])


def _seen_focal(matched: _Matched) -> View:
    nearer = _nearer(matched)
    return View(1 / nearer, np.zeros(2), nearer)


def _measured_focal(matched: _Matched) -> View:
    return View(_spread(matched), np.zeros(2), 1.0)


def _principal(matched: _Matched) -> View:
    return View(1.0, _shift(matched, 1.0), 1.0)


def _resized(matched: _Matched) -> View:
    nearer = _nearer(matched)
    return View(1 / nearer, _shift(matched, 1 / nearer), nearer)


def _far(matched: _Matched) -> View:
    return View(1.0, np.zeros(2), _nearer(matched))


def _focal_words(view: View, K: np.ndarray) -> tuple[str, str]:
    used = view.ratio * K[0, 0]
    what = f"made with a focal length of about {used:.0f} px, {view.ratio:.3g} times the set's {K[0, 0]:.0f}"
    return what, "give the estimator the K of each image (scene_camera.json), for pictures of their full size"


def _principal_words(view: View, K: np.ndarray) -> tuple[str, str]:
    right, down = view.shift * K[[0, 1], [0, 1]]
    what = f"made with a principal point {right:+.0f} px to the right of and {down:+.0f} px below the set's"
    return what, "give the estimator the K of each image; a crop moves its principal point"


def _resized_words(view: View, K: np.ndarray) -> tuple[str, str]:
    right, down = view.shift * K[[0, 1], [0, 1]]
    what = (
        f"made with a focal length {view.ratio:.3g} times the set's and a principal point off by "
        f"{right:+.0f}, {down:+.0f} px: pictures resized or cropped without K, or another camera's K"
    )
    return what, "resize or crop K with the picture (objpose.Camera does), or give each image's own K"


def _far_words(view: View, K: np.ndarray) -> tuple[str, str]:
    what = f"all distances are {1 / view.distance:.3g} times the true ones, in the right direction"
    return what, "check the size of the meshes (models against models_eval) and the scale of the depth images"


_KINDS: tuple[tuple[str, Fit, int, Callable[[View, np.ndarray], tuple[str, str]]], ...] = (
    ("another focal length", _seen_focal, 1, _focal_words),
    ("another focal length, with measured depth", _measured_focal, 1, _focal_words),
    ("another principal point", _principal, 1, _principal_words),
    ("distances scaled", _far, 1, _far_words),
    ("another camera matrix", _resized, 2, _resized_words),
)
