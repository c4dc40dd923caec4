"""Is a frame mirrored, picture and depth alike? Its objects are asked, the largest first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from objpose.estimator.estimate import PoseEstimate
from objpose.frame import Frame
from objpose.objects import ObjectModel
from objpose.poses import mirrored_nats
from objpose.work import share

PRIOR = -5.3  # log odds that a frame is mirrored: one in two hundred
MOST_NATS = 8.0  # that one object may bring: its pose, or its mesh, may be wrong
CLEAR = 3.0  # nats against a mirror from which nobody else is asked
TOGETHER = 2  # objects that are asked at a time
ASKED = 4  # objects at most, unless they speak for a mirror by SUSPICIOUS nats
SUSPICIOUS = 1.0
BELIEVED = 0.3  # confidence from which an object may be asked
TELL = 0.5  # chance from which the user is told
LEFT = 0.2  # of a confidence, in a mirrored frame
WORDS = (
    "the frame looks mirrored: what is seen of {} is drawn better left to right than as it is; "
    "check whether the camera's driver flips picture and depth"
)


def mirror_asked(
    estimates: Sequence[PoseEstimate],
    frame: Frame,
    masks: Sequence[Tensor],
    models: Mapping[str, ObjectModel],
) -> list[PoseEstimate]:
    """The estimates of a frame with depth, trusted as far as it is not mirrored.

    masks: (H, W) bool, of the targets by their index. models: on the host.
    """
    sure = [estimate for estimate in estimates if estimate.confidence > BELIEVED]
    asked = sorted(sure, key=lambda estimate: -int(masks[estimate.target].sum()))

    def nats(estimate: PoseEstimate) -> float:
        model = models[estimate.object]
        return mirrored_nats(model, frame, masks[estimate.target], model.cam_from_mesh(estimate.cam_from_obj))

    told: dict[int, float] = {}
    while asked and not _is_clear(told):
        now, asked = asked[:TOGETHER], asked[TOGETHER:]
        told |= zip((estimate.target for estimate in now), share(nats, now), strict=True)
    return [_trusted(estimate, told, estimates) for estimate in estimates]


def chance_of_mirror(nats: Sequence[float]) -> float:
    """Chance in [0, 1] that a frame is mirrored, by the nats of some of its objects."""
    return 1 / (1 + math.exp(-PRIOR - _total(nats)))


def _total(nats: Sequence[float]) -> float:
    return math.fsum(max(-MOST_NATS, min(MOST_NATS, each)) for each in nats)  # in any order


def _is_clear(told: Mapping[int, float]) -> bool:
    total = _total(list(told.values()))
    return total < -CLEAR or (len(told) >= ASKED and total < SUSPICIOUS)


def _trusted(
    estimate: PoseEstimate, told: Mapping[int, float], estimates: Sequence[PoseEstimate]
) -> PoseEstimate:
    """Less sure, the likelier the mirror is."""
    chance = chance_of_mirror(list(told.values()))
    trust = 1 - (1 - LEFT) * chance
    names = {each.object for each in estimates if told.get(each.target, 0.0) > SUSPICIOUS}
    words = (WORDS.format(" and ".join(sorted(names))),) if chance > TELL else ()
    return replace(
        estimate,
        confidence=trust * estimate.confidence,
        confidence_in_image=trust * estimate.confidence_in_image,
        stats=estimate.stats | {"mirror_trust": trust},
        warnings=(*estimate.warnings, *words),
    )
