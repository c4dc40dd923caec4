"""Photos of one object, placed by its outlines where matches alone do not place all of them for sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from objpose.cameras.answer.island import Parting
from objpose.cameras.certainty import are_all_joined, pair_chances, pairs_above
from objpose.cameras.options import RecoverOptions
from objpose.cameras.outlined_island import OutlinedIsland
from objpose.cameras.scene.photos import Photo
from objpose.cameras.silhouettes.contradiction import kept_together
from objpose.cameras.silhouettes.found import find_silhouettes
from objpose.cameras.silhouettes.groups import groups_of
from objpose.cameras.silhouettes.growth import Group
from objpose.cameras.silhouettes.placements import OutlineSearch
from objpose.cameras.silhouettes.silhouette import Silhouette, silhouette_of
from objpose.cameras.solving import Solved
from objpose.features.local.places import Pair

LEAST = 4  # single photos: on three, outlines fit exactly in many ways
CONTRADICTED = "its outline contradicts the matches that place it"


def parted_by_outlines(
    solved: Solved, photos: Sequence[Photo], trust: float, options: RecoverOptions
) -> Solved:
    """The solution with photos parted whose masks' outlines contradict how matches have joined them."""
    silhouettes = _of_masks(solved, [photo.mask for photo in photos], options)
    chances, orbit = pair_chances(solved, photos, trust, options), options.silhouettes.orbit
    islands = []
    for island in solved.islands:
        groups = kept_together(island.grown.placement.cams_from_world, silhouettes, chances, orbit)
        partings = (*island.partings, Parting(groups, CONTRADICTED))
        islands.append(replace(island, partings=partings) if len(set(groups.values())) > 1 else island)
    return replace(solved, islands=islands)


def with_outlines(solved: Solved, photos: Sequence[Photo], trust: float, options: RecoverOptions) -> Solved:
    """The solution with the photos that show the whole object in one frame, as outlines and matches have
    them.

    Outlines are those of masks, or, where there are none, of what stands out of a plain ground in every
    photo. Nothing changes with fewer than three outlines or very many, or three that no matches relate, where
    matches place all photos for sure, or where cameras, tags or a turntable's step are known.
    """
    known, tags = options.known, solved.problem.tags
    if solved.problem.held or solved.contested or known.turntable_step is not None or tags.numbers:
        return solved
    chances = pair_chances(solved, photos, trust, options)
    if are_all_joined(len(photos), solved, pairs_above(chances, options.silhouettes.belief.sure)):
        return solved
    silhouettes = _silhouettes(solved, photos, options)
    if not 3 <= len(silhouettes) <= options.silhouettes.search.most:
        return solved
    sure, likely = _groups(solved, silhouettes, chances, options)
    if len(sure) == 1 or len(sure) == len(silhouettes) < LEAST:
        return solved
    search = OutlineSearch(
        solved.problem, list(silhouettes), list(silhouettes.values()), sure, options.silhouettes
    )
    found = search.placements([] if len(likely) == len(sure) else [likely])
    return OutlinedIsland(solved, search, found, chances, options).solved()


def _groups(
    solved: Solved,
    silhouettes: Mapping[int, Silhouette],
    chances: Mapping[Pair, float],
    options: RecoverOptions,
) -> list[list[Group]]:
    """Of the photos with silhouettes, by their places: as matches join them for sure, and likely."""
    place = {index: number for number, index in enumerate(silhouettes)}
    islands = [
        {place[index]: cam for index, cam in island.grown.placement.cams_from_world.items() if index in place}
        for island in solved.islands
    ]
    belief = options.silhouettes.belief
    joined = [
        {(place[a], place[b]) for a, b in pairs_above(chances, least) if a in place and b in place}
        for least in (belief.sure, belief.likely)
    ]
    return [groups_of(list(silhouettes.values()), islands, pairs) for pairs in joined]


def _silhouettes(solved: Solved, photos: Sequence[Photo], options: RecoverOptions) -> dict[int, Silhouette]:
    """By view, of the photos that show enough of the object."""
    masks: Sequence[np.ndarray | None] = [photo.mask for photo in photos]
    if all(mask is None for mask in masks):
        masks = find_silhouettes([photo.image for photo in photos], options.silhouettes.ground) or []
    return _of_masks(solved, masks, options)


def _of_masks(
    solved: Solved, masks: Sequence[np.ndarray | None], options: RecoverOptions
) -> dict[int, Silhouette]:
    found = {
        index: silhouette_of(solved.problem.views[index], mask, options.silhouettes.silhouette)
        for index, mask in enumerate(masks)
        if mask is not None
    }
    return {index: one for index, one in found.items() if one is not None}
