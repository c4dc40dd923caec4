"""Without depth (FoundPose, and direct alignment): the recipe. Templates compete, patches are matched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor

from objpose.crops import Crop, crop_frame
from objpose.features import DenseFeatures
from objpose.frame import Frame
from objpose.geometry import SE3, on_device
from objpose.nocs import PoseNet
from objpose.objects import ObjectModel, TemplateOptions, object_templates
from objpose.poses.align import Aligned
from objpose.poses.answer import PoseAnswer, Stats, Verdict
from objpose.poses.by_picture import (
    AlignOptions,
    Level,
    aligned,
    edge_evidence,
    on_edges,
    photometric,
    picture_edges,
    settled_mask,
)
from objpose.poses.distinct import best, best_distinct
from objpose.poses.in_view import with_view
from objpose.poses.judge import by_silhouette, judge
from objpose.poses.observation import SHARPEST
from objpose.poses.paint import paint_nats
from objpose.poses.pipeline import Move, Recipe, Stage, find
from objpose.poses.propose.hidden import hidden_templates
from objpose.poses.propose.patches import PatchMatchOptions, matched_poses
from objpose.poses.propose.predicted import PredictedOptions, predicted_by
from objpose.poses.propose.retrieval import retrieve, words_cosine
from objpose.poses.propose.templates import placed_templates
from objpose.poses.query import describe, query_view
from objpose.poses.residuals import Edges
from objpose.poses.rivals import RGB_EVIDENCE, Looks, rivalry
from objpose.poses.steadiness import with_steadiness
from objpose.timing import Clock


@dataclass(frozen=True)
class RGBOptions:
    templates: TemplateOptions = TemplateOptions()  # other ones are made anew, at first use
    placed: int = 48  # best templates that become hypotheses as they are, placed on the mask
    hidden: int = 32  # further ones, where a side of the mask is cut off, in the sizes the others allow
    patches: PatchMatchOptions = PatchMatchOptions()
    predicted: PredictedOptions = PredictedOptions()  # of the object's own network
    coarse: Level = Level(40, 8, 0.25)  # of all hypotheses
    middle: Level = Level(72, 5, 0.12)
    fine: Level = Level(112, 6, 0.06)  # in the full mesh
    last: Level = Level(160, 8, 0.06)  # of the rivals, in the full mesh, on the edges of the picture too
    kept: tuple[int, int] = (24, 8)  # hypotheses that go on after the coarse and the middle level
    align: AlignOptions = AlignOptions()


def find_rgb(
    model: ObjectModel,
    features: DenseFeatures,
    frame: Frame,
    mask: Tensor,
    seed: int,
    options: RGBOptions = RGBOptions(),
    finish: Move | None = None,
    covered: Tensor | None = None,
    network: PoseNet | None = None,
) -> PoseAnswer:
    """Find the object in a mask (H, W) of an RGB image; InputError when the mask is too small.

    FoundPose's hypotheses (retrieval, patch matches, PnP, featuremetric alignment) compete with the
    templates themselves, placed on the mask; all are then aligned with the image directly and judged by it.
    finish: of the best pose alone, see `pipeline.Recipe`. covered: (H, W) bool, what others' masks claim.
    network: the object's own, whose poses compete too.
    """
    clock = Clock()
    templates = object_templates(model.on_host, features, options.templates)
    there = object_templates(model, features, options.templates)
    clock.lap("templates")
    mask = settled_mask(frame, mask, covered, model.name)
    query = query_view(frame, mask, templates.views.size, templates.views.fill)
    patches = describe(query, features, templates)
    clock.lap("described")
    ranking = best(retrieve(there, words_cosine(templates, patches), query))
    clock.lap("retrieved")

    def placed() -> tuple[SE3, Stats]:
        poses = query.cam_from_obj(placed_templates(templates, ranking[: options.placed], query))
        return on_device(poses, model.device), {}

    def matched() -> tuple[SE3, Stats]:
        chosen = ranking[: options.patches.templates]
        found, inliers = matched_poses(templates, chosen, query, patches, seed, options.patches)
        return on_device(query.cam_from_obj(found), model.device), {"pnp_inliers": inliers}

    found = hidden_templates(templates, there, frame, mask, covered, options.hidden)
    hidden = on_device(found, model.device)
    clock.lap("hidden")
    shots = shots_of(model, frame, mask, covered, options)
    crop = shots.crop
    recipe = replace(
        comparison(model, shots, options, finish),
        propose={"placed": placed, "matched": matched, "hidden": lambda: (hidden, {})}
        | predicted_by(network, model, frame, mask, seed, options.predicted),
        stages=(_coarse(model, crop, options, len(hidden) // 3), _middle(model, crop, options)),
    )
    answer = asked_alone(find(recipe, clock), model, shots, options.align, clock)
    return replace(answer, stats=answer.stats | {"patches": len(patches.descriptors)})


@dataclass(frozen=True, eq=False)
class Shots:
    """What of a frame shows the object, in the sizes in which it is aligned and compared."""

    sharp: Crop
    crop: Crop  # the fine level's
    last: Crop
    edges: Edges  # of the last


def shots_of(
    model: ObjectModel, frame: Frame, mask: Tensor, covered: Tensor | None, options: RGBOptions
) -> Shots:
    """Of a settled mask (H, W)."""
    whole = crop_frame(frame, mask, 2 * max(frame.size), covered).to(model.device)
    last = whole.smaller(options.last.size)
    edges = picture_edges(last, options.align)
    return Shots(whole.smaller(SHARPEST), whole.smaller(options.fine.size), last, edges)


def comparison(model: ObjectModel, shots: Shots, options: RGBOptions, finish: Move | None) -> Recipe:
    """How rivals are refined, judged and told apart, whatever has proposed them."""
    crop, last, edges = shots.crop, shots.last, shots.edges
    return Recipe(
        propose={},
        stages=(),
        refine=_Refined(
            aligned(model.mesh, crop, options.fine, options.align),
            on_edges(model.mesh, last, edges, options.last, options.align),
        ),
        judge=partial(judged, model, crop, Looks(model, shots.sharp)),
        rivalry=rivalry(model, shots.sharp, RGB_EVIDENCE, False, edge_evidence(model.mesh, last, edges)),
        finish=finish,
    )


def asked_alone(
    answer: PoseAnswer, model: ObjectModel, shots: Shots, options: AlignOptions, clock: Clock
) -> PoseAnswer:
    """The answer with what is asked of its first pose alone: is it steady, how much is in view, the paint.

    On the host: one pose is not worth waiting for a device.
    """
    model, last, sharp = model.on_host, shots.last.on_host, shots.sharp.on_host
    alone = photometric(model.mesh, last), picture_edges(last, options)
    answer = with_steadiness(answer, model, last, *alone)
    clock.lap("steadiness")
    answer = with_view(answer, model, sharp)
    clock.lap("view")
    nats = paint_nats(model, sharp, answer.cam_from_obj[0])
    clock.lap("paint")
    return replace(answer, paint=nats)


def judged(model: ObjectModel, crop: Crop, looks: Looks, cam_from_obj: SE3) -> Verdict:
    """By silhouette, colours, shade, and what the network sees of poses (B,)."""
    verdict = judge(model.mesh, crop, by_silhouette, cam_from_obj)
    return replace(verdict, **looks.at(cam_from_obj)._asdict())


@dataclass(frozen=True, eq=False)
class _Refined:
    """Aligned in the fine crop, then on the picture's edges; as sure as the fine crop's residuals are."""

    fine: Aligned
    sharper: Aligned

    def informed(self, cam_from_obj: SE3) -> tuple[SE3, Tensor]:
        poses = self.sharper(self.fine(cam_from_obj))
        return poses, self.information(poses)

    def information(self, cam_from_obj: SE3) -> Tensor:
        return self.fine.information(cam_from_obj)


def _coarse(model: ObjectModel, crop: Crop, options: RGBOptions, more: int) -> Stage:
    keep = partial(best_distinct, model, limit=options.kept[0] + more)
    return Stage("coarse", *_move_and_look(model, crop, options.coarse, options), keep)


def _middle(model: ObjectModel, crop: Crop, options: RGBOptions) -> Stage:
    keep = partial(best_distinct, model, limit=options.kept[1])
    move, look = _move_and_look(model, crop, options.middle, options)
    return Stage("middle", move, look, keep)


def _move_and_look(
    model: ObjectModel, crop: Crop, level: Level, options: RGBOptions
) -> tuple[Move, Callable[[SE3], Tensor]]:
    verdict = partial(judge, model.coarse_mesh, crop.smaller(level.size), by_silhouette)
    return aligned(model.coarse_mesh, crop, level, options.align), lambda poses: verdict(poses).score
