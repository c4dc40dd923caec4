"""The network that comes with the package prefers the truth where something tells, and ties elsewhere."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.crops import crop_frame
from objpose.geometry import SE3
from objpose.poses.rivals import Looks, learned, prepare_looks
from tests.poses.mugs import about_z, hidden_handle, standing
from tests.synthetic import Flaws, looking, make_scene, onboarded

ROUGH = Flaws(noise=0.001, border=1)


def nats(name: str, truth: SE3, poses: SE3) -> Tensor:
    model = onboarded(name)
    scene = make_scene(model.mesh, truth, ROUGH)
    seen = Looks(model, crop_frame(scene.frame, scene.mask, 224)).at(poses)
    return torch.stack([seen.preferred, seen.likely], -1)


@pytest.mark.parametrize("seed", range(4))
def test_a_printed_box_is_not_taken_for_itself_turned_over(seed: int) -> None:
    truth, near = looking(30 + seed), onboarded("printed_box").near_symmetry
    preferred, likely = nats("printed_box", truth, truth[None] @ near.discrete[:4]).unbind(-1)
    assert int(preferred.argmax()) == 0 and int(likely.argmax()) == 0
    assert float(preferred.softmax(0)[0]) > 0.9


@pytest.mark.parametrize("wrong", [60.0, 150.0, -90.0])
def test_a_handle_in_view_tells_the_turn(wrong: float) -> None:
    truth = standing(20.0)
    preferred = nats("mug", truth, truth[None] @ about_z([0.0, wrong]))[:, 0]
    assert float(preferred.softmax(0)[0]) > 0.9


def test_where_the_handle_hides_turns_tie() -> None:
    truth = hidden_handle()
    preferred = nats("mug", truth, truth[None] @ about_z([0.0, 6.0]))[:, 0]
    assert 0.3 < float(preferred.softmax(0)[0]) < 0.7


def test_one_pose_alone_is_judged_too() -> None:
    truth = looking(31)
    right, wrong = (
        nats("printed_box", truth, pose[None])[0, 1]
        for pose in (truth, truth @ SE3.from_rotation_translation(torch.eye(3), torch.tensor([0.03, 0, 0])))
    )
    assert float(right) > float(wrong)


def test_weights_that_lack_a_part_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left at random would answer as surely."""
    whole = learned.load

    def lacking(content: bytes) -> dict[str, torch.Tensor]:
        return {name: values for name, values in whole(content).items() if name != "linear.weight"}

    monkeypatch.setattr(learned, "load", lacking)
    with pytest.raises(RuntimeError, match=r"Missing key.*linear\.weight"):
        learned._network.__wrapped__(torch.device("cpu"))


def test_what_is_prepared_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    model = onboarded("mug")
    prepare_looks(model)
    for made in ("openness._openness", "learned.RivalNet"):
        monkeypatch.setattr(f"objpose.poses.rivals.{made}", lambda *_: pytest.fail("made again"))
    scene = make_scene(model.mesh, looking(0), ROUGH)
    seen = Looks(model, crop_frame(scene.frame, scene.mask, 224)).at(looking(0)[None])
    assert seen.shade.isfinite().all()
