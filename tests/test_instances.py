"""Of several guesses of one object in one place the surest stays."""

import torch

from objpose import PoseEstimate
from objpose.estimator.instances import surest_in_place
from objpose.geometry import SE3

LEFT, RIGHT = torch.zeros(20, 40, dtype=torch.bool), torch.zeros(20, 40, dtype=torch.bool)
LEFT[4:16, 4:16], RIGHT[4:16, 24:36] = True, True
NEARLY_LEFT, HALF_LEFT = LEFT.roll(2, 1), LEFT & ~LEFT.roll(5, 1)


def kept(*guesses: tuple[str, torch.Tensor, float]) -> list[tuple[str, float]]:
    pose, covariance = SE3.identity(), torch.eye(6)
    found = [
        PoseEstimate(name, pose, sure, covariance, 0.5, i, ()) for i, (name, _, sure) in enumerate(guesses)
    ]
    return [(one.object, one.confidence) for one in surest_in_place(found, [mask for _, mask, _ in guesses])]


def test_the_surest_of_one_object_in_one_place_stays():
    assert kept(("can", LEFT, 0.3), ("can", NEARLY_LEFT, 0.6)) == [("can", 0.6)]


def test_other_places_and_other_objects_stay():
    beside = ("can", LEFT, 0.6), ("can", RIGHT, 0.2), ("mug", NEARLY_LEFT, 0.1)
    assert kept(*beside) == [("can", 0.6), ("can", 0.2), ("mug", 0.1)]
    assert kept(("can", LEFT, 0.6), ("can", HALF_LEFT, 0.5)) == [("can", 0.6), ("can", 0.5)]


def test_nothing_found_is_nothing_kept():
    assert surest_in_place([], []) == []
