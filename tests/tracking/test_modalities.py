"""What poses are drawn by: outline, surface, paint; what hides them, and what says nothing."""

from __future__ import annotations

import functools
import math

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.tracking.depth import DepthPoints
from objpose.tracking.fitting import Fitter
from objpose.tracking.modalities import Outline, untold
from objpose.tracking.region import Region
from objpose.tracking.sight import Occluders, Sight
from objpose.tracking.steps import Step
from tests.synthetic import CAMERA, HEIGHT, WIDTH, Flaws, about_centre, looking, make_scene, onboarded, twists

POSE, STEP = looking(3), Step(1, 3.0, 0.0)
BOX = onboarded("printed_box")


@functools.cache
def sight() -> Sight:
    frame = make_scene(BOX.mesh, POSE, Flaws(clutter=True)).frame
    return Sight(frame.rgb, frame.depth, CAMERA.K.float())


@functools.cache
def fitter() -> Fitter:
    knowing = Fitter(BOX)
    knowing.learn(sight(), POSE)
    return knowing


def batch(*poses: SE3) -> Tensor:
    return torch.stack([pose.wxyz_xyz for pose in poses]).float().contiguous()


def off(shift: float, turn: float) -> SE3:
    return about_centre(BOX, POSE, twists(1, shift, turn, 1)[0])


def misfit(poses: Tensor, seen: Sight, step: Step = STEP) -> list[float]:
    outline = fitter().outline
    outline.look(seen, poses, step)
    return outline.misfit(poses, step).tolist()


@pytest.mark.parametrize("step", [STEP, Step(3, 5.0, 0.6), Step(8, 30.0, 1.0)])
def test_out_of_view_a_pose_fits_as_lines_that_tell_nothing(step: Step) -> None:
    away = SE3.from_rotation_translation(POSE.rotation, torch.tensor([3.0, 0.0, 0.5]))
    behind = SE3.from_rotation_translation(POSE.rotation, torch.tensor([0.0, 0.0, -0.5]))
    nothing = pytest.approx(untold(step), rel=1e-4)
    assert misfit(batch(away, behind), sight(), step) == [nothing, nothing]


@pytest.mark.parametrize("step", [STEP, Step(3, 5.0, 0.6), Step(8, 30.0, 1.0)])
def test_colours_that_were_never_seen_tell_nothing(step: Step) -> None:
    """The segments of lines are as long as they are told, or longer as they cross pixels aslant."""
    grey = Sight(torch.full_like(sight().rgb, 7), None, sight().K)
    aslant = step._replace(sigma=step.sigma / math.sqrt(2))
    assert untold(step) < misfit(batch(POSE), grey, step)[0] < untold(aslant)


def test_the_true_pose_fits_best_and_better_than_nothing() -> None:
    poses = batch(POSE, off(0.004, 0.0), off(0.012, 0.0), off(0.0, 0.15))
    fits = misfit(poses, Sight(sight().rgb, None, sight().K))
    assert fits[0] == min(fits) and fits[0] < untold(STEP) / 3
    assert fits[1] < fits[2]


def column_of(pose: SE3) -> int:
    x, _, z = pose.translation.tolist()
    return round(CAMERA.fx * x / z + CAMERA.cx)


def half_covered() -> tuple[Sight, Sight]:
    """By a hand in depth, and by a known thing drawn coarsely: all that is left of the box's middle."""
    depth = sight().depth.clone()
    depth[:, : column_of(POSE)] = 0.2
    coarse = torch.zeros(HEIGHT // 4, WIDTH // 4)
    coarse[:, : column_of(POSE) // 4] = 0.2
    K = CAMERA.resize(WIDTH // 4, HEIGHT // 4).K.float()
    return Sight(sight().rgb, depth, sight().K), Sight(sight().rgb, None, sight().K, Occluders(coarse, K))


def test_what_is_known_to_stand_before_the_outline_hides_it() -> None:
    outline, poses = fitter().outline, batch(POSE)
    hidden = []
    for seen in (Sight(sight().rgb, None, sight().K), sight(), *half_covered()):
        outline.look(seen, poses, STEP)
        hidden.append(float(outline.hidden(1)))
    assert hidden[0] == 0 and hidden[1] < 0.03
    assert 0.35 < hidden[2] < 0.7 and abs(hidden[3] - hidden[2]) < 0.1


def test_hidden_lines_are_not_asked() -> None:
    """What is painted over the covered half changes nothing."""
    for seen in half_covered():
        strange = seen.rgb.clone()
        strange[:, : column_of(POSE) - 16] = torch.tensor([255, 0, 255], dtype=torch.uint8)
        first = misfit(batch(POSE), seen)[0]
        again = misfit(batch(POSE), Sight(strange, seen.depth, seen.K, seen.occluders))[0]
        assert again == pytest.approx(first, abs=0.02)


def test_each_pose_is_seen_for_itself() -> None:
    poses = [POSE, off(0.01, 0.1), off(0.05, 0.0)]
    together = misfit(batch(*poses), sight())
    assert together == pytest.approx([misfit(batch(pose), sight())[0] for pose in poses], abs=1e-6)


def test_without_depth_the_surface_says_nothing() -> None:
    surface, poses = fitter().surface, batch(POSE)
    surface.look(Sight(sight().rgb, None, sight().K), poses, STEP)
    assert surface.equations(poses, STEP) is None and surface.counts(poses) is None
    surface.look(sight(), poses, STEP)
    assert surface.equations(poses, STEP) is not None and int(surface.counts(poses).found) > 100


def test_paint_is_followed_from_near_and_once_it_was_seen_twice() -> None:
    fresh, poses = Fitter(BOX), batch(POSE)
    near, far = STEP, Step(8, 30.0, 1.0)
    for times, offers in ((0, False), (1, False), (2, True), (3, True)):
        fresh.followed.look(Sight(sight().rgb, None, sight().K), poses, near)
        assert (fresh.followed.equations(poses, near) is not None) == offers, times
        assert (fresh.followed.matches(poses) is not None) == offers
        assert fresh.followed.equations(poses, far) is None
        fresh.learn(sight(), POSE)


def test_a_line_says_the_less_the_nearer_it_looks() -> None:
    """Nothing known of a border costs more where only few places would be right."""
    costs = [untold(Step(1, sigma, 0.0)) for sigma in (0.5, 1.5, 3.0, 30.0)]
    assert costs == sorted(costs, reverse=True) and costs[-1] < 0.1
    assert untold(Step(4, 12.0, 0.0)) == pytest.approx(untold(Step(1, 3.0, 0.0)))


def test_an_object_without_colours_learnt_is_nowhere() -> None:
    views = fitter().views
    strange = Outline(Region(views), DepthPoints(views, BOX.diameter))
    for pose in (POSE, off(0.03, 0.3)):
        strange.look(sight(), batch(pose), STEP)
        assert untold(STEP) < float(strange.misfit(batch(pose), STEP)) < 1.5 * untold(STEP)
