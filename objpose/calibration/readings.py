"""Samples that were written or read by another convention than the one said: found by trying them.

None of them shows in a pose by itself; but only the right reading lets the chain of frames close.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from objpose.calibration.closed_form import Start, solve_closed_form
from objpose.calibration.motions import motions_between
from objpose.calibration.samples import HandEyeSamples, Setup
from objpose.errors import InputError, warn_input
from objpose.geometry import SE3, SO3

CLOSES = math.radians(3.0)  # median turn by which the chain may miss for a reading to be believed
CLOSES_BY = 0.05  # of the robot's travel, or so many metres where that is less: the same of shifts
BEYOND_DOUBT = 0.7  # of both limits together: a chain that closes so well was read right
BETTER = 4.0  # times: how much better than the given reading another one must close
ALIKE = 3.0  # times the best: readings that the samples do not tell apart
SURELY = 0.1  # of the scale: lengths that are off by more are refused, by less only said
SIGNIFICANT = 4.0  # standard deviations
TOO_FAR = 20.0  # metres from base to gripper: those are millimetres
UNITS = {
    1e-3: "the board's are millimetres, the robot's metres: give both in metres",
    1e3: "the robot's are millimetres, the board's metres: give both in metres",
    1e-2: "the board's are centimetres, the robot's metres: give both in metres",
    0.0254: "the board's are inches, the robot's metres: give both in metres",
}
MIRROR = torch.diag(torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64))


@dataclass(frozen=True)
class Reading:
    name: str  # what is wrong with the transforms, empty for nothing
    cure: str
    meant: Callable[[SE3], SE3]  # from the transforms as read to those that were meant


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
    Reading("inverted: {inverse} under the name of {name}", "name them {inverse}", SE3.inverse),
    Reading("mirrored: of a left-handed frame", "change the sign of one axis in them", _mirrored),
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
    shift: float  # median, of the robot's travel
    start: Start

    @property
    def is_good(self) -> bool:
        return self.turn < CLOSES and self.shift < CLOSES_BY

    @property
    def miss(self) -> float:
        return self.turn / CLOSES + self.shift / CLOSES_BY


def check_readings(samples: HandEyeSamples, setup: Setup) -> None:
    """Refuses samples that close only, or much better, under another convention than theirs, and names it.

    Raises:
        InputError: inverted, mirrored, transposed poses, another order of quaternions, another unit, the
            other setup; or nothing of these, and the chain does not close all the same.
    """
    _check_reach(samples)
    given = _closing(samples.base_from_gripper, samples.cam_from_board, setup)
    if given is None or given.miss > BEYOND_DOUBT:
        _check_against_others(samples, setup, given)
    assert given is not None
    _check_scale(given.start)
    _check_before_camera(samples.cam_from_board)


def _check_against_others(samples: HandEyeSamples, setup: Setup, given: Closing | None) -> None:
    tried = {
        (robot, board): _closing(
            robot.meant(samples.base_from_gripper), board.meant(samples.cam_from_board), setup
        )
        for robot in READINGS
        for board in READINGS
    }
    good = {reading: one.miss for reading, one in tried.items() if one is not None and one.is_good}
    best = min(good.values(), default=math.inf)
    if best < math.inf and (given is None or best * BETTER < given.miss):
        alike = [reading for reading, miss in good.items() if miss < ALIKE * best]
        fewest = min(sum(1 for part in reading if part.name) for reading in alike)
        meant = [reading for reading in alike if sum(1 for part in reading if part.name) == fewest]
        raise _misread(meant, setup)
    if given is None or not given.is_good:
        raise _incoherent(given)


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
    return Closing(float(turn), float(shift / travel.clamp_min(1e-9)), start)


def _misread(readings: list[tuple[Reading, Reading]], setup: Setup) -> InputError:
    """Of which several may explain the samples alike: one side inverted is the other side inverted."""
    found, cures = [], []
    for robot, board in readings:
        sides = (robot, "base_from_gripper", "gripper_from_base"), (board, "cam_from_board", "board_from_cam")
        wrong = [one for one in sides if one[0].name]
        found.append(" and ".join(f"{name} {_filled(one.name, name, other)}" for one, name, other in wrong))
        cures.append(" and ".join(f"{name}: {_filled(one.cure, name, other)}" for one, name, other in wrong))
        if robot.name.startswith("inverted"):
            other = "to-hand" if setup.eye == "in-hand" else "in-hand"
            found.append("the other setup")
            cures.append(f"eye={other!r}")
    expected = f"transforms as named, {setup.words}"
    return InputError(
        "samples", ", or ".join(found), expected, "one of: " * (len(cures) > 1) + "; ".join(cures)
    )


def _filled(words: str, name: str, inverse: str) -> str:
    return words.format(name=name, inverse=inverse)


def _incoherent(given: Closing | None) -> InputError:
    if given is None:
        found = "turns of the board that are nowhere those of the robot"
    else:
        found = (
            f"a chain of frames that misses by {math.degrees(given.turn):.0f} degrees and "
            f"{100 * given.shift:.0f} % of the robot's travel at half of the samples"
        )
    cure = (
        "see that each board pose is of the same moment as its robot pose, that nothing slipped, and that "
        "angles are read in the robot's own order (no order of quaternions, inverse or mirror explains it)"
    )
    return InputError("samples", found, "robot and board poses that move as one", cure)


def _check_reach(samples: HandEyeSamples) -> None:
    reach = float(samples.base_from_gripper.translation.norm(dim=-1).median())
    if reach > TOO_FAR:
        found = f"a gripper {reach:.0f} m from the base"
        raise InputError("base_from_gripper", found, "metres", 'divide by 1000, or say unit "mm"')


def _check_scale(start: Start) -> None:
    """Of the board's lengths by the robot's."""
    off = abs(start.scale - 1)
    if off < SIGNIFICANT * start.scale_sigma or off < 0.01:
        return
    found = f"lengths that fit the robot's only when multiplied by {start.scale:.4g}"
    unit = next((cure for factor, cure in UNITS.items() if abs(start.scale / factor - 1) < SURELY), None)
    cure = unit or f"measure the board: its squares seem {start.scale:.4g} times as large as stated"
    wrong = "cam_from_board", found, "the lengths of the robot", cure
    if off > SURELY:
        raise InputError(*wrong)
    warn_input(*wrong)


def _check_before_camera(cam_from_board: SE3) -> None:
    if float(cam_from_board.translation[:, 2].median()) < 0:
        found = "the board behind the camera (z < 0)"
        cure = "the axes are OpenGL's: turn cam_from_board by diag(1, -1, -1, 1) from the left"
        raise InputError("cam_from_board", found, "OpenCV axes: x right, y down, z forward", cure)
