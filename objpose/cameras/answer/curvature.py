"""How steeply the residuals of a placement rise when its cameras move, points and focal lengths free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.views import View
from objpose.geometry.rigid_matrices import centre_of

FOCAL_SIGMA = 0.35  # of the log of a focal length of which nothing is known: wide phones to short telephotos


class Jacobians(NamedTuple):
    """Of O observations, in pixels and units of the scene."""

    to_camera: np.ndarray  # (O, 2, 6) by the twist (v, omega) of the camera, in its frame
    to_point: np.ndarray  # (O, 2, 3)
    to_focal: np.ndarray  # (O, 2) by the log of the focal length
    residuals: np.ndarray  # (O, 2)


def normal_matrix(
    views: list[View],
    placement: Placement,
    order: list[int],
    least_noise: float,
    focal_groups: Mapping[int, int],
) -> tuple[np.ndarray, float]:
    """(6V, 6V) of the cameras in this order, lengths in units of the scene; and that unit.

    Points are integrated out, and the focal lengths of groups of views that nobody knew.
    """
    tracks = placement.tracks
    centres = np.array([centre_of(placement.cams_from_world[index]) for index in order])
    scale = max(float(np.linalg.norm(centres - centres.mean(0), axis=1).max()), 1e-12)
    found = _jacobians(views, placement, scale)
    noise = least_noise
    if len(found.residuals):
        noise = max(least_noise, 1.4826 * float(np.median(np.abs(found.residuals))))
    normal, coupling = _camera_blocks(found, placement, order)
    groups = [focal_groups.get(index, -1) for index in tracks.view.tolist()]
    focal, mixed, focal_coupling = _focal_blocks(found, placement, order, np.array(groups, dtype=np.int64))
    everything = np.block([[normal, mixed], [mixed.T, focal]])
    everything -= _taken_by_points(found, placement, np.concatenate([coupling, focal_coupling], axis=1))
    everything /= noise**2
    cameras = len(normal)
    focal = everything[cameras:, cameras:] + np.eye(len(focal)) / FOCAL_SIGMA**2
    mixed = everything[:cameras, cameras:]
    return everything[:cameras, :cameras] - mixed @ np.linalg.solve(focal, mixed.T), scale


def _camera_blocks(found: Jacobians, placement: Placement, order: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """(6V, 6V) normal matrix of the cameras, and (T, 6V, 3) how they hang on the points."""
    size, count, track = len(order), placement.tracks.count, placement.tracks.track
    camera = _places(placement, order)
    normal = np.zeros((size, size, 6, 6))
    np.add.at(normal, (camera, camera), found.to_camera.transpose(0, 2, 1) @ found.to_camera)
    coupling = np.zeros((count, size, 6, 3))
    np.add.at(coupling, (track, camera), found.to_camera.transpose(0, 2, 1) @ found.to_point)
    return normal.transpose(0, 2, 1, 3).reshape(6 * size, 6 * size), coupling.reshape(count, 6 * size, 3)


def _focal_blocks(
    found: Jacobians, placement: Placement, order: list[int], groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(G, G) normal matrix of the focal lengths, (6V, G) with the cameras, (T, G, 3) with the points.

    groups: (O,) of the observations, -1 where the focal length is known.
    """
    names, group = np.unique(groups[groups >= 0], return_inverse=True)
    mine, size = groups >= 0, len(names)
    camera, track = _places(placement, order)[mine], placement.tracks.track[mine]
    by_focal = found.to_focal[mine]
    mixed = np.zeros((len(order), size, 6))
    np.add.at(mixed, (camera, group), np.einsum("oi,oij->oj", by_focal, found.to_camera[mine]))
    coupling = np.zeros((placement.tracks.count, size, 3))
    np.add.at(coupling, (track, group), np.einsum("oi,oij->oj", by_focal, found.to_point[mine]))
    normal = np.diag(np.bincount(group, (by_focal**2).sum(1), size))
    return normal, mixed.transpose(0, 2, 1).reshape(6 * len(order), size), coupling


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


def _jacobians(views: list[View], placement: Placement, scale: float) -> Jacobians:
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
    return Jacobians(to_camera, to_point, drawn, drawn - rays * focal[:, None])
