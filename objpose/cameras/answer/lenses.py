"""What of the lenses nobody told: the unknowns of photos without intrinsics, and how far each may be off.

Photos are solved as pinholes with the middle of the photo for their principal point. A real lens is near
that, and what it differs by moves the cameras with it, however many keypoints there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from objpose.cameras.answer.options import LensOptions


class LensUnknowns(NamedTuple):
    """D unknowns: per group the log of the focal length, the principal point (in longer sides) and the first
    radial term; per photo of several in a group, by how much its own differ in the first three.
    """

    jacobian: np.ndarray  # (O, 2, D) pixels of observations by them
    sigmas: np.ndarray  # (D,)
    focal_of: dict[int, list[int]]  # by photo, those that the log of its focal length is the sum of


def lens_unknowns(
    drawn: np.ndarray,
    focal: np.ndarray,
    side: np.ndarray,
    view: np.ndarray,
    photos: Collection[int],
    groups: Mapping[int, int],
    options: LensOptions,
) -> LensUnknowns:
    """Of O observations.

    drawn: (O, 2) pixels from the principal point; focal, side: (O,) pixels, the focal length and the longer
    side; view: (O,) the photo, one of `photos`; groups: those of unknown lenses by who shares one.
    """
    zero = np.zeros_like(side)
    bent = drawn * ((drawn / focal[:, None]) ** 2).sum(1, keepdims=True)
    rates = np.stack([drawn, np.stack([side, zero], 1), np.stack([zero, side], 1), bent], axis=2)
    shared = (options.focal, options.centre, options.centre, options.radial)
    columns, sigmas, focal_of = [], list[float](), dict[int, list[int]]()
    unknown = [index for index in sorted(photos) if index in groups]
    for group in sorted({groups[index] for index in unknown}):
        members = [index for index in unknown if groups[index] == group]
        columns.append(rates * np.isin(view, members)[:, None, None])
        focal_of |= {index: [len(sigmas)] for index in members}
        sigmas += shared
        for index in members if len(members) > 1 else []:
            focal_of[index].append(len(sigmas))
            columns.append(rates[:, :, :3] * (view == index)[:, None, None])
            sigmas += (options.own_focal, options.own_centre, options.own_centre)
    nothing = np.zeros((len(view), 2, 0))
    return LensUnknowns(np.concatenate([nothing, *columns], axis=2), np.array(sigmas), focal_of)
