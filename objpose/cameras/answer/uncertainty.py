"""How far the placed cameras can still move: covariances of camera pairs from the curvature of the
residuals.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from objpose.cameras.answer.curvature import curvature_of
from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.scene.adjustment import normal_of_stated
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.scene.stated import Squares, StatedCameras
from objpose.cameras.scene.views import View
from objpose.geometry.rigid_matrices import cross_matrix

GAUGE_FREEDOMS = 7  # three shifts, three turns, the scale


class Uncertainty:
    """The joint covariance of all cameras of a placement, with the points integrated out.

    Twists (v, omega) move a camera in its own frame: x_cam' = x_cam + v + omega x x_cam. The world frame and
    its scale are free; what depends on them has no meaning alone, relative poses do. Known cameras, `held`,
    do not move: where two are, nothing is free. squares: that its photos show, which stay squares;
    stated: cameras that are where they are stated, to some extent; is_framed: those tell the frame, so that
    nothing is free either. focal_groups: views whose lens nobody told, by the group that shares it: it may
    be another, and the cameras elsewhere with it. Errors are asked for under a stretch: how many times
    further off keypoints are than their residuals say.
    """

    def __init__(
        self,
        views: list[View],
        placement: Placement,
        options: AnswerOptions,
        held: Collection[int] = (),
        squares: Squares | None = None,
        stated: Sequence[StatedCameras] = (),
        is_framed: bool = False,
        focal_groups: Mapping[int, int] = MappingProxyType({}),
    ):
        self.order = sorted(placement.cams_from_world)
        self.cams = placement.cams_from_world
        self.curvature = curvature_of(views, placement, self.order, options, focal_groups)
        self.scale, self.one_place = self.curvature.scale, options.one_place
        said = [normal_of_stated(views, placement, squares, StatedCameras())]
        said += [normal_of_stated(views, placement, None, one) for one in stated]
        units = np.tile(np.repeat([self.scale, 1.0], 3), len(self.order))
        self._said = sum(said) * np.outer(units, units)
        gauge = _gauge(placement, self.order, self.scale)
        self._free = _beside_held(self.order, held) if held or is_framed else _beside_gauge(gauge)
        self._known: dict[float, np.ndarray] = {}

    def _covariance(self, stretch: float) -> np.ndarray:
        """(6V, 6V) of all twists, lengths in units of the scene."""
        if stretch not in self._known:
            normal = self.curvature.normal(stretch) + self._said
            self._known[stretch] = stretch**2 * _inverse_within(normal, self._free)
        return self._known[stretch]

    def focal_sigma(self, index: int, stretch: float = 1.0) -> float:
        """Standard deviation of the log of one photo's focal length; 0 where it was told."""
        columns = self.curvature.focal_of.get(index, [])
        if not columns:
            return 0.0
        cameras = _inverse_within(self.curvature.cameras + self._said, self._free)
        found = stretch**2 * np.linalg.inv(self.curvature.lens_normal(stretch, cameras))
        return float(np.sqrt(found[np.ix_(columns, columns)].sum()))

    def covariance(self, index: int, stretch: float = 1.0) -> np.ndarray:
        """(6, 6) of one camera's twist, the cameras' mean frame and scale held; translations in world
        units.
        """
        place = self.order.index(index) * 6
        units = np.repeat([self.scale, 1.0], 3)
        mine = slice(place, place + 6)
        return self._covariance(stretch)[mine, mine] * np.outer(units, units)

    def pair_degrees(self, a: int, b: int, stretch: float = 1.0) -> float:
        """Standard deviation of b_from_a in degrees: the larger of its rotation and its direction.

        Cameras in one place have no direction; for them it is the rotation alone.
        """
        b_from_a = relative_pose(self.cams, a, b)
        rotation, shift = b_from_a[:3, :3], b_from_a[:3, 3] / self.scale
        adjoint = np.zeros((6, 6))
        adjoint[:3, :3] = adjoint[3:, 3:] = rotation
        adjoint[:3, 3:] = cross_matrix(shift) @ rotation
        jacobian = np.zeros((6, 6 * len(self.order)))
        jacobian[:, self.order.index(a) * 6 :][:, :6] = -adjoint
        jacobian[:, self.order.index(b) * 6 :][:, :6] = np.eye(6)
        covariance = jacobian @ self._covariance(stretch) @ jacobian.T
        length = max(float(np.linalg.norm(shift)), 1e-9)
        across = np.eye(3) - np.outer(shift, shift) / length**2
        # A twist moves b_from_a's translation by v + omega x t.
        lever = np.hstack([across, -across @ cross_matrix(shift)]) / length
        direction = lever @ covariance @ lever.T
        turn = np.trace(covariance[3:, 3:])
        worst = max(turn, np.trace(direction) if length > self.one_place else 0.0, 0.0)
        return float(np.degrees(np.sqrt(worst)))


def _gauge(placement: Placement, order: list[int], scale: float) -> np.ndarray:
    """(6V, 7) twists that moving, turning and scaling the world gives all cameras."""
    rows = []
    for index in order:
        cam = placement.cams_from_world[index]
        rotation, shift = cam[:3, :3], cam[:3, 3] / scale
        block = np.zeros((6, GAUGE_FREEDOMS))
        block[:3, :3] = rotation
        block[:3, 3:6] = cross_matrix(shift) @ rotation
        block[3:, 3:6] = rotation
        block[:3, 6] = shift
        rows.append(block)
    return np.concatenate(rows)


def _beside_gauge(gauge: np.ndarray) -> np.ndarray:
    """(6V, F) basis of what moves the cameras to each other."""
    return np.linalg.qr(gauge, mode="complete")[0][:, GAUGE_FREEDOMS:]


def _beside_held(order: list[int], held: Collection[int]) -> np.ndarray:
    """(6V, F) basis of what moves the cameras that are not held."""
    return np.eye(6 * len(order))[:, np.repeat([index not in held for index in order], 6)]


def _inverse_within(normal: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Pseudo-inverse in the span of a basis (6V, F); directions without curvature get a huge, finite
    variance.
    """
    values, vectors = np.linalg.eigh(free.T @ normal @ free)
    floor = max(float(values[-1]) * 1e-14, 1e-6) if len(values) else 1.0
    basis = free @ vectors
    return (basis / np.maximum(values, floor)) @ basis.T
