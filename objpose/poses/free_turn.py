"""A range of turns about a near-axis: what is left of the pose where nothing in view tells the turn."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from objpose.geometry import SE3, ContinuousSymmetry
from objpose.objects import ObjectModel
from objpose.poses.distinct import SAME, probe_points

GAP = (
    3 * SAME
)  # of the diameter: likely poses that answer for all turns between them are hardly farther apart
PARALLEL = 0.99  # cosine from which two axes are one


@dataclass(frozen=True, eq=False)
class FreeTurn:
    """Turns about a line that the frame does not tell apart, right-handed from the pose that was answered.

    With ContinuousSymmetry(axis, offset).rotations(angle) behind it, that pose explains the frame as well.
    """

    axis: Float[Tensor, " 3"]  # unit, object frame
    offset: Float[Tensor, " 3"]  # metres, a point of the line, object frame; float64
    start: float  # radians, at most 0
    end: float  # radians, at least 0; start + 2 pi where any turn is possible

    @property
    def is_whole(self) -> bool:
        return self.end - self.start >= 2 * math.pi


def free_turn(model: ObjectModel, motions: SE3) -> tuple[FreeTurn | None, Tensor]:
    """The turn, if any, that joins the first of likely poses to others; and (k,) bool, which it joins.

    motions: (k,) obj_from_obj, of each pose against the first, mesh frame. The range is made of samples:
    between those no farther apart than GAP all is taken for likely, and half of SAME beyond the last.
    """
    alone = torch.arange(len(motions)) == 0
    best: tuple[FreeTurn | None, Tensor] = None, alone
    for line in near_lines(model):
        angles, on_line = turns_about(model, line, motions)
        found, joined = _range(model, line, angles, on_line | alone)
        if joined.sum() > best[1].sum():
            best = found, joined
    return best


def near_lines(model: ObjectModel) -> list[ContinuousSymmetry]:
    """Axes of the near-symmetry about which turns are not all the same."""
    true = model.symmetry.continuous
    return [
        line
        for line in model.near_symmetry.continuous
        if not any(abs(float(line.axis @ other.axis)) > PARALLEL for other in true)
    ]


def turns_about(model: ObjectModel, line: ContinuousSymmetry, motions: SE3) -> tuple[Tensor, Tensor]:
    """(k,) angles in [0, 2 pi) of the turns nearest to motions (k,), the least among equals by symmetry, and
    (k,) bool, whether the motion is such a turn."""
    equal = motions[:, None] @ model.symmetry.discrete  # (k, m)
    wxyz = equal.wxyz_xyz[..., :4]
    angles = 2 * torch.atan2(wxyz[..., 1:] @ line.axis, wxyz[..., 0])
    points = probe_points(model)
    turned = line.rotations(angles).apply_points(points)
    miss = (equal.apply_points(points) - turned).norm(dim=-1).amax(-1)
    is_turn = miss < SAME * model.diameter
    from_none = torch.remainder(angles + math.pi, 2 * math.pi) - math.pi
    chosen = torch.where(is_turn, from_none.abs(), torch.inf).argmin(1, keepdim=True)
    return torch.remainder(from_none, 2 * math.pi).gather(1, chosen)[:, 0], is_turn.any(1)


def _range(
    model: ObjectModel, line: ContinuousSymmetry, angles: Tensor, on_line: Tensor
) -> tuple[FreeTurn | None, Tensor]:
    angles = torch.where(torch.arange(len(angles)) == 0, 0.0, angles)
    gap, margin = _angle(model, line, GAP), _angle(model, line, SAME / 2)
    backward = torch.remainder(-angles, 2 * math.pi)
    up, down = _reach(angles[on_line].tolist(), gap), _reach(backward[on_line].tolist(), gap)
    joined = on_line & ((angles <= up) | (backward <= down))
    if joined.sum() < 2:
        return None, joined
    start, end = -down - margin, up + margin
    if end - start >= 2 * math.pi:
        start, end = -math.pi, math.pi
    offset = line.offset.double() + torch.tensor(model.origin, dtype=torch.float64)
    return FreeTurn(line.axis, offset, start, end), joined


def _angle(model: ObjectModel, line: ContinuousSymmetry, moved: float) -> float:
    """Radians of the turn that moves the surface by `moved` diameters where it is farthest from the line."""
    radius = float(torch.linalg.cross(probe_points(model) - line.offset, line.axis[None]).norm(dim=-1).max())
    return 2 * math.asin(min(1.0, moved * model.diameter / (2 * radius)))


def _reach(angles: Iterable[float], gap: float) -> float:
    """How far steps of at most `gap` lead from 0 on angles in [0, 2 pi)."""
    reached = 0.0
    for angle in sorted(angles):
        if angle - reached > gap:
            break
        reached = angle
    return reached
