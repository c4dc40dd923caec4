"""An instance of a category in a frame: proposed, fitted, turned, judged, answered."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.categories.answer import CategoryEstimate, OtherInstance
from objpose.categories.canonical import Canonical, canonical
from objpose.categories.confidence import instance_confidence, rank
from objpose.categories.fit import ROUNDS, Round, fitted, residuals_of, settled
from objpose.categories.instances import Instances
from objpose.categories.judge import judged
from objpose.categories.kinds import KINDS, Kind
from objpose.categories.observation import Observation, observe
from objpose.categories.propose import proposed
from objpose.categories.residuals import ResidualOptions, Residuals
from objpose.categories.shape_model import ShapeModel, shape_model
from objpose.categories.turns import Turns, compared, turned
from objpose.categories.uncertainty import Uncertainty, uncertainty
from objpose.categories.words import ambiguity_of, reason_of
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import HOST, SE3
from objpose.given import PictureOrFile, as_mask, as_options, described
from objpose.poses import Verdict
from objpose.timing import Clock
from objpose.work import within

SAME = 0.15  # of the diagonal: instances whose axes and corners are closer than this are one answer
IMPOSSIBLE = 0.01  # share of the chance below which an instance is no alternative


@dataclass(frozen=True)
class CategoryOptions:
    hypotheses: int = 128  # rotations that are tried
    crop_size: int = 128  # pixels of the crop's side at most
    judge_size: int = 96  # pixels of the crop in which fitted instances are drawn
    rounds: tuple[Round, ...] = ROUNDS  # coarse to fine
    residuals: ResidualOptions = ResidualOptions()
    seed: int = 0  # the same seed gives the same answer


@within()
def estimate_category(
    frame: Frame,
    mask: PictureOrFile,
    category: str,
    options: CategoryOptions = CategoryOptions(),
) -> CategoryEstimate:
    """Pose and size of an object of which only the category is known.

    frame: RGB-D: without depth a small thing nearby looks like a large one far away. mask: (H, W), the
    object's visible pixels. category: one of `objpose.categories.categories()`.

    The category's deformable shape (`shape_model.py`) is laid on the measured points from every side,
    fitted in pose, size and shape at once, and judged by rendering; ways round that the frame does not tell
    apart are said to be open. The shape, with what is not in view, may be onboarded: `objpose.onboard(
    estimate.shape, name)`, and then tracked.

    Raises:
        InputError: another category, a mask of another size, no depth, and too little of it under the mask.
    """
    if not isinstance(frame, Frame):
        raise InputError("frame", described(frame), "a Frame", "objpose.Frame(rgb, camera, depth)")
    options = as_options(options, CategoryOptions)
    model, kind = shape_model(category), KINDS[category]
    frame = frame.to(HOST)
    clock = Clock()
    observation = observe(frame, frame.checked_mask(as_mask(mask, "mask")), category, options.crop_size)
    search = _Search(model, kind, observation, options, torch.Generator().manual_seed(options.seed))
    return search.answer(clock)


@dataclass(frozen=True, eq=False)
class _Search:
    model: ShapeModel
    kind: Kind
    observation: Observation
    options: CategoryOptions
    generator: torch.Generator

    def answer(self, clock: Clock) -> CategoryEstimate:
        start = proposed(self.model, self.kind, self.observation, self.options.hypotheses)
        clock.lap("proposed")
        fits = fitted(start, self.observation, self.options.rounds, self.options.residuals, self.generator)
        clock.lap("fitted")
        residuals = residuals_of(self.observation, self.options.rounds[-1], self.options.residuals, self.generator)
        if self.kind.handle:
            fits = fits.joined(self._turned(fits, residuals))
            clock.lap("turned")
        verdict = judged(fits, self.observation.crop.smaller(self.options.judge_size))
        nats = rank(residuals.data_cost(fits), fits.latent, verdict)
        order = nats.argsort(descending=True, stable=True)
        clock.lap("judged")
        found = self._told(fits[order], verdict[order], nats[order], residuals)
        clock.lap("told apart")
        ...
