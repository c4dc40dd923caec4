"""Class Patches: an object's paint in the frames after a trusted one."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.geometry import SE3, Mesh, NormalEquations
from objpose.raster import GreyPart, PatchMatches, grey_pyramid, patch_equations
from objpose.tracking.texture.keyframe import LEAST, MOST, Keyframe, keyframe

LEVELS = 3  # of the pyramid: a patch of the last one finds its place from 6 pixels away
ROOM = 1.2  # of the object's radius around its centre: the part of a frame that is looked at
# Grey values that a patch differs by: what the median tells, but no less. A patch of some contrast then
# weighs as much as a line of the outline or a few points of depth. These know nothing of the keyframe's own
# error, and draw each new keyframe, so that it holds but a share of what the one before it was off by.
LEAST_SIGMA, MOST_SIGMA = 6.0, 20.0
# A keyframe is left where the object is seen from elsewhere, or looks otherwise from there.
MOST_TURN = math.cos(math.radians(12))
MOST_ZOOM = 1.25
LEAST_AGREEMENT = 0.5  # of the patches that are seen
REST = 10  # trusted frames without a keyframe after one that never proved itself: making one takes its time


class Patches:
    """The paint of an object under B poses at once.

    Every frame: `look`, then, where it `offers` anything, `equations` as often as the poses move, and
    `evidence`; and `remember` where the pose found is trusted. Poses are (B, 7) wxyz_xyz of the mesh,
    float32, contiguous. What is handed out is valid until the next call for as many poses.
    """

    def __init__(self, mesh: Mesh, centre: Tensor, diameter: float) -> None:
        self.mesh, self.centre, self.radius = mesh, centre, diameter / 2
        self.sigma = LEAST_SIGMA
        self._keyframe: Keyframe | None = None
        self._is_proven = False
        self._resting = 0  # trusted frames until the next keyframe
        self._part: GreyPart | None = None
        self._grey = torch.zeros(0)
        self._rooms: dict[int, tuple[NormalEquations, Tensor, Tensor]] = {}

    @property
    def offers(self) -> bool:
        """Whether the frame last looked at can be compared with a keyframe that has proven itself.

        That is one whose patches a later trusted frame showed again: blur, noise and glints have corners too.
        """
        return self._is_proven and self._is_comparable

    @property
    def _is_comparable(self) -> bool:
        return self._part is not None and self._keyframe is not None and self._keyframe.finest is not None

    def look(self, rgb: Tensor, cam_from_mesh: Tensor, K: Tensor) -> None:
        """Take in the part of a frame (H, W, 3) uint8 that shows the object under any of the poses."""
        self._part = self._part_around(cam_from_mesh, K, rgb.shape[1], rgb.shape[0])
        if self._part is not None:
            grey_pyramid(rgb, self._part)

    def equations(self, cam_from_mesh: Tensor, K: Tensor, coarseness: float) -> NormalEquations:
        """Of the frame last looked at, about the centre; coarseness: from 1, at first, to 0, at last."""
        self._compare(cam_from_mesh, K, round(coarseness * (LEVELS - 1)))
        return self._room(len(cam_from_mesh))[0]

    def evidence(self, cam_from_mesh: Tensor, K: Tensor) -> PatchMatches:
        """How the patches agree with poses."""
        self._compare(cam_from_mesh, K, 0)
        _, counts, rms = self._room(len(cam_from_mesh))
        assert self._keyframe is not None  # offers
        return PatchMatches(counts[:, 0], counts[:, 1], _rows(rms, len(cam_from_mesh), len(self._keyframe)))

    def remember(self, cam_from_mesh: Tensor, K: Tensor, depth: Tensor | None = None) -> None:
        """Learn from the frame last looked at, whose pose (1, 7) can be trusted; depth: (H, W) metres."""
        if self._part is None:
            return
        trusted = SE3(cam_from_mesh[0])
        if self._keyframe is not None and self._is_near(trusted):
            if self._keyframe.finest is None or self._still_serves(cam_from_mesh, K):
                return  # what had no paint from here has none now
            self._is_proven, self._resting = False, 0 if self._is_proven else REST
            self._keyframe = None
        if self._resting:
            self._resting -= 1
            return
        self._keyframe = keyframe(self.mesh, self.centre, trusted, K, self._part, depth)

    def forget(self) -> None:
        """Leave the keyframe: the object was lost since, or is another's way round."""
        self._keyframe, self.sigma, self._is_proven, self._resting = None, LEAST_SIGMA, False, 0

    def _still_serves(self, cam_from_mesh: Tensor, K: Tensor) -> bool:
        """Whether its patches look the same in the frame last looked at, which proves the keyframe then."""
        matches = self.evidence(cam_from_mesh, K)
        agreeing, seen = int(matches.agreeing[0]), int(matches.seen[0])
        if seen < LEAST or agreeing < LEAST_AGREEMENT * seen:
            return False
        rms = matches.rms[0][matches.rms[0].isfinite()]
        self.sigma = min(max(float(rms.median()), LEAST_SIGMA), MOST_SIGMA)
        self._is_proven = True
        return True

    def _is_near(self, cam_from_mesh: SE3) -> bool:
        """Whether a camera stands about where that of the keyframe did."""
        assert self._keyframe is not None  # asked by those who have one
        towards = cam_from_mesh.inverse().translation - self.centre
        distance = float(towards.norm())
        turn = float(towards @ self._keyframe.direction) / distance
        zoom = distance / self._keyframe.distance
        return turn >= MOST_TURN and 1 / MOST_ZOOM <= zoom <= MOST_ZOOM

    def _compare(self, cam_from_mesh: Tensor, K: Tensor, level: int) -> None:
        assert self._part is not None and self._keyframe is not None  # offers
        level = max(level, self._keyframe.finest or 0)
        patches = self._keyframe.levels[level]
        equations, counts, rms = self._room(len(cam_from_mesh))
        rms = _rows(rms, len(cam_from_mesh), len(patches.points))
        arguments = (self._part, level, K, patches, cam_from_mesh, self.centre, self.sigma)
        patch_equations(*arguments, equations, counts, rms)

    def _part_around(self, cam_from_mesh: Tensor, K: Tensor, width: int, height: int) -> GreyPart | None:
        """The part of a frame around poses, of sides that halve; None where it is too small to be of use."""
        low, high = [math.inf, math.inf], [-math.inf, -math.inf]
        (fx, _, cx), (_, fy, cy), _ = K.tolist()
        for x, y, z in SE3(cam_from_mesh).apply(self.centre).tolist():
            if z <= self.radius:
                continue
            for axis, offset, focal, middle in ((0, x, fx, cx), (1, y, fy, cy)):
                reach = ROOM * self.radius * focal / (z - self.radius)
                low[axis] = min(low[axis], focal * offset / z + middle - reach)
                high[axis] = max(high[axis], focal * offset / z + middle + reach)
        if low[0] == math.inf:
            return None
        left, top = max(0, int(low[0])), max(0, int(low[1]))
        step = 2 ** (LEVELS - 1)
        columns = (min(width, int(high[0]) + 1) - left) // step * step
        rows = (min(height, int(high[1]) + 1) - top) // step * step
        if columns < 4 * step or rows < 4 * step:
            return None
        if self._grey.numel() < 2 * width * height:
            self._grey = torch.zeros(2 * width * height)
        return GreyPart(left, top, columns, rows, LEVELS, self._grey)

    def _room(self, poses: int) -> tuple[NormalEquations, Tensor, Tensor]:
        if poses not in self._rooms:
            equations = NormalEquations(torch.zeros(poses, 6, 6), torch.zeros(poses, 6), torch.zeros(poses))
            counts = torch.zeros(poses, 2, dtype=torch.int32)
            self._rooms[poses] = equations, counts, torch.zeros(poses * MOST)
        return self._rooms[poses]


def _rows(room: Tensor, poses: int, count: int) -> Tensor:
    """(poses, count) of a flat room for more."""
    return room[: poses * count].view(poses, count)
