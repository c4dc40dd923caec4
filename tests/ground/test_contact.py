"""Contact with a ground: derivatives, units, and what is likelier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from objpose.estimator.ground.contact import Ground, Standing, contact, support
from objpose.geometry import SE3
from tests.ground.things import HEIGHT, UP, found

TABLE = Ground(UP[None], np.array([HEIGHT]))
STEP = 1e-6


def moved(standing: Standing, twist: np.ndarray) -> Standing:
    pose = SE3.exp(torch.from_numpy(twist)).matrix().numpy()
    rotation = pose[:3, :3] @ standing.rotation
    return replace(standing, rotation=rotation, translation=pose[:3, :3] @ standing.translation + pose[:3, 3])


def leaning() -> Standing:
    standing, _ = found(np.random.default_rng(0), 1)
    return moved(standing, np.array([0.01, -0.02, 0.03, 0.02, -0.05, 0.04]))


def test_derivatives_are_those_of_differences() -> None:
    standing, axes = leaning(), np.eye(6)
    there = contact(standing, TABLE)
    by_pose = [contact(moved(standing, STEP * axis), TABLE).off[0] - there.off[0] for axis in axes]
    # Where four corners touch, and a tilt lifts three of them, the height is that of their mean at first.
    assert np.allclose(np.stack(by_pose, 1)[:2] / STEP, there.by_pose[0][:2], atol=1e-4)
    assert np.allclose(np.stack(by_pose, 1)[2] / STEP, there.by_pose[0][2], atol=1e-4)
    for axis, by_ground in zip(np.eye(3), there.by_ground[0].T, strict=True):
        ground = TABLE.moved(STEP * axis[None])
        off = contact(standing, ground).off[0]
        # The tilt is told along axes that turn with the ground: compared as vectors of the camera.
        tilt = ground.across[0].T @ off[:2] - TABLE.across[0].T @ there.off[0, :2]
        assert np.allclose(TABLE.across[0] @ tilt / STEP, by_ground[:2], atol=2e-2)
        assert np.isclose((off[2] - there.off[0, 2]) / STEP, by_ground[2], atol=1e-4)


def test_units_do_not_matter() -> None:
    standing, scale = leaning(), 1000.0
    units = np.diag([scale] * 3 + [1.0] * 3)
    larger = Standing(
        standing.sides._replace(corners=scale * standing.sides.corners),
        standing.rotation,
        scale * standing.translation,
        units @ standing.covariance @ units,
        standing.chance,
        scale * standing.diameter,
    )
    raised = Ground(UP[None], scale * TABLE.height)
    none = np.zeros((3, 3))
    here, there = (
        support(standing, contact(standing, TABLE), none),
        support(larger, contact(larger, raised), none),
    )
    assert np.allclose(np.concatenate(here), np.concatenate(there), atol=1e-6)


def test_on_the_table_is_likelier_than_above_it_or_askew() -> None:
    standing, truth = found(np.random.default_rng(1), 2)
    standing = replace(standing, translation=truth)
    none = np.zeros((3, 3))
    flat = support(standing, contact(standing, TABLE), none)
    above = moved(standing, np.append(0.1 * UP, np.zeros(3)))
    held = support(above, contact(above, TABLE), none)
    assert flat.nats > 4 > 0 > held.nats and flat.flat > 0.99 > 0.01 > held.flat + held.touches
    below = moved(standing, np.append(-0.1 * UP, np.zeros(3)))
    assert support(below, contact(below, TABLE), none).nats < held.nats - 2, "nothing lies in the table"
    askew = moved(standing, np.append(np.cross(truth, [0.5, 0, 0]), [0.5, 0, 0]))
    resting = askew.lowest(UP[None])[0]
    askew = moved(askew, np.append((HEIGHT - UP @ resting) * UP, np.zeros(3)))
    leans = support(askew, contact(askew, TABLE), none)
    assert leans.touches > 0.5 > leans.flat and flat.nats > leans.nats > 0


def test_a_pose_that_is_doubted_tells_less_of_the_ground() -> None:
    told = []
    for chance in (0.001, 0.01, 0.1, 0.9):
        standing, _ = found(np.random.default_rng(1), 2, chance=chance)
        told.append(float(support(standing, contact(standing, TABLE), np.zeros((3, 3))).flat[0]))
    assert told == sorted(told) and told[0] < 0.9 and told[-1] > 0.99
