"""What an answer cannot tell, in words and as a free turn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import SE3, ContinuousSymmetry
from objpose.objects import ObjectModel
from objpose.poses.distinct import SAME, best, probe_points
from objpose.poses.free_turn import FreeTurn, free_turn

NEARLY_ALL = 0.95  # of the chance: what the likely poses hold together
KEPT = (
    0.02  # of the diameter: a shape that is turned and off by less nearly everywhere differs by print alone
)
NAMED = 2 * SAME  # of the diameter: how far a pose may be from a turn that it is named by
TIED = 3.0  # ratio of shares: likelier by less is no likelier
HALF = 175.0  # degrees: from there on a turn is half a turn
STEP = math.pi / 36  # of turns about an axis that have a name
TRIED = tuple(math.radians(turn) for turn in (30, 75, 120, 180, 225, 290))  # whether a turn keeps the shape


@dataclass(frozen=True, eq=False)
class Ambiguity:
    """Of poses (K,)."""

    words: str  # empty where there is none
    free_turn: FreeTurn | None
    joined: Tensor  # (K,) bool: the first pose, and the likely ones that the free turn joins to it


def ambiguity(model: ObjectModel, cam_from_obj: SE3, share: Tensor) -> Ambiguity:
    """Among the poses (K,) that an answer holds, by their shares (K,) of the chance; mesh frame, best first.

    Poses equal by a true symmetry are one pose, and no ambiguity.
    """
    likely = _likely(share)
    motions = cam_from_obj[:1].inverse() @ cam_from_obj[likely]
    turn, is_joined = free_turn(model, motions)
    joined = torch.zeros(len(share), dtype=torch.bool)
    joined[likely[is_joined]] = True
    said = [] if turn is None else [_of_turn(model, turn, share[joined])]
    said += _of_others(model, motions[~is_joined], share[likely[~is_joined]])
    return Ambiguity("; ".join(said), turn, joined)


def _likely(share: Tensor) -> Tensor:
    """(k,) indices of the fewest poses that hold nearly all of the chance; the first pose is always one."""
    order = best(share)
    before = share[order].cumsum(0) - share[order]
    few = order[before < NEARLY_ALL * share.sum()]
    return torch.cat([torch.zeros(1, dtype=torch.long), few[few != 0]])


def _of_turn(model: ObjectModel, turn: FreeTurn, share: Tensor) -> str:
    """Of a range, whose poses have shares (k,)."""
    line = ContinuousSymmetry(turn.axis, turn.offset - turn.offset.new_tensor(model.origin))
    telling = "print" if _keeps_shape(model, line) and model.color_source != "none" else "part"
    start, end = (f"{math.degrees(angle):.0f}" for angle in (turn.start, turn.end))
    which = "any" if turn.is_whole else f"{start} to {end} degrees from this pose"
    ties = float(share.max()) < TIED * float(share.min())
    reason = f"no {telling} in view tells which" if ties else f"what {telling} is in view hardly tells which"
    return f"turn about {_vector(turn.axis)}: {which}, {reason}"


def _keeps_shape(model: ObjectModel, line: ContinuousSymmetry) -> bool:
    """Whether the shape is one of revolution about the line, so that handles and spouts cannot tell."""
    cloud, turns = model.surface.cloud, line.rotations(torch.tensor(TRIED))[:, None]
    points, normals = (turns @ cloud.points).movedim(-1, 0), (turns.rotation @ cloud.normals).movedim(-1, 0)
    _, planes = model.surface.index.look_up(points, normals)
    above = ((points - planes[:3]) * planes[3:]).sum(0).abs()
    return bool(above.quantile(0.95, dim=-1).max() < KEPT * model.diameter)


def _of_others(model: ObjectModel, motions: SE3, share: Tensor) -> list[str]:
    """Of poses that no free turn joins, by their motions (k,) from the first and shares (k,)."""
    names = [_name(model, motion) for motion in motions]
    said = []
    for kind in dict.fromkeys(kind for kind, _ in names):
        turns = [turn for other, turn in names if other == kind]
        chance = float(share[torch.tensor([other == kind for other, _ in names])].sum())
        said.append(f"{kind.format(', '.join(dict.fromkeys(turns)))}: share {chance:.2f}")
    return said


def _name(model: ObjectModel, motion: SE3) -> tuple[str, str]:
    """What kind of motion () obj_from_obj leads to a pose; and the degrees it leaves open, if any."""
    turns = model.near_symmetry.transforms(1.0, STEP)
    points = probe_points(model)
    gap = (turns.apply_points(points) - motion.apply_points(points)).norm(dim=-1).amax(-1)
    if float(gap.min()) > NAMED * model.diameter:
        return "another pose", ""
    rotation = turns[int(gap.argmin())].rotation
    for line in model.near_symmetry.continuous:
        if float(rotation.apply(line.axis) @ line.axis) < 0:
            return f"end for end along {_vector(line.axis)}", ""
    turn = rotation.log()
    turn = turn * turn[turn.abs().argmax()].sign()  # about the direction that looks simpler
    degrees = math.degrees(float(rotation.log() @ turn) / max(float(turn.norm()), 1e-9))
    if degrees == 0:
        return "a pose nearby", ""
    about = f"about {_vector(torch.nn.functional.normalize(turn, dim=0))}"
    if abs(degrees) > HALF:
        return f"half a turn {about}", ""
    return f"turned by {{}} degrees {about}", f"{degrees:.0f}"


def _vector(direction: Tensor) -> str:
    return "(" + ", ".join(f"{round(value, 1) + 0.0:g}" for value in direction.tolist()) + ")"
