"""How large the thing under a mask is, by depth and camera, against the object's own silhouettes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from objpose.checking.edges import filled
from objpose.checking.given import Given, points_under
from objpose.geometry import Mesh, looking_at, square_K, view_rotations
from objpose.raster import render_mesh

VIEWS = 162
SIZE = 64  # pixels of a view's side
FILL = 0.9  # of the side taken by the diameter
DISTANCE = 4.0  # of the camera, in diameters
OUTLIERS = 6.0  # median deviations of the depth under the mask, beyond which a pixel is another thing's
SLACK = 0.01  # of the depth, added to that: flat things have no deviation
LIKENESS = 0.1  # of a logarithm: how far the lengths of a right view are from those seen
LEAST = 50  # pixels of the mask with depth
BESIDE = 0.03  # of the root of the mask's area: how far outside it things may hide it
NEARER = 0.01  # of the depth: outside pixels nearer by this hide a part of the object
FITS = 0.15  # of a logarithm: lengths further from those of every side are of a part
RIM = 8  # pixels: masks end so near to the picture's border where it cuts the object off
OPEN = 0.08  # share of the border that may be hidden or at the picture's border without harm


@dataclass(frozen=True)
class Apparent:
    """What the depth under the mask says of the size."""

    ratio: float  # apparent size over the object's
    doubt: float  # standard deviation of its logarithm: the sides that fit differ
    is_whole: bool  # a side of the object, with nothing before it and not cut off by the picture
    depth: float  # median under the mask, metres
    diameter: float  # the object's, metres


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """The lengths of what an object shows from all sides."""

    lengths: np.ndarray  # (VIEWS, 3) logarithms, metres
    diameter: float  # metres

    @staticmethod
    def of(mesh: Mesh) -> Silhouettes:
        diameter, centre = mesh.diameter(), mesh.bounds().mean(0)
        rotation = view_rotations(VIEWS, 1)
        focal, middle = FILL * SIZE * DISTANCE, (SIZE - 1) / 2
        cam_from_obj = looking_at(centre, rotation, DISTANCE * diameter)
        depths = render_mesh(
            mesh, cam_from_obj, square_K(focal, SIZE), SIZE, SIZE, near=diameter
        ).depth.numpy()
        return Silhouettes(np.array([_lengths_of_view(depth, focal, middle) for depth in depths]), diameter)


def apparent_by_silhouettes(given: Given, silhouettes: Silhouettes) -> Apparent | None:
    """Of a view with all its parts; None where the mask has hardly any depth.

    Three lengths (root of the area; the two principal standard deviations) are those of a silhouette up to
    a turn; a ratio for each side of the object follows, and counts by how well the three agree on it.
    """
    assert given.mask is not None and given.camera is not None
    depth = given.seen
    where = given.mask & (depth > 0)
    if where.sum() < LEAST:
        return None
    median = float(np.median(depth[where]))
    spread = float(np.median(np.abs(depth[where] - median)))
    where &= np.abs(depth - median) < OUTLIERS * spread + SLACK * median
    points = points_under(depth, where, given.camera)
    area = given.mask.sum() * median**2 / (given.camera.fx * given.camera.fy)
    logs = _lengths(points[:, :2], area) - silhouettes.lengths
    ratios, misfits = logs.mean(axis=1), logs.std(axis=1)
    weights = np.exp(-0.5 * ((misfits - misfits.min()) / LIKENESS) ** 2)
    mean = float(np.average(ratios, weights=weights))
    doubt = math.sqrt(float(np.average((ratios - mean) ** 2, weights=weights)))
    is_whole = float(misfits.min()) < FITS and _hidden_share(given.mask, depth) < OPEN
    return Apparent(math.exp(mean), doubt, is_whole, median, silhouettes.diameter)


def _lengths_of_view(depth: np.ndarray, focal: float, middle: float) -> np.ndarray:
    rows, columns = np.nonzero(depth)
    z = depth[rows, columns]
    across = np.stack([columns - middle, rows - middle], axis=-1) * (z / focal)[:, None]
    return _lengths(across, float((z**2).sum()) / focal**2)


def _lengths(across: np.ndarray, area: float) -> np.ndarray:
    """(3,) logarithms: root of the area, and the standard deviations of points (N, 2) along their axes."""
    variances = np.linalg.eigvalsh(np.cov(across.T)) if len(across) > 2 else np.zeros(2)
    least = 1e-4 * max(area, 1e-30)  # of things a pixel wide
    return 0.5 * np.log([area, *np.maximum(variances, least)])


def _hidden_share(mask: np.ndarray, depth: np.ndarray) -> float:
    """Share of the mask's border that something nearer hides, or that the picture cuts off."""
    side = math.sqrt(mask.sum())
    cut = mask.sum() - mask[RIM:-RIM, RIM:-RIM].sum()
    steps = max(3, round(BESIDE * side))
    window = _window(mask, 2 * steps)
    mask, depth = mask[window], filled(depth[window])
    inside = ndimage.binary_erosion(mask, iterations=2) if side > 20 else mask
    outside = ndimage.binary_dilation(mask, iterations=steps) & ~ndimage.binary_dilation(mask, iterations=2)
    _, (rows, columns) = ndimage.distance_transform_edt(~inside, return_indices=True)
    gap = depth[rows, columns][outside] - depth[outside]
    hidden = float((gap > NEARER * depth[outside]).mean()) if outside.any() else 1.0
    return hidden + float(cut) / (RIM * 4 * side)


def _window(mask: np.ndarray, margin: int) -> tuple[slice, slice]:
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    top, left = max(int(rows[0]) - margin, 0), max(int(columns[0]) - margin, 0)
    return slice(top, int(rows[-1]) + margin + 1), slice(left, int(columns[-1]) + margin + 1)
