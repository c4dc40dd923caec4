"""recover_cameras: from photos to cameras, points and how far each is to be trusted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.cameras.assembly import assemble
from objpose.cameras.focal import guess_focals, unguessed
from objpose.cameras.growth import Grown, weigh
from objpose.cameras.hypothesis_graph import Edge
from objpose.cameras.islands import find_islands
from objpose.cameras.photos import Intrinsics, Photo, load_photos
from objpose.cameras.problem import Problem, pose_problem
from objpose.cameras.proposals import Proposals, with_proposals
from objpose.cameras.recovered import RecoveredScene
from objpose.cameras.review import PhotoReview, review
from objpose.cameras.settle import LENIENT, STRICT, refocused, settle
from objpose.cameras.tracks import Pair
from objpose.cameras.views import View
from objpose.errors import InputError
from objpose.features.local import (
    LocalFeatures,
    LocalMatcher,
    MatchedPhotos,
    Matches,
    local_matcher,
)
from objpose.timing import Clock
from objpose.work import within

# A refined focal length further from the guess than this share of it asks for new hypotheses.
FOCAL_CHANGE = 0.05


@dataclass(frozen=True)
class RecoverOptions:
    cache: str | Path | None = None  # folder that keeps features and matches between runs
    known_distance: tuple[str, str, float] | None = None  # two photos and the metres between their cameras
    threads: int | None = None  # photos or pairs worked on at once; None: as many as torch may take
    seed: int = 0


def recover_cameras(
    photos: str | os.PathLike | Iterable[Photo],
    intrinsics: Intrinsics = None,
    masks: str | os.PathLike | None = None,
    matcher: LocalMatcher | None = None,
    options: RecoverOptions = RecoverOptions(),
    proposals: Proposals | None = None,
) -> RecoveredScene:
    """Recover the cameras of a few photos of one scene.

    Many hypotheses a pair (ADen), each weighed by its evidence against chance; placements grown from several
    starts and bundle-adjusted (LU-NeRF's mini-scenes, made larger photo by photo); every photo left out once
    and searched again (SparseAGS). Photos that nothing but chance places are left out and say so.

    photos: a folder, or photos; intrinsics, masks: see load_photos, for a folder; matcher: as local_matcher
    gives by name, SIFT by default; proposals: motions to look for beside those that the matches give, as
    LearnedProposals makes of trained weights. The world frame is the first trusted camera's, its unit the
    cameras' spread, or metres where a distance is known.

    Raises:
        InputError: fewer than two photos, unreadable files, or intrinsics of another size.
    """
    clock = Clock()
    given = load_photos(photos, intrinsics, masks) if isinstance(photos, str | os.PathLike) else list(photos)
    if len(given) < 2:
        raise InputError("photos", f"{len(given)} photos", "at least two", "add a photo of the same scene")
    _check_distance(options, given)
    with within(options.threads):
        return _recovered(given, matcher or local_matcher("sift"), options, proposals, clock)


def _recovered(
    given: list[Photo],
    matcher: LocalMatcher,
    options: RecoverOptions,
    proposals: Proposals | None,
    clock: Clock,
) -> RecoveredScene:
    matched = _match(given, matcher, options)
    clock.lap("matching")
    clock.laps.update(matched.seconds)
    matches = matched.matches
    views = [_view(photo, features) for photo, features in zip(given, matched.features, strict=True)]
    groups = _focal_groups(given)
    if groups:
        views = _with_focals(views, guess_focals(views, matches, groups, options.seed))
    edges = proposals([photo.image for photo in given]) if proposals else []
    problem = _pose(views, matches, edges, options)
    clock.lap("pairs")
    islands, problem = _solve(problem, groups, edges, options)
    clock.lap("placing")
    scene = assemble(given, problem, islands, options.known_distance, clock.laps, matched.trust)
    clock.lap("answer")
    return scene


def _pose(
    views: list[View], matches: dict[Pair, Matches], edges: list[Edge], options: RecoverOptions
) -> Problem:
    return with_proposals(pose_problem(views, matches, options.seed), edges, options.seed)


def _solve(
    problem: Problem, groups: dict[int, int], edges: list[Edge], options: RecoverOptions
) -> tuple[list[tuple[Grown, dict[int, PhotoReview], list[Grown]]], Problem]:
    """Islands, each with the reviews of its photos and its rivals; with unknown focal lengths refined."""
    found = find_islands(problem, options.seed)
    if groups and found:
        focals = _refined_focals(problem, found[0][0], groups)
        changed = any(abs(focals[i] / problem.views[i].focal - 1.0) > FOCAL_CHANGE for i in focals)
        problem = refocused(problem, focals)
        if changed:
            problem = _pose(problem.views, problem.matches, edges, options)
            found = find_islands(problem, options.seed)
            problem = refocused(problem, _refined_focals(problem, found[0][0], groups)) if found else problem
    islands = []
    for grown, *rivals in found:
        cams = grown.placement.cams_from_world
        settled = weigh(problem, settle(problem, cams, leniency=LENIENT if groups else STRICT))
        reviewed, reviews = review(problem, settled, options.seed)
        islands.append((reviewed, reviews, rivals))
    return islands, problem


def _refined_focals(problem: Problem, grown: Grown, groups: dict[int, int]) -> dict[int, float]:
    """Focal lengths of all views of the groups that the placement refines."""
    placed = {index: group for index, group in groups.items() if index in grown.placement.cams_from_world}
    settled = settle(problem, grown.placement.cams_from_world, focal_groups=placed, rounds=3)
    of_group = {
        (groups[index], _size(problem.views[index])): focal for index, focal in settled.focals.items()
    }
    keys = {index: (group, _size(problem.views[index])) for index, group in groups.items()}
    return {index: of_group[key] for index, key in keys.items() if key in of_group}


def _size(view: View) -> tuple[int, int]:
    return view.width, view.height


def _match(photos: list[Photo], matcher: LocalMatcher, options: RecoverOptions) -> MatchedPhotos:
    images, masks = [photo.image for photo in photos], [photo.mask for photo in photos]
    return matcher(images, masks, options.cache)


def _view(photo: Photo, features: LocalFeatures) -> View:
    height, width = photo.image.shape[:2]
    if photo.camera is not None:
        return View(photo.name, width, height, photo.camera.K.numpy().astype(np.float64), features)
    K = np.array([[1.0, 0.0, (width - 1) / 2], [0.0, 1.0, (height - 1) / 2], [0.0, 0.0, 1.0]])
    view = View(photo.name, width, height, K, features)
    return unguessed(view) if photo.focal_px is None else view.with_focal(photo.focal_px)


def _focal_groups(photos: list[Photo]) -> dict[int, int]:
    """Photos of unknown intrinsics by what camera took them: one longer side and one EXIF focal length."""
    keys = {
        index: (max(photo.image.shape[:2]), photo.focal_px)
        for index, photo in enumerate(photos)
        if photo.camera is None
    }
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys.values()))}
    return {index: numbers[key] for index, key in keys.items()}


def _with_focals(views: list[View], focals: dict[int, float]) -> list[View]:
    return [view.with_focal(focals[index]) if index in focals else view for index, view in enumerate(views)]


def _check_distance(options: RecoverOptions, photos: list[Photo]) -> None:
    if options.known_distance is None:
        return
    first, second, metres = options.known_distance
    names = {photo.name for photo in photos}
    unknown = [name for name in (first, second) if name not in names]
    if unknown:
        raise InputError(
            "known distance", f"no photo {unknown[0]!r}", "the names of two photos", "check the names"
        )
    if not metres > 0:
        raise InputError("known distance", metres, "metres above 0", "measure between the two cameras")
