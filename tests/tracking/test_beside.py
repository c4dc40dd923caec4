"""Paint held against that of poses turned a little."""

from __future__ import annotations

import math

import pytest
import torch

from objpose.geometry import SE3
from objpose.tracking.beside import TURNED, beside, turns_of
from objpose.tracking.evidence import Evidence
from objpose.tracking.fitting import JUDGED, Fitter
from objpose.tracking.sight import Sight
from objpose.tracking.weighing import weighed
from tests.synthetic import CAMERA, Flaws, about_centre, looking, make_scene, onboarded

HOME = looking(1)


def sight_of(name: str) -> Sight:
    frame = make_scene(onboarded(name).mesh, HOME, Flaws(clutter=True), 0).frame
    return Sight(frame.rgb, None, CAMERA.K.float())


def knowing(name: str) -> Fitter:
    fitter = Fitter(onboarded(name))
    fitter.learn(sight_of(name), HOME)
    return fitter


def judged(fitter: Fitter, sight: Sight, pose: SE3) -> Evidence:
    poses = pose.wxyz_xyz[None].float().contiguous()
    for modality in fitter.modalities:
        modality.look(sight, poses, JUDGED)
    return weighed(fitter, sight, poses, JUDGED)[0]


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_pose_that_is_turned_a_little_is_told_by_its_paint_and_turned_back(axis: int, sign: int) -> None:
    """About the axis and the other way than it was turned; the true one keeps its chance."""
    fitter, sight = knowing("printed_box"), sight_of("printed_box")
    true = beside(fitter, sight, HOME, judged(fitter, sight, HOME))
    assert true.share > 0.9 and not true.is_likelier
    twist = torch.zeros(6)
    twist[3 + axis] = sign * math.radians(TURNED)
    turned = about_centre(onboarded("printed_box"), HOME, twist)
    found = beside(fitter, sight, turned, judged(fitter, sight, turned))
    assert found.share < 0.1 and found.is_likelier
    back = (SE3(found.cam_from_mesh[0]).rotation @ HOME.rotation.inverse()).angle().rad2deg()
    assert back < 1


def test_the_fit_is_drawn_to_where_its_paint_is() -> None:
    fitter, sight = knowing("printed_box"), sight_of("printed_box")
    turned = about_centre(onboarded("printed_box"), HOME, torch.tensor([0, 0, 0, 0, math.radians(TURNED), 0]))
    stuck = fitter.fitted(sight, turned.wxyz_xyz[None].contiguous(), [])
    told = fitter.told_apart(sight, stuck)
    assert told.odds > stuck.odds and told.turn > 0.9 and told.likely == told.there * told.turn
    assert (told.cam_from_mesh.rotation @ HOME.rotation.inverse()).angle().rad2deg() < 2


def test_what_has_no_paint_keeps_its_chance() -> None:
    fitter, sight = Fitter(onboarded("mug")), sight_of("mug")
    bare = judged(fitter, sight, HOME)
    found = beside(fitter, sight, HOME, bare)
    assert bare.colourful > 0 or (found.share == 1.0 and not found.is_likelier)


def test_turns_are_each_way_about_each_axis() -> None:
    found = turns_of(8.0)
    assert found.shape == (6, 6) and not found.sum(0).any()
    assert found.norm(dim=1).rad2deg().allclose(torch.full((6,), 8.0)) and not found[:, :3].any()
