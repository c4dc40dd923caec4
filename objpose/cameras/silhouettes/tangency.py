"""Epipolar tangency: a plane through two cameras that touches the object in one photo touches it in the
other.

The two outermost such planes touch the object at frontier points, which both outlines show (Cipolla, Astrom,
Giblin: Motion from the frontier of curved surfaces, ICCV 1995). Only the hull of an outline can be touched
from outside, so that its corners are all that counts. Two numbers a pair of photos; none where the line
between the cameras passes through the object. A match of two keypoints says the same of one plane, and is
weighed by the same formula.

The object's middle is near the world's origin: the first and last plane are told by the angle from the one
through the origin.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEAST_BASELINE = 1e-3  # of the distance: cameras in one place have no planes
LEAST_COSINE = 0.05  # of the angle from the middle at which a plane's angle is still told


class Touching(NamedTuple):
    """ray: (B, P, 2, 2, 3) for either photo of P pairs where the last and the first plane touch it, at depth
    one; is_told: (B, P, 2) whether there are such planes.
    """

    ray: np.ndarray
    is_told: np.ndarray


class Coplanarity(NamedTuple):
    """angle: (...) between the planes of two rays and the line between their cameras, radians, with its sign;
    rate: (..., 2) radians a ray moved by one at depth one across its plane; by_first, by_second: (..., 6)
    radians a twist (v, omega) of either camera in its own frame.
    """

    angle: np.ndarray
    rate: np.ndarray
    by_first: np.ndarray
    by_second: np.ndarray


def touching(
    cams_from_world: np.ndarray, rays: np.ndarray, is_open: np.ndarray, pairs: np.ndarray
) -> Touching:
    """Of B placements (B, N, 4, 4) and pairs (P, 2) of the N photos; rays: (N, D, 3) corners at depth one;
    is_open: (N, D) those beyond which the object may go on: no plane that touches one is told.
    """
    rotation, shift = cams_from_world[..., :3, :3], cams_from_world[..., :3, 3]
    centre = -np.matmul(rotation.swapaxes(-1, -2), shift[..., None])[..., 0]
    first, second = centre[:, pairs[:, 0]], centre[:, pairs[:, 1]]
    line, length = _unit(second - first)
    towards, reach = _unit((first * line).sum(-1, keepdims=True) * line - first)
    across = np.cross(line, towards)
    is_told = (length > LEAST_BASELINE * np.linalg.norm(first, axis=-1, keepdims=True)) & (reach > 1e-9)
    is_told = np.repeat(is_told, 2, axis=-1)
    touched = np.zeros((*is_told.shape, 2, 3))
    for side in (0, 1):
        view = pairs[:, side]
        axes = np.matmul(rotation[:, view], np.stack([towards, across], axis=-1))
        seen = np.matmul(rays[view], axes)
        is_told = is_told & (seen[..., 0] > LEAST_COSINE * np.abs(seen[..., 1])).all(-1, keepdims=True)
        slope = seen[..., 1] / np.maximum(seen[..., 0], 1e-9)
        for plane, corner in enumerate((slope.argmax(-1), slope.argmin(-1))):
            touched[:, :, side, plane] = rays[view, corner]
            is_told[..., plane] &= ~is_open[view, corner]
    return Touching(touched, is_told)


def coplanarity(
    first_from_world: np.ndarray, second_from_world: np.ndarray, first_ray: np.ndarray, second_ray: np.ndarray
) -> Coplanarity:
    """Of cameras (..., 4, 4) and a ray (..., 3) of each, at depth one.

    The angle changes by what the rays move across their planes, and by what the line between the cameras
    turns, which moves a ray the more the more it runs along it.
    """
    cams, rays = (first_from_world, second_from_world), (first_ray, second_ray)
    centres = [-np.matmul(cam[..., :3, :3].swapaxes(-1, -2), cam[..., :3, 3:])[..., 0] for cam in cams]
    line, length = _unit(centres[1] - centres[0])
    ways = [
        np.matmul(cam[..., :3, :3].swapaxes(-1, -2), ray[..., None])[..., 0]
        for cam, ray in zip(cams, rays, strict=True)
    ]
    normals, reaches = zip(*(_unit(np.cross(line, way)) for way in ways), strict=True)
    angle = np.arctan2((np.cross(normals[1], normals[0]) * line).sum(-1), (normals[0] * normals[1]).sum(-1))
    along = [(way * line).sum(-1, keepdims=True) / reach for way, reach in zip(ways, reaches, strict=True)]
    by_line = (normals[1] * along[1] - normals[0] * along[0]) / length  # the normals are square to the line
    rate, by_twist = [], []
    for side, sign in ((0, 1.0), (1, -1.0)):
        rotation = cams[side][..., :3, :3]
        normal = np.matmul(rotation, normals[side][..., None])[..., 0]
        rate.append(np.hypot(normal[..., 0], normal[..., 1]) / reaches[side][..., 0])
        by_turn = sign * np.cross(normal, rays[side]) / reaches[side]
        by_shift = sign * np.matmul(rotation, by_line[..., None])[..., 0]
        by_twist.append(np.concatenate([by_shift, by_turn], axis=-1))
    return Coplanarity(angle, np.stack(rate, axis=-1), *by_twist)


def _unit(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    length = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return vectors / length, length
