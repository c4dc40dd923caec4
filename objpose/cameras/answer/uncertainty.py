"""How far the placed cameras can still move: covariances of camera pairs from the curvature of the
residuals.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.scene.adjustment import normal_of_stated
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.scene.stated import Squares, StatedCameras
from objpose.cameras.scene.views import View
from objpose.geometry.rigid_matrices import centre_of, cross_matrix

GAUGE_FREEDOMS = 7  # three shifts, three turns, the scale


class Uncertainty:
    """The joint covariance of all cameras of a placement, with the points integrated out.

    Twists (v, omega) move a camera in its own frame: x_cam' = x_cam + v + omega x x_cam. The world frame and
    its scale are free; what depends on them has no meaning alone, relative poses do. Known cameras, `held`,
    do not move: where two are, nothing is free. squares: that its photos show, which stay squares;
    stated: cameras that are where they are stated, to some extent; is_framed: those tell the frame, so that
    nothing is free either.
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
    ):
        self.order = sorted(placement.cams_from_world)
        self.cams = placement.cams_from_world
        normal, gauge, scale = _normal_matrix(views, placement, self.order, options.least_noise_px)
        said = [normal_of_stated(views, placement, squares, StatedCameras())]
        said += [normal_of_stated(views, placement, None, one) for one in stated]
        units = np.tile(np.repeat([scale, 1.0], 3), len(self.order))
        normal = normal + sum(said) * np.outer(units, units)
        self.scale, self.one_place = scale, options.one_place
        free = _beside_held(self.order, held) if held or is_framed else _beside_gauge(gauge)
        self._covariance = _inverse_within(normal, free)

    def covariance(self, index: int) -> np.ndarray:
        """(6, 6) of one camera's twist, the cameras' mean frame and scale held; translations in world
        units.
        """
        place = self.order.index(index) * 6
        units = np.repeat([self.scale, 1.0], 3)
        return self._covariance[place : place + 6, place : place + 6] * np.outer(units, units)

    def pair_degrees(self, a: int, b: int) -> float:
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
        covariance = jacobian @ self._covariance @ jacobian.T
        length = max(float(np.linalg.norm(shift)), 1e-9)
        across = np.eye(3) - np.outer(shift, shift) / length**2
        # A twist moves b_from_a's translation by v + omega x t.
        lever = np.hstack([across, -across @ cross_matrix(shift)]) / length
        direction = lever @ covariance @ lever.T
        turn = np.trace(covariance[3:, 3:])
        worst = max(turn, np.trace(direction) if length > self.one_place else 0.0, 0.0)
        return float(np.degrees(np.sqrt(worst)))


def _normal_matrix(
    views: list[View], placement: Placement, order: list[int], least_noise: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Reduced normal matrix (6V, 6V) of the cameras with lengths in units of the scene, gauge (6V, 7), and
    that unit.
    """
    tracks = placement.tracks
    place_of = {index: place for place, index in enumerate(order)}
    centres = np.array([centre_of(placement.cams_from_world[index]) for index in order])
    scale = float(np.linalg.norm(centres - centres.mean(0), axis=1).max())
    scale = max(scale, 1e-12)
    to_camera, to_point, residuals = _jacobians(views, placement, scale)
    noise = max(least_noise, 1.4826 * float(np.median(np.abs(residuals)))) if len(residuals) else 1.0
    camera = np.array([place_of[index] for index in tracks.view.tolist()], dtype=np.int64)
    size = len(order)
    normal = np.zeros((size, size, 6, 6))
    np.add.at(normal, (camera, camera), to_camera.transpose(0, 2, 1) @ to_camera)
    point_normal = np.zeros((tracks.count, 3, 3))
    np.add.at(point_normal, tracks.track, to_point.transpose(0, 2, 1) @ to_point)
    coupling = np.zeros((tracks.count, size, 6, 3))
    np.add.at(coupling, (tracks.track, camera), to_camera.transpose(0, 2, 1) @ to_point)
    ridge = 1e-9 * np.trace(point_normal, axis1=1, axis2=2)[:, None, None] * np.eye(3)
    solved = np.linalg.solve(point_normal + ridge, coupling.transpose(0, 3, 1, 2).reshape(-1, 3, size * 6))
    flat = coupling.transpose(0, 1, 2, 3).reshape(-1, size * 6, 3)
    reduced = normal.transpose(0, 2, 1, 3).reshape(size * 6, size * 6) - (flat @ solved).sum(0)
    return reduced / noise**2, _gauge(placement, order, scale), scale


def _jacobians(
    views: list[View], placement: Placement, scale: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(O, 2, 6), (O, 2, 3) derivatives in pixels and scene units, and (O, 2) residuals in pixels."""
    tracks, points = placement.tracks, placement.points
    cams = np.array([placement.cams_from_world[index] for index in tracks.view.tolist()]).reshape(-1, 4, 4)
    seen = (cams[:, :3, :3] @ points[tracks.track][:, :, None])[:, :, 0] + cams[:, :3, 3]
    focal = np.array([views[index].focal for index in tracks.view.tolist()])
    depth = seen[:, 2].clip(min=1e-9)
    by_place = np.zeros((len(seen), 2, 3))
    by_place[:, 0, 0] = by_place[:, 1, 1] = focal / depth
    by_place[:, :, 2] = -focal[:, None] * seen[:, :2] / depth[:, None] ** 2
    skew = np.zeros((len(seen), 3, 3))
    skew[:, 0, 1], skew[:, 0, 2], skew[:, 1, 2] = seen[:, 2], -seen[:, 1], seen[:, 0]
    skew -= skew.transpose(0, 2, 1)
    to_camera = np.concatenate([by_place * scale, by_place @ skew], axis=2)
    to_point = by_place @ cams[:, :3, :3] * scale
    rays = np.array(
        [views[v].rays[k] for v, k in zip(tracks.view.tolist(), tracks.keypoint.tolist(), strict=True)]
    )
    residuals = (seen[:, :2] / depth[:, None] - rays.reshape(-1, 2)) * focal[:, None]
    return to_camera, to_point, residuals


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
