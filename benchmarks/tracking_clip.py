"""A short sequence of a thing that is calmly followed, until something happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from bodies import BenchmarkObject
from scipy import ndimage
from sensing import Light
from tracking_backgrounds import shifted
from tracking_pictures import Placed, exposed
from tracking_sequences import CAMERA, exposure
from tracking_things import centre

from objpose.geometry import SE3, Mesh

CALM, AFTER = 12, 9  # frames before the mishap and from it on
FRAMES = CALM + AFTER


class Extra(NamedTuple):
    """A second thing, that is there from the mishap on."""

    mesh: Mesh
    path: SE3  # (n,) cam_from_mesh


@dataclass(frozen=True, eq=False)
class Clip:
    """What each of the frames shows."""

    target: BenchmarkObject
    path: SE3  # (n,) cam_from_obj
    background: np.ndarray
    shifts: np.ndarray  # (n, 2) of the background
    light: Light
    drawn: np.ndarray  # (n,) bool, whether the target is there
    present: np.ndarray  # (n,) bool, whether it can be seen
    gain: np.ndarray  # (n,) of the colours
    blur: np.ndarray  # (n,) pixels, sigma
    extra: Extra | None = None
    cover: tuple[slice, slice] | None = None  # rows and columns that hold other background, of the mishap on
    roll: int = 0  # pixels to the right that the background jumps with the mishap
    told: SE3 | None = None  # a wrong pose that the tracker is told before the mishap's first frame

    def picture(self, index: int) -> np.ndarray:
        """(H, W, 3) colours without the sensor's noise."""
        background = np.roll(self.background, self.roll if index >= CALM else 0, axis=1)
        behind = shifted(background, self.shifts[index], CAMERA.width, CAMERA.height)
        things = [Placed(self.target.mesh, _moments(self.path, index))] if self.drawn[index] else []
        if self.extra is not None and index >= CALM:
            things.append(Placed(self.extra.mesh, _moments(self.extra.path, index)))
        seen = exposed(things, CAMERA, self.light, behind) if things else behind
        if self.cover is not None and index >= CALM:
            seen[self.cover] = behind[::-1, ::-1][self.cover]
        return self.gain[index] * ndimage.gaussian_filter(seen, (self.blur[index], self.blur[index], 0))

    def centres(self) -> torch.Tensor:
        """(n, 3) of the target, camera frame, metres."""
        return self.path.apply(torch.from_numpy(centre(self.target.mesh)))


def _moments(path: SE3, index: int) -> SE3:
    """During the exposure of a frame; the mishap itself falls between two exposures."""
    return exposure(path[:CALM], index) if index < CALM else exposure(path[CALM:], index - CALM)
