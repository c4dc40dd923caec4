"""What surrounds a masked object, which is asked, too, where it stands still with the object.

Masks say what is meant, whatever else moves: surroundings before which the object was turned say nothing of
it. Pairs that its own matches make sure of tell one from the other. Even so it may have been turned over
between two groups of photos. So what the surroundings alone join is placed, and not sure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from objpose.cameras.answer.island import Parting
from objpose.cameras.pairs.hypothesis import same_motion
from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.pairs.pair_matches import weigh_motion
from objpose.cameras.pairs.still import still_photos
from objpose.cameras.pairs.sure_groups import sure_groups
from objpose.cameras.pairs.two_view import first_look
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.scene.views import View, refocused
from objpose.cameras.solving import Solved
from objpose.features.local import LocalFeatures, MatchedPhotos, Matches
from objpose.features.local.features import under_mask
from objpose.features.local.places import Pair

SURROUNDED = "placed by what surrounds the object, which may have been moved in between"
MARGIN = 0.03  # of the longer side: what lies nearer to a mask may be the object's


def stand_still(
    solved: Solved, sure: Collection[Pair], views: list[View], matched: MatchedPhotos, photos: Sequence[Photo]
) -> bool:
    """Whether what surrounds the object moves as it does in all of its sure pairs in which that can be told,
    and in one at least.

    views, matched: of the whole photos.
    """
    options = solved.problem.options
    focals = {index: solved.problem.views[index].focal for index in solved.problem.focal_groups}
    views = refocused(views, focals)
    outside = _outside(matched, photos)
    if still_photos(views, outside, options):
        return False
    told = [
        told
        for pair, motion in _motions(solved, sure).items()
        if (told := _moves_so((views[pair[0]], views[pair[1]]), outside[pair], motion, options)) is not None
    ]
    return bool(told) and all(told)


def joined_by_object(whole: Solved, alone: Solved, sure: Collection[Pair]) -> Solved:
    """The solution of whole photos, that of the object alone where the two differ in what that is sure of."""
    before, now = _motions(alone, sure), _motions(whole, sure)
    options = alone.problem.options
    if any(pair not in now or not same_motion(now[pair], motion, options) for pair, motion in before.items()):
        return alone
    groups = dict(enumerate(sure_groups(len(whole.problem.views), {}, np.inf, sure)))
    parting = Parting(groups, SURROUNDED)
    return replace(whole, islands=[replace(one, partings=(*one.partings, parting)) for one in whole.islands])


def _motions(solved: Solved, pairs: Collection[Pair]) -> dict[Pair, np.ndarray]:
    """Of the first island: the relative poses of those of the pairs that it holds."""
    cams = solved.cams_from_world
    return {(a, b): relative_pose(cams, a, b) for a, b in sorted(pairs) if a in cams and b in cams}


def _moves_so(
    views: tuple[View, View], matches: Matches, motion: np.ndarray, options: PairOptions
) -> bool | None:
    """Whether matches say that two views moved so: most of what speaks for any motion; None where they say
    nothing. Their own motion is no measure: what is far away tells it less exactly than the object does.
    """
    if len(matches) < options.least_matches:
        return None
    found = first_look(views, matches, options)
    own = found[0].evidence if found else 0.0
    here = weigh_motion(*views, matches, motion, options.evidence)
    if max(own, here) <= options.evidence.chance_nats:
        return None
    return here > max(options.evidence.chance_nats, own / 2.0)


def _outside(matched: MatchedPhotos, photos: Sequence[Photo]) -> dict[Pair, Matches]:
    """The matches that lie beside the masks in both photos."""
    beside = [
        np.ones(len(found), dtype=bool) if photo.mask is None else _beside(photo.mask, found)
        for found, photo in zip(matched.features, photos, strict=True)
    ]
    return {
        (a, b): found.select(beside[a][found.indices[:, 0]] & beside[b][found.indices[:, 1]])
        for (a, b), found in matched.matches.items()
    }


def _beside(mask: np.ndarray, found: LocalFeatures) -> np.ndarray:
    """(N,) bool, which features are not near a mask."""
    return under_mask(found.keypoints, ndimage.distance_transform_edt(~mask) > MARGIN * max(mask.shape))
