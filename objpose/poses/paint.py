"""Is what is painted on an object what the photo shows? Another pack of this shape fits the depth as well.

Colours drawn and seen are compared by how they vary over the object: the light's own colour and its strength
cancel out. Where the paint does not vary nothing is said.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from objpose.crops import NEAR, Crop, depth_tolerance
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.raster import render_mesh

AGREED = 0.04  # of the diameter: depth that confirms a pixel, if no noisier
LEAST_PIXELS = 30
DARK = 0.1  # beside the sum of the channels: what is dark has no hue that could be told
# Of hues, in shares of the channels' sum: variation that a uniform thing shows by its gloss, seen or drawn.
GLOSS = 0.03
# Nats for the paint, a unit of correlation, and what the same variation costs where nothing agrees. Chosen on
# even images of three sets, of right objects against those whose channels were swapped or texture flipped.
FOR, AGAINST = 4.4, 1.5
OTHER = 0.05  # chance that a mask shows another thing of this very shape
TELL_PAINT = 0.7  # trust below which the user is told
NOT_ITS_PAINT = (
    "its colours do not stand where the photo has them: is it another thing of this shape, or another print?"
)


def paint_nats(model: ObjectModel, crop: Crop, cam_from_obj: SE3) -> float:
    """Nats by which a crop speaks for the paint of an object under a pose (), mesh frame.

    Depth, where there is some, has to agree. 0 for objects without colour or of one, and where too little is
    seen.
    """
    if model.mesh.color_source == "none":
        return 0.0
    mesh, size = model.mesh, crop.size
    drawn = render_mesh(mesh, cam_from_obj[None], crop.K, size, size, outputs=("depth", "color"), near=NEAR)
    assert drawn.color is not None and drawn.depth is not None  # asked for
    depth = drawn.depth[0]
    agrees = (crop.depth == 0) | ((crop.depth - depth).abs() < depth_tolerance(crop, AGREED * model.diameter))
    shown = (depth > 0) & crop.mask & agrees
    if int(shown.sum()) < LEAST_PIXELS:
        return 0.0
    return _nats(*(_varying(_hues(rgb), shown) for rgb in (drawn.color[0], crop.rgb)))


def _nats(drawn: Tensor, seen: Tensor) -> float:
    """Of hues (N, 2) less their means: by their correlation, as far as those drawn vary."""
    gloss = GLOSS**2
    varies, seen_varies = (hues.square().sum(-1).mean() for hues in (drawn, seen))
    agreed = (drawn * seen).sum(-1).mean() / ((varies + gloss) * (seen_varies + gloss)).sqrt()
    return float(varies / (varies + gloss) * (FOR * agreed - AGAINST))


def trust_in_paint(nats: float) -> float:
    """Factor in [0, 1] of a chance that knows nothing of paint; 1 where nothing is said against it."""
    return min(1.0, 1.0 / (1.0 - OTHER + OTHER * math.exp(-nats)))


def _hues(rgb: Tensor) -> Tensor:
    """(H, W, 2) of colours (H, W, 3): red against green, and blue against both."""
    red, green, blue = rgb.unbind(-1)
    whole = rgb.sum(-1) + DARK
    return torch.stack([(red - green) / whole, (blue - (red + green) / 2) / whole], -1)


def _varying(hues: Tensor, shown: Tensor) -> Tensor:
    """(N, 2) of the shown pixels, less their mean, averaged over their neighbours."""
    weight = shown.float()[None, None]
    planes = hues.permute(2, 0, 1)[None] * weight
    for _ in range(2):
        planes, weight = (avg_pool2d(some, 3, 1, 1) for some in (planes, weight))
    smooth = (planes / weight.clamp_min(1e-6))[0].permute(1, 2, 0)[shown]
    return smooth - smooth.mean(0)
