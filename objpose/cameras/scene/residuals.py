"""Residuals of a placement and of what is stated, in standard deviations, and how they change."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.schur import SchurNormal
from objpose.cameras.scene.stated import AdjustmentOptions, Squares, StatedCameras
from objpose.cameras.scene.views import View
from objpose.geometry.rigid_matrices import centre_of, cross_matrices, rigid_matrix


@dataclass(frozen=True, eq=False)
class State:
    cams: np.ndarray  # (V, 4, 4)
    points: np.ndarray  # (P, 3)
    squares: Squares | None

    def moved(self, dense: np.ndarray, points: np.ndarray) -> State:
        """After a step of cameras and squares, and of the points."""
        count = len(self.cams)
        twists = dense[: 6 * count].reshape(count, 6)
        cams = np.stack([_twisted(one, twist) for one, twist in zip(self.cams, twists, strict=True)])
        squares = self.squares
        if squares is not None:
            steps = dense[6 * count :].reshape(-1, 7)
            turns = Rotation.from_rotvec(steps[:, 3:6]).as_matrix()
            poses = squares.world_from_square.copy()
            poses[:, :3, :3] = turns @ poses[:, :3, :3]
            poses[:, :3, 3] += steps[:, :3]
            squares = replace(squares, world_from_square=poses, sides=squares.sides * np.exp(steps[:, 6]))
        return State(cams, self.points + points, squares)


class Residuals:
    """Residuals in standard deviations, and their derivatives."""

    def __init__(
        self,
        views: list[View],
        order: list[int],
        placement: Placement,
        squares: Squares | None,
        stated: StatedCameras,
        options: AdjustmentOptions,
    ):
        self.options, self.tracks = options, placement.tracks
        place_of = {index: place for place, index in enumerate(order)}
        focal = {index: views[index].focal for index in order}
        self.camera = np.array([place_of[one] for one in placement.tracks.view.tolist()], dtype=np.int64)
        self.rays = np.zeros((len(self.camera), 2))
        for index in order:
            mine = placement.tracks.view == index
            self.rays[mine] = views[index].rays[placement.tracks.keypoint[mine]]
        self.focal = np.array([focal[one] for one in placement.tracks.view.tolist()])
        cams = np.array([placement.cams_from_world[one] for one in order])
        off = self._seen(cams, placement.points)[1] * self.focal[:, None]
        typical = 1.4826 * float(np.median(np.abs(off))) if len(off) else 0.0
        self.scale = self.focal / max(typical, options.least_noise_px)
        if squares is not None:
            self.square_camera = np.array([place_of[one] for one in squares.view.tolist()])
            finest = [views[one].tolerance_px / views[one].keypoints.tolerance_px for one in squares.view]
            self.square_scale = np.array([focal[one] for one in squares.view.tolist()]) / (
                options.corner_px * np.array(finest)
            )
        self.stated = {place_of[one]: cam for one, cam in stated.cams.items() if one in place_of}
        self.turn, self.place = np.radians(stated.turn_deg), stated.place

    def cost(self, state: State) -> float:
        _, off = self._seen(state.cams, state.points)
        total = self._robust((off * self.scale[:, None]) ** 2)
        if state.squares is not None:
            _, off = self._seen_squares(state)
            total += self._robust((off * self.square_scale[:, None, None]) ** 2)
        return total + sum(float((self._stated_off(state, one) ** 2).sum()) for one in self.stated)

    def linearised(self, state: State) -> SchurNormal:
        size = 6 * len(state.cams) + (0 if state.squares is None else 7 * len(state.squares.sides))
        dense, gradient = np.zeros((size, size)), np.zeros(size)
        points = self._add_points(state, dense, gradient)
        if state.squares is not None:
            self._add_squares(state, dense, gradient)
        for place in self.stated:
            rows = slice(6 * place, 6 * place + 6)
            off, by_twist = self._stated_off(state, place), self._stated_rate(state, place)
            dense[rows, rows] += by_twist.T @ by_twist
            gradient[rows] += by_twist.T @ off
        return SchurNormal(dense, gradient, *points)

    def _robust(self, squared: np.ndarray) -> float:
        """Cauchy's loss of squared residuals (..., 2)."""
        limit = self.options.loss**2
        return float(limit * np.log1p(squared.sum(-1) / limit).sum())

    def _weights(self, off: np.ndarray) -> np.ndarray:
        """(..., 1) roots of the weights that its slope gives residuals (..., 2)."""
        return 1.0 / np.sqrt(1.0 + (off**2).sum(-1, keepdims=True) / self.options.loss**2)

    def _seen(self, cams: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(O, 3) the points in their cameras, and (O, 2) how far they are off their rays."""
        mine = cams[self.camera]
        seen = (mine[:, :3, :3] @ points[self.tracks.track][:, :, None])[:, :, 0] + mine[:, :3, 3]
        return seen, seen[:, :2] / _ahead(seen) - self.rays

    def _seen_squares(self, state: State) -> tuple[np.ndarray, np.ndarray]:
        """(O, 4, 3) and (O, 4, 2) the same of the corners."""
        assert state.squares is not None
        mine = state.cams[self.square_camera]
        points = state.squares.points[state.squares.square]
        seen = points @ mine[:, :3, :3].swapaxes(1, 2) + mine[:, None, :3, 3]
        return seen, seen[..., :2] / _ahead(seen) - state.squares.rays

    def _add_points(
        self, state: State, dense: np.ndarray, gradient: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        seen, off = self._seen(state.cams, state.points)
        off = off * self.scale[:, None]
        weight = self._weights(off)
        off = off * weight
        by_place = _by_place(seen) * (self.scale[:, None] * weight)[..., None]
        to_camera = np.concatenate([by_place, -by_place @ cross_matrices(seen)], axis=2)
        to_point = by_place @ state.cams[self.camera][:, :3, :3]
        for place in range(len(state.cams)):
            mine, rows = self.camera == place, slice(6 * place, 6 * place + 6)
            jacobian = to_camera[mine].reshape(-1, 6)
            dense[rows, rows] += jacobian.T @ jacobian
            gradient[rows] += jacobian.T @ off[mine].ravel()
        count, track = len(state.points), self.tracks.track
        normal, right = np.zeros((count, 3, 3)), np.zeros((count, 3))
        np.add.at(normal, track, to_point.transpose(0, 2, 1) @ to_point)
        np.add.at(right, track, (to_point.transpose(0, 2, 1) @ off[..., None])[..., 0])
        between = np.zeros((len(dense), count, 3))
        columns = 6 * self.camera[:, None] + np.arange(6)
        between[columns, track[:, None]] = to_camera.transpose(0, 2, 1) @ to_point
        return normal, right, between.reshape(len(dense), 3 * count)

    def _add_squares(self, state: State, dense: np.ndarray, gradient: np.ndarray) -> None:
        squares = state.squares
        assert squares is not None
        seen, off = self._seen_squares(state)
        scale = self.square_scale[:, None, None]
        weight = self._weights(off * scale)
        off = off * scale * weight
        by_place = _by_place(seen) * (scale * weight)[..., None]
        arm = squares.points[squares.square] - squares.world_from_square[squares.square][:, None, :3, 3]
        moves = np.concatenate(
            [np.broadcast_to(np.eye(3), (*arm.shape, 3)), -cross_matrices(arm), arm[..., None]], axis=-1
        )
        to_camera = np.concatenate([by_place, -by_place @ cross_matrices(seen)], axis=-1)
        to_square = by_place @ state.cams[self.square_camera][:, None, :3, :3] @ moves
        first = 6 * len(state.cams)
        for row, (place, square) in enumerate(zip(self.square_camera, squares.square, strict=True)):
            columns = np.r_[6 * place : 6 * place + 6, first + 7 * square : first + 7 * square + 7]
            jacobian = np.concatenate([to_camera[row], to_square[row]], axis=-1).reshape(8, 13)
            dense[np.ix_(columns, columns)] += jacobian.T @ jacobian
            gradient[columns] += jacobian.T @ off[row].ravel()

    def _stated_off(self, state: State, place: int) -> np.ndarray:
        """(6,) of a camera from where it is stated."""
        here, stated = state.cams[place], self.stated[place]
        turned = Rotation.from_matrix(here[:3, :3] @ stated[:3, :3].T).as_rotvec()
        return np.concatenate([(centre_of(here) - centre_of(stated)) / self.place, turned / self.turn])

    def _stated_rate(self, state: State, place: int) -> np.ndarray:
        """(6, 6) of that by the camera's twist, which moves its centre by v alone."""
        rate = np.zeros((6, 6))
        rate[:3, :3] = -state.cams[place][:3, :3].T / self.place
        rate[3:, 3:] = np.eye(3) / self.turn
        return rate


def _ahead(seen: np.ndarray) -> np.ndarray:
    """(..., 1) depths, small where points are behind: they are far off any ray then."""
    return np.maximum(seen[..., 2:], 1e-6)


def _by_place(seen: np.ndarray) -> np.ndarray:
    """(..., 2, 3) of a ray by the point (..., 3) in the camera."""
    depth = _ahead(seen)
    rate = np.zeros((*seen.shape[:-1], 2, 3))
    rate[..., 0, 0] = rate[..., 1, 1] = 1.0 / depth[..., 0]
    rate[..., :, 2] = -seen[..., :2] / depth**2
    return rate


def _twisted(cam: np.ndarray, twist: np.ndarray) -> np.ndarray:
    """After a twist (v, omega) in the camera's own frame."""
    rotation = Rotation.from_rotvec(twist[3:]).as_matrix()
    return rigid_matrix(rotation @ cam[:3, :3], rotation @ cam[:3, 3] + twist[:3])
