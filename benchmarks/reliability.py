"""Whether a confidence is the chance of being right: its fit, its table, its calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pose_error import RIGHT, nearest_truth
from torch import Tensor

from objpose import ObjectModel, PoseEstimate
from objpose.geometry import SE3, Symmetry

BINS = 10
RIDGE = 1e-2  # keeps the coefficients finite where scores separate right from wrong without a mistake
CHI2_MEDIAN = 5.348  # of 6 degrees of freedom


@dataclass(frozen=True)
class Outcome:
    """One estimate against the truth."""

    score: float
    runner_up: float  # score of the best other pose, 0 without one
    confidence: float
    right: bool
    mahalanobis: (
        float | None
    )  # squared error in sigmas; None for wrong poses and for objects that turn freely


def outcome(estimate: PoseEstimate, model: ObjectModel, symmetry: Symmetry, truths: list[SE3]) -> Outcome:
    """Judged against the closest of the true cam_from_obj of all instances (none: it is wrong)."""
    vertices, found = model.mesh.vertices, estimate.cam_from_obj
    candidates = [nearest_truth(vertices, model.diameter, symmetry, found, truth) for truth in truths]
    truth, error = min(candidates, key=lambda candidate: candidate[1], default=(found, float("inf")))
    right = error < RIGHT
    squared = None
    if right and not symmetry.continuous:
        twist = (truth @ found.inverse()).log().double()
        squared = float(twist @ torch.linalg.solve(estimate.covariance, twist))
    runner_up = max((other.score for other in estimate.alternatives), default=0.0)
    return Outcome(estimate.score, runner_up, estimate.confidence, right, squared)


def fit_confidence(score: Tensor, margin: Tensor, right: Tensor) -> tuple[float, float, float]:
    """Intercept, factor of the score and tie scale of objpose.poses.confidence, of most likelihood.

    score and margin over the runner-up: (N,); right: (N,) bool. Factor and scale are positive by their
    logarithms, so that confidence never falls where a score rises.
    """
    score, margin, truth = score.double(), margin.double(), right.double()
    theta = torch.tensor([-5.0, 2.0, -4.0], dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([theta], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        intercept, factor, scale = theta[0], theta[1].exp(), theta[2].exp()
        chance = torch.sigmoid(intercept + factor * score) * torch.sigmoid(margin / scale)
        value = torch.nn.functional.binary_cross_entropy(chance, truth)
        value = value + RIDGE / len(truth) * (theta - theta.new_tensor([-5.0, 2.0, -4.0])).square().sum()
        value.backward()
        return value

    solver.step(loss)
    intercept, factor, scale = theta.detach()
    return float(intercept), float(factor.exp()), float(scale.exp())


def print_reliability(confidence: Tensor, right: Tensor) -> float:
    """The reliability table; returns the expected calibration error."""
    place = (confidence * BINS).long().clamp(max=BINS - 1)
    error = 0.0
    print("confidence    estimates  mean confidence  right")
    for index in range(BINS):
        inside = place == index
        if not inside.any():
            continue
        mean, share = confidence[inside].double().mean(), right[inside].double().mean()
        error += float(inside.double().mean() * (mean - share).abs())
        span = f"{index / BINS:.1f} to {(index + 1) / BINS:.1f}"
        print(f"{span} {int(inside.sum()):12d} {mean:16.2f} {share:6.2f}")
    print(
        f"expected calibration error {error:.3f}, {len(right)} estimates, {right.double().mean():.2f} right"
    )
    return error


def print_covariance(outcomes: list[Outcome]) -> float | None:
    """Squared Mahalanobis errors of right poses; returns the factor by which covariances are too small."""
    squared = torch.tensor([o.mahalanobis for o in outcomes if o.mahalanobis is not None])
    if not len(squared):
        return None
    low, median, high = squared.quantile(torch.tensor([0.1, 0.5, 0.9])).tolist()
    found = f"10 % {low:.2f}, median {median:.2f}, 90 % {high:.2f}"
    print(f"squared errors of {len(squared)} right poses: {found} (chi-squared of 6: 2.20, 5.35, 10.64)")
    return median / CHI2_MEDIAN
