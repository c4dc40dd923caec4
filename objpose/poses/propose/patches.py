"""Patches of a query matched with those of a template, and the pose that they give."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.objects import TemplateSet
from objpose.poses.align import Alignment, align
from objpose.poses.query import Query, QueryPatches
from objpose.poses.residuals import Featuremetric
from objpose.robust import LMOptions, LMResult, PnPEstimator, RansacOptions, ransac

LEAST_MATCHES = 6  # fewer are not worth a pose


@dataclass(frozen=True)
class PatchMatchOptions:
    templates: int = 5  # best ones whose patches are matched, as in FoundPose
    matches: int = 300  # of a template at most: those that come back closest to where they started
    max_error: float = 1.0  # cells: reprojection error beyond which a match is an outlier
    iterations: int = 400  # of RANSAC
    aligned: int = 15  # steps of featuremetric alignment


def cyclic_matches(
    templates: TemplateSet, template: int, patches: QueryPatches, limit: int
) -> tuple[Tensor, Tensor]:
    """(m,) query patches and (m,) patches of the set, m <= limit.

    Each query patch takes its nearest template patch, and that one its nearest query patch: the closer this
    is to the first, pixels, the better the match (FoundPose, section 3.4).
    """
    of_template = templates.patches(template)
    distance = torch.cdist(patches.descriptors, templates.descriptors[of_template])
    if not distance.numel():
        return torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.long)
    there = distance.argmin(1)
    back = distance.argmin(0)[there]
    gap = (patches.pixels - patches.pixels[back]).norm(dim=-1)
    # Equal gaps, most of them zero, are ordered by descriptor distance.
    closeness = distance.gather(1, there[:, None])[:, 0]
    order = (gap + closeness / (1 + closeness.max()) * patches.stride / 2).argsort(stable=True)[:limit]
    return order, there[order] + of_template.start


def pose_from_matches(
    templates: TemplateSet,
    template: int,
    patches: QueryPatches,
    query: Query,
    seed: int,
    options: PatchMatchOptions,
) -> tuple[SE3, float]:
    """Poses query_from_obj (n,) by PnP in RANSAC, n <= 1, and the number of inliers."""
    seen, known = cyclic_matches(templates, template, patches, options.matches)
    if len(seen) < LEAST_MATCHES:
        return SE3.identity((0,)), 0.0
    max_error = options.max_error * patches.stride
    estimator = PnPEstimator(patches.pixels[seen], templates.points[known], query.K, max_error)
    settings = RansacOptions(
        max_iterations=options.iterations,
        min_iterations=options.iterations // 4,
        batch_size=options.iterations // 4,
    )
    models, stats = ransac(estimator, settings, seed)
    if not len(models):
        return SE3.identity((0,)), 0.0
    return SE3(models[:1]), stats.inlier_ratio * len(seen)


def matched_poses(
    templates: TemplateSet,
    chosen: Tensor,
    query: Query,
    patches: QueryPatches,
    seed: int,
    options: PatchMatchOptions = PatchMatchOptions(),
) -> tuple[SE3, int]:
    """Poses query_from_obj by the patches of each template chosen, and by how many at most.

    Those of PnP are followed by the same after featuremetric alignment.
    """
    found = [pose_from_matches(templates, int(t), patches, query, seed, options) for t in chosen]
    usable = torch.tensor([len(pose) > 0 for pose, _ in found], dtype=torch.bool)
    if not bool(usable.any()):
        return SE3.identity((0,)), 0
    poses = SE3.cat([pose for pose, _ in found])
    aligned = SE3(align_features(templates, chosen[usable], patches, query, poses, options.aligned).params)
    return SE3.cat([poses, aligned]), round(max(inliers for _, inliers in found))


def align_features(
    templates: TemplateSet,
    chosen: Tensor,
    patches: QueryPatches,
    query: Query,
    query_from_obj: SE3,
    iterations: int,
) -> LMResult:
    """Featuremetric alignment of poses (B,) whose templates are `chosen` (B,); params are wxyz_xyz."""
    residuals = [(1.0, Featuremetric(templates, chosen, patches, query))]
    problem = Alignment(templates.views.centre, residuals)
    settings = LMOptions(max_iterations=iterations, initial_damping=1e-2, step_tolerance=1e-5)
    return align(problem, query_from_obj, settings)
