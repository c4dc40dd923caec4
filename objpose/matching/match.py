"""One object, one mask, no depth: the hypotheses, their judgement, and the answer with its runners-up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from objpose.comparison import Crop, Verdict, crop_frame, distinct, main_part, snapped_mask
from objpose.errors import InputError
from objpose.features import DenseFeatures
from objpose.frame import Frame
from objpose.geometry import SE3, Symmetry
from objpose.matching.align import AlignOptions, align
from objpose.matching.featuremetric import align_features
from objpose.matching.judge import judge
from objpose.matching.patch_matches import PatchMatchOptions, pose_from_matches
from objpose.matching.placement import place
from objpose.matching.query import Query, query_view
from objpose.matching.retrieval import QueryPatches, describe, retrieve
from objpose.onboarding import ObjectModel, TemplateSet, object_templates
from objpose.timing import Clock

SAME = 0.1  # of the diameter: poses closer than this everywhere are one hypothesis
LEAST_PIXELS = 64  # of a mask: fewer show no object


@dataclass(frozen=True)
class Stage:
    """One of the crops, coarse to fine, in which hypotheses are aligned and judged."""

    size: int  # pixels of the crop's side at most
    iterations: int  # of alignment
    reach: float  # of the crop's side: outlines farther off are not the mask's
    kept: int  # hypotheses that go on at most


@dataclass(frozen=True)
class MatchingOptions:
    placed: int = 48  # best templates that become hypotheses as they are, placed on the mask
    matched: int = 5  # best templates whose patches are matched, as in FoundPose
    patches: PatchMatchOptions = PatchMatchOptions()
    featuremetric_iterations: int = 15
    coarse: Stage = Stage(40, 8, 0.25, 24)  # of all hypotheses
    middle: Stage = Stage(72, 5, 0.12, 8)  # after it, the look-alikes of the best are tested too
    fine: Stage = Stage(112, 6, 0.06, 8)  # in the full mesh
    flipped: int = 4  # hypotheses whose look-alikes are tested
    align: AlignOptions = AlignOptions()


@dataclass(frozen=True, eq=False)
class Match:
    """Poses (K,) of one object, best first, with their verdicts."""

    cam_from_obj: SE3
    verdict: Verdict
    information: Tensor  # (K, 6, 6) normal matrices of the alignment, about the object's centre
    stats: dict = field(default_factory=dict)
    timings: dict = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def match(
    model: ObjectModel,
    features: DenseFeatures,
    frame: Frame,
    mask: Tensor,
    seed: int,
    options: MatchingOptions = MatchingOptions(),
) -> Match:
    """Find the object in a mask (H, W) of an RGB image; InputError when the mask is too small.

    FoundPose's hypotheses (retrieval, patch matches, PnP, featuremetric alignment) compete with the
    templates themselves, placed on the mask; all are then aligned with the image directly and judged by it.
    """
    clock = Clock()
    templates = object_templates(model, features)
    clock.lap("templates")
    mask = _settled_mask(frame, mask, model.name)
    query = query_view(frame, mask, templates.views.size, templates.views.fill)
    patches = describe(query, features, templates)
    clock.lap("describe")
    ranking = retrieve(templates, query, patches).sort(descending=True, stable=True).indices
    clock.lap("retrieve")
    matched, inliers = matched_poses(templates, ranking[: options.matched], query, patches, seed, options)
    clock.lap("match")
    placed = place(templates, ranking[: options.placed], query)
    crop = crop_frame(frame, mask, options.fine.size)
    hypotheses = query.cam_from_obj(SE3.cat([placed, matched]))
    finalists = _settled(model, crop, hypotheses, options)
    clock.lap("settle")
    result = _refined(model, crop, finalists, options)
    clock.lap("refine")
    stats = {"patches": len(patches.descriptors), "pnp_inliers": inliers, "hypotheses": len(hypotheses)}
    return replace(result, stats=stats, timings=clock.laps)


def matched_poses(
    templates: TemplateSet,
    chosen: Tensor,
    query: Query,
    patches: QueryPatches,
    seed: int,
    options: MatchingOptions = MatchingOptions(),
) -> tuple[SE3, int]:
    """Poses query_from_obj by the patches of each template chosen, and by how many at most.

    Those of PnP are followed by the same after featuremetric alignment.
    """
    found = [pose_from_matches(templates, int(t), patches, query, seed, options.patches) for t in chosen]
    usable = torch.tensor([len(pose) > 0 for pose, _ in found], dtype=torch.bool)
    if not bool(usable.any()):
        return SE3.identity((0,)), 0
    poses = SE3.cat([pose for pose, _ in found])
    steps = options.featuremetric_iterations
    aligned = SE3(align_features(templates, chosen[usable], patches, query, poses, steps).params)
    return SE3.cat([poses, aligned]), round(max(inliers for _, inliers in found))


def _settled_mask(frame: Frame, mask: Tensor, name: str) -> Tensor:
    """The mask (H, W) without specks, its border on the colour edges."""
    snapped = snapped_mask(frame.rgb, main_part(mask))
    found = int(snapped.sum())
    if found < LEAST_PIXELS:
        cure = "check the segmentation, or come closer"
        raise InputError(f"mask of {name}", f"{found} pixels", f"at least {LEAST_PIXELS}", cure)
    return main_part(snapped)


def _settled(model: ObjectModel, crop: Crop, hypotheses: SE3, options: MatchingOptions) -> SE3:
    """The best different hypotheses, look-alikes of the best among them, aligned in small crops."""
    poses, score = _aligned(model, crop, hypotheses, options.coarse, options)
    poses = poses[_different(model, poses, score, options.coarse.kept)]
    poses, score = _aligned(model, crop, poses, options.middle, options)
    best = _different(model, poses, score, options.middle.kept)
    if len(model.look_alikes):
        flipped = (poses[best[: options.flipped]][:, None] @ model.look_alikes).wxyz_xyz.reshape(-1, 7)
        flipped, flipped_score = _aligned(model, crop, SE3(flipped), options.middle, options)
        poses, score = SE3.cat([poses[best], flipped]), torch.cat([score[best], flipped_score])
        best = _different(model, poses, score, options.middle.kept)
    return poses[best]


def _aligned(
    model: ObjectModel, crop: Crop, poses: SE3, stage: Stage, options: MatchingOptions
) -> tuple[SE3, Tensor]:
    """Poses (B,) aligned with the crop at the stage's size, and their scores (B,)."""
    small = crop.smaller(stage.size)
    found = align(model.coarse_mesh, small, poses, stage.iterations, stage.reach, options.align)
    return SE3(found.params), judge(model.coarse_mesh, small, SE3(found.params)).score


def _different(model: ObjectModel, poses: SE3, score: Tensor, limit: int) -> Tensor:
    """Indices of the best different poses; flips of symmetry are kept apart, the frame may tell them."""
    turns = Symmetry(SE3.identity((1,)), model.symmetry.continuous)
    order = score.sort(descending=True, stable=True).indices
    return order[distinct(model, turns, poses[order], SAME * model.diameter, limit)]


def _refined(model: ObjectModel, crop: Crop, finalists: SE3, options: MatchingOptions) -> Match:
    stage = options.fine
    aligned = align(model.mesh, crop, finalists, stage.iterations, stage.reach, options.align)
    poses = SE3(aligned.params)
    verdict = judge(model.mesh, crop, poses)
    order = verdict.score.sort(descending=True, stable=True).indices
    order = order[distinct(model, model.symmetry, poses[order], SAME * model.diameter, len(order))]
    information = aligned.normal * float(crop.mask.sum())
    return Match(poses[order], verdict[order], information[order])
