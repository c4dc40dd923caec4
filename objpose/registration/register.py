"""One object, one mask: the hypotheses, their judgement, and the answer with its runners-up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from objpose.comparison import Verdict, distinct
from objpose.features import DenseFeatures
from objpose.frame import Frame
from objpose.geometry import SE3, Symmetry
from objpose.onboarding import ObjectModel
from objpose.registration.estimators import Sight, color_estimator, feature_estimator, look
from objpose.registration.icp import icp
from objpose.registration.look_alikes import patch_similarity, unseen_look_alikes
from objpose.registration.matching import match_poses
from objpose.registration.observation import Observation, observe
from objpose.registration.options import DEFAULTS, RegistrationOptions
from objpose.registration.refine import refine
from objpose.registration.scoring import pose_score
from objpose.registration.search import best, search_poses
from objpose.registration.verify import verify
from objpose.robust import LMResult
from objpose.timing import Clock

SAME = 0.1  # of the diameter: poses closer than this everywhere are one hypothesis


@dataclass(frozen=True, eq=False)
class Registration:
    """Poses (K,) of one object, best first, with their verdicts."""

    cam_from_obj: SE3
    verdict: Verdict
    information: Tensor  # (K, 6, 6) normal matrices of the refinement, about the object's centre
    stats: dict = field(default_factory=dict)
    timings: dict = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def register(
    model: ObjectModel,
    frame: Frame,
    mask: Tensor,
    seed: int,
    options: RegistrationOptions = DEFAULTS,
    features: DenseFeatures | None = None,
) -> Registration:
    """Find the object in a mask (H, W) of an RGB-D frame; InputError when the mask has too little depth.

    With `features`, an object that has colour is matched by what they see (FreeZe) in place of local colour;
    the first call for it renders and describes its views. One without is matched by its shape, and a warning
    says so.
    """
    clock = Clock()
    observation = observe(frame, mask, model, options.crop_size, options.voxel)
    generator = torch.Generator().manual_seed(seed)
    clock.lap("observe")
    sight = None
    if features is not None and model.color_source != "none":
        sight = look(model, frame, mask, observation.cloud, options, features)
        clock.lap("views")
        estimator = feature_estimator(sight, observation.cloud, options, generator)
    else:
        estimator = color_estimator(model, observation.cloud, options, generator)
    matched, ransac_stats = match_poses(estimator, seed)
    clock.lap("match")
    searched = search_poses(model, observation, options.search, generator)
    clock.lap("search")
    settled = _settled(model, observation, SE3.cat([searched, matched]), options, generator)
    clock.lap("settle")
    finalists = _judged(model, observation, settled, options)
    clock.lap("judge")
    result = _refined(model, observation, finalists, options)
    clock.lap("refine")
    if sight is not None:
        result = _told_apart(model, observation, result, options, sight)
        clock.lap("look-alikes")
    counts = {
        "scene_points": len(observation.cloud),
        "ransac_iterations": ransac_stats.iterations,
        "matched": len(matched),
        "searched": len(searched),
        "judged": len(settled),
    }
    if features is None:
        return replace(result, stats=counts, timings=clock.laps, warnings=observation.warnings)
    notes = () if sight else (f"{model.name} has no colour: features see nothing of it",)
    counts |= {"color_source": model.color_source}
    warnings = (*observation.warnings, *notes)
    return replace(result, stats=result.stats | counts, timings=clock.laps, warnings=warnings)


def _settled(
    model: ObjectModel,
    observation: Observation,
    hypotheses: SE3,
    options: RegistrationOptions,
    generator: torch.Generator,
) -> SE3:
    """The hypotheses and the look-alikes of the best, after ICP, the different ones alone, best first."""
    some = observation.cloud.subset(options.icp_points, generator)
    start, end = (fraction * model.diameter for fraction in options.icp_reach)

    def best_distinct(poses: SE3, limit: int) -> SE3:
        score = pose_score(model.surface, observation.crop, some, poses, end)
        poses = best(poses, score, len(poses))
        return poses[distinct(model, _turns(model), poses, SAME * model.diameter, limit)]

    settled = icp(model.surface, some, hypotheses, options.icp_iterations, start, end)
    settled = best_distinct(settled, options.judged)
    if not len(model.look_alikes):
        return settled
    flipped = settled[: max(1, options.judged // len(model.look_alikes))]
    flipped = SE3((flipped[:, None] @ model.look_alikes).wxyz_xyz.reshape(-1, 7))
    flipped = icp(model.surface, some, flipped, options.icp_iterations // 2, 2 * end, end)
    return best_distinct(SE3.cat([settled, flipped]), 2 * options.judged)


def _judged(model: ObjectModel, observation: Observation, poses: SE3, options: RegistrationOptions) -> SE3:
    crop = observation.crop.smaller(options.judge_size)
    verdict = verify(model.coarse_mesh, crop, poses, options.tolerance * model.diameter, use_structure=False)
    score, order = verdict.score.sort(descending=True, stable=True)
    worth = (score >= options.hopeless * score[0]).sum().clamp(2 * options.winners, options.finalists)
    return poses[order[: int(worth)]]


def _refined(
    model: ObjectModel, observation: Observation, finalists: SE3, options: RegistrationOptions
) -> Registration:
    """Aligned coarse to fine in resolution, the field thinned out in between."""
    tolerance = options.tolerance * model.diameter
    small = observation.crop.smaller(options.judge_size)
    poses = SE3(_coarsely_refined(model, observation, finalists, options).params)
    verdict = verify(model.coarse_mesh, small, poses, tolerance, True)
    winners = poses[_ranking(model, _turns(model), poses, verdict)[: options.winners]]
    fine = _finely_refined(model, observation, winners, options)
    poses = SE3(fine.params)
    verdict = verify(model.mesh, observation.crop, poses, tolerance, True)
    order = _ranking(model, model.symmetry, poses, verdict)
    return Registration(poses[order], verdict[order], fine.normal[order])


def _coarsely_refined(
    model: ObjectModel, observation: Observation, poses: SE3, options: RegistrationOptions
) -> LMResult:
    small, steps = observation.crop.smaller(options.judge_size), options.refine_iterations[0]
    return refine(model.coarse_mesh, small, poses, model.diameter, steps, options.refine)


def _finely_refined(
    model: ObjectModel, observation: Observation, poses: SE3, options: RegistrationOptions
) -> LMResult:
    steps = options.refine_iterations[1]
    return refine(model.mesh, observation.crop, poses, model.diameter, steps, options.refine)


def _told_apart(
    model: ObjectModel,
    observation: Observation,
    found: Registration,
    options: RegistrationOptions,
    sight: Sight,
) -> Registration:
    """The poses found and the look-alikes of the best, by their score times what features see of them.

    Neither alone: on photoreal frames the score told more look-alikes apart than features, and on synthetic
    ones fewer; their product at least as many as either.
    """
    tolerance, radius = options.tolerance * model.diameter, SAME * model.diameter
    poses, information, verdict = found.cam_from_obj, found.information, found.verdict
    if len(model.look_alikes):
        flips = unseen_look_alikes(model, observation, poses, radius, tolerance)
        flips = SE3(_coarsely_refined(model, observation, flips, options).params)
        fine = _finely_refined(model, observation, flips, options)
        poses = SE3.cat([poses, SE3(fine.params)])
        information = torch.cat([information, fine.normal])
        verdict = verify(model.mesh, observation.crop, poses, tolerance, True)
    similarity = patch_similarity(model, sight.crop, poses, sight.features)
    order = (verdict.score * similarity).sort(descending=True, stable=True).indices
    order = order[distinct(model, model.symmetry, poses[order], radius, len(order))]
    stats = {"patch_similarity": float(similarity[order[0]]), "overturned": bool(order[0] > 0)}
    return Registration(poses[order], verdict[order], information[order], stats)


def _ranking(model: ObjectModel, symmetry: Symmetry, poses: SE3, verdict: Verdict) -> Tensor:
    """Indices of the different poses, best score first."""
    order = verdict.score.sort(descending=True, stable=True).indices
    return order[distinct(model, symmetry, poses[order], SAME * model.diameter, len(order))]


def _turns(model: ObjectModel) -> Symmetry:
    """The free turns alone: flips that seem equal to symmetry detection are still judged by the frame."""
    return Symmetry(SE3.identity((1,)), model.symmetry.continuous)
