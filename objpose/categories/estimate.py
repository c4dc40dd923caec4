"""The door: an instance of a category in a frame."""

from __future__ import annotations

from dataclasses import replace

import torch

from objpose.categories.answer import CategoryEstimate, OtherInstance
from objpose.categories.confidence import EVIDENCE, RIGHT, right_evidence
from objpose.categories.judge import judged
from objpose.categories.kinds import KINDS
from objpose.categories.observation import observe
from objpose.categories.options import CategoryOptions
from objpose.categories.search import Found, Search
from objpose.categories.shape_model import shape_model
from objpose.categories.turns import compared
from objpose.categories.uncertainty import uncertainty
from objpose.categories.words import ambiguity_of, reason_of
from objpose.crops import Crop
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import HOST
from objpose.given import PictureOrFile, as_mask, as_options, described
from objpose.poses import Stats
from objpose.timing import Clock
from objpose.work import within

IMPOSSIBLE = 0.02  # share of the chance below which an instance is no alternative


@within()
def estimate_category(
    frame: Frame,
    mask: PictureOrFile,
    category: str,
    options: CategoryOptions = CategoryOptions(),  # noqa: B008 - frozen
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
    clock.lap("observed")
    found = Search(model, observation, options).run(clock)
    answer = _answer(found, observation.crop, options)
    clock.lap("judged")
    return replace(answer, timings=clock.laps)


def _answer(found: Found, crop: Crop, options: CategoryOptions) -> CategoryEstimate:
    """What is said of the likeliest instance."""
    place, instances = found.places[0], found.instances
    category, latent = instances.model.category, instances.latent[0]
    turns = compared(instances, 0, crop) if KINDS[category].handle else None
    free_turn = None if turns is None else turns.free_turn(place.body_middle)
    unsure = uncertainty(instances, 0, found.normal, place, free_turn)
    verdict = judged(instances, 0, crop.smaller(options.judge_size))
    stats: Stats = {name: float(getattr(verdict, name)) for name in ("visible", "empty", "bare")}
    stats["fits"] = float(found.fits)
    stats["unusual"] = float(latent.square().mean().sqrt())
    stats["unknown"] = float((unsure.size_sigma / place.size).max())
    evidence = right_evidence(float(verdict.score), *(float(stats[name]) for name in EVIDENCE))
    share = float(found.share[0]) * (1.0 if turns is None else turns.share)
    others = _others(found)
    return CategoryEstimate(
        category=category,
        cam_from_obj=place.cam_from_obj,
        size=place.size,
        size_sigma=unsure.size_sigma,
        shape=place.mesh,
        symmetry=place.symmetry,
        confidence=float(RIGHT.of(evidence, torch.tensor(share))),
        covariance=unsure.covariance.float(),
        score=float(verdict.score),
        share=share,
        alternatives=others,
        ambiguity=ambiguity_of(free_turn, [other.share for other in others]),
        free_turn=free_turn,
        reason=reason_of(category, verdict, latent, place.size, unsure.size_sigma),
        stats=stats,
    )


def _others(found: Found) -> tuple[OtherInstance, ...]:
    shares = found.share.tolist()
    return tuple(
        OtherInstance(place.cam_from_obj, place.size, share)
        for place, share in zip(found.places[1:], shares[1:], strict=True)
        if share > IMPOSSIBLE
    )
