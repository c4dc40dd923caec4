"""The ground as a residual: derivatives, whom it holds, and that it says what the ground's own part says."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from objpose.estimator.ground.contact import Ground, Standing, contact, support
from objpose.geometry import SE3, NormalEquations, moved_about
from objpose.poses.residuals import Body, Contact, GroundPlane, Posed
from tests.ground.things import HEIGHT, SIZES, UP, on_table, sides

SIZE = SIZES[1]
DIAMETER = float(np.linalg.norm(SIZE))
TABLE = Ground(UP[None], np.array([HEIGHT]))
PLANE = GroundPlane(UP, HEIGHT, TABLE.across[0], np.zeros((3, 3)))
BODY = Body(torch.from_numpy(sides(SIZE).corners), torch.from_numpy(sides(SIZE).normals), DIAMETER)
MIDDLE = torch.zeros(3, dtype=torch.float64)
LEANS = torch.tensor([0.003, -0.002, 0.004, 0.02, -0.05, 0.04], dtype=torch.float64)


def lying() -> SE3:
    """(1,) float64."""
    rotation, translation = on_table(np.random.default_rng(0), 1)
    return SE3.from_rotation_translation(torch.tensor(rotation)[None], torch.tensor(translation)[None])


def moved(cam_from_obj: SE3, twist: Tensor) -> SE3:
    """By a twist (6,) about the middle of the box."""
    return SE3(moved_about(MIDDLE, cam_from_obj.wxyz_xyz, twist[None]))


def posed(cam_from_obj: SE3) -> Posed:
    return Posed(cam_from_obj, MIDDLE)


def system(cam_from_obj: SE3) -> NormalEquations:
    return Contact(BODY, PLANE, torch.device("cpu")).system(posed(cam_from_obj))


def test_the_gradient_is_that_of_the_cost() -> None:
    start, step = moved(lying(), LEANS), 1e-6
    costs = [
        [float(system(moved(start, sign * step * axis)).cost) for sign in (1, -1)]
        for axis in torch.eye(6, dtype=torch.float64)
    ]
    expected = [(ahead - behind) / (2 * step) for ahead, behind in costs]
    assert np.allclose(system(start).gradient[0], expected, rtol=1e-4, atol=1e-3)


def test_it_says_what_the_support_of_a_pose_says() -> None:
    above = torch.cat([torch.from_numpy(0.1 * UP), torch.zeros(3, dtype=torch.float64)])
    for twist in (0 * LEANS, LEANS, above):
        pose = moved(lying(), twist)
        matrix = pose.matrix()[0].numpy()
        standing = Standing(sides(SIZE), matrix[:3, :3], matrix[:3, 3], np.zeros((6, 6)), 1 - 1e-12, DIAMETER)
        nats = support(standing, contact(standing, TABLE), np.zeros((3, 3))).nats
        # Above or below is not told apart here: it hardly counts where a pose touches.
        assert np.isclose(-float(system(pose).cost), nats[0], atol=0.01)


def test_what_lies_nearly_flat_is_drawn_flat_and_what_leans_is_let_lean() -> None:
    tilt = torch.zeros(6, dtype=torch.float64)
    tilt[3:] = torch.from_numpy(PLANE.across[0])
    nearly, leaning = moved(lying(), 0.08 * tilt), moved(lying(), 0.5 * tilt)
    step = torch.linalg.lstsq(
        *(part[0] for part in (system(nearly).normal, -system(nearly).gradient[..., None]))
    )
    assert float(system(moved(nearly, step.solution[:, 0])).cost) < float(system(nearly).cost) - 1
    pulls = [float(system(pose).normal[0, 3:, 3:].diagonal().sum()) for pose in (nearly, leaning)]
    assert pulls[1] < 0.05 * pulls[0]


def test_an_unknown_ground_holds_less() -> None:
    start = moved(lying(), LEANS)
    vague = PLANE._replace(covariance=np.diag([0.01, 0.01, 1e-4]))
    loose = Contact(BODY, vague, torch.device("cpu")).system(posed(start))
    assert float(loose.normal[0].trace()) < 0.3 * float(system(start).normal[0].trace())
