"""The one object before a plain ground, where no mask is given; or none, and why.

The ground is what a path without an edge joins to the photo's border: its brightness may change slowly, in a
shadow say. A mask is trusted only where what remains is one thing, whole, with an edge all around.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from objpose.cameras.silhouettes.options import GroundOptions
from objpose.cameras.silhouettes.silhouette import largest_part


def find_silhouettes(images: Sequence[np.ndarray], options: GroundOptions) -> list[np.ndarray] | None:
    """(H, W) bool of each photo (H, W, 3) uint8; None unless every one shows clearly one object."""
    masks = []
    for image in images:
        mask = before_plain_ground(image, options)
        if mask is None:
            return None
        masks.append(mask)
    return masks


def before_plain_ground(image: np.ndarray, options: GroundOptions) -> np.ndarray | None:
    """(H, W) bool of the object that stands out of a photo's ground, None where none does clearly."""
    height, width = image.shape[:2]
    sigma = options.blur_px * max(1.0, max(height, width) / 640.0)
    edges = _edges(image, sigma)
    rim = max(2, round(options.rim * max(height, width)))
    border = np.ones((height, width), dtype=bool)
    border[rim:-rim, rim:-rim] = False
    limit = max(options.least_edge, options.noise_times * float(np.median(edges[border])))
    if (edges[border] > limit).mean() > options.most_border_edges:
        return None
    labels, _ = ndimage.label(edges <= limit)
    of_border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    thing = ~np.isin(labels, of_border[of_border > 0])
    # An edge is as wide as the blur makes it; the outline runs along its middle.
    thing = ndimage.binary_opening(thing, iterations=round(2 * sigma) + 1)
    mask = ndimage.binary_erosion(largest_part(thing), iterations=max(1, round(1.5 * sigma)))
    return mask if _is_clear(mask, thing, edges, limit, options) else None


def _edges(image: np.ndarray, sigma: float) -> np.ndarray:
    """(H, W) how fast the colour changes, the channel that changes most, a pixel."""
    color = image.astype(np.float32) / 255.0
    steps = [ndimage.gaussian_gradient_magnitude(color[..., channel], sigma) for channel in range(3)]
    return np.max(steps, axis=0)


def _is_clear(
    mask: np.ndarray, thing: np.ndarray, edges: np.ndarray, limit: float, options: GroundOptions
) -> bool:
    """Whether it is one thing, of a fair size, within the photo, with an edge all around."""
    if not options.least_share < mask.mean() < options.most_share:
        return False
    if np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).any():
        return False
    if (
        ndimage.binary_fill_holes(thing) & ~ndimage.binary_dilation(mask, iterations=6)
    ).sum() > options.most_beside * mask.sum():
        return False
    outline = mask & ~ndimage.binary_erosion(mask)
    near = ndimage.maximum_filter(edges, 7)
    return bool((near[outline] > limit).mean() > options.least_outline)
