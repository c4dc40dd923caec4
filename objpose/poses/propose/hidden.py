"""Poses of an object of which a part is hidden: templates that reach beyond the mask where they may.

A whole object fills its mask's box, and so its distance follows from the box. Where another mask or the
image's border cuts a side off, the other sides still tell how large the object is, or sizes must be tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from objpose.crops import virtual_view
from objpose.frame import Frame
from objpose.geometry import HOST, SE3, Camera, on_device, upload
from objpose.objects import TemplateSet
from objpose.poses.distinct import best
from objpose.poses.judge import agreement, overlap
from objpose.poses.propose.templates import centred_at
from objpose.poses.query import Query, query_view

SIZE = 64  # pixels of the picture in which templates are laid over the mask
FILL = 0.4  # of its side, the mask's longer side: as much again is in view on every side, and more
COARSE = 32  # pixels of the picture in which silhouettes are compared
CUT = 0.5
RIM = 0.2  # of the box: how near to its side the mask's border belongs to it
REACH = 0.06  # of the box's longer side: how near to the mask something must be to hide it
KNOWN: tuple[float, ...] = (
    1.0,
    1.2,
)  # sizes tried where opposite sides are seen, of that which fits between them
UNKNOWN: tuple[float, ...] = (
    1.2,
    1.6,
    2.2,
    3.0,
)  # sizes tried where none are, of that which fits the mask's box
SHORTLIST = 150  # silhouettes whose colours are compared


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A mask from somewhat farther away than templates are, and what may hide more of the object."""

    query: Query
    unsure: Tensor  # (S, S) bool: other masks, and what the frame does not cover
    low: Tensor  # (2,) first and last edge of the mask's box, pixels
    high: Tensor  # (2,)
    cut: Tensor  # (2, 2) bool: is the low and the high side (rows) cut off along x and y (columns)


def surroundings(frame: Frame, mask: Tensor, covered: Tensor | None) -> Surroundings | None:
    """Of a mask (H, W), others' being `covered` (H, W); None for a mask too thin to be seen from there."""
    query = query_view(frame, mask, SIZE, FILL)
    if not bool(query.mask.any()):
        return None
    camera = Camera.from_K(query.K, SIZE, SIZE)
    hiding = torch.zeros_like(mask) if covered is None else covered
    seen = torch.ones_like(mask)
    back = query.query_from_cam.inverse()
    _, inside = virtual_view(frame, seen & ~hiding, camera, back)
    unsure = (inside < 0.5) & ~query.mask
    rows, columns = query.mask.any(1).nonzero()[:, 0], query.mask.any(0).nonzero()[:, 0]
    low = torch.stack([columns[0], rows[0]]).float() - 0.5
    high = torch.stack([columns[-1], rows[-1]]).float() + 0.5
    return Surroundings(query, unsure, low, high, _cut_sides(query.mask, unsure))


def _cut_sides(mask: Tensor, unsure: Tensor) -> Tensor:
    """(2, 2) bool of masks (S, S): of the border that faces a side, much meets what may hide more."""
    reach = max(1, round(REACH * FILL * len(mask)))
    cut = torch.zeros(2, 2, dtype=torch.bool)
    for axis in (0, 1):  # x, y
        for side in (0, 1):  # low, high
            turned = [image.T if axis == 1 else image for image in (mask, unsure)]
            one, other = [image.flip(1) if side == 1 else image for image in turned]
            cut[side, axis] = _meets(one, other, reach) > CUT
    return cut


def _meets(mask: Tensor, unsure: Tensor, reach: int) -> float:
    """Share of the rows that start near the mask's lowest column whose first pixel has `unsure` before it."""
    rows = mask.any(1)
    first = mask[rows].int().argmax(1)
    width = int(mask.any(0).sum())
    near = first <= int(first.min()) + RIM * width
    before = torch.arange(mask.shape[1]) - first[:, None]
    met = (unsure[rows] & (before < 0) & (before >= -reach)).any(1)
    return float((met & near).sum()) / max(int(near.sum()), 1)


@dataclass(frozen=True, eq=False)
class Laid:
    """Templates laid over a picture: template pixel u lies at scale * (u + 0.5) + offset - 0.5."""

    template: Tensor  # (N,)
    scale: Tensor  # (N,) picture pixels a template pixel
    offset: Tensor  # (N, 2) pixels

    def __getitem__(self, index: Tensor) -> Laid:
        return Laid(self.template[index], self.scale[index], self.offset[index])


def laid_over(templates: TemplateSet, around: Surroundings) -> Laid:
    """Every template in the sizes that the sides in view allow, where these put it."""
    low, high = _template_boxes(templates)
    box, span = around.high - around.low, high - low
    closed = ~around.cut.any(0)
    ratio = box / span
    if bool(closed.any()):
        base, factors = torch.where(closed, ratio, 0.0).amax(1), KNOWN
    else:
        base, factors = ratio.amax(1), UNKNOWN
    laid = [_placed(base * factor, low, high, around) for factor in factors]
    every = torch.arange(len(templates)).repeat(len(factors))
    return Laid(every, torch.cat([scale for scale, _ in laid]), torch.cat([offset for _, offset in laid]))


