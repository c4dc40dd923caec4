"""With depth (FreeZe): the recipe. An object's points registered with a frame's, judged by rendering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from objpose.crops import Crop, depth_roughness, depth_tolerance
from objpose.features import DenseFeatures, FusedDescriptor
from objpose.frame import Frame
from objpose.geometry import SE3, Mesh
from objpose.nocs import PoseNet
from objpose.objects import ObjectModel
from objpose.poses.align import Aligned, Alignment, Weighted
from objpose.poses.answer import PoseAnswer, Stats
from objpose.poses.depth_noise import as_noisy
from objpose.poses.distinct import best, best_distinct
from objpose.poses.in_view import with_view
from objpose.poses.judge import by_depth, judge
from objpose.poses.observation import Observation, observe
from objpose.poses.paint import paint_nats
from objpose.poses.pipeline import Move, Recipe, Stage, find
from objpose.poses.propose.descriptors import MatchEstimator, MatchOptions, MatchSearch, color_estimator
from objpose.poses.propose.oriented import feature_estimator
from objpose.poses.propose.predicted import PredictedOptions, predicted_by
from objpose.poses.propose.rotations import RotationSearch, SearchOptions
from objpose.poses.propose.visual_model import VisualModel, VisualOptions, visual_model
from objpose.poses.propose.visual_target import VisualCrop, visual_crop
from objpose.poses.residuals import DepthResidual, Photometric
from objpose.poses.rivals import RGBD_EVIDENCE, Looks, Rivalry, rivalry
from objpose.poses.rivals.patches import patch_nats
from objpose.poses.settle import icp, pose_score
from objpose.robust import LMOptions
from objpose.timing import Clock


@dataclass(frozen=True)
class RefineOptions:
    reach: float = 0.06  # of the diameter: depth differences beyond are outliers, if not of the noise
    depth_sigma: float = 0.01  # of the diameter: depth noise and model error of a pixel, if it is no noisier
    color_weight: float = 0.3  # of a colour residual of one sigma against a depth residual of one sigma
    steps: tuple[int, int] = (3, 4)  # in the small and in the large crop


@dataclass(frozen=True)
class RGBDOptions:
    crop_size: int = 112  # pixels of the crop's side at most
    judge_size: int = 64  # pixels of the crop in which the many hypotheses are judged
    voxel: float = 0.03  # of the diameter, spacing of the scene cloud
    icp_points: int = 150  # scene points of the ICP that settles all hypotheses
    icp_iterations: int = 8
    icp_reach: tuple[float, float] = (0.10, 0.03)  # of the diameter, at start and end
    judged: int = 48  # hypotheses that are rendered
    finalists: int = 16  # hypotheses refined in the small crop at most
    winners: int = 3  # hypotheses refined in the large crop at most
    hopeless: float = 0.8  # share of the best score below which only the first few are refined
    tolerance: float = 0.04  # of the diameter: depth differences that are no agreement, if not of the noise
    search: SearchOptions = SearchOptions()
    matching: MatchOptions = MatchOptions()
    refine: RefineOptions = RefineOptions()
    descriptor: FusedDescriptor = FusedDescriptor()  # its colour half makes way for features
    visual: VisualOptions = VisualOptions()  # how an object is seen by features
    predicted: PredictedOptions = PredictedOptions()  # of the object's own network


@dataclass(frozen=True, eq=False)
class Sight:
    """What features see of the object, and of the frame."""

    features: DenseFeatures
    visual: VisualModel
    seen: VisualCrop


def find_rgbd(
    model: ObjectModel,
    frame: Frame,
    mask: Tensor,
    seed: int,
    options: RGBDOptions = RGBDOptions(),
    features: DenseFeatures | None = None,
    finish: Move | None = None,
    network: PoseNet | None = None,
) -> PoseAnswer:
    """Find the object in a mask (H, W) of an RGB-D frame; InputError when the mask has too little depth.

    With `features`, an object that has colour is matched by what they see (FreeZe) in place of local colour;
    the first call for it renders and describes its views. One without is matched by its shape, and a warning
    says so. finish: of the best pose alone, see `pipeline.Recipe`. network: the object's own, whose poses
    compete too.
    """
    clock = Clock()
    observation = observe(frame, mask, model, options.crop_size, options.voxel)
    generator = torch.Generator().manual_seed(seed)
    clock.lap("observed")
    sight = None
    if features is not None and model.color_source != "none":
        sight = look(model, frame, mask, observation, options, features)
        clock.lap("views")
    parts = _Parts(model, observation, options, generator, sight)
    recipe = parts.recipe(seed)
    propose = {**recipe.propose, **predicted_by(network, model, frame, mask, seed, options.predicted)}
    answer = find(replace(recipe, propose=propose, finish=finish), clock)
    assumed = noise_of(observation.crop, model.diameter, options.refine)
    answer = as_noisy(answer, model.on_host, observation.crop, assumed)
    answer = with_view(answer, model.on_host, observation.sharp)
    clock.lap("view")
    nats = paint_nats(model.on_host, observation.sharp, answer.cam_from_obj[0])
    clock.lap("paint")
    answer = replace(answer, paint=nats, warnings=(*observation.warnings, *answer.warnings))
    counts: Stats = {"scene_points": len(observation.cloud)}
    if features is None:
        return replace(answer, stats=answer.stats | counts)
    notes = () if sight else (f"{model.name} has no colour: features see nothing of it",)
    counts |= {"color_source": model.color_source}
    return replace(answer, stats=answer.stats | counts, warnings=(*answer.warnings, *notes))


def look(
    model: ObjectModel,
    frame: Frame,
    mask: Tensor,
    observation: Observation,
    options: RGBDOptions,
    features: DenseFeatures,
) -> Sight:
    """The object's views, described once and for all, and the frame around the mask (H, W) at their scale.

    Raises:
        ValueError: an object without colour.
    """
    visual = visual_model(model.on_host, features, options.descriptor.geometric, options.visual)
    if model.original is not None:  # matched on the host, moved where the object is
        visual = replace(visual, model=replace(model, original=visual.model))
    distance = float(observation.cloud.points[:, 2].median())
    return Sight(features, visual, visual_crop(frame, mask, visual.scale, distance, model.diameter))


def aligned(
    mesh: Mesh, crop: Crop, diameter: float, steps: int, options: RefineOptions = RefineOptions()
) -> Aligned:
    """By depth, which fixes what the shape fixes, and by colour, which fixes what it leaves open.

    A label's turn about a can, a print's slide on a box.
    """
    reach = depth_tolerance(crop, options.reach * diameter)
    depth = DepthResidual(crop, noise_of(crop, diameter, options), reach)
    residuals: list[Weighted] = [(1.0, depth)]
    if mesh.color_source != "none" and options.color_weight > 0:
        color = Photometric(crop, depth.pixels, depth.measured)
        residuals.append((options.color_weight**2, color))
    problem = Alignment(mesh.bounds().mean(0), residuals, mesh, crop)
    return Aligned(problem, LMOptions(steps, initial_damping=1e-3, step_tolerance=1e-5))


def noise_of(crop: Crop, diameter: float, options: RefineOptions) -> float:
    """Metres, one sigma of a depth residual."""
    return max(options.depth_sigma * diameter, depth_roughness(crop))


class _Parts:
    """The parts of the recipe. What is drawn at random is drawn in a fixed order, here."""

    def __init__(
        self,
        model: ObjectModel,
        observation: Observation,
        options: RGBDOptions,
        generator: torch.Generator,
        sight: Sight | None,
    ):
        self.model, self.observation, self.options, self.sight = model, observation, options, sight
        self.crop = observation.crop.to(model.device)
        self.small = self.crop.smaller(options.judge_size)
        self.estimator = self._estimator(generator)
        self.search = RotationSearch(model, observation, options.search, generator)
        self.points = observation.cloud.subset(options.icp_points, generator).to(model.device)
        self.tolerance = depth_tolerance(self.crop, options.tolerance * model.diameter)
        self.start, self.end = (fraction * model.diameter for fraction in options.icp_reach)

    def recipe(self, seed: int) -> Recipe:
        model, options = self.model, self.options
        fine = aligned(model.mesh, self.crop, model.diameter, options.refine.steps[1], options.refine)
        return Recipe(
            propose={"matched": MatchSearch(self.estimator, seed), "searched": self.search},
            stages=(self.settle(), self.look(), self.align()),
            refine=fine,
            judge=partial(judge, model.mesh, self.crop, by_depth(self.tolerance)),
            rivalry=self.rivalry(),
        )

    def settle(self) -> Stage:
        """ICP of all."""
        model, options, keep = self.model, self.options, partial(best_distinct, self.model)
        move = partial(icp, model.surface, self.points)
        return Stage(
            "settled",
            partial(
                move, iterations=options.icp_iterations, start_distance=self.start, end_distance=self.end
            ),
            partial(pose_score, model.surface, self.crop, self.points, max_distance=self.end),
            partial(keep, limit=options.judged),
        )

    def look(self) -> Stage:
        """The judge's first look, at what stands where ICP left it."""
        verdict = partial(judge, self.model.coarse_mesh, self.small, by_depth(self.tolerance))
        return Stage("judged", _stay, lambda poses: verdict(poses, use_structure=False).score, self._worthy)

    def align(self) -> Stage:
        model = self.model
        verdict = partial(judge, model.coarse_mesh, self.small, by_depth(self.tolerance))
        keep = partial(best_distinct, model, limit=self.options.winners)
        return Stage("aligned", self._aligned_small(), lambda poses: verdict(poses).score, keep)

    def rivalry(self) -> Rivalry:
        sight, model = self.sight, self.model
        nats = None if sight is None else partial(patch_nats, model, sight.seen, features=sight.features)
        return rivalry_of(model, self.observation.sharp.to(model.device), nats)

    def _estimator(self, generator: torch.Generator) -> MatchEstimator:
        model, cloud, options, sight = self.model, self.observation.cloud, self.options, self.sight
        if sight is None:
            return color_estimator(model, cloud, options.descriptor, options.matching, generator)
        geometric = options.descriptor.geometric
        return feature_estimator(
            sight.visual, sight.seen, sight.features, cloud, geometric, options.matching, generator
        )

    def _aligned_small(self) -> Aligned:
        model, refine = self.model, self.options.refine
        return aligned(model.coarse_mesh, self.small, model.diameter, refine.steps[0], refine)

    def _worthy(self, poses: SE3, score: Tensor) -> Tensor:
        """Those near the best, and of the others the first few."""
        order, options = best(score), self.options
        worth = (score >= options.hopeless * score.max()).sum()
        return order[: int(worth.clamp(2 * options.winners, options.finalists))]


def _stay(poses: SE3) -> SE3:
    return poses


def rivalry_of(model: ObjectModel, crop: Crop, further: Callable[[SE3], Tensor] | None = None) -> Rivalry:
    """What tells rivals in a crop apart; shade and the network are asked only where some come near."""
    return rivalry(model, crop, RGBD_EVIDENCE, True, further, partial(_looked, Looks(model, crop)))


def _looked(looks: Looks, cam_from_obj: SE3) -> Tensor:
    """(B,) nats of poses (B,)."""
    seen = looks.at(cam_from_obj)
    return RGBD_EVIDENCE.looked(seen.preferred, seen.shade)
