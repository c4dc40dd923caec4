"""Putting the answer together: frames, units, confidences, reasons, alternatives, points."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import torch

from objpose.cameras.answer.island import Island
from objpose.cameras.answer.motions import Motion
from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.answer.points import join_points, no_points
from objpose.cameras.answer.reasons import (
    best_pair,
    reason_left_out,
    told_against,
)
from objpose.cameras.answer.recovered import RecoveredCameras, RecoveredPhoto, se3
from objpose.cameras.answer.told import Told
from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.known.known import Known
from objpose.cameras.known.lengths import say_unused
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.scene.photos import Photo
from objpose.errors import InputWarning
from objpose.geometry import SE3


def assemble(
    photos: list[Photo],
    problem: CameraProblem,
    islands: list[Island],
    contradicted: dict[int, Contradiction],
    known: Known,
    seconds: dict[str, float],
    trust: float,
    options: AnswerOptions,
    motions: tuple[Motion, ...] = (),
    doubts: Mapping[int, str] = MappingProxyType({}),
) -> RecoveredCameras:
    """The answer for all photos. Each island's frame is that of its most trusted camera, or the known one.

    contradicted: what the photos say against known cameras; trust: of the matches, as in MatchedPhotos;
    motions: of two things that move differently; doubts: why photos cannot be sure, whatever they match.
    """
    answers: dict[int, RecoveredPhoto] = {}
    points, confidence = [no_points()], torch.eye(len(photos), dtype=torch.float64)
    told = [Told(photos, problem, island, contradicted, known, trust, options, doubts) for island in islands]
    say_unused(known.lengths, {problem.views[index].name for index in told[0].cams} if told else ())
    if told and told[0].unused is not None:
        warnings.warn(InputWarning(str(told[0].unused)), stacklevel=2)
    for number, one in enumerate(told):
        for (a, b), chance in one.pairs.items():
            confidence[a, b] = confidence[b, a] = chance
        answers |= one.photos(number, confidence)
        points.append(one.points(photos))
    placed = len(islands[0].grown.placement.cams_from_world) if islands else 1
    for index in set(range(len(photos))) - set(answers):
        answers[index] = _left_out(problem, index, placed, contradicted.get(index))
    return RecoveredCameras(
        tuple(answers[index] for index in range(len(photos))),
        join_points(points),
        confidence,
        bool(told) and told[0].is_metric,
        seconds,
        _alternatives(problem, islands[0], options) if islands else (),
        tuple(photos),
        (*contradicted.values(), *(off for one in told for off in one.contradictions)),
        motions,
        scale=told[0].scale if told else "",
    )


def _left_out(
    problem: CameraProblem, index: int, placed: int, against: Contradiction | None
) -> RecoveredPhoto:
    view = problem.views[index]
    reason = reason_left_out(problem, index, placed) if against is None else told_against(against)
    evidence = best_pair(problem, index)
    return RecoveredPhoto(view.name, view.camera, None, 0.0, evidence=evidence, reason=reason)


def _alternatives(
    problem: CameraProblem, island: Island, options: AnswerOptions
) -> tuple[tuple[dict[str, SE3], float], ...]:
    """Rival placements of the same photos that are worth telling, with their shares of the belief."""
    mine = island.grown.placement.cams_from_world.keys()
    same = [one for one in island.rivals if one.placement.cams_from_world.keys() == mine]
    ahead = np.array([0.0, *(one.evidence - island.grown.evidence for one in same)]) / options.temperature
    belief = np.exp(ahead - ahead.max()) / np.exp(ahead - ahead.max()).sum()
    found = []
    for one, share in zip(same, belief[1:], strict=True):
        cams = one.placement.cams_from_world.items()
        if share > options.worth_telling:
            found.append(({problem.views[index].name: se3(cam) for index, cam in cams}, float(share)))
    return tuple(found)
