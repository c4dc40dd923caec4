"""recover_cameras: from photos to cameras, points and how far each is to be trusted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from objpose.cameras.answer.assembly import Island, assemble
from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.known.known import Known, held_cameras
from objpose.cameras.options import RecoverOptions
from objpose.cameras.pairs.focal import guess_focals, with_ratio
from objpose.cameras.pairs.problem import CameraProblem, pose_problem
from objpose.cameras.pairs.proposals import Proposals, with_proposals
from objpose.cameras.placing.contested import contested_cameras, without_contested
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.islands import find_islands
from objpose.cameras.placing.review import review
from objpose.cameras.placing.settle import settle
from objpose.cameras.recovered_scene import RecoveredScene
from objpose.cameras.scene.photos import Intrinsics, Photo, load_photos
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.views import View, refocused
from objpose.errors import InputError
from objpose.features.local import LocalFeatures, LocalMatcher, Matches, local_matcher
from objpose.features.local.places import Pair
from objpose.geometry import Camera
from objpose.given import as_list
from objpose.io.photos import list_photos
from objpose.timing import Clock
from objpose.work import within

NOWHERE = -1e4  # pixel of a keypoint on the border of what a lens sees, where no point fits


def recover_cameras(
    photos: str | os.PathLike | Iterable[Photo],
    intrinsics: Intrinsics = None,
    masks: str | os.PathLike | None = None,
    matcher: LocalMatcher | None = None,
    options: RecoverOptions = RecoverOptions(),  # noqa: B008 - frozen
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
    given = _given(photos, intrinsics, masks, options.known)
    if len(given) < 2:
        raise InputError("photos", f"{len(given)} photos", "at least two", "add a photo of the same scene")
    _check_distance(options, given)
    with within(options.threads):
        return _recovered(given, matcher or local_matcher("sift"), options, proposals, clock)


def _given(
    photos: str | os.PathLike | Iterable[Photo],
    intrinsics: Intrinsics,
    masks: str | os.PathLike | None,
    known: Known,
) -> list[Photo]:
    """Photos of known cameras that come without intrinsics take those."""
    if isinstance(photos, str | os.PathLike):
        names = [path.relative_to(photos).as_posix() for path in list_photos(Path(photos))]
        own = {name: one.camera for name, one in known.cameras_of(names).items()}
        return load_photos(photos, own if intrinsics is None else intrinsics, masks)
    given = as_list(photos, "photos", Photo, "a folder of photos, or Photos", "give the folder they are in")
    own = {name: one.camera for name, one in known.cameras_of([photo.name for photo in given]).items()}
    return [replace(one, camera=one.camera or own.get(one.name)) for one in given]


def _recovered(
    given: list[Photo],
    matcher: LocalMatcher,
    options: RecoverOptions,
    proposals: Proposals | None,
    clock: Clock,
) -> RecoveredScene:
    images, kept = [photo.image for photo in given], [_matchable(photo) for photo in given]
    matched = matcher(images, kept, options.cache)
    clock.lap("matching")
    clock.laps.update(matched.seconds)
    groups = _focal_groups(given)
    views = [_view(photo, one, options) for photo, one in zip(given, matched.features, strict=True)]
    focals = guess_focals(views, matched.matches, groups, options.seed, options.focal, options.pairs)
    edges = proposals(images) if proposals else []
    names = [photo.name for photo in given]
    held = held_cameras(options.known.cameras_of(names), names)
    problem = _pose(refocused(views, focals), matched.matches, edges, held, options)
    clock.lap("pairs")
    islands, problem, contested = _solve_uncontested(problem, groups, edges, options)
    clock.lap("placing")
    answer = assemble(
        given,
        problem,
        islands,
        contested,
        options.known_distance,
        clock.laps,
        matched.trust,
        options.answer,
    )
    clock.lap("answer")
    return RecoveredScene.of(replace(answer, weights=matched.weights), options)


def _pose(
    views: list[View],
    matches: dict[Pair, Matches],
    edges: list[Edge],
    held: dict[int, np.ndarray],
    options: RecoverOptions,
) -> CameraProblem:
    problem = pose_problem(views, matches, options.pairs, options.seed)
    return replace(with_proposals(problem, edges, options.seed), held=held)


def _solve_uncontested(
    problem: CameraProblem, groups: dict[int, int], edges: list[Edge], options: RecoverOptions
) -> tuple[list[Island], CameraProblem, dict[int, Contradiction]]:
    """As _solve, with the known cameras that the photos contradict, which hold nothing then."""
    islands, solved = _solve(problem, groups, edges, options)
    if not islands or len(problem.held) < 2:
        return islands, solved, {}
    free = find_islands(replace(solved, held={}), options.placing, options.seed)
    held, sigma_deg = islands[0].grown, options.known.camera_sigma_deg
    contested = (
        contested_cameras(solved, held, free[0][0], sigma_deg, options.placing.contest) if free else {}
    )
    if contested:
        islands, solved = _solve(without_contested(problem, contested), groups, edges, options)
    return islands, solved, contested


def _solve(
    problem: CameraProblem, groups: dict[int, int], edges: list[Edge], options: RecoverOptions
) -> tuple[list[Island], CameraProblem]:
    """Islands of reviewed photos; with unknown focal lengths refined."""
    found = find_islands(problem, options.placing, options.seed)
    if groups and found:
        focals = _refined_focals(problem, found[0][0].placement, groups, options)
        changed = any(abs(focals[i] / problem.views[i].focal - 1.0) > options.focal.change for i in focals)
        problem = problem.refocused(focals)
        if changed:
            problem = _pose(problem.views, problem.matches, edges, problem.held, options)
            found = find_islands(problem, options.placing, options.seed)
        if changed and found:
            problem = problem.refocused(_refined_focals(problem, found[0][0].placement, groups, options))
    islands = []
    for grown, *rivals in found:
        cams = grown.placement.cams_from_world
        settled = settle(problem, cams, options.placing.settle, is_rough=bool(groups))
        weighed = weigh_placement(problem, settled)
        reviewed, reviews = review(problem, weighed, options.placing, options.seed)
        islands.append(Island(reviewed, reviews, rivals))
    return islands, problem


def _refined_focals(
    problem: CameraProblem, placement: Placement, groups: dict[int, int], options: RecoverOptions
) -> dict[int, float]:
    """Focal lengths of all views of the groups that the placement refines."""
    cams = placement.cams_from_world
    placed = {index: group for index, group in groups.items() if index in cams}
    settled = settle(problem, cams, options.placing.settle, rounds=3, focal_groups=placed)
    keys = {
        index: (group, problem.views[index].width, problem.views[index].height)
        for index, group in groups.items()
    }
    of_key = {keys[index]: focal for index, focal in settled.focals.items()}
    return {index: of_key[key] for index, key in keys.items() if key in of_key}


def _matchable(photo: Photo) -> np.ndarray | None:
    """(H, W) bool where features may lie: on the mask, and where the lens sees something; None for all."""
    if photo.camera is None or photo.camera.lens is None:
        return photo.mask
    seen = photo.camera.rays().isfinite().all(-1).numpy()
    return seen if photo.mask is None else seen & photo.mask


def _view(photo: Photo, features: LocalFeatures, options: RecoverOptions) -> View:
    """With the focal length that is known, by EXIF, or usual."""
    height, width = photo.image.shape[:2]
    if photo.camera is not None:
        K = photo.camera.K.numpy().astype(np.float64)
        view = View(photo.name, width, height, K, features, options.keypoints)
        return view if photo.camera.lens is None else _straightened(view, photo.camera)
    K = np.array([[1.0, 0.0, (width - 1) / 2], [0.0, 1.0, (height - 1) / 2], [0.0, 0.0, 1.0]])
    view = View(photo.name, width, height, K, features, options.keypoints)
    usual = with_ratio(view, options.focal.usual)
    return usual if photo.focal_px is None else view.with_focal(photo.focal_px)


def _straightened(view: View, camera: Camera) -> View:
    """The view with its features where a pinhole of the same K would see them."""
    rays = camera.unproject(view.features.keypoints, np.ones(len(view.features)))
    straight = camera.pinhole.project(rays).nan_to_num(NOWHERE).numpy()
    features = replace(view.features, keypoints=straight.astype(view.features.keypoints.dtype))
    return replace(view, features=features, bent=camera)


def _focal_groups(photos: list[Photo]) -> dict[int, int]:
    """Photos of unknown intrinsics by what camera took them: one longer side and one EXIF focal length."""
    keys = {
        index: (max(photo.image.shape[:2]), photo.focal_px)
        for index, photo in enumerate(photos)
        if photo.camera is None
    }
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys.values()))}
    return {index: numbers[key] for index, key in keys.items()}


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
