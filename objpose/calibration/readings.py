"""Samples that were written or read by another convention than the one said: found by trying them.

None of them shows in a pose by itself; but only the right reading lets the chain of frames close.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from objpose.calibration.closed_form import Start, solve_closed_form
from objpose.calibration.lengths import check_before_camera, check_reach, check_scale, held_at
from objpose.calibration.motions import motions_between
from objpose.calibration.samples import HandEyeSamples, Setup
from objpose.errors import InputError
from objpose.geometry import SE3, SO3

CLOSES = math.radians(3.0)  # median turn by which the chain may miss for a reading to be believed
CLOSES_BY, CLOSES_M = 0.05, 0.01  # the same of shifts: so much of the robot's travel, and so many metres
BEYOND_DOUBT = 0.7  # of both limits together: a chain that closes so well was read right
BETTER = 4.0  # times: how much better than the given reading another one must close
ALIKE = 3.0  # times the best: readings that the samples do not tell apart
MIRROR = torch.diag(torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64))


@dataclass(frozen=True)
class Reading:
    name: str  # what is wrong with the transforms, empty for nothing
    cure: str
    meant: Callable[[SE3], SE3]  # from the transforms as read to those that were meant
    keeps_chain: bool = False  # of both sides at once it closes the chain whenever it closes without


Pair = tuple[Reading, Reading]  # of base_from_gripper, of cam_from_board


def _rolled(transforms: SE3, by: int) -> SE3:
    rotation = SO3(transforms.rotation.wxyz.roll(by, dims=-1))
    return SE3.from_rotation_translation(rotation, transforms.translation)


def _mirrored(transforms: SE3) -> SE3:
    rotation = MIRROR @ transforms.rotation.matrix() @ MIRROR
    return SE3.from_rotation_translation(rotation, transforms.translation @ MIRROR)


def _transposed(transforms: SE3) -> SE3:
    return SE3.from_rotation_translation(transforms.rotation.inverse(), transforms.translation)


READINGS = (
    Reading("", "", lambda transforms: transforms),
    Reading("inverted: {inverse} under the name of {name}", "name them {inverse}", SE3.inverse, True),
    Reading(
        "mirrored: of a left-handed frame", "multiply by diag(1, 1, -1, 1) from both sides", _mirrored, True
    ),
    Reading("of transposed rotations", "transpose the 3x3 rotation, keep the translation", _transposed),
    Reading(
        "of quaternions (x, y, z, w) taken for (w, x, y, z)",
        "write quaternion_xyzw",
        lambda transforms: _rolled(transforms, 1),
    ),
    Reading(
        "of quaternions (w, x, y, z) taken for (x, y, z, w)",
        "write quaternion_wxyz",
        lambda transforms: _rolled(transforms, -1),
    ),
)


@dataclass(frozen=True)
class Closing:
    """How well the chain closes under a reading; less is better."""

    turn: float  # radians, median
    shift: float  # metres, median
    allowed: float  # metres: the largest such shift to be believed
    start: Start

    @property
    def is_good(self) -> bool:
        return self.turn < CLOSES and self.shift < self.allowed

    @property
    def miss(self) -> float:
        return self.turn / CLOSES + self.shift / self.allowed


def check_readings(samples: HandEyeSamples, setup: Setup) -> None:
    """Refuses samples that close only, or much better, under another convention than theirs, and names it.

    Raises:
        InputError: inverted, mirrored, transposed poses, another order of quaternions, another unit, the
            other setup; or nothing of these, and the chain does not close all the same.
    """
    check_reach(samples)
    given = _closing(samples.base_from_gripper, samples.cam_from_board, setup)
    if given is None or given.miss > BEYOND_DOUBT:
        _check_against_others(samples, setup, given)
    assert given is not None
    check_scale(given.start)
    check_before_camera(samples.cam_from_board)


def _check_against_others(samples: HandEyeSamples, setup: Setup, given: Closing | None) -> None:
    tried = {
        (robot, board): _closing(
            robot.meant(samples.base_from_gripper), board.meant(samples.cam_from_board), setup
        )
        for robot in READINGS
        for board in READINGS
        if not (robot is board and robot.keeps_chain)
    }
    good = {reading: one for reading, one in tried.items() if one is not None and one.is_good}
    best = min((one.miss for one in good.values()), default=math.inf)
    if best < math.inf and (given is None or best * BETTER < given.miss):
        alike = {reading: one for reading, one in good.items() if one.miss < ALIKE * best}
        fewest = min(map(_changes, alike))
        meant = {reading: one for reading, one in alike.items() if _changes(reading) == fewest}
        raise _misread(meant, setup)
    if given is None or not given.is_good:
        raise _incoherent(given)


def _changes(reading: Pair) -> int:
    return sum(1 for side in reading if side.name)


def _closing(base_from_gripper: SE3, cam_from_board: SE3, setup: Setup) -> Closing | None:
    """With the board's lengths free, as they may be in another unit; None without any motion to go by."""
    rest_from_mount = setup.rest_from_mount(base_from_gripper)
    motions = motions_between(rest_from_mount, cam_from_board)
    if len(motions) < 3:
        return None
    start = solve_closed_form(motions, rest_from_mount, cam_from_board, free_scale=True)
    if not start.scale > 0:
        return None
    scaled = SE3.from_rotation_translation(cam_from_board.rotation, start.scale * cam_from_board.translation)
    seen = rest_from_mount @ start.mount_from_cam @ scaled
    turn = (start.rest_from_board.rotation.inverse() @ seen.rotation).angle().median()
    shift = (seen.translation - start.rest_from_board.translation).norm(dim=-1).median()
    places = base_from_gripper.translation
    travel = (places - places.mean(0)).norm(dim=-1).mean()
    return Closing(float(turn), float(shift), CLOSES_BY * float(travel) + CLOSES_M, start)


