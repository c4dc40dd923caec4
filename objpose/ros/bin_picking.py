"""The service of the Perception Challenge for Bin-Picking (github.com/opencv/bpc): GetPoseEstimates.

Request: `object_ids`, `cameras` and `photoneo`, each with `info` (its K), `pose` (cam_from_world), `rgb` and
`depth`; response: `pose_estimates` of `obj_id`, `score` and `pose`, which is world_from_obj (opencv/bpc#64).
Lengths are millimetres, and depth holds the pictures' own numbers, as the challenge's tester sends them: not
as REP 118 has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from objpose.errors import InputError
from objpose.estimator import PoseEstimate, PoseEstimator
from objpose.frame import Frame
from objpose.geometry import SE3, SO3, Camera
from objpose.io.frame_sources.ros_messages import colours, depth_metres
from objpose.objects import ObjectModel
from objpose.robots.messages import pose_of
from objpose.ros.filling import Types, fill

MILLIMETRE = 1e-3
SAME = 0.3  # of the diameter: nearer than this, two cameras see one object


class BinPicking:
    """Answers requests. Every camera is searched by itself; of what two of them see, the surer pose is told.

    models: by the challenge's numbers. depth_unit: millimetres of one number of depth (IPD: 0.1).
    """

    def __init__(self, models: Mapping[int, ObjectModel], types: Types, depth_unit: float = 1.0) -> None:
        self.models, self.types, self.depth_unit = dict(models), types, depth_unit
        self._number_of = {model.name: number for number, model in self.models.items()}

    def answer(self, request: Any, response: Any) -> Any:
        """Raises InputError for numbers that no model is known of."""
        asked = [int(number) for number in request.object_ids]
        unknown = sorted(set(asked) - set(self.models))
        if unknown:
            known = ", ".join(map(str, sorted(self.models)))
            raise InputError("object_ids", unknown, f"some of {known}", "give the node those meshes too")
        found = self._found(asked, [*request.cameras, request.photoneo]) if asked else []
        fill(self.types, response, {"pose_estimates": [self._told(*one) for one in self._distinct(found)]})
        return response

    def _found(self, asked: list[int], cameras: list[Any]) -> list[tuple[SE3, PoseEstimate]]:
        """world_from_obj () and the estimate of all that every camera sees."""
        estimator = PoseEstimator([self.models[number] for number in dict.fromkeys(asked)])
        found = []
        for message in cameras:
            frame, world_from_cam = self._seen(message)
            estimates = estimator.estimate(frame)
            found += [(world_from_cam @ one.cam_from_obj.to(torch.float64), one) for one in estimates]
        return found

    def _seen(self, message: Any) -> tuple[Frame, SE3]:
        """The frame of one camera, and world_from_cam () in metres."""
        rgb = colours(message.rgb, "rgb")
        camera = Camera.from_K(np.asarray(message.info.k, float), rgb.shape[1], rgb.shape[0])
        # Whatever the encoding says, one number of it is `depth_unit` millimetres.
        scale = self.depth_unit * MILLIMETRE / (MILLIMETRE if message.depth.encoding == "16UC1" else 1.0)
        depth = depth_metres(message.depth, "depth") * np.float32(scale)
        return Frame(rgb, camera, depth), _transform(message.pose).inverse()

    def _distinct(self, found: list[tuple[SE3, PoseEstimate]]) -> list[tuple[SE3, PoseEstimate]]:
        """The surest of those that stand at one place."""
        kept: list[tuple[SE3, PoseEstimate]] = []
        for world_from_obj, one in sorted(found, key=lambda pair: -pair[1].confidence):
            near = SAME * self.models[self._number_of[one.object]].diameter
            if not any(
                other.object == one.object
                and float((place.translation - world_from_obj.translation).norm()) < near
                for place, other in kept
            ):
                kept.append((world_from_obj, one))
        return kept

    def _told(self, world_from_obj: SE3, estimate: PoseEstimate) -> dict[str, Any]:
        in_millimetres = SE3.from_rotation_translation(
            world_from_obj.rotation, world_from_obj.translation / MILLIMETRE
        )
        number, score = self._number_of[estimate.object], float(estimate.confidence)
        return {"obj_id": number, "score": score, "pose": pose_of(in_millimetres)}


def _transform(message: Any) -> SE3:
    """() of a geometry_msgs/Pose in millimetres."""
    place, turn = message.position, message.orientation
    shift = MILLIMETRE * torch.tensor([place.x, place.y, place.z], dtype=torch.float64)
    wxyz = torch.tensor([turn.w, turn.x, turn.y, turn.z], dtype=torch.float64)
    return SE3.from_rotation_translation(SO3(wxyz).normalized(), shift)
