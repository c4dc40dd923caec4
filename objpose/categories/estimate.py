"""An instance of a category in a frame: proposed, fitted, turned, judged, answered."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.categories.answer import CategoryEstimate, OtherInstance
from objpose.categories.canonical import Canonical, canonical
from objpose.categories.confidence import EVIDENCE, RIGHT, TEMPERATURE, right_evidence
from objpose.categories.different import different
from objpose.categories.fit import ROUNDS, Round, fitted, residuals_of
from objpose.categories.instances import Instances
from objpose.categories.judge import judged
from objpose.categories.kinds import KINDS, Kind
from objpose.categories.observation import Observation, observe
from objpose.categories.propose import proposed
from objpose.categories.residuals import ResidualOptions, Residuals
from objpose.categories.shape_model import ShapeModel, shape_model
from objpose.categories.turns import compared, turned
from objpose.categories.uncertainty import uncertainty
from objpose.categories.words import ambiguity_of, reason_of
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import HOST
from objpose.given import PictureOrFile, as_mask, as_options, described
from objpose.poses import Stats, Verdict, best
from objpose.timing import Clock
from objpose.work import within

IMPOSSIBLE = 0.02  # share of the chance below which an instance is no alternative


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

    frame: RGB-D; without depth a small thing nearby looks like a large one far away. mask: (H, W), the
    object's visible pixels. category: one of `objpose.categories.categories()`.

    The category's deformable shape is laid on the measured points from all sides, fitted in pose, size and
    shape at once, and judged by rendering; a turn that the frame does not tell is said to be open. The
    shape, with what is not in view, may be onboarded: `objpose.onboard(estimate.shape, "cup")`.

    Raises:
        InputError: another category, a mask of another size, no depth, and too little of it under the mask.
    """
    if not isinstance(frame, Frame):
        raise InputError("frame", described(frame), "a Frame", "objpose.Frame(rgb, camera, depth)")
    options = as_options(options, CategoryOptions)
    model, frame = shape_model(category), frame.to(HOST)
    mask = frame.checked_mask(as_mask(mask, "mask"))
    clock = Clock()
    observation = observe(frame, mask, category, options.crop_size)
    return _Search(model, KINDS[category], observation, options, clock).answer()


@dataclass(frozen=True, eq=False)
class _Found:
    """Different instances, likeliest first."""

    instances: Instances
    verdict: Verdict  # (1,) of the first
    share: Tensor  # (k,)
    places: list[Canonical]


@dataclass(frozen=True, eq=False)
class _Search:
    model: ShapeModel
    kind: Kind
    observation: Observation
    options: CategoryOptions
    clock: Clock

    def answer(self) -> CategoryEstimate:
        fits = self._fitted()
        found = self._ranked(fits)
        turns = compared(found.instances, 0, self.observation.crop) if self.kind.handle else None
        free_turn = None if turns is None else turns.free_turn()
        self.clock.lap("told apart")
        chosen, place, verdict = found.instances[:1], found.places[0], found.verdict[0]
        normal = self._residuals(chosen).normal[0]
        unsure = uncertainty(chosen, 0, normal, place, free_turn)
        stats: Stats = {name: float(getattr(verdict, name)) for name in ("visible", "empty", "bare")}
        stats |= {
            "unusual": float(chosen.latent[0].square().mean().sqrt()),
            "unknown": float((unsure.size_sigma / place.size).max()),
        }
        seen = right_evidence(float(verdict.score), *(float(stats[name]) for name in EVIDENCE))
        share = float(found.share[0]) * (1.0 if turns is None else turns.share)
        others = [
            OtherInstance(other.cam_from_obj, other.size, float(part))
            for other, part in zip(found.places[1:], found.share[1:], strict=True)
            if part > IMPOSSIBLE
        ]
        return CategoryEstimate(
            category=self.model.category,
            cam_from_obj=place.cam_from_obj,
            size=place.size,
            size_sigma=unsure.size_sigma,
            shape=place.mesh,
            symmetry=place.symmetry,
            confidence=float(RIGHT.of(seen, torch.tensor(share))),
            covariance=unsure.covariance.float(),
            score=float(verdict.score),
            share=share,
            alternatives=tuple(others),
            ambiguity=ambiguity_of(free_turn, [other.share for other in others]),
            free_turn=free_turn,
            reason=reason_of(self.model.category, verdict, chosen.latent[0], place.size, unsure.size_sigma),
            stats={"fitted": float(len(fits))} | stats,
            timings=self.clock.laps,
        )

    def _fitted(self) -> Instances:
        options, observation = self.options, self.observation
        generator = torch.Generator().manual_seed(options.seed)
        start = proposed(self.model, self.kind, observation, options.hypotheses)
        self.clock.lap("proposed")
        fits = fitted(start, observation, options.rounds, options.residuals, generator)
        self.clock.lap("fitted")
        if self.kind.handle:
            fits = fits.joined(self._turned(fits, generator))
            self.clock.lap("turned")
        return fits

    def _turned(self, fits: Instances, generator: torch.Generator) -> Instances:
        """The best of the fits, turned to where else its handle may be, and fitted again."""
        first = fits[:1]
        angles = torch.tensor(compared(first, 0, self.observation.crop).peaks())
        poses = first.cam_from_obj @ turned(angles)
        turns = Instances(self.model, poses, first.latent.expand(len(angles), -1))
        return fitted(turns, self.observation, self.options.rounds[-2:], self.options.residuals, generator)

    @property
    def _residuals(self) -> Residuals:
        generator = torch.Generator().manual_seed(self.options.seed)
        return residuals_of(self.observation, self.options.rounds[-1], self.options.residuals, generator)

    def _ranked(self, fits: Instances) -> _Found:
        # By the residuals, not by how it looks drawn: that was no better on drawn instances.
        nats = -self._residuals(fits).cost / TEMPERATURE
        order = best(nats)
        places = [canonical(fits, index, self.kind) for index in order.tolist()]
        chosen, owner = different(places)
        share = torch.zeros(len(chosen)).index_add_(0, owner, nats[order].softmax(0))
        kept = fits[order[torch.tensor(chosen)]]
        verdict = judged(kept[:1], self.observation.crop.smaller(self.options.judge_size))
        self.clock.lap("judged")
        return _Found(kept, verdict, share, [places[index] for index in chosen])
