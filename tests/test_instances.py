"""Of several guesses of one object in one place the surest stays."""

import torch

from objpose import PoseEstimate
from objpose.estimator.instances import surest_in_place
from objpose.geometry import SE3
from tests.synthetic import looking, onboarded

LEFT, RIGHT = torch.zeros(20, 40, dtype=torch.bool), torch.zeros(20, 40, dtype=torch.bool)
LEFT[4:16, 4:16], RIGHT[4:16, 24:36] = True, True
NEARLY_LEFT, HALF_LEFT = LEFT.roll(2, 1), LEFT & ~LEFT.roll(5, 1)


def kept(*guesses: tuple[str, torch.Tensor, float]) -> list[tuple[str, float]]:
    found = [estimate(name, sure, i) for i, (name, _, sure) in enumerate(guesses)]
    masks, models = [mask for _, mask, _ in guesses], {name: onboarded(name) for name in ("can", "mug")}
    return [(one.object, one.confidence) for one in surest_in_place(models, found, masks)]


def estimate(name: str, sure: float, target: int, cam_from_obj: SE3 | None = None) -> PoseEstimate:
    placed = looking(1) if cam_from_obj is None else cam_from_obj
    return PoseEstimate(name, placed, sure, torch.eye(6), 0.5, target, (), sure)


def test_the_surest_of_one_object_in_one_place_stays():
    assert kept(("can", LEFT, 0.3), ("can", NEARLY_LEFT, 0.6)) == [("can", 0.6)]


def test_other_places_and_other_objects_stay():
    beside = ("can", LEFT, 0.6), ("can", RIGHT, 0.2), ("mug", NEARLY_LEFT, 0.1)
    assert kept(*beside) == [("can", 0.6), ("can", 0.2), ("mug", 0.1)]
    assert kept(("can", LEFT, 0.6), ("can", HALF_LEFT, 0.5)) == [("can", 0.6), ("can", 0.5)]


def test_nothing_found_is_nothing_kept():
    assert surest_in_place({}, [], []) == []


def shared(sure: float, other: float, turn: float) -> PoseEstimate:
    """Two answers for a box in one place, the other turned about its upright axis."""
    there = looking(1)
    turned = there @ SE3.exp(torch.tensor([0.0, 0.0, 0.0, 0.0, 0.0, turn]))
    found = [estimate("printed_box", sure, 0, there), estimate("printed_box", other, 1, turned)]
    [one] = surest_in_place({"printed_box": onboarded("printed_box")}, found, [LEFT, NEARLY_LEFT])
    return one


def test_of_two_poses_in_one_place_one_at_most_is_right():
    kept = shared(0.8, 0.6, 1.5)
    # Either is right alone, 0.8 * 0.4 and 0.2 * 0.6, or none is.
    assert abs(kept.share - 0.32 / 0.44) < 1e-6
    assert kept.confidence == kept.confidence_in_image == kept.share
    assert abs(shared(0.9, 0.9, 1.5).confidence - 0.5) < 1e-6 and shared(1.0, 1.0, 1.5).confidence == 0.5


def test_the_same_pose_again_and_one_that_is_never_right_take_nothing():
    assert (shared(0.8, 0.6, 0.02).confidence, shared(0.8, 0.6, 0.02).share) == (0.8, 1.0)
    assert (shared(0.8, 0.0, 1.5).confidence, shared(0.8, 0.0, 1.5).share) == (0.8, 1.0)
    assert shared(0.3, 0.01, 1.5).confidence == 0.3, "a chance that is small already"
