"""poses.json of `objpose estimate`, read back with the frame and the objects that it is of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from objpose.errors import InputError
from objpose.estimator import Alternative, PoseEstimate
from objpose.frame import Frame
from objpose.io import JsonValue, read_json
from objpose.io.photo_cameras import read_motion
from objpose.objects import ObjectModel
from objpose.viewing.sources import FrameSource, read_objects

NAME = "poses.json"


@dataclass(frozen=True, eq=False)
class EstimateResult:
    frame: Frame
    models: dict[str, ObjectModel]  # by name
    estimates: list[PoseEstimate]


def read_estimates(path: Path) -> EstimateResult:
    """What `objpose estimate` wrote, and what it was made of.

    Raises:
        InputError: a file of another kind, one of an earlier version, which does not say what it was made of,
            and inputs that are no longer there.
    """
    content = read_json(path)
    if "inputs" not in content:
        expected, cure = "the names of the picture, the camera and the objects", "run objpose estimate again"
        raise InputError(path, "poses without their inputs", expected, cure)
    frame = FrameSource.read(content["inputs"]["frame"]).load()
    models = {source.name: source.load() for source in read_objects(content["inputs"]["objects"])}
    estimates = [_estimate(entry) for entry in content["poses"].items()]
    unknown = [one.object for one in estimates if one.object not in models]
    if unknown:
        raise InputError(path, f"a pose of {unknown[0]}", f"one of {', '.join(models)}", "run it again")
    return EstimateResult(frame, models, estimates)


def _estimate(entry: JsonValue) -> PoseEstimate:
    """As far as it is shown: without stats, timings and the free turn, which `ambiguity` has in words."""
    covariance = [row.numbers(6) for row in entry["covariance"].items()]
    return PoseEstimate(
        object=entry["object"].text(),
        cam_from_obj=read_motion(entry["cam_from_obj"]),
        confidence=entry["confidence"].number(),
        covariance=torch.tensor(covariance, dtype=torch.float64),
        score=entry["score"].number(),
        target=0,
        alternatives=tuple(_alternative(other) for other in entry["alternatives"].items()),
        confidence_in_image=entry["confidence_in_image"].number(),
        share=entry["share"].number(),
        ambiguity=entry["ambiguity"].text(),
        warnings=tuple(one.text() for one in entry["warnings"].items()),
    )


def _alternative(entry: JsonValue) -> Alternative:
    return Alternative(read_motion(entry["cam_from_obj"]), entry["score"].number(), entry["share"].number())
