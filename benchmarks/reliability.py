"""Whether a confidence is the chance of being right: its fit, its table, its calibration error."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pose_error import is_close, nearest_truth
from torch import Tensor

from objpose import ObjectModel, PoseEstimate
from objpose.geometry import SE3, Camera, Symmetry
from objpose.poses import RIGHT, Chance, chance_within, evidence, share_odds, shift_per_pixel

BINS = 10
SURE, DOUBTED = 0.9, 0.5  # confidences above which an estimate is to be right, and a wrong label is not to be
SAME_OBJECT = 0.3  # overlap (intersection over union) of a mask with what is visible of the object it names
LEAST_SPREAD = 1e-3  # of evidence: what is nearly constant decides nothing
# Of an estimate's stats, beside its score.
EVIDENCE = "empty", "bare", "likely", "by_print", "by_edges", "view"
RIDGE = 1e-2  # keeps the coefficients finite where scores separate right from wrong without a mistake
CHI2_MEDIAN = 5.348  # of 6 degrees of freedom


@dataclass(frozen=True)
class Outcome:
    """One estimate against the truth."""

    evidence: tuple[float, ...]  # see objpose.poses.evidence
    share: float  # of the chance among the poses that explain the frame
    shift_per_pixel: float  # diameters along the ray, see objpose.poses.shift_per_pixel
    confidence: float
    confidence_in_image: float
    right: bool  # within 10 % of the diameter everywhere
    close: bool  # within 5 pixels and 5 degrees
    wrong_label: bool  # the mask is not of the object that it is given for: whatever is found is wrong
    mahalanobis: (
        float | None
    )  # squared error in sigmas; None for wrong poses and for objects that turn freely
    trust: float = 1.0  # factor of the confidences, by what the picture says of depth


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
    parts = estimate.score, *(estimate.stats[name] for name in EVIDENCE)
    seen, middle = model.cam_from_mesh(found), model.mesh.bounds().mean(0)
    return Outcome(
        evidence=tuple(evidence(*map(torch.tensor, parts)).tolist()),
        share=estimate.share,
        shift_per_pixel=float(shift_per_pixel(seen, middle, model.diameter, camera)),
        confidence=estimate.confidence,
        confidence_in_image=estimate.confidence_in_image,
        right=right,
        close=any(near) and not wrong_label,
        wrong_label=wrong_label,
        mahalanobis=squared,
        trust=trust_of(estimate),
    )


def trust_of(estimate: PoseEstimate) -> float:
    """Factor of its confidences, by what the picture says of depth, of a mirror and of its paint."""
    names = "picture_trust", "mirror_trust", "paint_trust"
    return math.prod(float(estimate.stats.get(name, 1.0)) for name in names)


def is_wrong_label(mask: np.ndarray, visible: Sequence[np.ndarray]) -> bool:
    """Whether a mask (H, W) shows none of an object's instances, given the visible pixels of each."""
    overlaps = [(mask & seen).sum() / max(1, (mask | seen).sum()) for seen in visible]
    return max(overlaps, default=0.0) < SAME_OBJECT


def fit_chance(
    evidence: Tensor,
    share: Tensor,
    met: Tensor,
    weight: Tensor | None = None,
    factor: Tensor | float = 1.0,
    ridge: float = RIDGE,
) -> Chance:
    """The chance that a tolerance is met, of most likelihood. evidence: (N, E); share: (N,); met: (N,) bool.

    weight: (N,) of the estimates; None: all alike. factor: (N,) the chance of what else must hold. The
    coefficients are positive by their logarithms, so that confidence never falls where there is more
    evidence. ridge: how much these logarithms are held back; few estimates ask for more.
    """
    known = with_share(evidence, share)

    def model(theta: Tensor) -> Tensor:
        return factor * _chance(theta, known, share)

    theta = _fitted(1 + known.shape[1], model, met, weight, ridge)
    return _chance_of(theta, known)


def fit_outline_error(evidence: Tensor, share: Tensor, shift_per_pixel: Tensor, right: Tensor) -> float:
    """The outline's error in pixels, of most likelihood together with the chance that it is a factor of.

    As fit_chance; it is positive by its logarithm.
    """
    shift, known = shift_per_pixel.double(), with_share(evidence, share)

    def model(theta: Tensor) -> Tensor:
        return _chance(theta[:-1], known, share) * chance_within(RIGHT, theta[-1].exp() * shift)

    return float(_fitted(2 + known.shape[1], model, right, None)[-1].exp())


def with_share(evidence: Tensor, share: Tensor) -> Tensor:
    """(N, E + 1) evidence (N, E), and the log odds of shares (N,) beside it."""
    return torch.cat([evidence.double(), share_odds(share.double())[:, None]], dim=1)


def _chance(theta: Tensor, known: Tensor, share: Tensor) -> Tensor:
    # Of what is known, of mean 0 and deviation 1: the coefficients hardly hang together then.
    mean, spread = _moments(known)
    sure = torch.sigmoid(theta[0] + (known - mean) / spread @ theta[1:].exp())
    return torch.minimum(sure, share.double())


def _chance_of(theta: Tensor, known: Tensor) -> Chance:
    mean, spread = _moments(known)
    *weights, share = (theta[1:].exp() / spread).tolist()
    return Chance(float(theta[0] - (theta[1:].exp() / spread) @ mean), tuple(weights), share)


def _moments(known: Tensor) -> tuple[Tensor, Tensor]:
    """(E + 1,) mean and deviation."""
    return known.mean(0), known.std(0).clamp_min(LEAST_SPREAD)


def _fitted(
    size: int,
    model: Callable[[Tensor], Tensor],
    truth: Tensor,
    weight: Tensor | None,
    ridge: float = RIDGE,
) -> Tensor:
    """The parameters (size,) whose chances, model(theta) (N,), make the truth (N,) bool likeliest."""
    theta = torch.zeros(size, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([theta], max_iter=500, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        value = torch.nn.functional.binary_cross_entropy(model(theta), truth.double(), weight)
        value = value + ridge / len(truth) * theta.square().sum()
        value.backward()
        return value

    solver.step(loss)
    return theta.detach()


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
    """What a user relies on: sure estimates are right, wrong labels are doubted; likewise in the image."""
    _print_sure("right", [o.confidence for o in outcomes], [o.right for o in outcomes])
    believed = [o.confidence > DOUBTED for o in outcomes if o.wrong_label]
    print(f"masks of another label: {_share(believed)} above {DOUBTED}")
    print(f"within 5 pixels and 5 degrees: {_share([o.close for o in outcomes if not o.wrong_label])}")
    _print_sure("close", [o.confidence_in_image for o in outcomes], [o.close for o in outcomes])


def _print_sure(word: str, confidence: list[float], met: list[bool]) -> None:
    sure = [yes for chance, yes in zip(confidence, met, strict=True) if chance > SURE]
    print(f"above {SURE}: {_share(sure)} {word}")
    reached = [chance > SURE for chance, yes in zip(confidence, met, strict=True) if yes]
    print(f"{word} ones: {_share(reached)} above {SURE}")


def report(outcomes: Sequence[Outcome]) -> None:
    """Both tables, and what a user relies on."""
    print_reliability(
        torch.tensor([o.confidence for o in outcomes]), torch.tensor([o.right for o in outcomes])
    )
    print("in the image, within 5 pixels and 5 degrees:")
    print_reliability(
        torch.tensor([o.confidence_in_image for o in outcomes]), torch.tensor([o.close for o in outcomes])
    )
    print_promises(outcomes)


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
