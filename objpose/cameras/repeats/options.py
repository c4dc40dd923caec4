"""What can be tuned about scenes that repeat themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RepeatsOptions:
    """When a motion is one by which all that joins the photos repeats itself.

    Set on two path-traced cartons that stand the other way round to each other, and on scenes drawn by
    `benchmarks/twin_scenes.py --copies 2` of even seeds and seed 1.
    """

    partners: int = 4  # photos of most evidence with which each is matched along epipolar lines
    line_alike: float = 0.8  # of the distance of two random descriptors, of a match on such a line
    line_ratio: float = 0.9  # to the next best on that line
    most_points: int = 600  # those that most photos see: a whole that repeats itself does so in these
    # Of the distance of two random descriptors: points with nearer ones are each other's like.
    alike: float = 0.6
    likes: int = 16  # of one observation of a point
    most_likes: int = 6000  # pairs of points among which motions are looked for
    leniency: float = 3.0  # tolerances, at the points' depth, that a motion may miss a like by
    near: float = 0.15  # of the points' depth, within which three points of a sample lie
    samples: int = 400  # first points of a sample
    companions: int = 10  # samples of each
    motions: int = 3  # looked for
    least_deg: float = 10.0  # by which pairs of photos must stand otherwise by one: else both are right
    least: int = 7  # points with their like that a motion needs
    # The same of all that it carries. Equal cartons have 0.04 to 0.4, photos of nothing equal 0.03 at most.
    least_share: float = 0.03
    # Share of the points' extent within which something must lie where a motion takes a point: prints that
    # repeat on one thing alone take all else to where nothing is.
    beside: float = 0.3
    neighbours: int = 8  # points that say together whether their likes are missing
    missing_nats: float = 5.0  # by which they must be
    # Nats by which photos moved along must show less than is expected there to refute a motion as a whole:
    # rows of packs and windows have 260 and more, equal cartons 0 to 112.
    refuted_nats: float = 100.0
