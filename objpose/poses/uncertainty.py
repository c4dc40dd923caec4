"""How far off an answer's pose may be: by its residuals, along a free turn, and by symmetry."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, Camera, Symmetry
from objpose.objects import ObjectModel
from objpose.poses.ambiguity import Ambiguity
from objpose.poses.answer import PoseAnswer
from objpose.poses.confidence import PRIOR_TURN, Calibration
from objpose.poses.distinct import probe_points


def pose_covariance(
    model: ObjectModel, found: PoseAnswer, unsure: Ambiguity, calibration: Calibration, camera: Camera
) -> Tensor:
    """(6, 6) of the best pose, of the left perturbation exp((v, w)) @ cam_from_obj; metres, radians.

    What is far, a flip, does not widen it: that is for the alternatives to say.
    """
    poses, joined = found.cam_from_obj, unsure.joined
    covariance = own_covariance(model, found, unsure, calibration, camera)
    if unsure.free_turn is not None:
        covariance = covariance + spread(poses[joined], found.share[joined], model.symmetry)
    covariance = covariance + free_directions(model.symmetry, poses[0])
    return (covariance + covariance.T) / 2


def own_covariance(
    model: ObjectModel, found: PoseAnswer, unsure: Ambiguity, calibration: Calibration, camera: Camera
) -> Tensor:
    """(6, 6) the same of the best pose by itself: what is left to its alternatives, or symmetry, apart."""
    cam_from_obj, centre = found.cam_from_obj[0], model.mesh.bounds().mean(0)
    covariance = calibration.covariance(found.information[0], cam_from_obj, centre, model.diameter)
    if (turn := unsure.free_turn) is not None:
        # Residuals that see nothing of the turn leave it open; a pose stands for its part of the range.
        part = (turn.end - turn.start) / (2 * int(unsure.joined.sum()))
        covariance = given_turn(covariance, cam_from_obj.rotation.apply(turn.axis), part)
    covariance[:3, :3] += calibration.of_sensor(cam_from_obj.apply(centre), camera)
    return covariance


def farthest_sigma(model: ObjectModel, cam_from_obj: SE3, covariance: Tensor) -> Tensor:
    """() diameters, root mean square, by which a covariance (6, 6) moves the point that it moves most.

    Turns that leave the object as it is move none.
    """
    for line in model.symmetry.continuous:
        covariance = given_turn(covariance, cam_from_obj.rotation.apply(line.axis), 0.0)
    points = cam_from_obj.apply_points(probe_points(model)).double()
    identity = torch.eye(3, dtype=torch.float64).expand(len(points), 3, 3)
    moves = torch.cat(
        [identity, torch.linalg.cross(points[:, None].expand(-1, 3, 3), identity)], -1
    )  # (P, 3, 6)
    squared = torch.einsum("pij,jk,pik->p", moves, covariance, moves)
    return squared.amax().clamp_min(0.0).sqrt() / model.diameter


def spread(cam_from_obj: SE3, share: Tensor, symmetry: Symmetry) -> Tensor:
    """(6, 6) second moment of poses (k,) by their shares (k,), as left perturbations of the first.

    Of what is equal by a discrete symmetry, the nearest counts.
    """
    moved = cam_from_obj[:, None] @ symmetry.discrete @ cam_from_obj[0].inverse()  # (k, m)
    nearest = moved.rotation.angle().argmin(1)
    twists = moved[torch.arange(len(nearest)), nearest].log().double()
    weight = (share / share.sum()).double()
    return torch.einsum("k,ki,kj->ij", weight, twists, twists)


def given_turn(covariance: Tensor, axis: Tensor, sigma: float) -> Tensor:
    """The covariance (6, 6) when the turn about axis (3,), camera frame, is known to sigma, radians."""
    known = torch.cat([torch.zeros(3, dtype=torch.float64), axis.double()])
    along = covariance @ known
    return covariance - torch.outer(along, along) / (known @ along + sigma**2)


def free_directions(symmetry: Symmetry, cam_from_obj: SE3) -> Tensor:
    """(6, 6) covariance of the turns that leave the object as it is: left perturbations of the pose ()."""
    covariance = torch.zeros(6, 6, dtype=torch.float64)
    for line in symmetry.continuous:
        axis, point = cam_from_obj.rotation.apply(line.axis), cam_from_obj.apply(line.offset)
        twist = torch.cat([torch.linalg.cross(point, axis), axis]).double()
        covariance += PRIOR_TURN**2 * torch.outer(twist, twist)
    return covariance
