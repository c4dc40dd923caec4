"""recover_cameras: from photos to cameras, points and how far each is to be trusted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from objpose.cameras.answer.assembly import assemble
from objpose.cameras.by_outlines import with_outlines
from objpose.cameras.copies import first_of_picture, with_copies
from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.known.coins import check_coin_at
from objpose.cameras.known.known import Known, held_cameras
from objpose.cameras.known.lengths import check_lengths
from objpose.cameras.known.sequence import along_sequence
from objpose.cameras.masked import Posed, solve_masked
from objpose.cameras.options import RecoverOptions
from objpose.cameras.other_side import parted_by_repetition
from objpose.cameras.pairs.focal import UnknownFocals, with_ratio
from objpose.cameras.pairs.proposals import Proposals
from objpose.cameras.recovered_scene import RecoveredScene
from objpose.cameras.repetition import doubt_repeating
from objpose.cameras.scene.photos import Intrinsics, Photo, load_photos
from objpose.cameras.scene.views import View
from objpose.cameras.solving import Solver
from objpose.cameras.tags.detection import opencv
from objpose.cameras.tags.looking import tags_in
from objpose.cameras.tags.seen import with_tags
from objpose.cameras.told_first import solve_told_first
from objpose.cameras.two_things import doubt, solve_meant
from objpose.errors import InputError
from objpose.features.local import LocalFeatures, LocalMatcher, MatchedPhotos, local_matcher
from objpose.geometry import Camera
from objpose.given import as_list
from objpose.io.photos import list_photos
from objpose.timing import Clock
from objpose.work import within


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
    and searched again (SparseAGS). Photos that nothing but chance places are left out and say so; one that
    shows the picture of another again takes its camera, and says so too.

    photos: a folder, or photos; intrinsics, masks: see load_photos, for a folder; matcher: as local_matcher
    gives by name, SIFT by default; proposals: motions to look for beside those that the matches give, as
    LearnedProposals makes of trained weights. The world frame is the first trusted camera's, its unit the
    cameras' spread; options.known, what is known beside the photos, may give others.

    Raises:
        InputError: fewer than two photos, unreadable files, intrinsics of another size, or known things of
            no photo; tags or a coin asked for without OpenCV, the object's size without masks.
    """
    clock = Clock()
    given = _given(photos, intrinsics, masks, options.known)
    if len(given) < 2:
        raise InputError("photos", f"{len(given)} photos", "at least two", "add a photo of the same scene")
    check_lengths(options.known.lengths, [photo.name for photo in given])
    check_coin_at(options.known.coin_at, [photo.name for photo in given])
    if options.known.coin is not None:
        opencv()  # before the long work
    if options.known.object_size is not None and all(photo.mask is None for photo in given):
        raise InputError("object size", "no masks", "masks that show the object", "give masks (--masks)")
    first = first_of_picture(given, options.known)
    kept = [photo for index, photo in enumerate(given) if first[index] == index]
    with within(options.threads):
        scene = _recovered(kept, matcher or local_matcher("sift"), options, proposals, clock)
    return with_copies(scene, given, first)


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
    images = [photo.image for photo in given]
    edges = proposals(images) if proposals else []
    is_masked = any(photo.mask is not None for photo in given)

    def posed(kept: list[np.ndarray | None]) -> Posed:
        return _posed(given, matcher(images, kept, options.cache), edges, options, clock)

    own = posed([_matchable(photo) for photo in given])
    if is_masked:
        answered = solve_masked(own, given, lambda: posed([_seen(photo) for photo in given]))
    else:
        answered = solve_told_first(solve_meant, *own, given)
    matched, solved, motions = own.matched, answered.solved, answered.motions
    kept = solved.islands[0].kept if solved.islands else ()
    undecided = doubt(motions, options.known.asked)
    repeats = doubt_repeating(own.views, own.solver.unknown, kept, options.placing.motion)
    doubts = dict.fromkeys(range(len(given)), undecided) if undecided else repeats
    if not motions:
        solved = parted_by_repetition(with_outlines(solved, given, matched.trust, options), options)
    clock.lap("placing")
    answer = assemble(
        given,
        solved.problem,
        solved.islands,
        solved.contested,
        options.known,
        clock.laps,
        matched.trust,
        options.answer,
        motions,
        doubts,
    )
    clock.lap("answer")
    return RecoveredScene.of(replace(answer, weights=answered.weights), options)


def _posed(
    given: list[Photo], matched: MatchedPhotos, edges: list[Edge], options: RecoverOptions, clock: Clock
) -> Posed:
    names = [photo.name for photo in given]
    if options.known.sequence:
        matched = replace(matched, matches=along_sequence(names, matched.matches))
    family = options.known.tags
    found = [{}] * len(given) if family is None else tags_in(given, family, options.known.sized_tags)
    matched, tags = with_tags(matched, found)
    clock.lap("matching")
    clock.laps.update(matched.seconds)
    views = [_view(photo, one, options) for photo, one in zip(given, matched.features, strict=True)]
    held = held_cameras(options.known.cameras_of(names), names)
    return Posed(Solver(UnknownFocals.of(given), edges, held, options, clock, tags), views, matched)


def _matchable(photo: Photo) -> np.ndarray | None:
    """(H, W) bool where features of what is meant may lie; None for all."""
    seen = _seen(photo)
    if photo.mask is None:
        return seen
    return photo.mask if seen is None else seen & photo.mask


def _seen(photo: Photo) -> np.ndarray | None:
    """(H, W) bool where the lens sees something; None for all."""
    if photo.camera is None or photo.camera.lens is None:
        return None
    return photo.camera.rays().isfinite().all(-1).numpy()


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
    bent = replace(view, bent=camera)
    return replace(bent, features=replace(view.features, keypoints=bent.on_pinhole(view.features.keypoints)))