def _misread(readings: Mapping[Pair, Closing], setup: Setup) -> InputError:
    """Of which several may explain the samples alike: one side inverted is the other side inverted."""
    other = Setup("to-hand" if setup.eye == "in-hand" else "in-hand")
    explained = []  # how far from the hand is what it holds; what is wrong; the cure
    for (robot, board), closing in readings.items():
        places = closing.start.mount_from_cam, closing.start.rest_from_board
        explained.append((held_at(*places, setup), *_told(robot, board)))
        if robot.name.startswith("inverted") and not board.name:
            explained.append((held_at(*places, other), "the other setup", f"eye={other.eye!r}"))
    explained.sort(key=lambda one: one[0])
    found = ", or ".join(words for _, words, _ in explained)
    cure = "; ".join(cure for _, _, cure in explained)
    if len(explained) > 1:
        cure = f"one of these, likeliest first, by how near to the hand is what it holds: {cure}"
    return InputError("samples", found, f"transforms as named, {setup.words}", cure)


def _told(robot: Reading, board: Reading) -> tuple[str, str]:
    """What is wrong and the cure, in words."""
    sides = (robot, "base_from_gripper", "gripper_from_base"), (board, "cam_from_board", "board_from_cam")
    wrong = [one for one in sides if one[0].name]
    found = " and ".join(f"{name} {_filled(one.name, name, inverse)}" for one, name, inverse in wrong)
    return found, " and ".join(f"{name}: {_filled(one.cure, name, inverse)}" for one, name, inverse in wrong)


def _filled(words: str, name: str, inverse: str) -> str:
    return words.format(name=name, inverse=inverse)


def _incoherent(given: Closing | None) -> InputError:
    if given is None:
        found = "a board that does not move as the robot does"
    else:
        found = (
            f"a chain of frames that misses by {math.degrees(given.turn):.0f} degrees and "
            f"{1e3 * given.shift:.0f} mm at half of the samples"
        )
    cure = (
        "see that each board pose is of the same moment as its robot pose, that nothing slipped, and that "
        "angles are read in the robot's own order (no order of quaternions, inverse or mirror explains it)"
    )
    return InputError("samples", found, "robot and board poses that move as one", cure)
