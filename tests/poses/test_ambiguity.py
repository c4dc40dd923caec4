"""What an answer says it cannot tell: free turns as ranges, flips, and nothing where all is told."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.estimator import PoseEstimate, PoseEstimator
from objpose.geometry import SE3, SO3, ContinuousSymmetry, Mesh, Symmetry
from objpose.objects import ObjectModel
from objpose.onboarding import onboard
from objpose.poses import Ambiguity, ambiguity
from objpose.poses.uncertainty import given_turn, spread
from tests.geometry.shapes import prism
from tests.synthetic import REAL, looking, make_scene, onboarded, surface_error

UP = torch.tensor([0.0, 0.0, 1.0])
Z = ContinuousSymmetry(UP, torch.zeros(3))


@functools.cache
def labelled_can() -> ObjectModel:
    """A can, white but for rings of print on a quarter of its side, about +x."""
    plain = prism(0.033, 0.12, 96)
    levels = torch.linspace(-0.06, 0.06, 25)
    turns = torch.arange(96) * (2 * math.pi / 96)
    ring = 0.033 * torch.stack([turns.cos(), turns.sin()], dim=-1)
    side = torch.cat([torch.cat([ring, level.expand(96, 1)], dim=-1) for level in levels])
    first = torch.arange(24)[:, None] * 96 + torch.arange(96)
    following = torch.arange(24)[:, None] * 96 + (torch.arange(96) + 1) % 96
    lower = torch.stack([first, following, following + 96], dim=-1).reshape(-1, 3)
    upper = torch.stack([first, following + 96, first + 96], dim=-1).reshape(-1, 3)
    ends = plain.faces[(plain.vertices[plain.faces][..., 2].std(-1) < 1e-6)]
    vertices = torch.cat([side, plain.vertices])
    from_middle = (torch.arange(len(side)) // 96 - 12).abs()  # the same end for end
    printed = (side[:, 0] > 0.033 * math.cos(math.pi / 4)) & (from_middle // 2 % 2 == 0)
    colors = torch.full((len(vertices), 3), 0.9)
    colors[: len(side)][printed] = torch.tensor([0.6, 0.1, 0.2])
    mesh = Mesh(vertices, torch.cat([lower, upper, ends + len(side)]), vertex_colors=colors)
    return onboard(mesh, "labelled_can", units="m", out=None, progress=False)


def standing(turn: float, tilt: float = 20.0, distance: float = 0.4) -> SE3:
    """Upright before the camera and seen from `tilt` degrees above, what is at +x turned from the left."""
    upright = SO3.exp(torch.tensor([math.radians(90 + tilt), 0.0, 0.0]))
    turned = upright @ SO3.exp(math.radians(turn) * UP)
    return SE3.from_rotation_translation(turned, torch.tensor([0.0, 0.02, distance]))


def turned(degrees: list[float], start: SE3 | None = None) -> SE3:
    """Poses of the mug turned about its axis, the first first."""
    return (standing(0) if start is None else start)[None] @ Z.rotations(torch.deg2rad(torch.tensor(degrees)))


def of(poses: SE3, share: list[float] | None = None, name: str = "mug") -> Ambiguity:
    shares = torch.full((len(poses),), 1 / len(poses)) if share is None else torch.tensor(share)
    return ambiguity(onboarded(name), poses, shares)


def degrees(ambiguous: Ambiguity) -> tuple[float, float]:
    turn = ambiguous.free_turn
    assert turn is not None
    return math.degrees(turn.start), math.degrees(turn.end)


def test_turns_that_tie_are_a_range() -> None:
    found = of(turned([0, 20, -25, 42]))
    assert degrees(found) == pytest.approx((-31, 48), abs=2)
    assert bool(found.joined.all())
    assert (
        found.words == "turn about (0, 0, 1): -31 to 48 degrees from this pose, no part in view tells which"
    )
    unequal = of(turned([0, 20, -25, 42]), [0.8, 0.1, 0.06, 0.04])
    assert "hardly tells" in unequal.words


def test_a_range_ends_where_no_pose_is() -> None:
    found = of(turned([0, 20, 150]), [0.5, 0.3, 0.2])
    assert degrees(found) == pytest.approx((-6, 26), abs=2)
    assert found.joined.tolist() == [True, True, False]
    assert found.words.endswith("; turned by 150 degrees about (0, 0, 1): share 0.20")


def test_a_range_goes_past_half_a_turn_and_all_around() -> None:
    past = of(turned([0, 25, 50, 75, 100, 125, 150, 175, 200]))
    assert degrees(past) == pytest.approx((-6, 206), abs=2)
    around = of(turned(list(range(0, 360, 25))))
    assert around.free_turn is not None and around.free_turn.is_whole
    assert ": any, " in around.words


def test_what_is_unlikely_is_told() -> None:
    found = of(turned([0, 20, 150]), [0.97, 0.02, 0.01])
    assert (found.words, found.free_turn, found.joined.tolist()) == ("", None, [True, False, False])


def test_the_range_is_of_the_objects_own_frame() -> None:
    far = replace(onboarded("mug"), origin=(100.0, -50.0, 7.0))
    found = ambiguity(far, turned([0, 20]), torch.tensor([0.5, 0.5])).free_turn
    assert found is not None
    axis, point = found.axis.double(), found.offset - torch.tensor([100.0, -50.0, 7.0])
    assert float(torch.linalg.cross(axis, point.double()).norm()) < 1e-3


def test_flips_and_far_poses_are_named() -> None:
    flip = SE3.exp(torch.tensor([0.0, 0, 0, math.pi, 0, 0]))
    middle = SE3.from_rotation_translation(torch.eye(3), torch.tensor([0.0, 0.0, 0.05]))
    over = turned([0, 130])[1:] @ (middle @ flip @ middle.inverse())[None]
    found = of(SE3.cat([turned([0]), over]), [0.6, 0.4])
    assert found.words == "end for end along (0, 0, 1): share 0.40" and found.free_turn is None
    box = SE3.cat([standing(0)[None], (standing(0) @ flip)[None]])
    assert of(box, [0.7, 0.3], "printed_box").words == "half a turn about (1, 0, 0): share 0.30"
    aside = SE3.exp(torch.tensor([0.1, 0.05, 0, 0, 0, 0.0]))[None] @ standing(0)[None]
    assert of(SE3.cat([standing(0)[None], aside]), [0.7, 0.3]).words == "another pose: share 0.30"


def test_the_spread_of_turns_is_about_their_axis() -> None:
    poses = turned([0, 30, -30])
    found = spread(poses, torch.tensor([0.2, 0.3, 0.1]), Symmetry.none())
    twist = _twist(poses[0])
    expected = math.radians(30) ** 2 * (2 / 3) * torch.outer(twist, twist)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_the_spread_is_that_of_the_nearest_equal_poses() -> None:
    half_turn = Symmetry(Z.rotations(torch.tensor([0.0, math.pi])))
    share = torch.tensor([0.4, 0.6])
    far, near = (spread(turned([0, by]), share, half_turn) for by in (205, 25))
    torch.testing.assert_close(far, near, rtol=1e-3, atol=1e-5)


def test_a_known_turn_leaves_the_rest_as_it_is() -> None:
    """Of what is independent of it; of the turn, what is known before and now."""
    pose = standing(0)
    twist, axis = _twist(pose), pose.rotation.apply(UP)
    rest = torch.linalg.svd(twist[None]).Vh[1:]  # (5, 6)
    rest = rest - torch.outer(rest[:, 3:] @ axis.double(), twist)  # of which none turns about the axis
    steady = 1e-4 * rest.mT @ rest
    found = given_turn(steady + 9.0 * torch.outer(twist, twist), axis, 0.3)
    expected = steady + torch.outer(twist, twist) / (1 / 9.0 + 1 / 0.3**2)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)


def _twist(cam_from_obj: SE3) -> Tensor:
    """(6,) of a turn by a radian about the object's z."""
    axis, point = cam_from_obj.rotation.apply(UP), cam_from_obj.translation
    return torch.cat([torch.linalg.cross(point, axis), axis]).double()


