"""Any relative pose of two views weighed: both pictures laid onto each other, cells and keypoints asked."""

from __future__ import annotations

import numpy as np

from objpose.cameras.pairs.options import EvidenceOptions
from objpose.cameras.pairs.pair_matches import weigh_motion
from objpose.features.local import LocalFeatures, Matches
from objpose.geometry.rigid_matrices import inverse_matrix
from objpose.reference.described import likeness
from objpose.reference.evidence import Evidence
from objpose.reference.laid_onto import Agreement, laid_onto, places
from objpose.reference.look import Look
from objpose.reference.relief import moved, places_in, relief_of


def evidence_for(
    a: Look,
    b: Look,
    features: list[LocalFeatures],
    matches: Matches,
    trust: float,
    b_from_a: np.ndarray,
    amounts: np.ndarray,
    length: float,
) -> Evidence:
    """For b_from_a (4, 4) in the unit of a's relief.

    features, matches, trust: of keypoints of both; amounts: (L,) of the shapes of a's relief, then of b's;
    length: of b's relief in a's unit.
    """
    views = a.view("reference", features[0]), b.view("target", features[1])
    here = a.upright.places
    turned = b.turned_as(here, places_in(a, b, here, b_from_a, amounts))
    return Evidence(
        _laid(a, b, b_from_a, amounts, length),
        likeness(a.upright, turned),
        float(amounts @ amounts),
        trust * weigh_motion(*views, matches, b_from_a, EvidenceOptions()),
    )


def _laid(a: Look, b: Look, b_from_a: np.ndarray, amounts: np.ndarray, length: float) -> Agreement:
    """Each of the views onto the other."""
    here, there = relief_of(a, places(a)), relief_of(b, places(b), is_other=True)
    count = here.shapes.shape[1]
    points = here.points(a.rays(places(a)), amounts[:count])
    own = amounts[count:] if len(amounts) > count else np.zeros(there.shapes.shape[1])
    others = there.points(b.rays(places(b)), own) * length
    nearer = 1 / max(float(b_from_a[2, 2] + b_from_a[2, 3]), 1e-3)
    back = inverse_matrix(b_from_a)
    forth = laid_onto(a, b, moved(b_from_a, points), here.is_known, nearer, here.unit)
    return forth.with_other(laid_onto(b, a, moved(back, others), there.is_known, 1 / nearer, here.unit))
