"""States of a tracker as JSON, and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from objpose import TrackState


OF_THIS_FRAME = ("tracking", "reacquired", "uncertain")  # statuses whose pose is not an older one


def state_record(state: TrackState) -> dict:
    """All that a state says; metres, radians, seconds. A number that is not finite is null."""
    return {
        "object": state.object,
        "status": state.status.value,
        "is_trusted": state.is_trusted,
        "cam_from_obj": None if state.cam_from_obj is None else _numbers(state.cam_from_obj.matrix()),
        "confidence": state.confidence,
        "covariance": _numbers(state.covariance),
        "velocity": _numbers(state.velocity),
        "reason": state.reason,
        "latency": state.latency,
        "stats": {name: _finite(value) for name, value in state.stats.items()},
    }


def state_of(record: dict, timestamp: float) -> TrackState:
    """The state of a record, as far as it is drawn: without covariance, velocity and stats."""
    from objpose import SE3, Status, TrackState

    rows = record["cam_from_obj"]
    return TrackState(
        record["object"],
        Status(record["status"]),
        None if rows is None else SE3.from_matrix(rows),
        record["confidence"],
        None,
        None,
        timestamp,
        record["reason"],
        record["latency"],
    )


def _numbers(values: Tensor | None) -> list | None:
    return None if values is None else [_finite(value) for value in values.tolist()]


def _finite(value: float | list) -> float | list | None:
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return float(value) if math.isfinite(value) else None
