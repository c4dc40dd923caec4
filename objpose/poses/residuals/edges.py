"""Edge residuals: the drawn outline on the picture's own edges beside it."""

from __future__ import annotations

import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from objpose.crops import Crop, signed_distance
from objpose.geometry import NormalEquations, bilinear, pixel_rows, upload
from objpose.poses.residuals.posed import Posed
from objpose.raster.twin.drawn import outline_pixels, summed

NORMAL_WINDOW = 7  # pixels over which a silhouette is averaged for the direction of its outline
SPACING = 0.5  # pixels between the places on a normal that are looked at
SIGMAS = 3.0  # how far along it, in those of the reach
BLUR = 1.0  # pixels, of the picture
STRONG = 0.04  # change of a colour in [0, 1] a pixel, of an edge that counts half
UNSEEN = 0.3  # of a full edge's weight: how likely the edge does not show


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
        host, self.reach = crop.on_host, reach
        near_border = ~host.unsure & (signed_distance(host.mask).abs() < band)
        blurred = torch.from_numpy(ndimage.gaussian_filter(host.rgb.numpy(), (BLUR, BLUR, 0)))
        slopes = torch.cat(torch.gradient(blurred, dim=(1, 0)), dim=-1)  # along columns, along rows
        arrays = crop.K, crop.camera.rays(), near_border, slopes.permute(2, 0, 1)[None]  # (1, 6, S, S)
        self.K, self.rays, self.open, self.slopes = (upload(array, crop.device) for array in arrays)
        steps = round(SIGMAS * reach / SPACING)
        self.offsets = SPACING * torch.arange(-steps, steps + 1, device=crop.device)
        self.near = torch.exp(-0.5 * (self.offsets / reach).square())

    def system(self, posed: Posed) -> NormalEquations:
        return self.compared(posed.drawn.depth, posed.pivot)

    def compared(self, depth: Tensor, pivot: Tensor) -> NormalEquations:
        """The same of drawn depth (B, S, S), metres, 0 = empty, and the object's centre (B, 3)."""
        drawn = depth > 0
        outline = outline_pixels(drawn) & self.open
        which, row, column = outline.nonzero().unbind(-1)
        normal = _outward(drawn)[which, :, row, column]
        strength = self._strength(torch.stack([column, row], dim=-1) + 0.5 * normal, normal)
        likely = strength * self.near
        total = likely.sum(-1)
        sure = total / (total + UNSEEN * self.near.sum())
        off = (likely * self.offsets).sum(-1) / total.clamp_min(1e-9)
        there, rays = depth[which, row, column], self.rays[row, column].T
        along_u, along_v = pixel_rows(self.K, rays, there, there * rays - pivot[which].T)
        jacobian = (normal[:, 0] * along_u + normal[:, 1] * along_v).T
        weight = sure / self.reach**2
        count = outline.sum((1, 2)).to(depth).clamp_min(1)
        matrix = summed(weight[:, None, None] * jacobian[:, :, None] * jacobian[:, None], which, len(depth))
        gradient = summed(-(weight * off)[:, None] * jacobian, which, len(depth))
        cost = summed((1 - sure).log(), which, len(depth))
        return NormalEquations(matrix / count[:, None, None], gradient / count[:, None], cost / count)

    def _strength(self, points: Tensor, normal: Tensor) -> Tensor:
        """(M, K) in [0, 1]: change of colour along normals (M, 2), at the offsets from points (M, 2)."""
        places = points[:, None] + self.offsets[:, None] * normal[:, None]
        slope_u, slope_v = bilinear(self.slopes, places[None], beyond="border")[0].chunk(2)
        change = (slope_u * normal[:, 0, None] + slope_v * normal[:, 1, None]).square().sum(0)
        return change / (change + STRONG**2)


def _outward(drawn: Tensor) -> Tensor:
    """(B, 2, S, S) unit, column and row: where silhouettes (B, S, S) end; zero within and far from them."""
    smooth = functional.avg_pool2d(
        drawn[:, None].float(), NORMAL_WINDOW, stride=1, padding=NORMAL_WINDOW // 2, count_include_pad=False
    )[:, 0]
    down, right = torch.gradient(smooth, dim=(1, 2))
    return functional.normalize(-torch.stack([right, down], dim=1), dim=1)
