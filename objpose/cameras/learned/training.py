"""One step of training, and many, reproducible from the number of the step alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from objpose.cameras.learned.generator import MotionHypotheses
from objpose.cameras.learned.losses import RIGHT, contrastive_nll, motion_errors, winner_takes_all
from objpose.cameras.learned.network import MotionNetwork
from objpose.cameras.learned.rendered_sets import RenderedSets
from objpose.geometry import SE3, SO3


@dataclass(frozen=True)
class TrainingOptions:
    learning_rate: float = 1e-4
    sets: int = 32  # a step
    images: int = 2  # a set
    seed: int = 0


@dataclass(frozen=True)
class StepReport:
    step: int
    generator_loss: float  # radians, of the closest hypotheses
    discriminator_loss: float  # nats


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
        images, truth = images.to(device), truth.to(device)
        tokens = network.encode(images)
        motions = network.generator(tokens, generator)
        generator_loss = winner_takes_all(motions, truth)
        discriminator_loss = _discriminate(network, tokens, motions, truth)
        optimizer.zero_grad()
        (generator_loss + discriminator_loss).backward()
        optimizer.step()
        yield StepReport(step, generator_loss.item(), discriminator_loss.item())


def _discriminate(
    network: MotionNetwork, tokens: torch.Tensor, motions: MotionHypotheses, truth: SE3
) -> torch.Tensor:
    """The contrastive loss; the generator learns nothing from it.

    What is true of the other sets joins the wrong hypotheses: motions that only the images can refute.
    """
    right = MotionHypotheses(SO3(truth.rotation.wxyz[..., None, :]), truth.translation[..., None, :])
    sets = len(truth.wxyz_xyz)
    other = torch.stack([truth.wxyz_xyz.roll(-step, 0) for step in range(1, sets)], dim=-2)
    rivals = MotionHypotheses(
        SO3(torch.cat([motions.rotations.wxyz.detach(), other[..., :4]], dim=-2)),
        torch.cat([motions.translations.detach(), other[..., 4:]], dim=-2),
    )
    scores = network.discriminator(tokens, rivals)
    wrong = motion_errors(rivals, truth) > RIGHT
    return contrastive_nll(scores, network.discriminator(tokens, right)[..., 0], wrong)
