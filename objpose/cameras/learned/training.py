"""What the network learns from, and its steps, each reproducible from its number alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.cameras.learned.network import MotionHypotheses, MotionNetwork
from objpose.cameras.learned.rendered_sets import RenderedSets
from objpose.geometry import SE3, SO3


@dataclass(frozen=True)
class TrainingOptions:
    learning_rate: float = 1e-4
    sets: int = 32  # a step
    images: int = 2  # a set
    rivals: int = 64  # motions of other photos that the truth is to win against
    translation_weight: float = 1.0  # radians that a translation off by one object distance costs
    right: float = 0.8  # radians: hypotheses off by less are near the truth, and are not taught to be wrong
    seed: int = 0


@dataclass(frozen=True)
class StepReport:
    step: int
    generator_loss: float  # radians, of the closest hypotheses
    discriminator_loss: float  # nats


def motion_errors(motions: MotionHypotheses, truth: SE3, translation_weight: float = 1.0) -> Tensor:
    """(B, K, M) geodesic distance of rotations, radians, plus the weighted distance of translations."""
    rotation_error = (motions.rotations @ SO3(truth.rotation.wxyz[..., None, :]).inverse()).angle()
    translation_error = (motions.translations - truth.translation[..., None, :]).norm(dim=-1)
    return rotation_error + translation_weight * translation_error


def winner_takes_all(motions: MotionHypotheses, truth: SE3, translation_weight: float = 1.0) -> Tensor:
    """Mean error of the hypothesis closest to the truth (B, K) cam_from_ref: it alone is taught."""
    with torch.no_grad():
        winner = motion_errors(motions, truth, translation_weight).argmin(dim=-1)[..., None, None]
    wxyz = motions.rotations.wxyz.gather(-2, winner.expand(*winner.shape[:-1], 4))
    translation = motions.translations.gather(-2, winner.expand(*winner.shape[:-1], 3))
    closest = MotionHypotheses(SO3(wxyz), translation)
    return motion_errors(closest, truth, translation_weight).mean()


def contrastive_nll(scores: Tensor, truth_score: Tensor, wrong: Tensor) -> Tensor:
    """Mean negative log-likelihood of the truth among wrong hypotheses.

    scores: (B, K, M) of hypotheses, those not `wrong` (B, K, M) bool left out; truth_score: (B, K), that of
    the truth inserted among them.
    """
    logits = torch.cat([truth_score[..., None], scores.masked_fill(~wrong, -torch.inf)], dim=-1)
    return -torch.log_softmax(logits, dim=-1)[..., 0].mean()


def train(
    network: MotionNetwork,
    optimizer: torch.optim.Optimizer,
    data: RenderedSets,
    steps: range,
    options: TrainingOptions = TrainingOptions(),
) -> Iterator[StepReport]:
    """Take the steps, one a report. Step k draws the same data and noise wherever training began."""
    network.train()
    device = network.generator.queries.device
    for step in steps:
        generator = torch.Generator().manual_seed(1_000_003 * options.seed + step)
        images, truth = data.sample(generator, options.sets, options.images)
        rivals = data.motions(generator, options.rivals)
        images, truth, rivals = images.to(device), truth.to(device), rivals.to(device)
        tokens = network.encode(images)
        motions = network.generator(tokens, generator)
        generator_loss = winner_takes_all(motions, truth, options.translation_weight)
        discriminator_loss = _discriminate(network, tokens, motions, truth, rivals, options)
        optimizer.zero_grad()
        (generator_loss + discriminator_loss).backward()
        optimizer.step()
        yield StepReport(step, generator_loss.item(), discriminator_loss.item())


def _discriminate(
    network: MotionNetwork,
    tokens: Tensor,
    motions: MotionHypotheses,
    truth: SE3,
    rivals: SE3,
    options: TrainingOptions,
) -> Tensor:
    """The two contrastive losses; the generator learns nothing from them.

    The truth is to win against motions of other photos, and the closest of the generated ones against the
    other generated ones. In the paper the truth is to win against the generated ones: then it can be told by
    their flaws, without a look at the images, and in short trials the scores chose little better than chance.
    """
    everyone = MotionHypotheses(
        SO3(rivals.rotation.wxyz.expand(*truth.batch_shape, -1, -1)),
        rivals.translation.expand(*truth.batch_shape, -1, -1),
    )
    right = MotionHypotheses(SO3(truth.rotation.wxyz[..., None, :]), truth.translation[..., None, :])
    truth_score = network.discriminator(tokens, right)[..., 0]
    wrong = motion_errors(everyone, truth, options.translation_weight) > options.right
    against_others = contrastive_nll(network.discriminator(tokens, everyone), truth_score, wrong)
    generated = MotionHypotheses(SO3(motions.rotations.wxyz.detach()), motions.translations.detach())
    scores = network.discriminator(tokens, generated)
    closest = motion_errors(generated, truth, options.translation_weight).argmin(-1, keepdim=True)
    lost = torch.ones_like(scores, dtype=torch.bool).scatter(-1, closest, False)
    return against_others + contrastive_nll(scores, scores.gather(-1, closest)[..., 0], lost)
