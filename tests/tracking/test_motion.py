"""An object goes on as it went, the less surely the longer nobody looked."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, moved_about
from objpose.tracking.motion import QUICKEST, SMOOTHEST, Motion
from tests.synthetic import looking, twists

CENTRE = torch.tensor([0.3, -0.2, 0.1])  # far from the mesh's origin
FRAME = 1 / 30  # seconds


def moved(pose: SE3, step: Tensor) -> SE3:
    """Its centre shifted by the first three, turned about it by the others."""
    turned = moved_about(CENTRE, pose.wxyz_xyz[None], torch.cat([torch.zeros(3), step[3:]])[None])[0]
    turned[4:] += step[:3]
    return SE3(turned)


def carried(agility: float, velocity: Tensor, frames: int, every: int = 1) -> tuple[Motion, SE3]:
    """A motion that saw every so-manieth frame of an object of that velocity, and where it is at last."""
    motion, pose = Motion(CENTRE, agility), looking(0).to(torch.float64)
    for _ in range(0, frames, every):
        after = moved(pose, every * FRAME * velocity)
        motion.saw(pose, after, every * FRAME)
        pose = after
    return motion, pose


@pytest.mark.parametrize("agility", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("every", [1, 3])
def test_the_velocity_is_that_of_the_object_at_any_rate_of_frames(agility: float, every: int) -> None:
    """In camera axes, metres and radians a second, about the centre; a little less, as it dies away."""
    velocity = twists(1, 0.3, 2.0)[0].double()
    motion, pose = carried(agility, velocity, 60, every)
    assert ((motion.velocity / velocity > 0.8) & (motion.velocity / velocity < 1.001)).all()
    expected, found = moved(pose, FRAME * velocity), motion.predicted(pose, FRAME)
    assert (found.apply(CENTRE) - expected.apply(CENTRE)).norm() < 0.3 * FRAME * velocity[:3].norm()
    assert (found.rotation @ expected.rotation.inverse()).angle() < 0.3 * FRAME * velocity[3:].norm()


def test_what_turns_about_its_centre_goes_nowhere() -> None:
    velocity = torch.tensor([0, 0, 0, 1.0, -2.0, 0.5], dtype=torch.float64)
    motion, pose = carried(0.5, velocity, 5)
    assert motion.velocity[:3].norm() < 1e-5 < motion.velocity[3:].norm()
    torch.testing.assert_close(motion.predicted(pose, 0.2).apply(CENTRE), pose.apply(CENTRE))


@pytest.mark.parametrize("agility", [0.0, 0.4, 1.0])
def test_two_waits_are_one(agility: float) -> None:
    motion, pose = carried(agility, torch.tensor([0.1, 0.2, -0.1, 0.0, 1.0, 0.0]).double(), 10)
    once = motion.predicted(pose, 0.5)
    halfway = motion.predicted(pose, 0.2)
    motion.fade(0.2)
    torch.testing.assert_close(motion.predicted(halfway, 0.3).wxyz_xyz, once.wxyz_xyz)


def test_however_long_nobody_looks_it_does_not_fly_off() -> None:
    for agility, seconds in ((0.0, SMOOTHEST), (1.0, QUICKEST)):
        motion, pose = carried(agility, torch.tensor([0.2, 0, 0, 0, 0, 0]).double(), 40)
        gone = motion.predicted(pose, 1e3).translation - pose.translation
        torch.testing.assert_close(gone, seconds * motion.velocity[:3])


def test_agility_believes_what_was_seen_last_and_forgets_sooner() -> None:
    there = torch.tensor([0.3, 0, 0, 0, 0, 0], dtype=torch.float64)
    after_turning = []
    for agility in (0.0, 0.25, 0.5, 0.75, 1.0):
        motion, pose = carried(agility, there, 20)
        motion.saw(pose, moved(pose, -FRAME * there), FRAME)
        after_turning.append(float(motion.velocity[0]))
        speed = motion.velocity.norm()
        motion.fade(0.1)
        assert math.isclose(motion.velocity.norm() / speed, math.exp(-0.1 / motion.decay))
    assert after_turning == sorted(after_turning, reverse=True)
    assert after_turning[0] > 0 > after_turning[-1]


def test_what_stops_stays() -> None:
    motion, pose = carried(0.5, torch.ones(6).double(), 5)
    motion.stop()
    torch.testing.assert_close(motion.predicted(pose, 1.0).wxyz_xyz, pose.wxyz_xyz)


def test_what_is_seen_first_is_the_velocity() -> None:
    """Not half of it, as after a standstill that nobody saw; a jump makes it unknown again."""
    velocity = twists(1, 0.3, 2.0)[0].double()
    motion, pose = Motion(CENTRE, 0.5), looking(0).to(torch.float64)
    for _ in range(2):
        motion.stop()
        assert not motion.is_known
        motion.saw(pose, moved(pose, FRAME * velocity), FRAME)
        torch.testing.assert_close(motion.velocity, velocity, atol=1e-4, rtol=0)


def test_the_doubtful_changes_a_velocity_by_its_share() -> None:
    velocity, pose = twists(1, 0.3, 2.0)[0].double(), looking(0).to(torch.float64)
    changed = []
    for share in (0.0, 0.5, 1.0):
        motion = Motion(CENTRE, 0.5)
        motion.saw(pose, pose, FRAME)
        motion.saw(pose, moved(pose, FRAME * velocity), FRAME, share)
        changed.append(motion.velocity)
    assert not changed[0].any()
    torch.testing.assert_close(2 * changed[1], changed[2])
