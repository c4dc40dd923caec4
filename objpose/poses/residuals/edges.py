"""Edge residuals: the drawn outline on the picture's own edges beside it."""

from __future__ import annotations

import torch
from scipy import ndimage
from torch import Tensor

from objpose.crops import Crop, signed_distance
from objpose.geometry import NormalEquations, upload
from objpose.poses.residuals.posed import Posed
from objpose.raster import PictureEdges, drawn_edge_equations

BLUR = 1.0  # pixels, of the picture


class Edges:
    """Of B poses' outlines in a crop; the cost is a mean of negative log likelihoods.

    Along the normal of each outline pixel the picture may have its edge anywhere, the likelier the stronger
    it changes there and the nearer it is, or none at all: contour tracking (Harris; Drummond, Cipolla) with
    all edges in place of the strongest. Outlines where others' masks lie, beyond the frame, or farther than
    `band` pixels from the mask's border are left alone.

    reach: pixels that outlines are off their edges, standard deviation.
    """

    outputs = ("depth",)

    def __init__(self, crop: Crop, band: float, reach: float):
        host = crop.on_host
        near_border = ~host.unsure & (signed_distance(host.mask).abs() < band)
        blurred = torch.from_numpy(ndimage.gaussian_filter(host.rgb.numpy(), (BLUR, BLUR, 0)))
        slopes = torch.cat(torch.gradient(blurred, dim=(1, 0)), dim=-1)  # along columns, along rows
        arrays = slopes, near_border, crop.camera.rays(), crop.K
        slopes, counts, rays, K = (upload(array, crop.device) for array in arrays)
        self.edges = PictureEdges(slopes, counts, rays, K, reach)

    def system(self, posed: Posed) -> NormalEquations:
        return self.compared(posed.drawn.depth, posed.pivot)

    def compared(self, depth: Tensor, pivot: Tensor) -> NormalEquations:
        """The same of drawn depth (B, S, S), metres, 0 = empty, and the object's centre (B, 3)."""
        return drawn_edge_equations(depth, self.edges, pivot)
