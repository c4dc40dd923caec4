"""Which keypoints of a photo have their like elsewhere in it, as on packs in rows or windows of a wall."""

from __future__ import annotations

import numpy as np

from objpose.cameras.placing.options import MotionOptions
from objpose.cameras.scene.views import View

ROWS = 1024  # keypoints compared with all others at once


def repeated(view: View, options: MotionOptions) -> np.ndarray:
    """(N,) bool, of the photo's keypoints; one without a descriptor has no like."""
    found = np.zeros(len(view.features), dtype=bool)
    index = view.described
    if len(index) < 2:
        return found
    described, pixels = view.features.descriptors[0, index], view.features.keypoints[index]
    beside = options.beside * max(view.width, view.height)
    alike = 1.0 - 0.5 * (options.alike * view.typical_distance) ** 2  # unit vectors: d^2 is 2 - 2 cos
    found[index] = np.concatenate(
        [
            ((described[rows] @ described.T > alike) & _apart(pixels[rows], pixels, beside)).any(1)
            for rows in np.array_split(np.arange(len(index)), -(-len(index) // ROWS))
        ]
    )
    return found


def _apart(some: np.ndarray, others: np.ndarray, least: float) -> np.ndarray:
    """(S, O) whether pixels are so far apart: a keypoint is often found twice in one place."""
    return np.hypot(*(some[:, None] - others).transpose(2, 0, 1)) > least
