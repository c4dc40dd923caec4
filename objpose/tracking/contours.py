"""Silhouettes traced: the loops of pixel sides between object and background, in the order of a walk.

All loops of all views are walked at once. A pixel side knows the next one from three pixels; which loop it
belongs to, and where on it, comes of following that link 1, 2, 4, 8 ... times (pointer jumping).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize, pad

SMOOTHED = 3  # sides each way that a place is the mean of, and that a normal's chord spans
SHORTEST = 20  # sides of a loop that counts where there are longer ones: less is a pinhole of the mesh

# The sides of a pixel (up, right, down, left), as row and column of what lies beyond. A walk has the object
# on its right: along the upper side it goes right, along the right one down, and so on.
OUTWARD = torch.tensor([[-1, 0], [0, 1], [1, 0], [0, -1]])
HEADING = torch.tensor([[0, 1], [1, 0], [0, -1], [-1, 0]])


class Contours(NamedTuple):
    """S pixel sides in the order of the walk: by view, in a view loop by loop."""

    view: Tensor  # (S,)
    pixel: Tensor  # (S, 2) row and column of the object's pixel
    place: Tensor  # (S, 2) column and row of the border there, smooth, pixels
    normal: Tensor  # (S, 2) unit, from object to background, column and row
    length: Tensor  # (S,) pixels of border that the side stands for


def trace_contours(masks: Tensor) -> Contours:
    """All contours of masks (V, H, W), outer and inner; corners that touch are joined.

    Loops shorter than SHORTEST sides are left out of views that have longer ones.
    """
    found = _sides(masks)
    order, start, length = _walks(_links(masks.shape, *found))
    keep = _long_enough(found[0][order], length)
    view, pixel, side = (part[order] for part in found)
    middle = (pixel + 0.5 * OUTWARD[side]).flip(-1)
    rank = torch.arange(len(order)) - start

    def ahead(values: Tensor, steps: int) -> Tensor:
        return values[start + (rank + steps) % length]

    window = range(-SMOOTHED, SMOOTHED + 1)
    place = torch.stack([ahead(middle, steps) for steps in window]).mean(0)
    chord = ahead(place, SMOOTHED) - ahead(place, -SMOOTHED)
    outward = torch.stack([chord[:, 1], -chord[:, 0]], dim=-1)
    normal = torch.where(chord.any(-1, keepdim=True), outward, OUTWARD[side].flip(-1).float())
    stands_for = (ahead(place, 1) - place).norm(dim=-1)
    return Contours(view[keep], pixel[keep], place[keep], normalize(normal, dim=-1)[keep], stands_for[keep])


def _sides(masks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """View, pixel and side of every side between object and background."""
    rows, columns = masks.shape[1:]
    wide = pad(masks, (1, 1, 1, 1))
    beyond = [wide[:, 1 + y : 1 + y + rows, 1 + x : 1 + x + columns] for y, x in OUTWARD.tolist()]
    view, row, column, side = (masks[..., None] & ~torch.stack(beyond, dim=-1)).nonzero().unbind(-1)
    return view, torch.stack([row, column], dim=-1), side


def _links(shape: torch.Size, view: Tensor, pixel: Tensor, side: Tensor) -> Tensor:
    """(S,) index of the side that follows each: to the left where the corner touches, on, or to the right."""
    rows, columns = shape[1] + 2, shape[2] + 2  # with a rim, so that no walk leaves on one side for another

    def key(pixel: Tensor, side: Tensor) -> Tensor:
        return ((view * rows + pixel[:, 0] + 1) * columns + pixel[:, 1] + 1) * 4 + side

    own = key(pixel, side)
    on, left = pixel + HEADING[side], pixel + HEADING[side] + OUTWARD[side]
    right_key, on_key, left_key = key(pixel, (side + 1) % 4), key(on, side), key(left, (side - 1) % 4)

    def found(keys: Tensor) -> tuple[Tensor, Tensor]:
        at = torch.searchsorted(own, keys).clamp_max(len(own) - 1)
        return at, own[at] == keys

    (to_right, _), (to_on, is_on), (to_left, is_left) = found(right_key), found(on_key), found(left_key)
    return torch.where(is_left, to_left, torch.where(is_on, to_on, to_right))


def _walks(following: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Order of the sides along their loops; index of the first and number of sides of each one's loop.

    The first two are (S,) and (S,) in that order, as is the third.
    """
    first, jump = torch.arange(len(following)), following
    while not torch.equal(first, nearer := torch.minimum(first, first[jump])):
        first, jump = nearer, jump[jump]
    is_first = first == torch.arange(len(first))
    jump = torch.where(is_first[following], torch.arange(len(first)), following)
    left = (jump != torch.arange(len(first))).long()
    while left[jump].any():
        left, jump = left + left[jump], jump[jump]
    length = torch.bincount(first, minlength=len(first))[first]
    rank = length - 1 - left
    start = length.new_zeros(len(first))
    order = torch.argsort(first * (len(first) + 1) + rank)
    start[order] = torch.arange(len(first)) - rank[order]
    return order, start[order], length[order]


def _long_enough(view: Tensor, length: Tensor) -> Tensor:
    """(S,) bool."""
    longest = torch.zeros(int(view.max()) + 1 if len(view) else 0, dtype=length.dtype)
    longest.scatter_reduce_(0, view, length, "amax")
    return length >= longest[view].clamp_max(SHORTEST)
