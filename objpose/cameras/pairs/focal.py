"""Unknown focal lengths: first guesses by what makes pairs of photos fit best, near what EXIF tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from objpose.cameras.pairs.options import FocalOptions, PairOptions
from objpose.cameras.pairs.pair_matches import PairMatches
from objpose.cameras.pairs.two_view import strongest
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.views import View
from objpose.features.local import Matches
from objpose.features.local.places import Pair


@dataclass(frozen=True)
class UnknownFocals:
    """groups: photos without intrinsics, by the group that shares a focal length; told: that of some groups
    by EXIF, in units of the longer side.
    """

    groups: dict[int, int] = field(default_factory=dict)
    told: dict[int, float] = field(default_factory=dict)

    @property
    def untold(self) -> set[int]:
        """Photos whose focal length nobody told."""
        return {index for index, group in self.groups.items() if group not in self.told}

    def of_told(self) -> UnknownFocals:
        """Of the groups that EXIF tells alone."""
        groups = {index: group for index, group in self.groups.items() if group in self.told}
        return UnknownFocals(groups, self.told)

    @classmethod
    def of(cls, photos: Sequence[Photo]) -> UnknownFocals:
        """By what camera took them: one longer side and one EXIF focal length."""
        keys = {
            index: (max(photo.image.shape[:2]), photo.focal_px)
            for index, photo in enumerate(photos)
            if photo.camera is None
        }
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys.values()))}
        told = {number: px / side for (side, px), number in numbers.items() if px is not None}
        return cls({index: numbers[key] for index, key in keys.items()}, told)


def guess_focals(
    views: list[View],
    matches: dict[Pair, Matches],
    unknown: UnknownFocals,
    seed: int,
    options: FocalOptions,
    pair_options: PairOptions,
) -> list[dict[int, float]]:
    """Focal length in pixels of every view in a group, and rivals that its pairs hardly tell from it.

    Each focal length tried is worth the evidence of the best hypotheses of the group's pairs with the most
    unambiguous matches, less what it is unusual, or not as told. The likeliest of all groups come first; a
    group with fewer rivals keeps its likeliest.
    """
    groups, told = unknown.groups, unknown.told
    quick = replace(pair_options, trials=options.trials)
    likely: dict[int, list[float]] = {}
    for group in sorted(set(groups.values())):
        inside = [pair for pair in matches if groups.get(pair[0]) == group == groups.get(pair[1])]
        inside.sort(key=lambda pair: -int((matches[pair].ratios < options.clear_ratio).sum()))
        tried = options.tried_beside(told.get(group))
        worth = np.zeros(options.steps)
        for a, b in inside[: options.pairs]:
            worth += _worth(views[a], views[b], matches[a, b], tried, seed, options, quick)
        likely[group] = likely_ratios(worth, told.get(group), options)
    guesses = []
    for place in range(max(map(len, likely.values()), default=1)):
        ratios = {group: some[place] if place < len(some) else some[0] for group, some in likely.items()}
        guesses.append({index: ratios[group] * _side(views[index]) for index, group in groups.items()})
    return guesses


def likely_ratios(worth: np.ndarray, told: float | None, options: FocalOptions) -> list[float]:
    """Focal lengths in units of the longer side, the likeliest first, far apart and hardly less likely.

    worth: (steps,) nats of those tried; told: by EXIF, or None.
    """
    usual, spread = (options.usual, options.spread) if told is None else (told, options.told_spread)
    if worth.max() <= 0.0:
        return [usual]
    tried = options.tried_beside(told)
    score = worth - 0.5 * options.temperature * (np.log(tried / usual) / spread) ** 2
    found = [float(tried[score.argmax()])]
    for step in np.argsort(-score, kind="stable"):
        is_far = all(abs(np.log(tried[step] / one)) > np.log(options.apart) for one in found)
        if is_far and score[step] > score.max() - options.rival_nats:
            found.append(float(tried[step]))
    return found[: options.guesses]


def _worth(
    view_a: View,
    view_b: View,
    matches: Matches,
    tried: np.ndarray,
    seed: int,
    options: FocalOptions,
    quick: PairOptions,
) -> np.ndarray:
    """(steps,) nats of a pair under each focal length tried."""
    clear = matches.select(matches.ratios < options.clear_ratio)
    nats = []
    for ratio in tried:
        pair = PairMatches(with_ratio(view_a, ratio), with_ratio(view_b, ratio), clear)
        nats.append(strongest(pair, quick, seed))
    return np.array(nats)


def with_ratio(view: View, ratio: float) -> View:
    """Under a focal length in units of its longer side."""
    return view.with_focal(ratio * _side(view))


def _side(view: View) -> int:
    return max(view.width, view.height)
