"""Outlines contradict a wrong link of matches: the planes that touch the object are off in all pairs across
it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from objpose.cameras.silhouettes.groups import about_middle
from objpose.cameras.silhouettes.options import OrbitOptions
from objpose.cameras.silhouettes.orbit import Matched, Orbit
from objpose.cameras.silhouettes.silhouette import Silhouette
from objpose.cameras.silhouettes.sphere import pair_nats
from objpose.features.local.places import Pair

LEVEL = np.array([1.0, 0.0])  # no plane depends on it


def kept_together(
    cams_from_world: Mapping[int, np.ndarray],
    silhouettes: Mapping[int, Silhouette],
    chances: Mapping[Pair, float],
    options: OrbitOptions,
) -> dict[int, int]:
    """The group of each placed photo: two that outlines contradict, as they are placed, have another.

    chances: of the pairs to stand right as matches have it. The strongest of them that join all photos are
    the links; the one that planes speak most against is the first to go, then each side is looked at for
    itself.
    """
    photos = sorted(cams_from_world)
    nats = _nats(cams_from_world, silhouettes, options)
    parts, whole = list[list[int]](), [photos]
    while whole:
        part = whole.pop()
        sides = _worst_cut(part, chances, nats)
        if sides is None:
            parts.append(part)
        else:
            whole += sides
    return {photo: number for number, part in enumerate(parts) for photo in part}


def _nats(
    cams_from_world: Mapping[int, np.ndarray], silhouettes: Mapping[int, Silhouette], options: OrbitOptions
) -> dict[Pair, float]:
    """By which planes speak for each pair of photos with outlines; of none where these have no middle."""
    shown = [photo for photo in sorted(cams_from_world) if photo in silhouettes]
    some = [silhouettes[photo] for photo in shown]
    cams = {place: cams_from_world[photo] for place, photo in enumerate(shown)}
    group = about_middle(some, cams) if len(shown) > 1 else None
    if group is None:
        return {}
    orbit = Orbit(some, Matched.none(), options, LEVEL)
    nats = pair_nats(orbit, group.cams[None])[0]
    return {(shown[a], shown[b]): float(one) for (a, b), one in zip(orbit.pairs, nats, strict=True)}


def _worst_cut(
    photos: list[int], chances: Mapping[Pair, float], nats: Mapping[Pair, float]
) -> list[list[int]] | None:
    """Both sides of the link that planes speak most against, None where they do against none."""
    cuts = [_sides(photos, links, one) for links in [_links(photos, chances)] for one in links]
    against = [sum(nats.get((min(a, b), max(a, b)), 0.0) for a in one for b in other) for one, other in cuts]
    worst = int(np.argmin(against)) if cuts else 0
    return list(cuts[worst]) if cuts and against[worst] < 0.0 else None


def _links(photos: list[int], chances: Mapping[Pair, float]) -> list[Pair]:
    """The strongest pairs that join all photos, without a circle."""
    links, joined, left = list[Pair](), {photos[0]}, set(photos[1:])
    while left:
        beyond = [(min(a, b), max(a, b)) for a in joined for b in left]
        best = max(beyond, key=lambda pair: chances.get(pair, 0.0))
        links.append(best)
        joined |= set(best)
        left -= set(best)
    return links


def _sides(photos: list[int], links: list[Pair], cut: Pair) -> tuple[list[int], list[int]]:
    """The photos on either side of one link."""
    side, found = {cut[0]}, True
    while found:
        found = False
        for a, b in links:
            if (a, b) != cut and len(side & {a, b}) == 1:
                side |= {a, b}
                found = True
    return sorted(side), [photo for photo in photos if photo not in side]
