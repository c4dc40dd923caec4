"""What is measured: the variants of NOCS's evaluation, by name.

The published script has faults that papers' tables carry on, while repairs of it differ; the same predictions
score several times as high in one as in another. So a figure is only worth its variant's name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bop_eval.categories.box_iou import axis_aligned_iou, oriented_iou, published_nocs_iou

BoxIou = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Variant:
    """One way to evaluate.

    iou: of two boxes. has_exact_turns: whether a box that is free to turn is also tried where its sides are
    nearest to the truth's, besides 20 even turns. is_nan_right: whether an angle lost to rounding counts as
    right. is_pose_of_found_only: whether the poses' precision is over boxes and truths that matched by an IoU
    above 0.1 alone. takes_handle_as_seen: whether a handle that the truth does not speak of counts as seen.
    """

    name: str
    meaning: str
    iou: BoxIou
    has_exact_turns: bool = False
    is_nan_right: bool = False
    is_pose_of_found_only: bool = False
    takes_handle_as_seen: bool = False


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant(
            "nocs-original",
            "the published script with its faults: an IoU that is none, angles lost to rounding are right, "
            "objects that were missed do not count against poses, handles count as seen where not said",
            published_nocs_iou,
            is_nan_right=True, is_pose_of_found_only=True, takes_handle_as_seen=True,
        ),
        Variant(
            "aabb-fixed",
            "IoU of the boxes' hulls along the camera's axes, as NOCS meant it; every object counts",
            axis_aligned_iou,
        ),
        Variant(
            "oriented",
            "IoU of the boxes as they stand, by their exact intersection; every object counts",
            oriented_iou, has_exact_turns=True,
        ),
    )
}  # fmt: skip
