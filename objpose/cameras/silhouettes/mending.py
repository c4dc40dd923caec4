"""Placements by outlines are mended: photos that others contradict are taken out and placed anew."""

from __future__ import annotations

import numpy as np

from objpose.cameras.silhouettes.growth import Group, Growth, Placements
from objpose.cameras.silhouettes.stages import COARSE, FINE, MEDIUM, Sampling, Stage

QUICK = Sampling(12, 24)
MANY = 6  # placements that are kept from round to round


def mended(growth: Growth, placed: Placements) -> Placements:
    """The best placements, unlike ones, with the nats against each."""
    coherence, options = growth.coherence, growth.options
    photos, cams = placed.photos, placed.cams[:MANY]
    for _ in range(options.rounds if len(photos) > 4 else 1):
        cams = coherence.fitted(cams, photos, [Stage(3.0, 4, MEDIUM), Stage(1.0, 6, MEDIUM)])
        best = told(growth, cams, photos).unlike(options.unlike_deg / 2, MANY)
        if len(photos) < 5:
            cams = best.cams
            break
        moved = [again for one in best.cams[: options.mended] for again in _moved(growth, one, photos)]
        others = np.concatenate(moved)
        cost = coherence.cost(others, photos, 2.0, COARSE)
        cams = np.concatenate(
            [best.cams[:4], Placements(others, photos, cost).unlike(options.unlike_deg / 2, 8).cams]
        )
    cams = coherence.fitted(cams, photos, [Stage(1.0, 8, FINE), Stage(0.4, 8, FINE)])
    return told(growth, cams, photos).unlike(0.4 * options.unlike_deg, 2 * MANY)


def told(growth: Growth, cams: np.ndarray, photos: np.ndarray) -> Placements:
    return Placements(cams, photos, growth.coherence.told(cams, photos))


def _moved(growth: Growth, cams: np.ndarray, photos: np.ndarray) -> list[np.ndarray]:
    """A placement with either of its suspects anew: those without which it costs least."""
    coherence = growth.coherence
    without = [
        coherence.cost(np.delete(cams, place, 0)[None], np.delete(photos, place), 1.0, COARSE)[0]
        for place in range(len(photos))
    ]
    return [
        anew(growth, cams, photos, int(place)) for place in np.argsort(without)[: growth.options.suspects]
    ]


def anew(growth: Growth, cams: np.ndarray, photos: np.ndarray, place: int, most: int = 3) -> np.ndarray:
    """(B, N, 4, 4) the placement with one photo at the places that the others leave it."""
    coherence, last = growth.coherence, len(photos) - 1
    rest, order = np.delete(cams, place, 0)[None], np.append(np.delete(photos, place), photos[place])
    anchors = growth.anchors(Placements(rest, order[:-1], np.zeros(1)), int(photos[place]))[0]
    whole = np.concatenate([np.repeat(rest, len(anchors), axis=0), anchors[:, None]], axis=1)
    cost = coherence.cost(whole, order, 5.0, QUICK)
    some = Placements(whole, order, cost).unlike(growth.options.unlike_deg, 10)
    found = coherence.fitted(some.cams, order, [Stage(5.0, 4, QUICK), Stage(2.0, 4, QUICK)], [last])
    best = Placements(found, order, coherence.cost(found, order, 2.0, COARSE))
    return best.unlike(growth.options.unlike_deg / 2, most).ordered(photos).cams


def with_others(growth: Growth, core: Placements, others: list[int]) -> Placements:
    """The core's best placements with all other photos, one by one, and mended as a whole."""
    best = Placements(core.cams[:2], core.photos, core.cost[:2])
    for photo in others:
        best = growth.with_group(best, Group((photo,), np.eye(4)[None]), 3)
    return mended(growth, best)
