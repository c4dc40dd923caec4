"""Poses that an object's shape may be mistaken by: turned about the axis of its body, end for end."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.tracking.evidence import Evidence, odds
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step

if TYPE_CHECKING:
    from objpose.tracking.fitting import Fitter

APART = 30.0  # degrees between rivals about a free axis
SHARPER = 4.0  # times the difference of odds: rivals share their frame's clutter, which so drops out
JUMP = 3.0  # nats against each of them: objects do not turn by so much between frames
SAME = 10.0  # degrees from what symmetry makes equal within which a turn is none


def rival_turns(model: ObjectModel) -> SE3:
    """(R,) obj_from_obj of the object's near-symmetry that its symmetry does not make equal; mesh frame."""
    step = math.radians(APART) / 2  # of the diameter: what a turn moves a point by, see `Symmetry.transforms`
    near = model.near_symmetry.transforms(model.diameter, step)
    true = model.symmetry.transforms(model.diameter, math.radians(SAME) / 4)
    between = near.rotation[:, None].inverse() @ true.rotation[None]
    return near[between.angle().amin(1) > math.radians(SAME)]


def share_among(
    fitter: Fitter, sight: Sight, cam_from_mesh: SE3, evidence: Evidence, turns: SE3, step: Step
) -> float:
    """In [0, 1]: of a pose () in the chance of it and its rivals together, by outline, depth and paint.

    What the outline of a can does not tell, and its print does not show, nothing tells: the share is small.
    """
    if not len(turns):
        return 1.0
    rivals = cam_from_mesh[None] @ turns
    poses = rivals.wxyz_xyz.to(torch.float32).contiguous()
    for modality in (fitter.outline, fitter.surface):
        modality.look(sight, poses, step)
    misfit, paint = fitter.outline.misfit(poses, step).tolist(), fitter.paint.seen(sight, rivals)
    hidden, counts = fitter.outline.hidden(len(poses)).tolist(), fitter.surface.counts(poses)
    behind = [0.0] * len(poses) if counts is None else counts.share(counts.contradicted).tolist()
    here, against = odds(evidence), 0.0
    for index, seen in enumerate(paint):
        rival = replace(
            evidence,
            misfit=misfit[index],
            hidden=hidden[index],
            likeness=seen.likeness,
            colourful=seen.weight,
            behind=behind[index],
        )
        against += math.exp(min(SHARPER * (odds(rival) - here) - JUMP, 50.0))
    return 1 / (1 + against)
