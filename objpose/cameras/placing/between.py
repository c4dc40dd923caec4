"""The matches between two placements, and how many agree with an offer of how the two stand to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.options import MergingOptions
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.relative import epipolar_misfit
from objpose.geometry.rigid_matrices import inverse_matrix

Cams = dict[int, np.ndarray]  # cam_from_world (4, 4) by view


class MatchesBetween:
    """The unambiguous matches of all pairs with one photo in each of two placements.

    An offer is the cameras of the other placement in the frame of the main one.
    """

    def __init__(self, problem: CameraProblem, main: Placement, other: Placement, options: MergingOptions):
        self.cams, self.extent, self.options = main.cams_from_world, main.extent, options
        found = [_Pair.of(problem, a, b, options) for a in self.cams for b in other.cams_from_world]
        self.pairs = [one for one in found if one is not None]

    def counts(self, offers: Sequence[Cams]) -> list[float]:
        """Of each offer, how many matches agree; those in one patch together count no more than so many, as
        a print seen twice agrees with wrong offers by dozens.
        """
        total = np.zeros(len(offers))
        for one in self.pairs:
            a_from_main = inverse_matrix(self.cams[one.a])
            b_from_a = np.array([moved[one.b] @ a_from_main for moved in offers]).reshape(-1, 4, 4)
            total += one.counts(b_from_a, self.options.quick_patch)
        return total.tolist()

    def alike(self, first: Cams, second: Cams) -> bool:
        """Whether two offers differ by no more than adjustment would remove."""
        ours, theirs = (np.array([cams[index] for index in sorted(cams)]) for cams in (first, second))
        turns = np.einsum("nij,nij->n", ours[:, :3, :3], theirs[:, :3, :3])
        if ((turns - 1) / 2 < np.cos(np.radians(self.options.same_turn_deg))).any():
            return False
        centres = [-np.einsum("nji,nj->ni", cams[:, :3, :3], cams[:, :3, 3]) for cams in (ours, theirs)]
        moved = np.linalg.norm(centres[0] - centres[1], axis=1)
        return bool((moved < self.options.same_shift * self.extent).all())


@dataclass(frozen=True, eq=False)
class _Pair:
    """A photo a of the main placement and b of the other.

    rays: (M, 2) of their matches, at depth one as the tolerance is; in_patch: of each photo, (M, P) 1 where a
    match lies in a patch, else 0.
    """

    a: int
    b: int
    rays: tuple[np.ndarray, np.ndarray]
    in_patch: tuple[np.ndarray, np.ndarray]
    tolerance: float

    @staticmethod
    def of(problem: CameraProblem, a: int, b: int, options: MergingOptions) -> _Pair | None:
        """None where the two have no matches."""
        matches = problem.matches_of(a, b)
        if matches is None:
            return None
        kept = matches.indices[matches.ratios < options.quick_ratio]
        first, second = problem.views[a], problem.views[b]
        count = problem.options.evidence.patches
        in_patch = (
            _in_patch(first.patches(kept[:, 0], count)),
            _in_patch(second.patches(kept[:, 1], count)),
        )
        rays = first.rays[kept[:, 0]], second.rays[kept[:, 1]]
        return _Pair(a, b, rays, in_patch, options.quick_leniency * problem.tolerance(a, b))

    def counts(self, b_from_a: np.ndarray, most: float) -> np.ndarray:
        """(C,) under each of (C, 4, 4), by the photo in which they lie closer together; most: of a patch."""
        agrees = epipolar_misfit(b_from_a, *self.rays, self.tolerance) < 1.0
        return np.min([-most * np.expm1(-(agrees @ patch) / most).sum(-1) for patch in self.in_patch], axis=0)


def _in_patch(patch: np.ndarray) -> np.ndarray:
    """(M, P) of the patch (M,) of each match."""
    return (patch[:, None] == np.unique(patch)).astype(np.float64)
