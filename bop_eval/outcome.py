"""What the two tasks have in common: thresholds, errors laid out by group, figures of subsets."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bop_eval.groups import Groups, Truths
from bop_eval.report import ErrorScores

SHARES = np.arange(0.05, 0.51, 0.05)  # of the diameter for MSSD and VSD's tau; VSD's theta
PIXELS = np.arange(5.0, 51.0, 5.0)  # for MSPD, of an image 640 wide
MILLIMETERS = np.arange(2.0, 21.0, 2.0)


@dataclass(frozen=True, eq=False)
class Outcome:
    """The part of a report that depends on the task; see `Report`."""

    figures: dict[str, float]
    per_object: dict[int, dict[str, float]]
    per_scene: dict[int, dict[str, float]]
    targets: dict[int, int]
    bop: dict[str, float]
    errors: dict[str, ErrorScores]
    samples: dict[str, np.ndarray]


def lay_out(groups: Groups, errors: np.ndarray) -> np.ndarray:
    """Errors (P,) or (P, K) of the pairs as (G, E, I) or (K, G, E, I), infinite where there is no pair."""
    shape = (len(groups.image), groups.estimates.shape[1], groups.truths.shape[1])
    grid = np.full((*errors.shape[1:], *shape), np.inf)
    group, estimate, instance = groups.pairs()
    grid[..., group, estimate, instance] = errors.T
    return grid


def pairs_matched(groups: Groups, matched: np.ndarray) -> np.ndarray:
    """(P, T) or (P, K, T) bool, from matches (G, E, T) or (K, G, E, T) as `match_greedily` gives them."""
    group, estimate, instance = groups.pairs()
    taken = np.moveaxis(matched[..., group, estimate, :], -2, 0)
    return taken == instance.reshape(-1, *[1] * (taken.ndim - 1))


def by_object_and_scene(
    groups: Groups, truths: Truths, figures: Callable[[np.ndarray], dict[str, float]]
) -> tuple[dict[int, dict[str, float]], dict[int, dict[str, float]]]:
    """`figures` of the groups of each object, and of each scene. It takes how often each group counts."""
    scenes = np.array([truths.images[i].scene_id for i in groups.image], dtype=np.int64)

    def by(keys: np.ndarray) -> dict[int, dict[str, float]]:
        return {int(key): figures((keys == key).astype(np.int64)) for key in np.unique(keys)}

    return by(groups.obj_ids), by(scenes)


def samples(
    groups: Groups, figures: Callable[[np.ndarray], dict[str, float]], draws: np.ndarray | None
) -> dict[str, np.ndarray]:
    """`figures` of each draw of the images (B, images), (B,) by name; none for None."""
    if draws is None:
        return {}
    drawn = [figures(counts[groups.image]) for counts in draws]
    return {name: np.array([of[name] for of in drawn]) for name in drawn[0]}
