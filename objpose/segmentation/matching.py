"""Candidates compared with templates cell by cell: outline, shape and colour at once."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from objpose.segmentation.cells import SIZE, WINDOW, Cells
from objpose.segmentation.color import hue_and_tone
from objpose.segmentation.partition import Partition

FINALISTS = 12  # templates of a candidate that are compared cell by cell
DEPTH_SIGMA = 0.05  # of the diameter: what views between the templates and sensor noise leave
COARSE_SIGMA = 0.15  # likewise, for a mean square that stray pixels inflate
MEAN_STEPS = 2  # of reweighting: stray depths must not move the mean
DEEPEST = 0.6  # of the diameter: depths are clipped here
HUE_SIGMA = 0.35  # of the disc of hue and saturation
TONE_SIGMA = 0.6  # natural log units
COLOR_SHARE = 0.7  # of the agreement of a cell that colour decides: light can spoil it
NEARER = 0.1  # of the diameter in front of a candidate: what hides parts of it


def cut_windows(scene: Partition, members: np.ndarray, diameter: float | None) -> tuple[Cells, Tensor]:
    """The surroundings of candidates (P, R), as large as the templates of an object of this diameter, metres.

    None: as large as the candidates' outlines ask for, where no distance is known. Returns the cells (P, C)
    of the candidates, and float (P, C): 1 where the object would be seen if it were there.
    """
    boxes = scene.boxes(members)
    if diameter is None:
        step = WINDOW * (np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]) + 1) / SIZE
        step = np.stack([step, step])
    else:
        step, middle = window_steps(scene, members, diameter)
    pixel, inside = _window_pixels(boxes, step, scene.regions.labels.shape)
    label = scene.regions.labels.ravel()[pixel]
    mask = np.take_along_axis(members, label.clip(0), axis=1) & (label >= 0) & inside
    color, mask = hue_and_tone(scene.rgb.reshape(-1, 3)[pixel]), torch.from_numpy(mask)
    if scene.points is None:
        hidden = np.zeros_like(inside) if scene.claimed is None else scene.claimed.ravel()[pixel]
        return Cells.masked(mask, None, color), (mask | torch.from_numpy(inside & ~hidden)).float()
    assert diameter is not None  # distances are known
    depth = scene.points[..., 2].numpy().ravel()[pixel]
    behind = torch.from_numpy(((depth - middle[:, None]) / diameter).astype(np.float32))
    free = mask | (torch.from_numpy(inside) & (behind > -NEARER))
    return Cells.masked(mask, behind.clamp(-DEEPEST, DEEPEST), color), free.float()


def window_steps(scene: Partition, members: np.ndarray, diameter: float) -> tuple[np.ndarray, np.ndarray]:
    """(2, P) pixels between cells, down and across, and (P,) distances in metres of candidates (P, R)."""
    middle = scene.distances(members)
    focal = np.array([[scene.camera.fy], [scene.camera.fx]])
    return WINDOW * diameter / SIZE / middle * focal, middle


def _window_pixels(
    boxes: np.ndarray, step: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """(P, C) flat index of the pixel in each cell, clamped, and whether it is inside the image.

    boxes: (P, 4) first and last row and column; step: (2, P) pixels between cells, down and across.
    """
    cells = np.arange(SIZE) - (SIZE - 1) / 2
    row, column = (
        np.rint(boxes[:, 2 * axis : 2 * axis + 2].mean(1)[:, None] + cells * step[axis][:, None]).astype(int)
        for axis in (0, 1)
    )
    inside = ((row >= 0) & (row < shape[0]))[:, :, None] & ((column >= 0) & (column < shape[1]))[:, None, :]
    pixel = row.clip(0, shape[0] - 1)[:, :, None] * shape[1] + column.clip(0, shape[1] - 1)[:, None, :]
    return pixel.reshape(len(boxes), -1), inside.reshape(len(boxes), -1)


def match(seen: Cells, free: Tensor, drawn: Cells) -> tuple[Tensor, Tensor, Tensor]:
    """Of each candidate (P,): the score of the best template in [0, 1], its visible share, and its index.

    seen, free: of `cut_windows`; drawn: the templates (T, C). The score is, of all cells that candidate or
    template claim, the share that both hold and that agree in depth and colour. All templates are ranked by
    moments on a coarser grid, which are matrix products; the best few are compared cell by cell. The visible
    share is that of the template's cells that the candidate holds.
    """
    rough = _rough(seen, free, drawn).topk(min(FINALISTS, len(drawn)), dim=1).indices
    scores = torch.stack([_exact(seen, free, drawn[index]) for index in rough.unbind(1)], dim=1)
    best = scores.max(1)
    index = rough.gather(1, best.indices[:, None])[:, 0]
    claimed = drawn.mask[index]
    return best.values, (seen.mask * claimed).sum(1) / claimed.sum(1).clamp_min(1.0), index


def _exact(seen: Cells, free: Tensor, drawn: Cells) -> Tensor:
    """(P,) scores of one template (P, C) each."""
    shared = seen.mask * drawn.mask
    count = shared.sum(1, keepdim=True).clamp_min(1.0)
    agreement = torch.ones_like(shared)
    if seen.depth is not None:
        assert drawn.depth is not None  # as seen
        agreement = _depth_agreement(seen.depth - drawn.depth, shared, count)
    if drawn.color is not None:
        assert seen.color is not None  # of every frame
        difference = seen.color - drawn.color
        tone = difference[..., 2]
        tone = tone - (tone * shared).sum(1, keepdim=True) / count
        squared = difference[..., :2].square().sum(-1) / HUE_SIGMA**2 + (tone / TONE_SIGMA).square()
        agreement = agreement * (1 - COLOR_SHARE + COLOR_SHARE * torch.exp(-0.5 * squared))
    union = seen.mask.sum(1) + ((free - seen.mask) * drawn.mask).sum(1)
    return (agreement * shared).sum(1) / union.clamp_min(1.0)


def _depth_agreement(gap: Tensor, shared: Tensor, count: Tensor) -> Tensor:
    """(P, C) in [0, 1] of the gaps (P, C) between seen and drawn depth, a common offset taken out."""
    middle = (gap * shared).sum(1, keepdim=True) / count
    for _ in range(MEAN_STEPS):
        weight = shared / (1 + ((gap - middle) / DEPTH_SIGMA).square())
        middle = (gap * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True).clamp_min(1e-6)
    return torch.exp(-0.5 * ((gap - middle) / DEPTH_SIGMA).square())


def _rough(seen: Cells, free: Tensor, drawn: Cells) -> Tensor:
    """(P, T) in [0, 1]: an estimate of `_exact` from means and mean squares."""
    seen_mask, drawn_mask = Cells.pooled(seen.mask), drawn.coarse_mask
    shared = seen_mask @ drawn_mask.T
    missed = (Cells.pooled(free) - seen_mask) @ drawn_mask.T
    outline = shared / (seen_mask.sum(1, keepdim=True) + missed).clamp_min(1e-3)
    count = shared.clamp_min(1e-3)
    squared = torch.zeros_like(outline)
    if seen.depth is not None:
        depth = Cells.pooled(seen.depth), Cells.pooled(seen.depth.square())
        mean = (depth[0] @ drawn_mask.T - seen_mask @ drawn.coarse_depth[0].T) / count
        square = _square(depth, drawn.coarse_depth, seen_mask, drawn_mask) / count
        squared = (square - mean.square()).clamp_min(0.0) / COARSE_SIGMA**2
    if drawn.color is not None:
        assert seen.color is not None
        for channel, known in enumerate(drawn.coarse_hue):
            hue = seen.color[..., channel]
            moments = Cells.pooled(hue), Cells.pooled(hue.square())
            squared = squared + _square(moments, known, seen_mask, drawn_mask) / count / HUE_SIGMA**2
    return outline * torch.exp(-0.5 * squared)


def _square(
    seen: tuple[Tensor, Tensor], drawn: tuple[Tensor, Tensor], seen_mask: Tensor, drawn_mask: Tensor
) -> Tensor:
    """(P, T) sum of squared differences, from the first and second moments (P, C) and (T, C) of each cell."""
    return seen[1] @ drawn_mask.T - 2 * (seen[0] @ drawn[0].T) + seen_mask @ drawn[1].T
