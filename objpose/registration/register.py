"""One object, one mask: the hypotheses, their judgement, and the answer with its runners-up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from objpose.comparison import Verdict, distinct
from objpose.errors import InputError
from objpose.features import DenseFeatures, FusedDescriptor, PointCloud, voxel_cloud
from objpose.frame import Frame
from objpose.geometry import SE3, Symmetry
from objpose.onboarding import ObjectModel
from objpose.registration.icp import icp
from objpose.registration.look_alikes import patch_similarity, unseen_look_alikes
from objpose.registration.matching import MatchEstimator, MatchOptions, match_poses
from objpose.registration.observation import Observation, observe
from objpose.registration.refine import RefineOptions, refine
from objpose.registration.scoring import pose_score
from objpose.registration.search import SearchOptions, best, search_poses
from objpose.registration.verify import verify
from objpose.registration.visual_matching import oriented_estimator
from objpose.registration.visual_model import VisualModel, VisualOptions, visual_model
from objpose.registration.visual_target import VisualCrop, patch_points, visual_crop
from objpose.timing import Clock

SAME = 0.1  # of the diameter: poses closer than this everywhere are one hypothesis


@dataclass(frozen=True)
class RegistrationOptions:
    crop_size: int = 112  # pixels of the crop's side at most
    judge_size: int = 64  # pixels of the crop in which the many hypotheses are judged
    voxel: float = 0.03  # of the diameter, spacing of the scene cloud
    match_voxel: float = 0.045  # of the diameter, spacing of the points that carry descriptors
    match_points: int = 160  # scene points that carry descriptors
    icp_points: int = 150  # scene points of the ICP that settles all hypotheses
    icp_iterations: int = 8
    icp_reach: tuple[float, float] = (0.10, 0.03)  # of the diameter, at start and end
    judged: int = 48  # hypotheses that are rendered, look-alikes not counted
    finalists: int = 16  # hypotheses refined in the small crop at most
    winners: int = 3  # hypotheses refined in the large crop at most
    hopeless: float = 0.8  # share of the best score below which only the first few are refined
    refine_iterations: tuple[int, int] = (3, 4)  # in the small and in the large crop
    tolerance: float = 0.04  # of the diameter: depth difference that the judge stops calling agreement
    search: SearchOptions = SearchOptions()
    matching: MatchOptions = MatchOptions()
    refine: RefineOptions = RefineOptions()
    descriptor: FusedDescriptor = FusedDescriptor()  # its colour half makes way for features
    visual: VisualOptions = VisualOptions()  # how an object is seen by features


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
    options: RegistrationOptions = RegistrationOptions(),
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
        sight = _sight(model, frame, mask, observation.cloud, options, features)
        clock.lap("views")
        estimator = _by_features(sight, observation.cloud, options, generator)
    else:
        estimator = _by_color(model, observation.cloud, options, generator)
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
    notes = observation.warnings
    if features is not None:
        counts |= {"color_source": model.color_source}
        notes += () if sight else (f"{model.name} has no colour: features see nothing of it",)
    return replace(result, stats=result.stats | counts, timings=clock.laps, warnings=notes)


@dataclass(frozen=True, eq=False)
class _Sight:
    """What features see of the object, and of the frame."""

    features: DenseFeatures
    visual: VisualModel
    crop: VisualCrop


def _sight(
    model: ObjectModel,
    frame: Frame,
    mask: Tensor,
    cloud: PointCloud,
    options: RegistrationOptions,
    features: DenseFeatures,
) -> _Sight:
    visual = visual_model(model, features, options.descriptor.geometric, options.visual)
    distance = float(cloud.points[:, 2].median())
    return _Sight(features, visual, visual_crop(frame, mask, visual.scale, distance, model.diameter))


def _by_color(
    model: ObjectModel, cloud: PointCloud, options: RegistrationOptions, generator: torch.Generator
) -> MatchEstimator:
    """Matches by shape and local colour."""
    use_color = model.keypoints.cloud.colors is not None
    cloud = voxel_cloud(cloud.points, options.match_voxel * model.diameter, cloud.normals, cloud.colors)
    descriptors = options.descriptor(cloud, model.diameter, use_color)
    found, expected = descriptors.shape[1], model.keypoints.descriptors.shape[1]
    if found != expected:
        cure = "onboard it with the descriptor of RegistrationOptions"
        raise InputError(f"object {model.name}", f"{expected} numbers a descriptor", str(found), cure)
    chosen = torch.randperm(len(cloud), generator=generator)[: options.match_points]
    distance = torch.cdist(descriptors[chosen], model.keypoints.descriptors)
    return MatchEstimator(model, cloud[chosen], distance, options.matching)


def _by_features(
    sight: _Sight, cloud: PointCloud, options: RegistrationOptions, generator: torch.Generator
) -> MatchEstimator:
    """Matches by shape and by what the features see."""
    visual, diameter = sight.visual, sight.visual.model.diameter
    scene = voxel_cloud(cloud.points, options.match_voxel * diameter, cloud.normals, None)
    patches = patch_points(sight.crop, sight.features, visual.turns)
    # What lies too far from the rest is not of the object.
    near = (patches.points - scene.points.median(0).values).abs().amax(-1) < diameter
    patches = patches[near]
    chosen = torch.randperm(len(patches.points), generator=generator)[: options.match_points]
    geometric = options.descriptor.geometric
    return oriented_estimator(visual, patches[chosen], scene, geometric, options.matching)


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
    coarse_steps, fine_steps = options.refine_iterations
    small = observation.crop.smaller(options.judge_size)
    coarse = refine(model.coarse_mesh, small, finalists, model.diameter, coarse_steps, options.refine)
    poses, verdict = SE3(coarse.params), verify(model.coarse_mesh, small, SE3(coarse.params), tolerance, True)
    winners = poses[_ranking(model, _turns(model), poses, verdict)[: options.winners]]
    fine = refine(model.mesh, observation.crop, winners, model.diameter, fine_steps, options.refine)
    poses = SE3(fine.params)
    verdict = verify(model.mesh, observation.crop, poses, tolerance, True)
    order = _ranking(model, model.symmetry, poses, verdict)
    return Registration(poses[order], verdict[order], fine.normal[order])


def _told_apart(
    model: ObjectModel,
    observation: Observation,
    found: Registration,
    options: RegistrationOptions,
    sight: _Sight,
) -> Registration:
    """The poses found and the look-alikes of the best, by their score and by what features see of them."""
    tolerance, radius = options.tolerance * model.diameter, SAME * model.diameter
    poses, information, verdict = found.cam_from_obj, found.information, found.verdict
    if len(model.look_alikes):
        flips = unseen_look_alikes(model, observation, poses, radius, tolerance)
        steps = options.refine_iterations[1]
        fine = refine(model.mesh, observation.crop, flips, model.diameter, steps, options.refine)
        poses = SE3.cat([poses, SE3(fine.params)])
        information = torch.cat([information, fine.normal])
        verdict = verify(model.mesh, observation.crop, poses, tolerance, True)
    similarity = patch_similarity(model, sight.crop, poses, sight.features)
    order = (verdict.score * similarity).sort(descending=True, stable=True).indices
    order = order[distinct(model, model.symmetry, poses[order], radius, len(order))]
    stats = {"patch_similarity": float(similarity[order[0]]), "flipped": bool(order[0] > 0)}
    return Registration(poses[order], verdict[order], information[order], stats)


def _ranking(model: ObjectModel, symmetry: Symmetry, poses: SE3, verdict: Verdict) -> Tensor:
    """Indices of the different poses, best score first."""
    order = verdict.score.sort(descending=True, stable=True).indices
    return order[distinct(model, symmetry, poses[order], SAME * model.diameter, len(order))]


def _turns(model: ObjectModel) -> Symmetry:
    """The free turns alone: flips that seem equal to symmetry detection are still judged by the frame."""
    return Symmetry(SE3.identity((1,)), model.symmetry.continuous)
