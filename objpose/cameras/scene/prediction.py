"""Negative evidence: what a photo should show if it stood at a place, and whether it does.

A point that other photos see from nearly the same side lies at a known pixel. A photo that stands where it is
said to has a keypoint like it there about half of the time; one that stands at the twin of its place, where
another side of some package bears the same print, shows the print and misses all that stands around it.
Matches cannot tell, as they only count what is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from objpose.cameras.scene.options import PredictionOptions
from objpose.cameras.scene.placement import NOTHING, Placement, Prediction
from objpose.cameras.scene.tracks import Tracks
from objpose.cameras.scene.views import View
from objpose.geometry.rigid_matrices import centre_of


class Expected(NamedTuple):
    """Points that a photo should show, a row a point."""

    pixels: np.ndarray  # (P, 2) where
    angle_deg: np.ndarray  # (P,) between its ray and that of the nearest photo that saw the point
    witnesses: np.ndarray  # (P,) other photos that saw it
    view: np.ndarray  # (P,) the nearest of them
    keypoint: np.ndarray  # (P,) and its keypoint
    point: np.ndarray  # (P,) of the placement


def predict(
    views: Sequence[View],
    placement: Placement,
    photo: int,
    cam_from_world: np.ndarray,
    options: PredictionOptions,
) -> Prediction:
    """What the points of the others say of a photo that stands there.

    Found points speak for the place, missing ones against it, by how often they are found at right places and
    at wrong ones; points in one patch of the photo, which one thing may hide, speak together as some five.
    Nothing is said where the other photos see no points from near enough, or features have no descriptors.
    """
    if not len(views[photo].described):
        return NOTHING
    expected = expected_points(views, placement, photo, cam_from_world, options)
    if not len(expected.pixels):
        return NOTHING
    patches = _patches(views[photo], expected, options)
    each = _weighed(views, photo, expected, options)
    return Prediction(*(_by_patch(nats, patches, options.patch_nats) for nats in each))


def told_of_points(
    views: Sequence[View],
    placement: Placement,
    photo: int,
    cam_from_world: np.ndarray,
    options: PredictionOptions,
) -> np.ndarray:
    """(count,) nats by which a photo that stands there shows each point of the others where it should be; 0
    of those that it need not show.
    """
    nats = np.zeros(len(placement.points))
    if len(views[photo].described):
        expected = expected_points(views, placement, photo, cam_from_world, options)
        nats[expected.point] = _weighed(views, photo, expected, options)[0]
    return nats


def _weighed(
    views: Sequence[View], photo: int, expected: Expected, options: PredictionOptions
) -> tuple[np.ndarray, np.ndarray]:
    """(P,) nats of each point, found or missing, and those that a right place has on average."""
    right = options.rate(expected.angle_deg, expected.witnesses)
    present, missing = np.log(right / options.chance), np.log((1.0 - right) / (1.0 - options.chance))
    found = _found(views, photo, expected, options)
    return np.where(found, present, missing), right * present + (1.0 - right) * missing


def expected_points(
    views: Sequence[View],
    placement: Placement,
    photo: int,
    cam_from_world: np.ndarray,
    options: PredictionOptions,
) -> Expected:
    """The points inside the photo that two of the others see and describe, one of them from about the same
    side.
    """
    tracks = placement.tracks.without(_is_silent(views, placement.tracks, photo))
    witnesses = tracks.lengths()
    pixels, inside = _projected(views[photo], placement.points, cam_from_world, options)
    useful = (inside & (witnesses >= 2))[tracks.track]
    tracks = tracks.without(~useful)
    angle = _angles(placement, tracks.view, placement.points[tracks.track], centre_of(cam_from_world))
    order = np.lexsort((angle, tracks.track))
    point, first = np.unique(tracks.track[order], return_index=True)
    nearest = order[first]
    nearest = nearest[angle[nearest] < options.nearest_deg]
    point = tracks.track[nearest]
    view, keypoint = tracks.view[nearest], tracks.keypoint[nearest]
    return Expected(pixels[point], angle[nearest], witnesses[point], view, keypoint, point)


def _is_silent(views: Sequence[View], tracks: Tracks, photo: int) -> np.ndarray:
    """(O,) observations that say nothing of what the photo shows: its own, and those without descriptors."""
    silent = tracks.view == photo
    for index in np.unique(tracks.view):
        described = views[index].features.described
        if not described.all():
            mine = tracks.view == index
            silent[mine] |= ~described[tracks.keypoint[mine]]
    return silent


def _projected(
    view: View, points: np.ndarray, cam_from_world: np.ndarray, options: PredictionOptions
) -> tuple[np.ndarray, np.ndarray]:
    """(count, 2) pixels of all points, and (count,) whether the photo's frame holds them."""
    seen = points @ cam_from_world[:3, :3].T + cam_from_world[:3, 3]
    in_front = seen[:, 2] > 1e-9
    rays = seen[:, :2] / np.where(in_front, seen[:, 2], 1.0)[:, None]
    pixels = rays * view.K.diagonal()[:2] + view.K[:2, 2]
    on_photo = view.on_photo(pixels)
    last = np.array([view.width, view.height]) - 1 - options.border_px
    return pixels, in_front & (on_photo > options.border_px).all(1) & (on_photo < last).all(1)


def _angles(placement: Placement, view: np.ndarray, points: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """(O,) degrees between the rays to a point (O, 3) from a placed view (O,) and from a further centre."""
    centres = np.zeros((max(placement.cams_from_world) + 1, 3))
    for index, cam in placement.cams_from_world.items():
        centres[index] = centre_of(cam)
    there, here = points - centres[view], points - centre
    lengths = np.linalg.norm(there, axis=1) * np.linalg.norm(here, axis=1)
    return np.degrees(np.arccos(np.clip((there * here).sum(1) / lengths.clip(min=1e-12), -1.0, 1.0)))


def _found(views: Sequence[View], photo: int, expected: Expected, options: PredictionOptions) -> np.ndarray:
    """(P,) whether the photo has a keypoint like the expected one in its place."""
    view, count = views[photo], len(views[photo].described)
    reach = options.leniency * view.tolerance_px
    _, near = view.places.query(expected.pixels, k=options.neighbours, distance_upper_bound=reach)
    point, slot = np.nonzero(near < count)
    alike = np.zeros(len(point))
    seen = view.features.descriptors[:, view.described[near[point, slot]]]
    for other in np.unique(expected.view[point]):
        mine = expected.view[point] == other
        wanted = views[other].features.descriptors[0, expected.keypoint[point[mine]]]
        alike[mine] = np.einsum("rpd,pd->rp", seen[:, mine], wanted).max(0)
    found = np.zeros(len(expected.pixels), dtype=bool)
    # Of unit vectors: their squared distance is 2 - 2 cos.
    found[point[2.0 - 2.0 * alike < (options.alike * view.typical_distance) ** 2]] = True
    return found


def _by_patch(nats: np.ndarray, patches: np.ndarray, most: float) -> float:
    """The sum over points, with what one patch says bounded."""
    return float((most * np.tanh(np.bincount(patches, nats) / most)).sum())


def _patches(view: View, expected: Expected, options: PredictionOptions) -> np.ndarray:
    size = max(view.width, view.height) / options.patches
    columns, rows = (expected.pixels / size).astype(np.int64).clip(min=0).T
    return rows * options.patches + columns
