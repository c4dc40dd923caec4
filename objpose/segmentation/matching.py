"""Candidates compared with templates cell by cell: outline, shape and colour at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose.segmentation.color import hue_and_tone
from objpose.segmentation.partition import Partition
from objpose.segmentation.templates import SIZE, WINDOW, Templates

FINALISTS = 16  # templates of a candidate that are compared cell by cell
MEAN_STEPS = 2  # of reweighting: stray depths must not move the mean
DEPTH_SIGMA = 0.05  # of the diameter: what views between the templates and sensor noise leave
COARSE_SIGMA = 0.15  # likewise, for a mean square that stray pixels inflate
DEEPEST = 0.6  # of the diameter: depths are clipped here
HUE_SIGMA = 0.35  # of the disc of hue and saturation
TONE_SIGMA = 0.6  # natural log units
COLOR_SHARE = 0.7  # of the agreement of a cell that colour decides: light can spoil it
NEARER = 0.1  # of the diameter in front of a candidate: what hides parts of it


@dataclass(frozen=True, eq=False)
class Windows:
    """Square cut-outs of a scene around candidates (P,), of the templates' metric size.

    mask, free: (P, C) float: the candidate's cells, and those where the object would be seen if it were
    there. depth: (P, C) behind the candidate's mean, in diameters. color: (P, C, 3) of `hue_and_tone`.
    Both are 0 outside the mask.
    """

    mask: Tensor
    free: Tensor
    depth: Tensor
    color: Tensor

    def __len__(self) -> int:
        return len(self.mask)


def cut_windows(scene: Partition, members: np.ndarray, diameter: float) -> Windows:
    """The windows of candidates (P, R) for an object of this diameter, metres."""
    labels = scene.regions.labels
    height, width = labels.shape
    area = np.maximum(members @ scene.areas, 1)
    middle = (members @ scene.depth_sums) / area
    boxes = scene.boxes(members)
    cells = (np.arange(SIZE) - (SIZE - 1) / 2) * (WINDOW * diameter / SIZE) / middle[:, None]
    row = np.rint((boxes[:, 0] + boxes[:, 1])[:, None] / 2 + cells * scene.camera.fy).astype(int)
    column = np.rint((boxes[:, 2] + boxes[:, 3])[:, None] / 2 + cells * scene.camera.fx).astype(int)
    inside = ((row >= 0) & (row < height))[:, :, None] & ((column >= 0) & (column < width))[:, None, :]
    inside = inside.reshape(len(members), -1)
    row, column = row.clip(0, height - 1)[:, :, None], column.clip(0, width - 1)[:, None, :]
    flat = (row * width + column).reshape(len(members), -1)
    label = labels.ravel()[flat]
    mask = np.take_along_axis(members, label.clip(0), axis=1) & (label >= 0) & inside
    behind = (scene.points[..., 2].numpy().ravel()[flat] - middle[:, None]) / diameter
    free = mask | (inside & (behind > -NEARER))
    color = hue_and_tone(scene.rgb.reshape(-1, 3)[flat]) * torch.from_numpy(mask)[..., None]
    depth = np.where(mask, behind.clip(-DEEPEST, DEEPEST), 0.0)
    mask, free, depth = (torch.from_numpy(values.astype(np.float32)) for values in (mask, free, depth))
    return Windows(mask, free, depth, color)


def match(windows: Windows, known: Templates) -> tuple[Tensor, Tensor, Tensor]:
    """Of each candidate (P,): the score of the best template in [0, 1], its visible share, and its index.

    The score is, of all cells that candidate or template claim, the share that both hold and that agree in
    depth and colour. All templates are ranked by moments, which are matrix products; the best few are
    compared cell by cell. The visible share is that of the template's cells that the candidate holds.
    """
    rough = _rough(windows, known).topk(FINALISTS, dim=1).indices
    scores = torch.stack([_exact(windows, known, rough[:, i]) for i in range(FINALISTS)], dim=1)
    best = scores.max(1)
    index = rough.gather(1, best.indices[:, None])[:, 0]
    drawn = known.mask[index]
    return best.values, (windows.mask * drawn).sum(1) / drawn.sum(1).clamp_min(1.0), index


def _exact(windows: Windows, known: Templates, index: Tensor) -> Tensor:
    """(P,) scores of one template each (P,)."""
    drawn = known.mask[index]
    shared = windows.mask * drawn
    count = shared.sum(1, keepdim=True).clamp_min(1.0)
    gap = windows.depth - known.depth[index]
    middle = (gap * shared).sum(1, keepdim=True) / count
    for _ in range(MEAN_STEPS):
        weight = shared / (1 + ((gap - middle) / DEPTH_SIGMA).square())
        middle = (gap * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True).clamp_min(1e-6)
    agreement = torch.exp(-0.5 * ((gap - middle) / DEPTH_SIGMA).square())
    if known.color is not None:
        difference = windows.color - known.color[index]
        tone = difference[..., 2]
        tone = tone - ((tone * shared).sum(1, keepdim=True) / count)
        squared = difference[..., :2].square().sum(-1) / HUE_SIGMA**2 + (tone / TONE_SIGMA).square()
        agreement = agreement * (1 - COLOR_SHARE + COLOR_SHARE * torch.exp(-0.5 * squared))
    union = windows.mask.sum(1) + ((windows.free - windows.mask) * drawn).sum(1)
    return (agreement * shared).sum(1) / union.clamp_min(1.0)


def _rough(windows: Windows, known: Templates) -> Tensor:
    """(P, T) in [0, 1]: an estimate of `_exact` from means and mean squares."""
    shared = windows.mask @ known.mask.T
    missed = (windows.free - windows.mask) @ known.mask.T
    count = shared.clamp_min(1.0)
    outline = shared / (windows.mask.sum(1, keepdim=True) + missed).clamp_min(1.0)
    mean, square = _difference(windows.depth, known.depth, windows, known, count)
    squared = (square - mean.square()).clamp_min(0.0) / COARSE_SIGMA**2
    if known.color is not None:
        for channel in (0, 1):
            seen, drawn = windows.color[..., channel], known.color[..., channel]
            squared = squared + _difference(seen, drawn, windows, known, count)[1] / HUE_SIGMA**2
    return outline * torch.exp(-0.5 * squared)


def _difference(
    seen: Tensor, drawn: Tensor, windows: Windows, known: Templates, count: Tensor
) -> tuple[Tensor, Tensor]:
    """(P, T) mean and mean square of seen (P, C) minus drawn (T, C) over the cells that both hold."""
    mean = (seen @ known.mask.T - windows.mask @ drawn.T) / count
    square = seen.square() @ known.mask.T - 2 * (seen @ drawn.T) + windows.mask @ drawn.square().T
    return mean, (square / count).clamp_min(0.0)
