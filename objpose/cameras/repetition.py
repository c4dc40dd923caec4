"""Photos of what repeats itself: packs in rows, windows of a wall, tiles of a floor.

A match of a pack with the next one of its row fits most epipolar geometries of cameras that move along the
row, at another depth. Where focal lengths are known, depths that contradict each other tell; where nobody
told them they bend until most wrong matches fit, and what fits has more evidence than the truth.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from objpose.cameras.pairs.focal import UnknownFocals
from objpose.cameras.placing.options import MotionOptions
from objpose.cameras.placing.repeated import repeated
from objpose.cameras.scene.views import View


def doubt_repeating(
    views: Sequence[View], unknown: UnknownFocals, kept: Collection[int], options: MotionOptions
) -> dict[int, str]:
    """Why photos cannot be sure: what they show repeats itself, and some focal length is told by nobody.

    kept: photos that stand as those of told focal lengths alone have it.
    """
    shown = [views[index] for index in unknown.untold if len(views[index].features)]
    share = float(np.median([repeated(view, options).mean() for view in shown])) if shown else 0.0
    if share <= options.most_repeated:
        return {}
    why = (
        f"what the photos show repeats itself ({share:.0%} of the keypoints have their like in the same "
        "photo), and fits elsewhere under other focal lengths: give the intrinsics (--intrinsics), or photos "
        "that still have their EXIF"
    )
    return {index: why for index in range(len(views)) if index not in kept}
