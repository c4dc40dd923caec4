"""Known objects hide each other where their pictures touch."""

from __future__ import annotations

import torch

from objpose.geometry import SE3
from objpose.tracking.occluders import COARSER, occluders
from objpose.tracking.sight import Occluders, Sight
from tests.synthetic import CAMERA, HEIGHT, LEFT, RIGHT, WIDTH, looking, onboarded, shifted

MODELS = {name: onboarded(name) for name in ("printed_box", "mug", "can")}
SIGHT = Sight(torch.zeros(HEIGHT, WIDTH, 3, dtype=torch.uint8), None, CAMERA.K.float())


def at(name: str, offset: list[float], seed: int = 1) -> SE3:
    """The middle of an object's mesh, from half a metre before the camera."""
    centre = MODELS[name].mesh.bounds().mean(0)
    pose = shifted(looking(seed), torch.tensor(offset))
    return SE3.from_rotation_translation(pose.rotation, pose.translation - pose.rotation.apply(centre))


def hidden_by(poses: dict[str, SE3]) -> dict[str, Occluders]:
    return occluders({name: MODELS[name] for name in poses}, poses, SIGHT)


def seen_at(before: Occluders, point: torch.Tensor) -> float:
    """Depth where a point of the camera's frame is seen."""
    column, row = ((point / point[2]) @ before.K.T)[:2].round().long().tolist()
    return float(before.depth[row, column])


def test_one_alone_and_those_apart_hide_nothing() -> None:
    assert hidden_by({}) == hidden_by({"mug": at("mug", [0, 0, 0])}) == {}
    apart = {"mug": at("mug", LEFT.tolist()), "can": at("can", RIGHT.tolist())}
    assert hidden_by(apart) == {}


def test_each_of_two_knows_the_depth_of_the_other() -> None:
    """Which of them is in front is for the lines to say, point by point."""
    poses = {"printed_box": at("printed_box", [0, 0, 0.1]), "mug": at("mug", [0.02, 0, -0.1])}
    before = hidden_by(poses)
    assert set(before) == set(poses)
    for name, other in (("printed_box", "mug"), ("mug", "printed_box")):
        depth = before[name].depth
        assert depth.shape == (HEIGHT // COARSER, WIDTH // COARSER)
        centre = poses[other].apply(MODELS[other].mesh.bounds().mean(0))
        nearest, farthest = centre[2] - MODELS[other].diameter / 2, centre[2] + MODELS[other].diameter / 2
        assert ((depth[depth > 0] > nearest) & (depth[depth > 0] < farthest)).all()
        assert 0 < (depth > 0).float().mean() < 0.5
    box_middle = poses["printed_box"].apply(torch.zeros(3))
    assert abs(seen_at(before["mug"], box_middle) - float(box_middle[2])) < 0.07


def test_of_several_the_nearest_is_seen() -> None:
    poses = {
        "printed_box": at("printed_box", [0, 0, 0.3]),
        "mug": at("mug", [0, 0, 0.1]),
        "can": at("can", [0, 0, -0.1]),
    }
    before = hidden_by(poses)
    mug, can = (
        hidden_by({name: poses[name] for name in ("printed_box", other)})["printed_box"].depth
        for other in ("mug", "can")
    )
    expected = torch.where(can > 0, can, mug)  # the can is before the mug
    assert torch.equal(before["printed_box"].depth, expected)


def test_one_far_off_is_not_among_those_that_touch() -> None:
    poses = {
        "printed_box": at("printed_box", [-0.1, 0, 0.1]),
        "mug": at("mug", [-0.1, 0, -0.05]),
        "can": at("can", [0.14, 0, 0]),
    }
    before = hidden_by(poses)
    assert set(before) == {"printed_box", "mug"}
    alone = hidden_by({name: poses[name] for name in before})
    assert torch.equal(before["mug"].depth, alone["mug"].depth)