def found_in(model: ObjectModel, cam_from_obj: SE3, seed: int = 0) -> PoseEstimate:
    scene = make_scene(model.mesh, cam_from_obj, REAL, seed)
    [estimate] = PoseEstimator([model]).estimate(scene.frame, scene.mask)
    return estimate


def holds(estimate: PoseEstimate, model: ObjectModel, truth: SE3) -> bool:
    """Whether some turn of the answered range is the truth."""
    turn = estimate.free_turn
    assert turn is not None
    angles = torch.linspace(turn.start, turn.end, 60)
    poses = estimate.cam_from_obj[None] @ ContinuousSymmetry(turn.axis, turn.offset).rotations(angles)
    return min(surface_error(model, pose, truth) for pose in poses) < 0.05


def assert_free_about_axis(estimate: PoseEstimate) -> None:
    _, directions = torch.linalg.eigh(estimate.covariance)
    largest = directions[3:, -1]
    axis = estimate.cam_from_obj.rotation.apply(UP).double()
    assert abs(float(largest @ axis)) > 0.99 * float(largest.norm())


@pytest.mark.parametrize("turn", [85.0, 110.0])
def test_a_hidden_handle_leaves_a_range_of_turns(turn: float) -> None:
    model, truth = onboarded("mug"), standing(turn)
    estimate = found_in(model, truth)
    assert holds(estimate, model, truth)
    assert estimate.confidence <= estimate.share < 0.9
    twist = (truth @ estimate.cam_from_obj.inverse()).log().double()
    assert float(twist @ torch.linalg.solve(estimate.covariance, twist)) < 12.6  # 95 % of a chi-squared of 6
    assert "no part in view" in estimate.ambiguity or "what part is in view" in estimate.ambiguity
    assert_free_about_axis(estimate)


def test_a_handle_in_view_leaves_nothing() -> None:
    estimate = found_in(onboarded("mug"), standing(0))
    assert (estimate.ambiguity, estimate.free_turn) == ("", None) and estimate.share > 0.95


def test_a_print_in_view_leaves_nothing() -> None:
    estimate = found_in(labelled_can(), standing(-100))
    assert surface_error(labelled_can(), estimate.cam_from_obj, standing(-100)) < 0.1
    assert (estimate.ambiguity, estimate.free_turn) == ("", None) and estimate.share > 0.95


def test_a_print_behind_leaves_a_range_of_turns() -> None:
    model, truth = labelled_can(), standing(80)
    estimate = found_in(model, truth)
    assert holds(estimate, model, truth)
    assert "print" in estimate.ambiguity
    assert_free_about_axis(estimate)


def test_a_true_symmetry_is_no_ambiguity() -> None:
    estimate = found_in(onboarded("can"), looking(2))
    assert (estimate.ambiguity, estimate.free_turn) == ("", None)
    assert_free_about_axis(estimate)
