"""How far a pose is from the truth, by each measure that trackers are compared by."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3, Symmetry

SUCCESS_DEGREES, SUCCESS_METRES = 5.0, 0.05  # Tjaden et al., PAMI 2018 (RBOT): both, for a frame to succeed
# Turns about a line of free rotation are tried this close, so that they hide at most a quarter of a degree.
TURN_STEP = 0.004
# Points that decide which of the symmetric truths is meant.
PROBES = 64


@dataclass(frozen=True)
class PoseErrors:
    """Of one pose. The first three are to the nearest of the poses that the object's symmetry makes equal."""

    degrees: float  # rotation
    metres: float  # translation of the object's centre
    off: float  # metres, the mean over the object's points
    add: float  # metres, the same to the truth itself (Hinterstoisser et al., ACCV 2012)
    add_s: float  # metres, the mean from the true points to the nearest found one (the same)

    @property
    def is_success(self) -> bool:
        """Within 5 cm and 5 degrees, as RBOT counts."""
        return self.degrees <= SUCCESS_DEGREES and self.metres <= SUCCESS_METRES


NOTHING_FOUND = PoseErrors(math.inf, math.inf, math.inf, math.inf, math.inf)


class PoseJudge:
    """Compares poses of one object with the truth.

    points: (N, 3) of its surface, metres, object frame. symmetry: turns that do not count as errors.
    diameter: metres.

    Raises:
        InputError: no points.
    """

    def __init__(self, points: Float[Tensor, "N 3"], symmetry: Symmetry, diameter: float):
        if points.ndim != 2 or points.shape[1] != 3 or not len(points):
            raise InputError(
                "points", f"shape {tuple(points.shape)}", "(N, 3)", "give points of the object's surface"
            )
        self._points = points.double()
        self._centre = (self._points.amin(0) + self._points.amax(0)) / 2
        self._probes = self._points[:: max(1, len(points) // PROBES)]
        self._turns = symmetry.transforms(diameter, TURN_STEP).to(torch.float64).normalized()
        self._tree = cKDTree(self._points.numpy())

    def __call__(self, found: SE3 | None, truth: SE3) -> PoseErrors:
        """Errors of a cam_from_obj; infinite where nothing was found."""
        if found is None:
            return NOTHING_FOUND
        found, truth = (pose.to(torch.float64).normalized() for pose in (found, truth))
        nearest = self._nearest(found, truth)
        turn = (nearest.rotation.inverse() @ found.rotation).angle()
        shift = found.apply(self._centre) - nearest.apply(self._centre)
        obj_from_obj = found.inverse() @ truth
        distances, _ = self._tree.query(obj_from_obj.apply_points(self._points).numpy())
        return PoseErrors(
            degrees=math.degrees(float(turn)),
            metres=float(shift.norm()),
            off=self._mean_distance(found, nearest),
            add=self._mean_distance(found, truth),
            add_s=float(distances.mean()),
        )

    def _nearest(self, found: SE3, truth: SE3) -> SE3:
        """The pose equal to the truth by symmetry whose points are nearest to the found one's."""
        equals = truth[None] @ self._turns
        gaps = equals.apply_points(self._probes) - found.apply_points(self._probes)
        return equals[int(gaps.square().sum(-1).mean(-1).argmin())]

    def _mean_distance(self, first: SE3, second: SE3) -> float:
        gaps = first.apply_points(self._points) - second.apply_points(self._points)
        return float(gaps.norm(dim=-1).mean())
