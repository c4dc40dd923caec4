"""Another print on the same shape is told from the right one, in any light; one colour says nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose import onboard
from objpose.crops import Crop, crop_frame
from objpose.estimator import EstimatorOptions, PoseEstimator
from objpose.frame import Frame
from objpose.geometry import Mesh
from objpose.objects import ObjectModel
from objpose.poses.paint import NOT_ITS_PAINT, paint_nats, trust_in_paint
from tests.synthetic import MESHES, REAL, Scene, looking, make_scene, onboarded


def other_pack() -> ObjectModel:
    """The printed box in other colours."""
    mesh = MESHES["printed_box"]()
    assert mesh.texture is not None
    other = Mesh(mesh.vertices, mesh.faces, uvs=mesh.uvs, texture=mesh.texture[..., [1, 2, 0]])
    return onboard(other, "other_pack", units="m", out=None, progress=False)


@pytest.fixture(scope="module", params=(1, 3, 4))
def scene(request: pytest.FixtureRequest) -> Scene:
    return make_scene(onboarded("printed_box").mesh, looking(request.param), REAL)


def crop_of(scene: Scene) -> Crop:
    return crop_frame(scene.frame, scene.mask, 200)


def test_its_own_paint_is_told_from_another(scene: Scene) -> None:
    box, other, crop = onboarded("printed_box"), other_pack(), crop_of(scene)
    own = paint_nats(box, crop, box.cam_from_mesh(scene.cam_from_obj))
    another = paint_nats(other, crop, other.cam_from_mesh(scene.cam_from_obj))
    assert own > 0.5 and another < -0.5


def test_coloured_light_and_missing_depth_change_little(scene: Scene) -> None:
    box, crop = onboarded("printed_box"), crop_of(scene)
    there = box.cam_from_mesh(scene.cam_from_obj)
    own = paint_nats(box, crop, there)
    lit = replace(crop, rgb=crop.rgb * torch.tensor([0.7, 0.55, 0.6]))
    assert paint_nats(box, lit, there) == pytest.approx(own, abs=0.3)
    blind = replace(crop, depth=torch.zeros_like(crop.depth))
    assert paint_nats(box, blind, there) == pytest.approx(own, abs=0.5)


def test_one_colour_says_nothing() -> None:
    can = onboarded("can")
    scene = make_scene(can.mesh, looking(1), REAL)
    assert abs(paint_nats(can, crop_of(scene), can.cam_from_mesh(scene.cam_from_obj))) < 0.2


def test_where_too_little_agrees_nothing_is_said(scene: Scene) -> None:
    box, crop = onboarded("printed_box"), crop_of(scene)
    far = replace(crop, depth=crop.depth + box.diameter)
    assert paint_nats(box, replace(far, mask=crop.mask & (crop.depth > 0)), scene.cam_from_obj) == 0.0


def test_trust_falls_with_what_speaks_against_it() -> None:
    trust = [trust_in_paint(nats) for nats in (-4.0, -2.0, -1.0, 0.0, 3.0)]
    assert trust == sorted(trust) and trust[3:] == [1.0, 1.0] and 0 < trust[0] < 0.4


def estimated(model: ObjectModel, frame: Frame, mask: torch.Tensor, method: str):
    (found,) = PoseEstimator([model], EstimatorOptions(method)).estimate(frame, mask)
    return found


@pytest.mark.parametrize(
    "method", ["rgbd", pytest.param("rgb", marks=pytest.mark.slow("templates of another object are made"))]
)
def test_another_pack_is_not_believed_and_it_is_said_why(method: str) -> None:
    box, there = onboarded("printed_box"), looking(1)
    scene = make_scene(box.mesh, there, REAL)
    own = estimated(box, scene.frame, scene.mask, method)
    another = estimated(other_pack(), scene.frame, scene.mask, method)
    assert NOT_ITS_PAINT not in own.warnings and own.confidence > 0.9
    assert NOT_ITS_PAINT in another.warnings and another.confidence < 0.7
