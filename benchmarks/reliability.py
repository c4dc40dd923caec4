"""Whether a confidence is the chance of being right: its fit, its table, its calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pose_error import RIGHT, is_close, nearest_truth
from torch import Tensor

from objpose import ObjectModel, PoseEstimate
from objpose.geometry import SE3, Camera, Symmetry

BINS = 10
SURE, DOUBTED = 0.9, 0.5  # confidences above which an estimate is to be right, and a wrong label is not to be
SAME_OBJECT = 0.3  # overlap (intersection over union) of a mask with what is visible of the object it names
RIDGE = 1e-2  # keeps the coefficients finite where scores separate right from wrong without a mistake
CHI2_MEDIAN = 5.348  # of 6 degrees of freedom


@dataclass(frozen=True)
class Outcome:
    """One estimate against the truth."""

    score: float
    share: float  # of the chance among the poses that explain the frame
    confidence: float
    right: bool  # within 10 % of the diameter everywhere
    close: bool  # within 5 pixels and 5 degrees
    wrong_label: bool  # the mask is not of the object that it is given for: whatever is found is wrong
    mahalanobis: (
        float | None
    )  # squared error in sigmas; None for wrong poses and for objects that turn freely


def outcome(
    estimate: PoseEstimate,
    model: ObjectModel,
    symmetry: Symmetry,
    truths: list[SE3],
    camera: Camera,
    wrong_label: bool,
) -> Outcome:
    """Judged against the closest of the true cam_from_obj of all instances (none: it is wrong)."""
    vertices, found = model.mesh.vertices, estimate.cam_from_obj
    candidates = [nearest_truth(vertices, model.diameter, symmetry, found, truth) for truth in truths]
    truth, error = min(candidates, key=lambda candidate: candidate[1], default=(found, float("inf")))
    right = error < RIGHT and not wrong_label
    near = [is_close(vertices, model.diameter, symmetry, found, truth, camera) for truth in truths]
    squared = None
    if right and not symmetry.continuous:
        twist = (truth @ found.inverse()).log().double()
        squared = float(twist @ torch.linalg.solve(estimate.covariance, twist))
    close, share = any(near) and not wrong_label, estimate.share
    return Outcome(estimate.score, share, estimate.confidence, right, close, wrong_label, squared)


def is_wrong_label(mask: np.ndarray, visible: Sequence[np.ndarray]) -> bool:
    """Whether a mask (H, W) shows none of an object's instances, given the visible pixels of each."""
    overlaps = [(mask & seen).sum() / max(1, (mask | seen).sum()) for seen in visible]
    return max(overlaps, default=0.0) < SAME_OBJECT


def fit_confidence(score: Tensor, share: Tensor, right: Tensor) -> tuple[float, float]:
    """Intercept and factor of the score in objpose.poses.confidence, of most likelihood.

    score, share: (N,); right: (N,) bool. The factor is positive by its logarithm, so that confidence never
    falls where a score rises.
    """
    score, share, truth = score.double(), share.double(), right.double()
    start = torch.tensor([-5.0, 2.0], dtype=torch.float64)
    theta = start.clone().requires_grad_()
    solver = torch.optim.LBFGS([theta], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        chance = torch.sigmoid(theta[0] + theta[1].exp() * score) * share
        value = torch.nn.functional.binary_cross_entropy(chance, truth)
        value = value + RIDGE / len(truth) * (theta - start).square().sum()
        value.backward()
        return value

    solver.step(loss)
    intercept, factor = theta.detach()
    return float(intercept), float(factor.exp())


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


def print_promises(outcomes: Sequence[Outcome]) -> None:
    """What a user relies on: sure estimates are right, wrong labels are doubted; and how many are close."""
    sure = [o.right for o in outcomes if o.confidence > SURE]
    print(f"above {SURE}: {_share(sure)} right")
    right = [o.confidence > SURE for o in outcomes if o.right]
    print(f"right ones: {_share(right)} above {SURE}")
    believed = [o.confidence > DOUBTED for o in outcomes if o.wrong_label]
    print(f"masks of another label: {_share(believed)} above {DOUBTED}")
    print(f"within 5 pixels and 5 degrees: {_share([o.close for o in outcomes if not o.wrong_label])}")


def print_covariance(outcomes: Sequence[Outcome]) -> float | None:
    """Squared Mahalanobis errors of right poses; returns the factor by which covariances are too small."""
    squared = torch.tensor([o.mahalanobis for o in outcomes if o.mahalanobis is not None])
    if not len(squared):
        return None
    low, median, high = squared.quantile(torch.tensor([0.1, 0.5, 0.9])).tolist()
    found = f"10 % {low:.2f}, median {median:.2f}, 90 % {high:.2f}"
    print(f"squared errors of {len(squared)} right poses: {found} (chi-squared of 6: 2.20, 5.35, 10.64)")
    return median / CHI2_MEDIAN


def _share(truths: list[bool]) -> str:
    return f"{sum(truths) / len(truths):.3f} of {len(truths)}" if truths else "none"
