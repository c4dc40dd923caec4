"""How far a score depends on which images are in a set: whole clusters of images, drawn anew.

Images of one scene show the same objects in the same light, so they are no independent draws: it is scenes,
or where there are none images, that are drawn with replacement (Field and Welsh, "Bootstrapping clustered
data", 2007). The same draws serve several submissions, so that their differences are paired.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from objpose.errors import InputError

SAMPLES = 1000
LEVEL = 0.95
FEWEST_CLUSTERS = 2
MANY_SCENES = 8  # fewer are no sample to speak of: images are drawn where nobody chooses
DRAWN = ("scene", "image")


@dataclass(frozen=True)
class Interval:
    """Of a score: where it lies in `LEVEL` of the draws."""

    low: float
    high: float


def drawn_counts(clusters: Sequence[Hashable], samples: int = SAMPLES, seed: int = 0) -> np.ndarray:
    """(samples, n) how often each of n images is drawn, when as many clusters are drawn as there are.

    clusters: (n,) the cluster of each image.

    Raises:
        InputError: fewer than two clusters, which tell nothing of their spread.
    """
    places = {cluster: place for place, cluster in enumerate(dict.fromkeys(clusters))}
    of_image, count = np.array([places[cluster] for cluster in clusters], np.int64), len(places)
    if count < FEWEST_CLUSTERS:
        cure = "draw images instead of scenes, or leave the intervals out"
        raise InputError("bootstrap", f"{count} cluster", f"{FEWEST_CLUSTERS} or more", cure)
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=samples)
    return draws[:, of_image]


class _Image(Protocol):
    @property
    def scene_id(self) -> int: ...
    @property
    def im_id(self) -> int: ...


class Draws(NamedTuple):
    """How often each of the images counts, (B, n), and what was drawn, in words; None and "" for no draws."""

    counts: np.ndarray | None
    what: str


def drawn_images(images: Sequence[_Image], by: str | None, seed: int = 0) -> Draws:
    """Draws of a set's images, "image" by image or "scene" by scene; none for None.

    Raises:
        InputError: another word, or one scene alone.
    """
    if by is None:
        return Draws(None, "")
    if by not in DRAWN:
        raise InputError("bootstrap", repr(by), f"one of {', '.join(DRAWN)}", "choose one of them")
    clusters = [image.scene_id if by == "scene" else (image.scene_id, image.im_id) for image in images]
    return Draws(drawn_counts(clusters, seed=seed), f"{len(set(clusters))} {by}s")


def interval(values: np.ndarray) -> Interval:
    """The middle `LEVEL` of the values (samples,); NaN, the score of a draw without target, is left out."""
    values = values[np.isfinite(values)]
    if not len(values):
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def two_sided_p(differences: np.ndarray) -> float:
    """How surprising a difference (samples,) is if there were none: twice the smaller share beyond zero.

    At least 1 in samples + 1: the draws cannot tell less.
    """
    count = len(differences)
    beyond = min(int((differences <= 0).sum()), int((differences >= 0).sum()))
    return min(1.0, 2 * (beyond + 1) / (count + 1))
