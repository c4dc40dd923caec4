"""Bodies that are easily taken for themselves turned: a handle or an open end tells, or the print alone.

What turns nearly keep a body is known by construction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import trimesh
from scipy.spatial import ConvexHull, QhullError

from training.drawn import coats, shapes

CREASE = 0.6  # cosine between faces: across a sharper edge no surface is smooth
POINTS = 96  # of a body, which tell how far two poses are apart


class Body(NamedTuple):
    """A diameter is 1, the centre the origin."""

    vertices: np.ndarray  # (V, 3) float32
    faces: np.ndarray  # (F, 3) int32
    normals: np.ndarray  # (V, 3) float32, of the smooth surface, outward
    uvs: np.ndarray  # (V, 2) float32
    points: np.ndarray  # (POINTS, 3) float32, of the convex hull
    flips: int  # half turns that keep most of its shape: the first of `HALF_TURNS`
    near_round: bool  # so does any turn about z
    is_turned: bool  # and leaves it as it is, but for a print
    goes_round: bool  # its prints do
    plain: float  # how often it has one colour


def any_body(rng: np.random.Generator) -> Body:
    """A box, a turned body, a cup or bowl, a thing with a handle, a tool, a lump."""
    kind = rng.choice(6, p=[0.22, 0.26, 0.22, 0.14, 0.11, 0.05])
    if kind == 0:
        return _body(shapes.box(rng)[0], 4, plain=0.12)
    if kind == 1:  # cans, bottles, tins
        body = shapes.revolved(rng, hollow=rng.random() < 0.2)
        return _body(body, int(rng.integers(1, 3)), True, True, True, plain=0.15)
    if kind == 2:
        goes_round = rng.random() < 0.7
        return _body(shapes.handled(rng)[0], int(rng.integers(1, 3)), True, False, goes_round, plain=0.7)
    if kind == 3:  # upside down they are hard to tell
        return _body(shapes.revolved(rng, hollow=True), 2, True, True, True, plain=0.8)
    if kind == 4:
        return _body(shapes.assembled(rng)[0], 4, plain=0.5)
    return _body(shapes.lump(rng)[0], 4, plain=0.2)


def _body(
    shape: trimesh.Trimesh,
    flips: int,
    near_round: bool = False,
    is_turned: bool = False,
    goes_round: bool = False,
    *,
    plain: float,
) -> Body:
    shape.apply_translation(-shape.bounds.mean(0))
    shape.apply_scale(1 / np.linalg.norm(shape.vertices[:, None] - _extremes(shape, 40), axis=-1).max())
    corners = np.array(shape.triangles)
    uvs = (coats.around if goes_round else coats.on_sides)(corners, shape)
    rows = np.concatenate([x.reshape(3 * len(corners), -1) for x in (corners, _smooth(corners), uvs)], 1)
    unique, inverse = np.unique(rows.astype(np.float32).round(4), axis=0, return_inverse=True)
    vertices, normals, uvs = np.split(unique, [3, 6], 1)
    points = _extremes(shape, POINTS).astype(np.float32)
    faces = inverse.reshape(-1, 3).astype(np.int32)
    return Body(vertices, faces, normals, uvs, points, flips, near_round, is_turned, goes_round, plain)


def _extremes(shape: trimesh.Trimesh, count: int) -> np.ndarray:
    """(count, 3) vertices of the convex hull, spread evenly in their order, repeated if there are fewer."""
    try:
        hull = shape.vertices[ConvexHull(shape.vertices).vertices]
    except QhullError:
        hull = shape.vertices
    return hull[np.linspace(0, len(hull) - 1, count).round().astype(int)]


def _smooth(corners: np.ndarray) -> np.ndarray:
    """(3 F, 3) unit means over the faces that meet in a corner (F, 3, 3), creases left sharp."""
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit = face / np.linalg.norm(face, axis=1, keepdims=True).clip(1e-12)
    place = np.unique(corners.reshape(-1, 3).round(5), axis=0, return_inverse=True)[1].ravel()
    order, count = np.argsort(place, kind="stable"), np.bincount(place)
    slot = np.arange(len(order)) - np.repeat(count.cumsum() - count, count)
    around = np.zeros((len(count), count.max(), 3))
    around[place[order], slot] = face[order // 3]
    own, met = unit.repeat(3, 0), around[place]
    is_smooth = np.einsum("ndk,nk->nd", met, own) > CREASE * np.linalg.norm(met, axis=-1)
    mean = (met * is_smooth[..., None]).sum(1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True).clip(1e-12)
