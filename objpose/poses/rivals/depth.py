"""Depth as evidence: how likely measured depth is under what is drawn, pixel by pixel."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import Crop, depth_roughness
from objpose.geometry import upload
from objpose.geometry.nearby import greatest_nearby

LEAST_SIGMA, MOST_SIGMA = 0.004, 0.06  # of the diameter: what noise may be, if depth itself is no rougher
IN_FRONT = 0.1  # nats, of something measured before the drawn surface, outside the mask: it hides it
IN_FRONT_OWNED = 3.0  # the same within the mask, where the object itself should be seen
APART = 2.0  # sigmas, by which drawn depths must differ to tell anything
HIDES = 3.0  # sigmas, by which something must stand before a surface to hide it
SEEN_THROUGH = 4.0  # nats: the sensor saw beyond the drawn surface
UNEXPLAINED = 3.0  # nats: the mask shows a surface there, and nothing is drawn


def depth_sigma(drawn: Tensor, crop: Crop, diameter: float) -> Tensor:
    """() metres, the noise of measured depth on the mask about the best of drawn depths (B, S, S).

    Sensors differ by an order of magnitude, and with distance, slant and material: the frame itself tells.
    """
    host = crop.on_host
    measured = upload((host.mask & (host.depth > 0)).flatten().nonzero()[:, 0], drawn.device)
    if not len(measured):
        return drawn.new_full((), MOST_SIGMA * diameter)
    drawn = drawn.flatten(1).index_select(1, measured)
    is_drawn = drawn > 0
    error = (crop.depth.flatten()[measured] - drawn).abs().masked_fill(~is_drawn, torch.nan)
    # What leaves half of the mask bare may fit the rest by chance.
    shared = is_drawn.sum(1)
    typical = error.nanmedian(1).values.masked_fill(2 * shared <= shared.amax(), torch.inf)
    most = max(MOST_SIGMA * diameter, depth_roughness(crop))
    return (1.4826 * typical.amin()).clamp(LEAST_SIGMA * diameter, most)


def depth_evidence(drawn: Tensor, crop: Crop, diameter: float, sigma: Tensor) -> Tensor:
    """(B, S, S) nats, 0 at most, of measured depth under drawn depth (B, S, S), metres, 0 = nothing.

    A pixel agrees with any depth drawn next to it: borders are mixed, depth is off by a pixel against colour.
    Missing depth says nothing.
    """
    nearest, farthest = _neighbourhood(drawn)
    measured = crop.depth
    host = crop.on_host
    most = torch.where(host.mask, IN_FRONT_OWNED, IN_FRONT)
    unexplained = (host.mask & (host.depth < _middle(host) + diameter)) * UNEXPLAINED
    told = (host.depth > 0) & host.inside
    most, unexplained, told = (upload(image, drawn.device) for image in (most, unexplained, told))
    front = _nats(nearest - measured, sigma, most)
    behind = _nats(measured - farthest, sigma, torch.tensor(SEEN_THROUGH))
    cost = torch.where(nearest.isinf(), unexplained, front + behind)
    return -cost * told


def differing(drawn: Tensor, other: Tensor, sigma: Tensor | float) -> Tensor:
    """(*, S, S) where drawn depths, that broadcast, differ by more than noise: elsewhere depth is silent."""
    return ((drawn - other).abs() > APART * sigma) | ((drawn > 0) != (other > 0))


def in_view(differ: Tensor, drawn: Tensor, other: Tensor, crop: Crop, sigma: Tensor) -> Tensor:
    """(B, S, S) of the places where drawn depths (B, S, S) and another (S, S) differ, those that are seen.

    What stands before both, outside the mask, hides the difference.
    """
    nearest = torch.minimum(*(depth.masked_fill(depth <= 0, torch.inf) for depth in (drawn, other)))
    hidden = ~crop.mask & (crop.depth < nearest - HIDES * sigma)
    return differ & ~hidden & crop.inside & (crop.depth > 0)


def _neighbourhood(drawn: Tensor) -> tuple[Tensor, Tensor]:
    """(B, S, S) least and greatest depth drawn within a pixel, infinite where something is left empty."""
    solid = drawn.masked_fill(drawn <= 0, torch.inf)
    return -greatest_nearby(-solid), greatest_nearby(solid)


def _nats(excess: Tensor, sigma: Tensor, most: Tensor) -> Tensor:
    """Half the squared excess in sigmas, bounded; nothing for what is negative."""
    return torch.minimum((excess.clamp_min(0.0) / sigma).square() / 2, most)


def _middle(crop: Crop) -> float:
    """Metres, the median of the depth measured on the mask."""
    measured = crop.depth[crop.mask & (crop.depth > 0)]
    return float(measured.median()) if len(measured) else 0.0
