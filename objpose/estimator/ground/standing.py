"""Without depth, objects that stand on one ground tell each other's distances.

How far away an object is, a photo tells by its size in pixels alone: a pixel of outline is some millimetres
along the ray. Where several objects stand on one table, each has to lie flat on it: its height and its tilt
are those of all others (cf. Malenicky et al., PhysPose, 2025, who ask contacts and collisions of poses found
alone). A pose that does not is left where it is: things lie on others, and are held.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from objpose.estimator.estimate import PoseEstimate
from objpose.estimator.ground.contact import Standing
from objpose.estimator.ground.plane import Stand, find_ground, posterior, settling, stands
from objpose.estimator.instances import surest_of_each
from objpose.estimator.unseen_side import trust_in_sides
from objpose.geometry import SE3, Camera
from objpose.geometry.rigid_matrices import cross_matrix
from objpose.objects import ObjectModel
from objpose.poses import RGB, RIGHT, GroundPlane, chance_within

# Covariances over those that are stated, of right poses: wrong ones err by more. 1, 2 and 4 were tried on the
# even images of `desk` and `clutter`, and differ little.
WIDER = 4.0
TURN_SIGMA = 0.25  # radians: what turns further is not linear
CERTAIN = 0.999  # chance of a pose at most
UNSURE = 0.7  # confidence below which an object is looked for on the ground again
TELL = -1.0  # nats for the ground below which the user is told
APART = (
    "found {:.0f} mm {} the ground that other objects of this frame stand on: it lies on something else, "
    "is held, or is wrong, or its mesh is of another size"
)
# Log odds of being right by those before and the nats for the ground, and how wide then the distance's error
# is, of the one above; fitted to the same images.
INTERCEPT, OWN, GROUND, SPREAD = -0.09, 0.88, 0.75, 0.75
CLOSE = -1.16, 0.86, 0.31  # the first three for being within 5 pixels and 5 degrees


def on_one_ground(
    estimates: Sequence[PoseEstimate], models: Mapping[str, ObjectModel], camera: Camera
) -> list[PoseEstimate]:
    """The estimates of a frame, those of different instances with what the ground tells that most stand on.

    models: on the host. As they were where no ground is found, and those of objects with an unknown side.
    """
    found = _stands(estimates, models, camera)
    return [
        one if stood is None else _settled(one, *stood) for one, stood in zip(estimates, found, strict=True)
    ]


def common_ground(
    estimates: Sequence[PoseEstimate], models: Mapping[str, ObjectModel], camera: Camera
) -> GroundPlane | None:
    """The ground that the estimates of a frame agree on: that of all others for the one that tells least."""
    found = zip(estimates, _stands(estimates, models, camera), strict=True)
    told = [(one.confidence, stood[1].ground) for one, stood in found if stood is not None]
    return min(told, key=lambda each: each[0])[1] if told else None


def unsure_on_ground(
    estimates: Sequence[PoseEstimate], models: Mapping[str, ObjectModel], camera: Camera
) -> dict[int, GroundPlane]:
    """By targets, of the estimates that stay unsure with the ground, the ground that the others agree on."""
    found = zip(estimates, _stands(estimates, models, camera), strict=True)
    return {
        one.target: stood[1].ground
        for one, stood in found
        if stood is not None and _settled(one, *stood).confidence < UNSURE
    }


def _stands(
    estimates: Sequence[PoseEstimate], models: Mapping[str, ObjectModel], camera: Camera
) -> list[tuple[Standing, Stand] | None]:
    """How each estimate stands; None of those that are not asked, and of all where no ground is found."""
    surest = {id(estimate) for estimate in surest_of_each(models.values(), estimates)}
    candidates = [
        _standing(estimate, models[estimate.object], camera) if id(estimate) in surest else None
        for estimate in estimates
    ]
    standings = [standing for standing in candidates if standing is not None]
    ground = find_ground(standings)
    if ground is None:
        return [None] * len(estimates)
    found = iter(stands(standings, ground))
    return [None if standing is None else (standing, next(found)) for standing in candidates]


def _standing(estimate: PoseEstimate, model: ObjectModel, camera: Camera) -> Standing | None:
    if trust_in_sides(model) < 1 or not len(model.sides.normals):
        return None
    matrix = estimate.cam_from_obj.matrix().double().numpy()
    chance = min(max(estimate.confidence, 1 - CERTAIN), CERTAIN)
    covariance = _wider(estimate, model, camera)
    return Standing(model.sides, matrix[:3, :3], matrix[:3, 3], covariance, chance, model.diameter)


def _wider(estimate: PoseEstimate, model: ObjectModel, camera: Camera) -> np.ndarray:
    """(6, 6) covariance of the pose, with the outline's error along the ray, and without free turns."""
    covariance = estimate.covariance.double().numpy().copy()
    place = estimate.cam_from_obj.translation.double().numpy()
    along = RGB.outline_error * place[2] / (camera.fx * model.diameter) * place
    covariance[:3, :3] += np.outer(along, along)
    information = np.linalg.inv(WIDER * covariance)
    information[3:, 3:] += np.eye(3) / TURN_SIGMA**2
    return np.linalg.inv(information)


def _settled(estimate: PoseEstimate, standing: Standing, stand: Stand) -> PoseEstimate:
    twist, nats = torch.from_numpy(settling(standing, stand)), float(stand.support.nats[0])
    known = posterior(estimate.covariance.double().numpy(), stand)
    told = min(nats, 0.0) if estimate.stats.get("held") else nats  # no ground confirms what it has proposed
    spread = SPREAD * _along_ray(standing, posterior(standing.covariance, stand)) / standing.diameter
    right = _chance(estimate.confidence, told, INTERCEPT, OWN, GROUND)
    right *= float(chance_within(RIGHT, torch.tensor(spread)))
    close = _chance(estimate.confidence_in_image, told, *CLOSE)
    above, given = float(stand.contact.off[0, 2]), estimate.cam_from_obj.wxyz_xyz
    return replace(
        estimate,
        cam_from_obj=SE3((SE3.exp(twist) @ SE3(given.double())).wxyz_xyz.to(given)),
        covariance=torch.from_numpy(known).to(estimate.covariance),
        confidence=min(estimate.share, right),
        confidence_in_image=min(estimate.share, close),
        stats=estimate.stats | {"ground_nats": nats, "above_ground": above},
        warnings=(*estimate.warnings, *_told(nats, above)),
    )


def _told(nats: float, above: float) -> tuple[str, ...]:
    """A warning of a pose that stands nowhere; above: metres."""
    where = "above" if above > 0 else "below"
    return (APART.format(1000 * abs(above), where),) if nats < TELL else ()


def _along_ray(standing: Standing, covariance: np.ndarray) -> float:
    """Standard deviation of the object's middle along the ray, metres."""
    corners = standing.sides.corners
    middle = standing.rotation @ (corners.min(0) + corners.max(0)) / 2 + standing.translation
    ray = middle / np.linalg.norm(middle)
    by_pose = np.concatenate([ray, -ray @ cross_matrix(middle)])
    return float(np.sqrt(by_pose @ covariance @ by_pose))


def _chance(before: float, nats: float, intercept: float, own: float, of_ground: float) -> float:
    before = min(max(before, 1 - CERTAIN), CERTAIN)
    odds = intercept + own * math.log(before / (1 - before)) + of_ground * nats
    return 1 / (1 + math.exp(-odds))
