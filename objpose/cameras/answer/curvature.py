"""How steeply the residuals of a placement rise when its cameras move, points and unknown lenses free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from objpose.cameras.answer.lenses import LensUnknowns, lens_unknowns
from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.views import View
from objpose.geometry.rigid_matrices import centre_of


class Jacobians(NamedTuple):
    """Of O observations, in pixels and units of the scene."""

    to_camera: np.ndarray  # (O, 2, 6) by the twist (v, omega) of the camera, in its frame
    to_point: np.ndarray  # (O, 2, 3)
    to_lens: np.ndarray  # (O, 2, D) by what is unknown of the lenses
    residuals: np.ndarray  # (O, 2)


@dataclass(frozen=True, eq=False)
class Curvature:
    """Normal matrices, points integrated out: of V cameras (6V, 6V), lengths in units of the scene; of the
    lenses (D, D), whose unknowns have standard deviations (D,); and between both (6V, D).
    """

    cameras: np.ndarray
    lenses: np.ndarray
    between: np.ndarray
    sigmas: np.ndarray
    focal_of: dict[int, list[int]]  # as in LensUnknowns
    scale: float  # world units of a unit of the scene

    def normal(self, stretch: float) -> np.ndarray:
        """(6V, 6V) of the cameras, lenses integrated out, where all residuals err by so many times as much.

        In units of the squared stretch: what is known of the lenses beforehand does not stretch with it.
        """
        return self.cameras - self.between @ np.linalg.solve(self._lenses(stretch), self.between.T)

    def lens_normal(self, stretch: float, camera_covariance: np.ndarray) -> np.ndarray:
        """(D, D) of the lenses, in the same units, the cameras integrated out; camera_covariance: (6V, 6V)
        under known lenses.
        """
        return self._lenses(stretch) - self.between.T @ camera_covariance @ self.between

    def _lenses(self, stretch: float) -> np.ndarray:
        return self.lenses + np.diag((stretch / self.sigmas) ** 2)


def curvature_of(
    views: list[View],
    placement: Placement,
    order: list[int],
    options: AnswerOptions,
    focal_groups: Mapping[int, int],
) -> Curvature:
    """Of the cameras in this order; focal_groups: views whose lens nobody told, by who shares one."""
    centres = np.array([centre_of(placement.cams_from_world[index]) for index in order])
    scale = max(float(np.linalg.norm(centres - centres.mean(0), axis=1).max()), 1e-12)
    found, unknown = _jacobians(views, placement, scale, options, focal_groups)
    noise = options.least_noise_px
    if len(found.residuals):
        noise = max(noise, 1.4826 * float(np.median(np.abs(found.residuals))))
    normal, coupling = _camera_blocks(found, placement, order)
    lenses, between, lens_coupling = _lens_blocks(found, placement, order)
    everything = np.block([[normal, between], [between.T, lenses]])
    everything -= _taken_by_points(found, placement, np.concatenate([coupling, lens_coupling], axis=1))
    everything /= noise**2
    size = len(normal)
    blocks = everything[:size, :size], everything[size:, size:], everything[:size, size:]
    return Curvature(*blocks, unknown.sigmas, unknown.focal_of, scale)


def _camera_blocks(found: Jacobians, placement: Placement, order: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """(6V, 6V) normal matrix of the cameras, and (T, 6V, 3) how they hang on the points."""
    size, count, track = len(order), placement.tracks.count, placement.tracks.track
    camera = _places(placement, order)
    normal = np.zeros((size, size, 6, 6))
    np.add.at(normal, (camera, camera), found.to_camera.transpose(0, 2, 1) @ found.to_camera)
    coupling = np.zeros((count, size, 6, 3))
    np.add.at(coupling, (track, camera), found.to_camera.transpose(0, 2, 1) @ found.to_point)
    return normal.transpose(0, 2, 1, 3).reshape(6 * size, 6 * size), coupling.reshape(count, 6 * size, 3)


def _lens_blocks(
    found: Jacobians, placement: Placement, order: list[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(D, D) normal matrix of the lenses, (6V, D) with the cameras, (T, D, 3) with the points."""
    camera, track, by_lens = _places(placement, order), placement.tracks.track, found.to_lens
    size = by_lens.shape[2]
    between = np.zeros((len(order), 6, size))
    np.add.at(between, camera, found.to_camera.transpose(0, 2, 1) @ by_lens)
    coupling = np.zeros((placement.tracks.count, size, 3))
    np.add.at(coupling, track, by_lens.transpose(0, 2, 1) @ found.to_point)
    flat = by_lens.reshape(2 * len(by_lens), size)
    return flat.T @ flat, between.reshape(6 * len(order), size), coupling


def _taken_by_points(found: Jacobians, placement: Placement, coupling: np.ndarray) -> np.ndarray:
    """Of a coupling (T, N, 3): (N, N), what moves of the points make up for."""
    normal = np.zeros((placement.tracks.count, 3, 3))
    np.add.at(normal, placement.tracks.track, found.to_point.transpose(0, 2, 1) @ found.to_point)
    ridge = 1e-9 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(3)
    return (coupling @ np.linalg.solve(normal + ridge, coupling.transpose(0, 2, 1))).sum(0)


def _places(placement: Placement, order: list[int]) -> np.ndarray:
    """(O,) the place of every observation's camera in the order."""
    place_of = {index: place for place, index in enumerate(order)}
    return np.array([place_of[index] for index in placement.tracks.view.tolist()], dtype=np.int64)


def _jacobians(
    views: list[View],
    placement: Placement,
    scale: float,
    options: AnswerOptions,
    focal_groups: Mapping[int, int],
) -> tuple[Jacobians, LensUnknowns]:
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
    ).reshape(-1, 2)
    drawn = seen[:, :2] / depth[:, None] * focal[:, None]
    side = np.array([max(views[index].width, views[index].height) for index in tracks.view.tolist()], float)
    unknown = lens_unknowns(
        drawn, focal, side, tracks.view, placement.cams_from_world, focal_groups, options.lens
    )
    off = drawn - rays * focal[:, None]
    return Jacobians(to_camera, to_point, unknown.jacobian, off), unknown
