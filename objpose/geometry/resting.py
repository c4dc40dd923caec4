"""The sides that a body can stay on, its stable poses: Goldberg et al., Part Pose Statistics, IJRR 1999."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import ConvexHull, QhullError

TOUCHING = 0.01  # of the size: what lies as near to the plane carries the body
APART = 3.0  # degrees between sides that count as two
MOST = 400  # faces of the hull that are asked, the largest first


class RestingSides(NamedTuple):
    """Of a body in its own frame, metres. Flat and straight bodies have no sides."""

    corners: np.ndarray  # (H, 3) of its convex hull
    normals: np.ndarray  # (F, 3) unit, outward: they point down where the body stays on that side


def resting_sides(points: np.ndarray) -> RestingSides:
    """Of a body of even weight that fills the convex hull of points (N, 3)."""
    points = np.asarray(points, np.float64)
    try:
        hull = ConvexHull(points)
    except QhullError:
        return RestingSides(points, np.zeros((0, 3)))
    corners = points[hull.vertices]
    edges = points[hull.simplices] - points[hull.simplices[:, :1]]
    areas = np.linalg.norm(np.cross(edges[:, 1], edges[:, 2]), axis=1) / 2
    middle = _centre_of_mass(points[hull.simplices], hull.equations, areas)
    found: list[np.ndarray] = []
    for normal in hull.equations[np.argsort(-areas)[:MOST], :3]:
        new = all(normal @ other < np.cos(np.radians(APART)) for other in found)
        if new and _carries(corners, normal, middle):
            found.append(normal)
    return RestingSides(corners, np.array(found).reshape(-1, 3))


def _centre_of_mass(triangles: np.ndarray, planes: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """(3,) of the hull, from its triangles (T, 3, 3): tetrahedra over each, with a tip in their middle."""
    tip = triangles.mean((0, 1))
    volumes = -areas * (planes[:, :3] @ tip + planes[:, 3])
    return np.average((triangles.sum(1) + tip) / 4, axis=0, weights=volumes)


def _carries(corners: np.ndarray, normal: np.ndarray, middle: np.ndarray) -> bool:
    """Does the centre of mass lie above what touches a plane under the side?"""
    heights = corners @ normal
    carrying = corners[heights > heights.max() - TOUCHING * np.ptp(corners, axis=0).max()]
    along = np.linalg.svd(normal[None])[2][1:]
    try:
        outline = ConvexHull(carrying @ along.T)
    except (QhullError, ValueError):
        return False  # an edge or a tip
    return bool((outline.equations[:, :2] @ (along @ middle) + outline.equations[:, 2]).max() < 0)
