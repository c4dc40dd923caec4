"""Depth and picture, two witnesses of where an object is: do they tell of one place?

A pose by depth is wrong by as much as the depth's scale, K, the mesh's size or the registration of depth to
colour are, and fits the depth all the same. The picture alone says how large the object appears and where. So
the pose is moved to where colours and outline ask for it, depth unseen. What that changes is weighed: by what
two good witnesses differ in, by what they would where an input is wrong, and by the picture's own edges,
which lie beneath the outline here or there: a poor mask, or what hides the object, misleads the picture too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from objpose.crops import NEAR, crop_frame
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses.answer import PoseAnswer, Stats, Witness
from objpose.poses.by_picture import Level, aligned, edge_evidence, picture_edges, settled_mask
from objpose.poses.confidence import RGBD
from objpose.poses.paint import NOT_ITS_PAINT, TELL_PAINT, trust_in_paint
from objpose.poses.rivals import RGB_EVIDENCE
from objpose.timing import Clock

LEVEL = Level(112, 6, 0.12)  # of the crop in which the picture is asked
EDGES_SIZE = 160  # pixels of the crop's side in which its edges are
MOST_NATS = 7.0  # that edges may bring: others than the object's lie near, too
# Standard deviations of what good witnesses differ in, of the logarithm of the size and in pixels; beside the
# first stands an error of the outline in pixels. Chosen on half the images of three sets, and on the same
# with poses 1.05 times as far; the worst of real sensors is off by 3.7 %.
SIZE_SIGMA, OUTLINE_SIGMA, SHIFT_SIGMA = 0.012, 0.9, 2.0
WRONG_SIZE, WRONG_SHIFT = 0.15, 10.0  # the same where an input is wrong
# Chances that the frame's depth or K is wrong, that the size of an object's mesh is, and that a mask misleads
# the picture.
WRONG_FRAME, WRONG_OBJECT, MISLED = 0.02, 0.01, 0.1
MOST_OF_ONE = 3.0  # nats that one object may bring of its frame: its pose may be wrong
BELIEVED = 0.5  # chance by depth alone from which it may: wrong poses contradict the picture too
MOST_EXPONENT = 700.0  # that a float can be raised to
TELL = 0.25  # chance from which the user is told: a fair one, beside a confidence that it lowers
# What is left of a confidence where they contradict each other: of such poses 4 in 144 are right where the
# inputs are, up to a half where they are not.
LEFT = 0.2


def questioned(
    answer: PoseAnswer, model: ObjectModel, frame: Frame, mask: Tensor, covered: Tensor | None
) -> PoseAnswer:
    """The answer, and what the picture says of its first pose; on the host.

    mask: (H, W) bool. covered: (H, W) bool, what others' masks claim.
    """
    clock = Clock()
    seen = picture_witness(model.on_host, frame, mask, covered, answer.cam_from_obj[0])
    clock.lap("questioned")
    return replace(answer, witness=seen, timings=answer.timings | clock.laps)


def trusted_together(answers: Sequence[PoseAnswer]) -> list[PoseAnswer]:
    """The answers of one frame, trusted as far as the picture and their paint agree with them.

    Depth and K are the frame's: what is wrong with them every object tells of, and where most find them
    right, one that does not has another trouble.
    """
    nats = [answer.witness.nats for answer in answers if answer.witness is not None and _is_believed(answer)]
    return [_painted(_trusted(answer, nats)) for answer in answers]


def _painted(answer: PoseAnswer) -> PoseAnswer:
    trust = trust_in_paint(answer.paint)
    told = (*answer.warnings, NOT_ITS_PAINT) if trust < TELL_PAINT else answer.warnings
    stats: Stats = {"paint_trust": trust}
    return replace(answer, trust=answer.trust * trust, warnings=told, stats=answer.stats | stats)


def _is_believed(answer: PoseAnswer) -> bool:
    return bool(RGBD.right.of(answer.verdict.evidence[0], answer.share[0]) > BELIEVED)


def chance_of_contradiction(of_all: Sequence[float], of_one: float) -> float:
    """Chance in [0, 1] that an input of one object is wrong.

    of_all: nats of those in its frame that are believed by depth, itself included. of_one: its own.
    """
    together = math.fsum(max(-MOST_OF_ONE, min(MOST_OF_ONE, nats)) for nats in of_all)  # in any order
    return 1 - (1 - _chance(WRONG_FRAME, together)) * (1 - _chance(WRONG_OBJECT, of_one))


def _trusted(answer: PoseAnswer, nats: Sequence[float]) -> PoseAnswer:
    """nats: of those in its frame that are believed."""
    seen = answer.witness
    if seen is None:
        return answer
    contradicts = chance_of_contradiction(nats, seen.nats)
    trust = 1 - (1 - LEFT) * contradicts
    stats: Stats = {"picture_larger": seen.larger, "picture_shift": seen.shift, "picture_trust": trust}
    told = (*answer.warnings, _words(seen)) if contradicts > TELL else answer.warnings
    return replace(answer, trust=trust, warnings=told, stats=answer.stats | stats)


def _chance(prior: float, nats: float) -> float:
    """Of what has a prior in (0, 1), with `nats` for it."""
    return 1 / (1 + math.exp(min(-nats, MOST_EXPONENT)) * (1 - prior) / prior)


def picture_witness(
    model: ObjectModel, frame: Frame, mask: Tensor, covered: Tensor | None, cam_from_obj: SE3
) -> Witness | None:
    """What colours and outline say of a pose (), mesh frame; None where too little is in view."""
    frame = frame.without_depth()
    try:
        mask = settled_mask(frame, mask, covered, model.name)
    except InputError:
        return None
    crop = crop_frame(frame, mask, EDGES_SIZE, covered)
    centre = model.mesh.bounds().mean(0)
    moved = aligned(model.mesh, crop, LEVEL)(cam_from_obj[None])
    before, after = cam_from_obj.apply(centre), moved.apply(centre)[0]
    both = torch.stack([before, after])
    places = frame.camera.project(both)
    if not bool(places.isfinite().all() & (both[:, 2] > NEAR).all()):
        return None
    larger, shift = float(before[2] / after[2]), float((places[1] - places[0]).norm())
    edges = edge_evidence(model.mesh, crop, picture_edges(crop))(SE3.cat([cam_from_obj[None], moved]))
    span = frame.camera.fx * model.diameter / float(before[2])
    nats = RGB_EVIDENCE.believed * float(edges[1] - edges[0])
    return Witness(larger, shift, contradiction_of(larger, shift, span, nats))


def _words(seen: Witness) -> str:
    size = f"{abs(seen.larger - 1):.0%} {'larger' if seen.larger > 1 else 'smaller'}"
    found = f"the picture shows it {size} than the depth does, and {seen.shift:.0f} px beside"
    return f"{found}: check the depth's scale and its registration to the image, K, and the mesh's size"


def contradiction_of(larger: float, shift: float, span: float, edges: float) -> float:
    """Nats for an input that is wrong, against all being well; a misled picture is possible in either case.

    What is wrong makes the object appear of another size, or in another place, or both.
    span: pixels of the object's diameter. edges: nats by which the picture's edges prefer the object moved:
    they count as far as it moved by more than good witnesses differ.
    """
    size = math.hypot(SIZE_SIGMA, OUTLINE_SIGMA / span)
    moved = 1 - math.exp(-_squared(larger, shift, size, SHIFT_SIGMA) / 2)
    density = partial(_log_density, larger, shift)
    elsewhere = density(WRONG_SIZE, WRONG_SHIFT)
    ways = density(WRONG_SIZE, SHIFT_SIGMA), density(size, WRONG_SHIFT), elsewhere
    wrong = _log_sum(*ways) - math.log(len(ways)) + moved * max(-MOST_NATS, min(MOST_NATS, edges))
    return _or_misled(wrong, elsewhere) - _or_misled(density(size, SHIFT_SIGMA), elsewhere)


def _or_misled(log_density: float, elsewhere: float) -> float:
    return _log_sum(math.log(1 - MISLED) + log_density, math.log(MISLED) + elsewhere)


def _log_sum(*logs: float) -> float:
    most = max(logs)
    return most + math.log(sum(math.exp(each - most) for each in logs))


def _log_density(larger: float, shift: float, size_sigma: float, shift_sigma: float) -> float:
    """Of a normal logarithm of the size, and a normal shift in the plane."""
    squared = _squared(larger, shift, size_sigma, shift_sigma)
    return -squared / 2 - math.log(size_sigma) - 2 * math.log(shift_sigma)


def _squared(larger: float, shift: float, size_sigma: float, shift_sigma: float) -> float:
    """Of both, in sigmas."""
    return (math.log(larger) / size_sigma) ** 2 + (shift / shift_sigma) ** 2