def _placed(scale: Tensor, low: Tensor, high: Tensor, around: Surroundings) -> tuple[Tensor, Tensor]:
    """Scales (T,) and offsets (T, 2): sides in view meet the mask's, else middles meet."""
    first, last = around.low - scale[:, None] * low, around.high - scale[:, None] * high
    cut_low, cut_high = around.cut
    middle = (first + last) / 2
    return scale, torch.where(
        cut_high & ~cut_low, first, torch.where(cut_low & ~cut_high, last, middle)
    ) + 0.5


def _template_boxes(templates: TemplateSet) -> tuple[Tensor, Tensor]:
    """(T, 2) first and last edges of what templates show, pixels of theirs."""
    shown = templates.thumbnails[..., 3] > 127
    step, size = templates.views.size / shown.shape[1], shown.shape[1]
    axes = torch.stack([shown.any(1), shown.any(2)], dim=1).int()  # (T, 2, cells)
    first, last = axes.argmax(2), size - axes.flip(2).argmax(2)
    return first * step, last * step


def hidden_templates(
    templates: TemplateSet,
    there: TemplateSet,
    frame: Frame,
    mask: Tensor,
    covered: Tensor | None,
    limit: int,
) -> SE3:
    """Poses cam_from_obj (n,), n <= limit, best first; none where no side of the mask is cut off.

    there: the templates where pictures are compared; all else is on the host.
    """
    around = surroundings(frame, mask, covered)
    if around is None or not bool(around.cut.any()):
        return SE3.identity((0,))
    laid = laid_over(templates, around)
    silhouettes = _silhouette_scores(there, on_device(laid, there.thumbnails.device), around).to(HOST)
    listed = best(silhouettes, SHORTLIST)
    laid = laid[listed]
    colors = _color_scores(there, on_device(laid, there.thumbnails.device), around).to(HOST)
    laid = laid[best(silhouettes[listed] * colors, limit)]
    K = templates.views.K[laid.template]
    pixels = laid.scale[:, None] * (K[:, :2, 2] + 0.5) + laid.offset - 0.5
    poses = centred_at(templates, laid.template, around.query.K, pixels, laid.scale)
    return around.query.cam_from_obj(poses)


def _silhouette_scores(templates: TemplateSet, laid: Laid, around: Surroundings) -> Tensor:
    drawn = _drawn(templates, laid, COARSE)[:, 0]
    mask, unsure = (
        upload(functional.adaptive_avg_pool2d(image.float()[None], COARSE)[0], drawn.device)
        for image in (around.query.mask, around.unsure)
    )
    score, _ = overlap(drawn, mask, torch.ones_like(mask), unsure)
    return score


def _color_scores(templates: TemplateSet, laid: Laid, around: Surroundings) -> Tensor:
    (left, top), (right, bottom) = ((edge + 0.5).long().tolist() for edge in (around.low, around.high))
    query = around.query
    seen, owned = (image[top:bottom, left:right] for image in (query.rgb, query.mask))
    drawn = _drawn(templates, laid, SIZE, colors=True)[..., top:bottom, left:right]
    rgb = (drawn[:, :3] / drawn[:, 3:].clamp_min(1e-3)).clamp(0, 1).permute(0, 2, 3, 1)
    observed, owned = (upload(image, drawn.device) for image in (seen, owned))
    return agreement(observed, rgb, drawn[:, 3] * owned)


def _drawn(templates: TemplateSet, laid: Laid, size: int, colors: bool = False) -> Tensor:
    """(N, 1, size, size) coverage; with colours (N, 4, size, size), these times coverage and coverage."""
    small = templates.thumbnails[..., 0 if colors else 3 :][laid.template].float() / 255
    share = small[..., -1:]
    images = (torch.cat([small[..., :3] * share, share], -1) if colors else share).permute(0, 3, 1, 2)
    across, down = (_stretched(laid, axis, size, images.shape[-1], templates.views.size) for axis in (0, 1))
    return down[:, None] @ images @ across.mT[:, None]


def _stretched(laid: Laid, axis: int, size: int, cells: int, whole: int) -> Tensor:
    """(N, size, cells) along an axis, how much each of a template's cells weighs in each pixel: bilinear."""
    device = laid.scale.device
    place = (torch.arange(size, device=device) + 0.5) * (SIZE / size)
    place = (place - laid.offset[:, axis, None]) / laid.scale[:, None] * (cells / whole) - 0.5
    return (1 - (place[..., None] - torch.arange(cells, device=device)).abs()).clamp_min_(0.0)
