"""Unknown focal lengths: a first guess by EXIF or by what makes pairs of photos fit best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from objpose.cameras.pairs.options import FocalOptions, PairOptions
from objpose.cameras.pairs.pair_matches import PairMatches
from objpose.cameras.pairs.two_view import strongest
from objpose.cameras.scene.views import View
from objpose.features.local import Matches
from objpose.features.local.places import Pair


def guess_focals(
    views: list[View],
    matches: dict[Pair, Matches],
    groups: dict[int, int],
    seed: int,
    options: FocalOptions,
    pair_options: PairOptions,
) -> dict[int, float]:
    """Focal length in pixels of every view in a group; views of one group share it.

    groups: view index to group. Each focal length tried is worth the evidence of the best hypotheses of the
    group's pairs with the most unambiguous matches.
    """
    quick = replace(pair_options, trials=options.trials)
    found: dict[int, float] = {}
    for group in sorted(set(groups.values())):
        members = [index for index, one in groups.items() if one == group]
        inside = [pair for pair in matches if pair[0] in members and pair[1] in members]
        inside.sort(key=lambda pair: -int((matches[pair].ratios < options.clear_ratio).sum()))
        worth = np.zeros(options.steps)
        for a, b in inside[: options.pairs]:
            worth += _worth(views[a], views[b], matches[a, b], seed, options, quick)
        ratio = float(options.tried[worth.argmax()]) if worth.max() > 0 else options.usual
        found |= {index: ratio * max(views[index].width, views[index].height) for index in members}
    return found


def _worth(
    view_a: View, view_b: View, matches: Matches, seed: int, options: FocalOptions, quick: PairOptions
) -> np.ndarray:
    """(steps,) nats of a pair under each focal length tried."""
    clear = matches.select(matches.ratios < options.clear_ratio)
    nats = []
    for ratio in options.tried:
        pair = PairMatches(with_ratio(view_a, ratio), with_ratio(view_b, ratio), clear)
        nats.append(strongest(pair, quick, seed))
    return np.array(nats)


def with_ratio(view: View, ratio: float) -> View:
    """Under a focal length in units of its longer side."""
    return view.with_focal(ratio * max(view.width, view.height))
