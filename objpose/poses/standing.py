"""Without depth, on a ground that is known: what could stand there competes with what was found.

The ground that other objects of a frame stand on leaves few poses, so that they can all be tried: also those
of which too little is in view for templates and patches to propose them.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from objpose.frame import Frame
from objpose.geometry import SE3, download, on_device
from objpose.objects import ObjectModel
from objpose.poses.align import Weighted
from objpose.poses.answer import PoseAnswer
from objpose.poses.by_picture import aligned, edge_evidence, on_edges, settled_mask
from objpose.poses.confidence import RGB
from objpose.poses.distinct import SAME, best_distinct, separations
from objpose.poses.judge import by_silhouette, judge
from objpose.poses.pipeline import Move, answered
from objpose.poses.propose.resting import resting_poses
from objpose.poses.residuals.contact import Body, Contact, GroundPlane
from objpose.poses.rgb import RGBOptions, Shots, asked_alone, comparison, shots_of
from objpose.poses.rivals import RGB_EVIDENCE
from objpose.timing import Clock

FOUND = 3  # poses of the answer that defend it
PROPOSED = 12  # poses on the ground that are aligned, of all that stand there
RIVALS = 2  # of these, that are compared with the answer's
NEAR = 4.0  # nats behind it by shape, colours and edges, from where a pose is not compared
BEHIND = 0.04  # score behind the answer's in few pixels, from where a pose is not looked at closely


def find_standing(
    model: ObjectModel,
    frame: Frame,
    mask: Tensor,
    covered: Tensor | None,
    ground: GroundPlane,
    answer: PoseAnswer,
    options: RGBOptions,
    finish: Move | None = None,
) -> PoseAnswer:
    """The answer of `find_rgb` in a mask (H, W), or a better one that stands on the ground; see there."""
    clock = Clock()
    shots = shots_of(model, frame, settled_mask(frame, mask, covered, model.name), covered, options)
    proposed = resting_poses(model.on_host, shots.crop.on_host, ground, PROPOSED)
    clock.lap("resting")
    holds = _holds(model, shots, ground)
    known = on_device(answer.cam_from_obj[:FOUND], model.device)
    rivals = _rivals(model, shots, options, holds, on_device(proposed, model.device), known)
    clock.lap("standing")
    if not len(rivals):
        return answer
    poses = _near(model, shots, SE3.cat([known, _refined(model, shots, options, holds)(rivals)]), len(known))
    if len(poses) == len(known):
        return answer
    recipe = comparison(model, shots, options, finish)
    found = answered(recipe, poses, recipe.refine.information(poses), clock)
    found = asked_alone(found, model, shots, options.align, clock)
    timings = {name: seconds + answer.timings.get(name, 0.0) for name, seconds in clock.laps.items()}
    gap = separations(model, model.symmetry, SE3.cat([found.cam_from_obj[:1], answer.cam_from_obj[:FOUND]]))
    held = float(gap[0, 1:].min() > SAME * model.diameter)
    stats = answer.stats | found.stats | {"standing": len(poses) - len(known), "held": held}
    return replace(found, stats=stats, timings=answer.timings | timings)


def _holds(model: ObjectModel, shots: Shots, ground: GroundPlane) -> list[Weighted]:
    """The ground, against a cost that is a mean over the mask: nats are the sum, less what errs together."""
    pixels = float(shots.crop.on_host.mask.sum())
    return [(RGB.error_correlation / pixels, Contact(Body.of(model), ground, model.device))]


def _rivals(
    model: ObjectModel, shots: Shots, options: RGBOptions, holds: list[Weighted], proposed: SE3, known: SE3
) -> SE3:
    """(k,) of poses proposed, aligned, those that differ from the known ones and look as good."""
    mesh, small = model.coarse_mesh, shots.crop.smaller(options.middle.size)
    poses = SE3.cat([known, aligned(mesh, shots.crop, options.middle, options.align, holds)(proposed)])
    wxyz_xyz, score = download(poses.wxyz_xyz, judge(mesh, small, by_silhouette, poses).score)
    is_known = torch.arange(len(score)) < len(known)
    kept = best_distinct(model, SE3(wxyz_xyz), score + is_known.float(), len(known) + RIVALS)
    good = kept[~is_known[kept] & (score[kept] > score[is_known].max() - BEHIND)]
    return poses[good.to(poses.wxyz_xyz.device)]


def _refined(model: ObjectModel, shots: Shots, options: RGBOptions, holds: list[Weighted]) -> Move:
    fine = aligned(model.mesh, shots.crop, options.fine, options.align, holds)
    sharper = on_edges(model.mesh, shots.last, shots.edges, options.last, options.align, holds)
    return lambda poses: sharper(fine(poses))


def _near(model: ObjectModel, shots: Shots, cam_from_obj: SE3, known: int) -> SE3:
    """Of refined poses (B,) the first, known ones, and those of the others that come near them."""
    verdict = judge(model.mesh, shots.crop, by_silhouette, cam_from_obj)
    nats = RGB_EVIDENCE.of(verdict) + edge_evidence(model.mesh, shots.last, shots.edges)(cam_from_obj)
    is_known = torch.arange(len(nats), device=nats.device) < known
    return cam_from_obj[is_known | (nats > nats[is_known].max() - NEAR)]
