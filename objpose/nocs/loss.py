"""What Pose-Net is taught by: the bins of coordinates up to symmetry, and the mask."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from objpose.nocs.bins import bin_nats, decoded
from objpose.nocs.coordinates import NocsSymmetry
from objpose.nocs.network import Prediction

MASK_WEIGHT = 0.2  # of a nat of the mask's where a nat of a coordinate counts one


class Target(NamedTuple):
    """Of B crops, at half of their resolution."""

    coordinates: Tensor  # (B, 3, h, w)
    visible: Tensor  # (B, 1, h, w) float: 1 where the object is seen


def loss_of(prediction: Prediction, target: Target, symmetry: NocsSymmetry) -> Tensor:
    """() nats: of a coordinate, and of the mask's pixels."""
    nearest = target.coordinates
    if not symmetry.is_trivial:
        with torch.no_grad():
            nearest = nearest_equal(decoded(prediction.logits)[0], target, symmetry)
    nats = bin_nats(prediction.logits, nearest).mean(1, keepdim=True)
    seen = target.visible.sum().clamp_min(1.0)
    mask = functional.binary_cross_entropy_with_logits(prediction.mask_logit, target.visible)
    return (nats * target.visible).sum() / seen + MASK_WEIGHT * mask


def nearest_equal(coordinates: Tensor, target: Target, symmetry: NocsSymmetry) -> Tensor:
    """(B, 3, h, w): of what the symmetry makes of each target, what is nearest to coordinates (B, 3, h, w).

    Turned about the free axis to least squares, then the least sum of absolute errors over what is seen.
    """
    equal = transformed(target.coordinates, symmetry.discrete)
    if symmetry.axis is not None:
        equal = _turned(equal, coordinates, target.visible, symmetry)
    if equal.shape[1] == 1:
        return equal[:, 0]
    off = ((equal - coordinates[:, None]).abs() * target.visible[:, None]).sum((2, 3, 4))
    best = off.argmin(1)[:, None, None, None, None]
    return equal.gather(1, best.expand(-1, 1, *equal.shape[2:]))[:, 0]


def transformed(coordinates: Tensor, transforms: Tensor) -> Tensor:
    """(B, M, 3, h, w) of coordinates (B, 3, h, w) under transforms (M, 3, 4)."""
    turned = torch.einsum("mij,bjhw->bmihw", transforms[..., :3], coordinates)
    return turned + transforms[..., 3, None, None]


def _turned(equal: Tensor, coordinates: Tensor, visible: Tensor, symmetry: NocsSymmetry) -> Tensor:
    """(B, M, 3, h, w) each turned about the axis by the angle that brings it nearest to coordinates."""
    assert symmetry.axis is not None and symmetry.offset is not None
    axis, offset = symmetry.axis, symmetry.offset[:, None, None]
    wanted, given = (coordinates - offset)[:, None], equal - offset
    across = torch.linalg.cross(axis[:, None, None].expand_as(given), given, dim=2)
    along = (given * axis[:, None, None]).sum(2, keepdim=True) * axis[:, None, None]
    flat = given - along
    weight = visible[:, None]
    sine, cosine = ((weight * wanted * part).sum((2, 3, 4), keepdim=True) for part in (across, flat))
    angle = torch.atan2(sine, cosine)
    return along + angle.cos() * flat + angle.sin() * across + offset
