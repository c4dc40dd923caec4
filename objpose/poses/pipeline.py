"""One way from hypotheses to an answer: propose, settle, try the flips, refine, judge, rank.

A method is a `Recipe`: which hypotheses, by what they are moved, looked at and judged. `find` runs any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses.align import Aligned
from objpose.poses.answer import PoseAnswer, Stats, Verdict
from objpose.poses.distinct import best_distinct
from objpose.poses.flips import flipped
from objpose.timing import Clock

Propose = Callable[[], tuple[SE3, Stats]]  # (B,) hypotheses, perhaps none; and what else it counted
Move = Callable[[SE3], SE3]  # (B,) -> (B,): each to where it fits best nearby
Look = Callable[[SE3], Tensor]  # (B,) -> (B,): how much speaks for each, higher is better
Keep = Callable[[SE3, Tensor], Tensor]  # poses (B,), looks (B,) -> (k,) indices that go on, best first
Judge = Callable[[SE3], Verdict]


@dataclass(frozen=True, eq=False)
class Flips:
    """How the look-alikes of a stage's best hypotheses are tried."""

    count: int  # hypotheses whose look-alikes are tried
    move: Move
    keep: Keep  # of the hypotheses and their flips


@dataclass(frozen=True, eq=False)
class Stage:
    """Hypotheses are moved, looked at, and thinned out."""

    name: str
    move: Move
    look: Look
    keep: Keep
    flips: Flips | None = None


class SecondLook(Protocol):
    """Something that tells apart what the judge cannot."""

    def rivals(self, answer: PoseAnswer) -> SE3:
        """(k,) further poses to be refined and judged along, perhaps none."""
        ...

    def likeness(self, cam_from_obj: SE3) -> Tensor:
        """(B,) in [0, 1], which ranks poses together with their scores."""
        ...


@dataclass(frozen=True, eq=False)
class Recipe:
    """A method, made up for one object in one mask of one frame."""

    model: ObjectModel
    propose: Mapping[str, Propose]
    stages: Sequence[Stage]
    refine: Aligned  # the residuals that the answer's poses and their information come from
    judge: Judge
    second_look: SecondLook | None = None
    finish: Move | None = None  # of the best pose alone


def find(recipe: Recipe, clock: Clock) -> PoseAnswer:
    """The different poses that explain the frame, best first.

    Laps of the clock and the counts of hypotheses go by the names of proposers and stages.
    """
    poses, stats = _proposed(recipe, clock)
    for stage in recipe.stages:
        stats[stage.name] = len(poses)
        poses = _settled(stage, poses, recipe.model.look_alikes)
        clock.lap(stage.name)
    answer = _judged(recipe, *recipe.refine.informed(poses))
    answer = answer[_order(recipe, answer)]
    clock.lap("refined")
    if recipe.second_look is not None:
        answer = _told_apart(recipe, recipe.second_look, answer)
        clock.lap("told apart")
    if recipe.finish is not None:
        answer = _finished(recipe, recipe.finish, answer)
        clock.lap("finished")
    return replace(answer, stats=stats | answer.stats, timings=clock.laps)


def _proposed(recipe: Recipe, clock: Clock) -> tuple[SE3, Stats]:
    found: list[SE3] = []
    stats: Stats = {}
    for name, propose in recipe.propose.items():
        poses, counts = propose()
        found.append(poses)
        stats |= {name: len(poses)} | counts
        clock.lap(name)
    poses = SE3.cat(found)
    return poses, stats | {"hypotheses": len(poses)}


def _settled(stage: Stage, poses: SE3, look_alikes: SE3) -> SE3:
    """What a stage lets go on, best first."""
    poses, look = _looked_at(stage, stage.move, poses)
    kept = stage.keep(poses, look)
    if stage.flips is None or not len(look_alikes):
        return poses[kept]
    others = flipped(poses[kept[: stage.flips.count]], look_alikes)
    others, other_look = _looked_at(stage, stage.flips.move, others)
    poses, look = SE3.cat([poses[kept], others]), torch.cat([look[kept], other_look])
    return poses[stage.flips.keep(poses, look)]


def _looked_at(stage: Stage, move: Move, poses: SE3) -> tuple[SE3, Tensor]:
    moved = move(poses)
    return moved, stage.look(moved)


def _judged(recipe: Recipe, poses: SE3, information: Tensor) -> PoseAnswer:
    return PoseAnswer(poses, recipe.judge(poses), information)


def _order(recipe: Recipe, answer: PoseAnswer, likeness: Tensor | float = 1.0) -> Tensor:
    """Indices of the different poses, by their score times `likeness`."""
    worth = answer.verdict.score * likeness
    return best_distinct(recipe.model, answer.cam_from_obj, worth, symmetry=recipe.model.symmetry)


def _told_apart(recipe: Recipe, second: SecondLook, answer: PoseAnswer) -> PoseAnswer:
    """The answer and its rivals, by score times likeness.

    Neither alone: on photoreal frames the score told more look-alikes apart than features, and on synthetic
    ones fewer; their product at least as many as either.
    """
    rivals = second.rivals(answer)
    if len(rivals):
        answer = answer.joined(_judged(recipe, *recipe.refine.informed(rivals)))
    likeness = second.likeness(answer.cam_from_obj)
    order = _order(recipe, answer, likeness)
    stats: Stats = {"patch_similarity": float(likeness[order[0]]), "overturned": bool(order[0] > 0)}
    return replace(answer[order], stats=stats)


def _finished(recipe: Recipe, finish: Move, answer: PoseAnswer) -> PoseAnswer:
    """The best pose finished, and judged as it is then; until the best is one that was finished."""
    stats, is_finished = answer.stats, torch.zeros(len(answer), dtype=torch.bool)
    while not is_finished[0]:
        best = finish(answer.cam_from_obj[:1])
        answer = _judged(recipe, best, recipe.refine.information(best)).joined(answer[1:])
        is_finished[0] = True
        likeness = 1.0 if recipe.second_look is None else recipe.second_look.likeness(answer.cam_from_obj)
        order = _order(recipe, answer, likeness)
        answer, is_finished = answer[order], is_finished[order]
    return replace(answer, stats=stats)
