"""One photo of an object finds it in others: laws of the answer, on drawn scenes of known truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import objpose
from objpose.errors import InputError
from objpose.geometry import SE3, SO3
from objpose.reference.look import look_at
from objpose.reference.seen_object import share_in_view
from tests.synthetic import MESHES, Scene, make_scene

ASLANT = SO3.exp(torch.tensor([0.6, -0.5, 0.2]))
FIRST = SE3.from_rotation_translation(ASLANT, torch.tensor([0.02, 0.01, 0.4]))
TURN = SO3.exp(torch.tensor([-0.25, 0.35, 0.15]))  # 26 degrees


def turned(cam_from_obj: SE3, turn: SO3) -> SE3:
    """The object turned about its own origin, as seen from the camera."""
    return SE3.from_rotation_translation(turn @ cam_from_obj.rotation, cam_from_obj.translation)


@pytest.fixture(scope="module")
def scenes() -> tuple[Scene, Scene]:
    mesh = MESHES["printed_box"]()
    return make_scene(mesh, FIRST), make_scene(mesh, turned(FIRST, TURN))


def error_deg(
    found: objpose.ReferencePose, reference: objpose.Reference, scenes: tuple[Scene, Scene]
) -> float:
    first, second = scenes
    moved = found.cam_from_obj @ reference.cam_from_obj.inverse()
    truth = second.cam_from_obj @ first.cam_from_obj.inverse()
    return float(torch.rad2deg((moved.rotation @ truth.rotation.inverse()).angle()))


def without(scene: Scene, depth: bool) -> objpose.Frame:
    return scene.frame if depth else scene.frame.without_depth()


@pytest.mark.parametrize(("here", "there"), [(True, True), (True, False), (False, True)])
def test_depth_on_either_side_gives_turn_and_metres(scenes: tuple[Scene, Scene], here: bool, there: bool):
    first, second = scenes
    reference = objpose.onboard_reference(without(first, here), first.mask)
    found = reference.find(without(second, there), second.mask)
    assert found.is_metric and found.confidence > 0.9, found.reason
    assert error_deg(found, reference, scenes) < 5.0
    distance = found.cam_from_obj.translation.norm()
    assert float(distance) == pytest.approx(float(second.cam_from_obj.translation.norm()), rel=0.12)
    assert found.reference_distance == pytest.approx(float(FIRST.translation.norm()), rel=0.12)


def test_without_depth_the_place_is_in_distances_of_the_reference(scenes: tuple[Scene, Scene]):
    first, second = scenes
    reference = objpose.onboard_reference(without(first, False), first.mask)
    found = reference.find(without(second, False), second.mask)
    assert not found.is_metric and "unknown" in found.scale and found.reference_distance is None
    assert error_deg(found, reference, scenes) < 15.0
    assert float(found.cam_from_obj.translation.norm()) == pytest.approx(1.0, rel=0.15)
    assert float(found.direction.norm()) == pytest.approx(1.0)
    sized = objpose.onboard_reference(without(first, False), first.mask, size=0.15)
    metres = sized.find(without(second, False), second.mask)
    distance = sized.cam_from_obj.translation.norm()
    place = found.cam_from_obj.translation * distance
    assert metres.is_metric and torch.allclose(metres.cam_from_obj.translation, place)


def test_what_matches_nothing_is_said_to_be_unknown(scenes: tuple[Scene, Scene]):
    first = scenes[0]
    other = make_scene(MESHES["can"](), FIRST)
    for depth in (False, True):
        reference = objpose.onboard_reference(without(first, depth), first.mask)
        found = reference.find(without(other, depth), other.mask)
        assert found.confidence < 0.5, found.reason


def test_the_reference_itself_is_found_unturned(scenes: tuple[Scene, Scene]):
    first = scenes[0]
    reference = objpose.onboard_reference(first.frame, first.mask)
    found = reference.find(first.frame, first.mask)
    assert torch.allclose(found.cam_from_obj.matrix(), reference.cam_from_obj.matrix(), atol=5e-3)


@pytest.mark.slow("several places of a frame are searched: 10 s of the processor")
def test_without_a_mask_the_object_is_looked_for(scenes: tuple[Scene, Scene]):
    first, second = scenes
    reference = objpose.onboard_reference(first.frame, first.mask)
    found = reference.find(second.frame)
    shared = (found.mask & second.mask).sum() / (found.mask | second.mask).sum()
    assert shared > 0.7 and error_deg(found, reference, scenes) < 5.0


def test_the_object_of_one_view_has_no_back_and_is_found_by_the_estimator(scenes: tuple[Scene, Scene]):
    first, second = scenes
    reference = objpose.onboard_reference(first.frame, first.mask)
    model, pose = reference.model, reference.cam_from_obj
    assert share_in_view(model.mesh, pose) > 0.95
    behind = turned(pose, SO3.exp(torch.tensor([0.0, np.pi, 0.0])))
    assert share_in_view(model.mesh, behind) < 0.05
    [best, *_] = objpose.PoseEstimator([model]).estimate(second.frame, second.mask)
    truth = second.cam_from_obj @ first.cam_from_obj.inverse() @ pose
    assert torch.rad2deg((best.cam_from_obj.rotation @ truth.rotation.inverse()).angle()) < 3.0
    with pytest.raises(InputError, match="without depth"):
        _ = objpose.onboard_reference(without(first, False), first.mask).model


@pytest.mark.slow("four photos against each other: 8 s of the processor")
def test_a_photo_that_was_found_becomes_a_reference(scenes: tuple[Scene, Scene]):
    first, second = scenes
    mesh = MESHES["printed_box"]()
    third = make_scene(mesh, turned(second.cam_from_obj, TURN))
    reference = objpose.onboard_reference(without(first, False), first.mask)
    found = reference.find(second.frame, second.mask)
    more = reference.grown(second.frame, found)
    assert len(more.photos) == 2 and more.is_metric, "depth of the added photo makes metres of all"
    assert float(more.cam_from_obj.translation.norm()) == pytest.approx(found.reference_distance)
    sized = objpose.onboard_reference(without(first, False), first.mask, size=0.3)  # twice too large
    corrected = sized.grown(second.frame, sized.find(second.frame, second.mask)).cam_from_obj
    assert torch.allclose(corrected.translation, more.cam_from_obj.translation, atol=1e-4)
    again = more.find(third.frame, third.mask)
    assert again.reference == 1 and error_deg(again, more, (first, third)) < 8.0
    doubtful = objpose.onboard_reference(first.frame, first.mask).find(
        make_scene(MESHES["can"](), FIRST).frame, first.mask
    )
    with pytest.raises(InputError, match="confidence"):
        reference.grown(second.frame, doubtful)


def test_a_view_keeps_depth_and_rays(scenes: tuple[Scene, Scene]):
    """Points of the view's depth are those of the frame's, turned."""
    scene = scenes[0]
    look = look_at(scene.frame, scene.mask, 200)
    rows, columns = np.nonzero(look.depth > 0)
    depth = look.depth[rows, columns]
    rays = look.rays(np.stack([columns, rows], axis=1))
    points = np.concatenate([rays, np.ones((len(rays), 1))], axis=1) * depth[:, None]
    in_camera = torch.from_numpy(points @ look.look_from_cam[:3, :3]).float()
    pixels = scene.frame.camera.project(in_camera).round().long()
    there = scene.frame.depth[pixels[:, 1], pixels[:, 0]]
    assert float((there - in_camera[:, 2]).abs().median()) < 1e-3


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_a_size_must_be_metres(scenes: tuple[Scene, Scene], size: float):
    first = scenes[0]
    with pytest.raises(InputError, match="size"):
        objpose.onboard_reference(without(first, False), first.mask, size=size)
    with pytest.raises(InputError, match="depth"):
        objpose.onboard_reference(first.frame, first.mask, size=0.1)
