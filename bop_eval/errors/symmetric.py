"""The least, over an object's symmetries, of the largest error of a point: exact, yet mostly not computed.

A few extreme points give a lower bound for every symmetry. All points are only looked at for the symmetries
whose bound lies below the error of the most promising one.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from bop_eval.errors.batches import compose, in_pieces
from objpose.geometry import view_directions

DIRECTIONS = 64

# (which pairs (B,), their truths (B, 3, 4), points (N, 3)) -> largest error of a point (B,)
LargestError = Callable[[Tensor, Tensor, Tensor], Tensor]


def least_over_symmetries(largest: LargestError, gt: Tensor, symmetries: Tensor, points: Tensor) -> Tensor:
    """(P,) errors of P pairs.

    gt: (P, 3, 4). symmetries: (S, 3, 4) obj_from_obj. points: (N, 3).
    """
    everyone = torch.arange(len(gt), device=gt.device)
    if len(symmetries) == 1:
        return _in_pieces(largest, everyone, compose(gt, symmetries), points)
    pairs = everyone.repeat_interleave(len(symmetries))
    symmetric = compose(gt[:, None], symmetries).reshape(-1, 3, 4)
    bounds = _in_pieces(largest, pairs, symmetric, extreme_points(points)).reshape(len(gt), -1)
    symmetric = symmetric.reshape(len(gt), -1, 3, 4)
    likely = bounds.argmin(dim=1)
    best = _in_pieces(largest, everyone, symmetric[everyone, likely], points)
    bounds[everyone, likely] = torch.inf
    pairs, others = (bounds < best[:, None]).nonzero(as_tuple=True)
    errors = _in_pieces(largest, pairs, symmetric[pairs, others], points)
    return best.scatter_reduce(0, pairs, errors, "amin")


def extreme_points(points: Tensor) -> Tensor:
    """The points (M, 3) that lie farthest in some direction: where errors tend to be largest."""
    directions = view_directions(DIRECTIONS).to(points)
    return points[(points @ directions.mT).argmax(dim=0).unique()]


def _in_pieces(largest: LargestError, pairs: Tensor, gt: Tensor, points: Tensor) -> Tensor:
    return in_pieces(len(pairs), len(points), lambda part: largest(pairs[part], gt[part], points))
