"""How noisy a crop's depth is, told by that depth alone: what no smooth surface explains.

Stereo and structured light err by a share of a pixel's disparity, so that the error grows with the square of
the distance: a thing of 30 pixels, two metres off, may be measured to a tenth of its size.
"""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops.crop import Crop

GAP = 2  # pixels between the three that are compared: neighbours err alike
KEPT = 0.8  # of the second differences: the largest are edges
SHRUNK = 0.66  # of a normal's sigma, by leaving out the others
ENOUGH = 8  # second differences, of which fewer tell nothing
SIGMAS = 3.0  # beyond which a difference is none of the noise


def depth_roughness(crop: Crop) -> float:
    """Metres, one sigma of the depth on the mask, by its second differences; 0 where too little is measured.

    Planes of any slant have none, and a ball of n pixels 7 / n^2 of its diameter.
    """
    host = crop.on_host
    depth = host.depth.masked_fill(~host.mask | (host.depth == 0), torch.nan)
    bent = torch.cat([_second_differences(depth), _second_differences(depth.T)])
    squared = bent[~bent.isnan()].square()
    count = int(KEPT * len(squared))
    if count < ENOUGH:
        return 0.0
    least = squared.kthvalue(count).values
    return float(squared[squared <= least].mean().sqrt()) / (SHRUNK * 6**0.5)


def depth_tolerance(crop: Crop, least: float) -> float:
    """Metres by which measured depth may differ from what is there: `least`, or as much as it is noisy."""
    return max(least, SIGMAS * depth_roughness(crop))


def _second_differences(depth: Tensor) -> Tensor:
    """(N,) down the columns of depth (H, W)."""
    return (depth[: -2 * GAP] - 2 * depth[GAP:-GAP] + depth[2 * GAP :]).flatten()
