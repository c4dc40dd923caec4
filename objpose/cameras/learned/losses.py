"""What the generator and the discriminator learn from."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.cameras.learned.generator import MotionHypotheses
from objpose.geometry import SE3, SO3

# What a translation off by one object distance costs, in radians of rotation.
TRANSLATION_WEIGHT = 1.0
# Hypotheses with an error below this are near the truth, and are not taught to be wrong.
RIGHT = 0.8


def motion_errors(motions: MotionHypotheses, truth: SE3) -> Tensor:
    """(B, K, M) geodesic distance of rotations, radians, plus the weighted distance of translations."""
    rotation_error = (motions.rotations @ SO3(truth.rotation.wxyz[..., None, :]).inverse()).angle()
    translation_error = (motions.translations - truth.translation[..., None, :]).norm(dim=-1)
    return rotation_error + TRANSLATION_WEIGHT * translation_error


def winner_takes_all(motions: MotionHypotheses, truth: SE3) -> Tensor:
    """Mean error of the hypothesis closest to the truth (B, K) cam_from_ref: it alone is taught."""
    with torch.no_grad():
        winner = motion_errors(motions, truth).argmin(dim=-1)[..., None, None]
    wxyz = motions.rotations.wxyz.gather(-2, winner.expand(*winner.shape[:-1], 4))
    translation = motions.translations.gather(-2, winner.expand(*winner.shape[:-1], 3))
    return motion_errors(MotionHypotheses(SO3(wxyz), translation), truth).mean()


def contrastive_nll(scores: Tensor, truth_score: Tensor, wrong: Tensor) -> Tensor:
    """Mean negative log-likelihood of the truth among wrong hypotheses.

    scores: (B, K, M) of hypotheses, those not `wrong` (B, K, M) bool left out; truth_score: (B, K), that of
    the truth inserted among them.
    """
    logits = torch.cat([truth_score[..., None], scores.masked_fill(~wrong, -torch.inf)], dim=-1)
    return -torch.log_softmax(logits, dim=-1)[..., 0].mean()
