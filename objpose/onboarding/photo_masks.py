"""Masks of an object that posed photos were taken around, where none are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.segmentation import ProposalOptions, propose

ALIKE = 0.3  # share by which the object's apparent width may differ from photo to photo
CENTRED = 0.5  # widths that a proposal's middle may lie from where the object's is seen
WIDTHS = 40  # tried
LEAST_ALIKE = 0.14  # of the likeness to that thing, 1 at most: two standard deviations off
SMALLEST = 0.005  # of the photo: what stands in its middle is no speck


@dataclass(frozen=True, eq=False)
class _Seen:
    """Proposals of one photo: widths in the scene's unit, middles in pixels off the object's, in widths."""

    masks: list[Tensor]
    widths: np.ndarray
    off: np.ndarray
    scores: np.ndarray


def middle_of_attention(cam_from_world: SE3) -> Tensor:
    """(3,) the point nearest to the optical axes of N cameras: what they were all turned to."""
    world_from_cam = cam_from_world.inverse()
    axes, places = world_from_cam.rotation.matrix().double()[..., 2], world_from_cam.translation.double()
    across = torch.eye(3).double() - axes[:, :, None] * axes[:, None, :]
    return torch.linalg.lstsq(across.sum(0), (across @ places[:, :, None]).sum(0)).solution[:, 0]


def common_masks(frames: Sequence[Frame], cam_from_world: SE3) -> list[Tensor | None]:
    """Of N photos the mask (H, W) of the thing in their middle, None where none fits the others.

    Of the proposals of segmentation those are taken that have one width in all photos, in space, and lie
    where all cameras look.
    """
    middle = middle_of_attention(cam_from_world)
    seen = [
        _seen(frame, pose.apply(middle.float())) for frame, pose in zip(frames, cam_from_world, strict=True)
    ]
    widths = np.concatenate([one.widths for one in seen])
    if not len(widths):
        return [None] * len(frames)
    tried = np.geomspace(widths.min(), widths.max(), WIDTHS)
    worth = [sum(_best(one, width)[1] for one in seen) for width in tried]
    width = float(tried[int(np.argmax(worth))])
    chosen = [_best(one, width)[0] for one in seen]
    return [None if index is None else one.masks[index] for one, index in zip(seen, chosen, strict=True)]


def _seen(frame: Frame, place: Tensor) -> _Seen:
    """place: (3,) of the object's middle in the camera."""
    found = propose(frame.without_depth(), ProposalOptions(smallest_share=SMALLEST))
    pixel = frame.camera.project(place)
    unit = float(place[2]) / frame.camera.fx
    widths, off = [], []
    for proposal in found:
        rows, columns = proposal.mask.nonzero().double().unbind(1)
        across = 2 * float(np.sqrt(len(rows) / np.pi))
        widths.append(across * unit)
        off.append(float(torch.hypot(columns.mean() - pixel[0], rows.mean() - pixel[1])) / across)
    scores = np.array([proposal.score for proposal in found])
    return _Seen([one.mask for one in found], np.array(widths), np.array(off), scores)


def _best(seen: _Seen, width: float) -> tuple[int | None, float]:
    """The proposal that is most like a thing of this width in the middle, and how much, in [0, 1]."""
    if not len(seen.widths):
        return None, 0.0
    alike = np.exp(-0.5 * (np.log(seen.widths / width) / ALIKE) ** 2 - 0.5 * (seen.off / CENTRED) ** 2)
    worth = seen.scores * alike
    index = int(worth.argmax())
    return (index, float(worth[index])) if alike[index] > LEAST_ALIKE else (None, 0.0)
