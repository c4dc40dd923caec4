"""Depth and picture, two witnesses of where an object is: do they tell of one place?

A pose by depth is wrong by as much as the depth's scale, K, the mesh's size or the registration of depth to
colour are, and fits the depth all the same. The picture alone says how large the object appears and where. So
the pose is moved to where colours and outline ask for it, depth unseen. What that changes is weighed: by what
two good witnesses differ in, by what they would where an input is wrong, and by the picture's own edges,
which lie beneath the outline here or there: a poor mask, or what hides the object, misleads the picture too.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.crops import NEAR, crop_frame
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses.answer import PoseAnswer, Stats
from objpose.poses.rgb import Level, aligned, edge_evidence, picture_edges, settled_mask
from objpose.poses.rivals import RGB_EVIDENCE
from objpose.timing import Clock

LEVEL = Level(112, 6, 0.12)  # of the crop in which the picture is asked
EDGES_SIZE = 160  # pixels of the crop's side in which its edges are
MOST_NATS = 4.0  # that edges may bring: others than the object's lie near, too
# Standard deviations of what good witnesses differ in, of the logarithm of the size and in pixels; beside the
# first stands an error of the outline in pixels. Sensors of two real sets differ by so much.
SIZE_SIGMA, OUTLINE_SIGMA, SHIFT_SIGMA = 0.015, 1.1, 2.0
WRONG_SIZE, WRONG_SHIFT = 0.2, 10.0  # the same where an input is wrong
PRIOR, MISLED = 0.05, 0.1  # chances that an input is wrong, and that a mask misleads the picture
TELL = 0.5  # chance from which the user is told
# What is left of a confidence where they contradict each other: of such poses 4 in 144 are right where the
# inputs are, up to a half where they are not.
LEFT = 0.2


class Witness(NamedTuple):
    """What the picture says of a pose that depth has found."""

    larger: float  # times: how large the object appears, over how large it is drawn
    shift: float  # pixels of the frame between its centre drawn, and where the picture has it
    contradicts: float  # chance in [0, 1] that one of the inputs is wrong


def questioned(
    answer: PoseAnswer, model: ObjectModel, frame: Frame, mask: Tensor, covered: Tensor | None
) -> PoseAnswer:
    """The answer, trusted as far as the picture agrees with its first pose; on the host.

    mask: (H, W) bool. covered: (H, W) bool, what others' masks claim.
    """
    clock = Clock()
    seen = picture_witness(model.on_host, frame, mask, covered, answer.cam_from_obj[0])
    clock.lap("questioned")
    answer = replace(answer, timings=answer.timings | clock.laps)
    if seen is None:
        return answer
    trust = 1 - (1 - LEFT) * seen.contradicts
    stats: Stats = {"picture_larger": seen.larger, "picture_shift": seen.shift, "picture_trust": trust}
    told = (*answer.warnings, _words(seen)) if seen.contradicts > TELL else answer.warnings
    return replace(answer, trust=trust, warnings=told, stats=answer.stats | stats)


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
    """Chance in [0, 1] that an input is wrong, by Bayes' rule, against all being well and a misled picture.

    span: pixels of the object's diameter. edges: nats by which the picture's edges prefer the object moved.
    """
    well = _log_density(larger, shift, math.hypot(SIZE_SIGMA, OUTLINE_SIGMA / span), SHIFT_SIGMA)
    elsewhere = _log_density(larger, shift, WRONG_SIZE, WRONG_SHIFT)
    wrong = math.log(PRIOR) + elsewhere + max(-MOST_NATS, min(MOST_NATS, edges))
    against = torch.tensor([math.log(1 - PRIOR - MISLED) + well, math.log(MISLED) + elsewhere])
    return float(torch.sigmoid(wrong - against.double().logsumexp(0)))


def _log_density(larger: float, shift: float, size_sigma: float, shift_sigma: float) -> float:
    """Of a normal logarithm of the size, and a normal shift in the plane."""
    squared = (math.log(larger) / size_sigma) ** 2 + (shift / shift_sigma) ** 2
    return -squared / 2 - math.log(size_sigma) - 2 * math.log(shift_sigma)
