"""One way from hypotheses to an answer: propose, settle, look for rivals, refine, judge, share the chance.

A method is a `Recipe`: which hypotheses, by what they are moved, looked at and judged. `find` runs any. Poses
are moved, looked at and judged where the object is; what goes on is decided on the host, which hears of a
stage once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from objpose.geometry import HOST, SE3, download, on_device
from objpose.poses.answer import PoseAnswer, Stats, Verdict
from objpose.timing import Clock

Propose = Callable[[], tuple[SE3, Stats]]  # (B,) hypotheses, perhaps none; and what else it counted
Move = Callable[[SE3], SE3]  # (B,) -> (B,): each to where it fits best nearby
Look = Callable[[SE3], Tensor]  # (B,) -> (B,): how much speaks for each, higher is better
Keep = Callable[[SE3, Tensor], Tensor]  # poses (B,), looks (B,) -> (k,) that go on, best first; on the host
Judge = Callable[[SE3], Verdict]


@dataclass(frozen=True, eq=False)
class Stage:
    """Hypotheses are moved, looked at, and thinned out."""

    name: str
    move: Move
    look: Look
    keep: Keep


class Refine(Protocol):
    """What moves the rivals to where they are compared and judged, and says how sure that place is."""

    def informed(self, cam_from_obj: SE3) -> tuple[SE3, Tensor]:
        """Poses (B,) moved, and (B, 6, 6) the information there, see `information`."""
        ...

    def information(self, cam_from_obj: SE3) -> Tensor:
        """(B, 6, 6) normal matrices of poses (B,), about the object's centre, camera axes."""
        ...


class Rivals(Protocol):
    """What finds the look-alikes of poses, and tells them apart; takes and gives what lies on the host."""

    def rivals(self, cam_from_obj: SE3) -> SE3:
        """(k,) what of poses (B,), best first, and of their look-alikes is worth a close look."""
        ...

    def compared(self, cam_from_obj: SE3, verdict: Verdict, closely: bool) -> Tensor:
        """(B,) nats of aligned poses (B,) against the best of them; closely: by what is too dear for all."""
        ...

    def contested(self, cam_from_obj: SE3, odds: Tensor) -> Tensor:
        """(k,) indices of the best of poses (B,) by odds (B,), and of rivals that come near it; or none."""
        ...

    def in_place(self, cam_from_obj: SE3) -> tuple[SE3, Tensor]:
        """Of poses (B,), best first: (m,) rivals of the first put where it is, and (m,) which they are."""
        ...

    def answer(self, cam_from_obj: SE3, odds: Tensor) -> tuple[Tensor, Tensor]:
        """Of aligned poses (B,): (k,) indices of different ones, best first, and their shares."""
        ...


@dataclass(frozen=True, eq=False)
class Recipe:
    """A method, made up for one object in one mask of one frame."""

    propose: Mapping[str, Propose]
    stages: Sequence[Stage]
    refine: Refine  # what the answer's poses and their information come from
    judge: Judge
    rivalry: Rivals
    finish: Move | None = None  # of the best pose alone: what is too dear for rivals


def find(recipe: Recipe, clock: Clock) -> PoseAnswer:
    """The different poses that explain the frame, best first.

    Laps of the clock and the counts of hypotheses go by the names of proposers and stages.
    """
    poses, stats = _proposed(recipe, clock)
    device = poses.wxyz_xyz.device
    for stage in recipe.stages:
        stats[stage.name] = len(poses)
        poses = _kept(stage, on_device(poses, device))
        clock.lap(stage.name)
    poses = recipe.rivalry.rivals(SE3(poses.wxyz_xyz.to(HOST)))
    stats["rivals"] = len(poses)
    clock.lap("rivals")
    poses, information = recipe.refine.informed(on_device(poses, device))
    clock.lap("refined")
    return replace(answered(recipe, poses, information, clock), stats=stats, timings=clock.laps)


def answered(recipe: Recipe, cam_from_obj: SE3, information: Tensor, clock: Clock) -> PoseAnswer:
    """The answer that refined poses (B,) make, where they are, the best of them finished; without stats."""
    answer = told_apart(recipe, cam_from_obj, information)
    clock.lap("told apart")
    if recipe.finish is not None:
        answer = _finished(recipe, recipe.finish, answer, information.device)
        clock.lap("finished")
    return answer


def told_apart(recipe: Recipe, cam_from_obj: SE3, information: Tensor) -> PoseAnswer:
    """The answer that refined poses (B,) with information (B, 6, 6) make, where they are; without stats.

    Rivals that come near the best are compared with it in its own place too, and more closely.
    """
    device, rivalry = information.device, recipe.rivalry
    poses, verdict, information = _judged(recipe, cam_from_obj, information)
    odds = rivalry.compared(poses, verdict, closely=False)
    near = rivalry.contested(poses, odds)
    if len(near):
        moved, which = rivalry.in_place(poses[near])
        both, moved = on_device(SE3.cat([poses[near], moved]), device), on_device(moved, device)
        known = torch.cat([information[near].to(device), recipe.refine.information(moved)])
        poses, verdict, information = _judged(recipe, both, known)
        odds = rivalry.compared(poses, verdict, closely=True)
        better = _better_placed(odds, which, len(near))
        poses, verdict, information, odds = poses[better], verdict[better], information[better], odds[better]
    chosen, share = rivalry.answer(poses, odds)
    return PoseAnswer(poses[chosen], verdict[chosen], information[chosen], share)


def _better_placed(odds: Tensor, which: Tensor, count: int) -> Tensor:
    """(count,) indices into poses, and behind them some (m,) in another place: the better of the two."""
    chosen = torch.arange(count)
    others = torch.arange(count, len(odds))
    return chosen.index_copy(0, which, torch.where(odds[others] > odds[which], others, which))


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


def _kept(stage: Stage, poses: SE3) -> SE3:
    """What of poses (B,) goes on, as it was moved; on the host."""
    moved = stage.move(poses)
    wxyz_xyz, look = download(moved.wxyz_xyz, stage.look(moved))
    return SE3(wxyz_xyz[stage.keep(SE3(wxyz_xyz), look)])


def _judged(recipe: Recipe, poses: SE3, information: Tensor) -> tuple[SE3, Verdict, Tensor]:
    """Poses (B,), what the judge says of them, and their information; on the host."""
    verdict = recipe.judge(poses)
    wxyz_xyz, information, *parts = download(poses.wxyz_xyz, information, *verdict.parts())
    return SE3(wxyz_xyz), Verdict(*parts), information


def _finished(recipe: Recipe, finish: Move, answer: PoseAnswer, device: torch.device) -> PoseAnswer:
    """The best pose finished, and judged as it is then."""
    best = finish(on_device(answer.cam_from_obj[:1], device))
    finished = PoseAnswer(*_judged(recipe, best, recipe.refine.information(best)), answer.share[:1])
    return finished.joined(answer[1:])
