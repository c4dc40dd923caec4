"""One photo's silhouette as the geometry sees it: its outermost points, and how far pixels are from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from objpose.cameras.scene.views import View
from objpose.cameras.silhouettes.options import SilhouetteOptions
from objpose.geometry.extent import hull_corners


@dataclass(frozen=True, eq=False)
class Silhouette:
    """corners: (D, 2) the outermost points in D directions, at depth one; is_open: (D,) bool, those at which
    the photo's border cuts the object; centre: (2,) the middle of its hull there; size: the root of the
    hull's area there; cut: the share of the outline that is the photo's border; focal: pixels at depth one;
    sigma: of the outline, at depth one; mask: (H, W) the cleaned mask. outline: (M, 2) points of it, at depth
    one, evenly spread, none of them cut; field: (G, G) sigmas that places are within it, negative outside, on
    a square about field_middle (2,) that reaches field_reach from there, at depth one. Beyond a border that
    cuts it the object may be anywhere.
    """

    corners: np.ndarray
    is_open: np.ndarray
    centre: np.ndarray
    size: float
    cut: float
    focal: float
    sigma: float
    mask: np.ndarray
    outline: np.ndarray
    field: np.ndarray
    field_middle: np.ndarray
    field_reach: float


def silhouette_of(view: View, mask: np.ndarray, options: SilhouetteOptions) -> Silhouette | None:
    """None where the mask shows too little, too much, or an object of which the photo's border cuts most."""
    cleaned = largest_part(mask)
    share = cleaned.mean()
    if not options.least_share < share < options.most_share:
        return None
    edge, inner = cleaned & ~ndimage.binary_erosion(cleaned), _inner(cleaned.shape)
    cut = float((edge & ~inner).sum() / edge.sum())
    if cut > options.most_cut:
        return None
    rows, columns = np.nonzero(edge)
    pixels = np.stack([columns, rows], axis=1).astype(np.float64)
    around = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, -0.5], [0.0, 0.5]])
    corners = hull_corners((pixels[:, None] + around).reshape(-1, 2))
    rays = rays_of(view, corners)
    area, middle = _area(_ordered(rays))
    chosen = _outermost(rays - middle, options.directions)
    column, row = corners[chosen].round().astype(np.int64).T
    is_open = ~inner[row.clip(0, len(inner) - 1), column.clip(0, inner.shape[1] - 1)]
    sigma = options.sigma_px * max(1.0, max(cleaned.shape) / 640.0) / view.focal
    outline = rays_of(view, _along(edge & inner, options.points))
    reach = options.field_reach * float(np.abs(rays[chosen] - middle).max())
    field = _field(view, _beyond(cleaned), middle, reach, options.field_size) / sigma
    size = float(np.sqrt(area))
    return Silhouette(
        rays[chosen], is_open, middle, size, cut, view.focal, sigma, cleaned, outline, field, middle, reach
    )


def _inner(shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool, all pixels but those of the photo's border."""
    inner = np.zeros(shape, dtype=bool)
    inner[1:-1, 1:-1] = True
    return inner


def _along(edge: np.ndarray, count: int) -> np.ndarray:
    """(M, 2) pixels of an outline, evenly spread along its length, by angle where it is star-shaped."""
    rows, columns = np.nonzero(edge)
    order = np.argsort(np.arctan2(rows - rows.mean(), columns - columns.mean()), kind="stable")
    chosen = order[np.linspace(0, len(order), count, endpoint=False).astype(np.int64)]
    return np.stack([columns[chosen], rows[chosen]], axis=1).astype(np.float64)


def _beyond(mask: np.ndarray) -> np.ndarray:
    """(H + 2, W + 2) the mask with what lies beyond the photo: all of it along a side that cuts it."""
    wide = np.pad(mask, 1)
    wide[[0, -1]] |= mask[[0, -1]].any(axis=1, keepdims=True)
    wide[:, [0, -1]] |= mask[:, [0, -1]].any(axis=0)
    return wide


def _field(view: View, wide: np.ndarray, middle: np.ndarray, reach: float, size: int) -> np.ndarray:
    """(G, G) how far within a mask, wider by a pixel than the photo, the places of a square are, at depth
    one.
    """
    inside = ndimage.distance_transform_edt(wide) - 0.5
    outside = ndimage.distance_transform_edt(~wide) - 0.5
    signed = np.where(wide, inside, -outside)
    steps = np.linspace(-reach, reach, size)
    rays = np.stack(np.meshgrid(middle[0] + steps, middle[1] + steps), axis=-1).reshape(-1, 2)
    pixels = view.on_photo(rays * view.K.diagonal()[:2] + view.K[:2, 2])
    values = ndimage.map_coordinates(signed, pixels[:, ::-1].T + 1, order=1, mode="nearest")
    return values.reshape(size, size) / view.focal


def largest_part(mask: np.ndarray) -> np.ndarray:
    """The largest connected part of a mask (H, W), without holes."""
    labels, count = ndimage.label(mask)
    if count == 0:
        return np.zeros(mask.shape, dtype=bool)
    sizes = np.bincount(labels.ravel())[1:]
    return ndimage.binary_fill_holes(labels == 1 + sizes.argmax())


def rays_of(view: View, pixels: np.ndarray) -> np.ndarray:
    """(N, 2) at depth one, where a pinhole would see them, of pixels of the photo."""
    if view.bent is None:
        return (pixels - view.K[:2, 2]) / view.K.diagonal()[:2]
    seen = view.bent.unproject(pixels, np.ones(len(pixels))).numpy()
    return seen[:, :2] / seen[:, 2:]


def _ordered(corners: np.ndarray) -> np.ndarray:
    off = corners - corners.mean(0)
    return corners[np.argsort(np.arctan2(off[:, 1], off[:, 0]))]


def _area(corners: np.ndarray) -> tuple[float, np.ndarray]:
    """Of a convex polygon (N, 2) in order, and its centroid."""
    following = np.roll(corners, -1, axis=0)
    cross = corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]
    area = cross.sum() / 2.0
    return abs(area), ((corners + following) * cross[:, None]).sum(0) / (6.0 * area)


def _outermost(off: np.ndarray, directions: int) -> np.ndarray:
    """(D,) which point is farthest in each direction."""
    angle = 2.0 * np.pi * np.arange(directions) / directions
    return (off @ np.stack([np.cos(angle), np.sin(angle)])).argmax(0)
