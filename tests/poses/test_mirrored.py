"""A mirrored frame: the reflections of a shape, and what one object and a whole frame say of the mirror."""

from __future__ import annotations

import pytest
import torch

from objpose.estimator import EstimatorOptions, PoseEstimate, PoseEstimator, Target
from objpose.estimator.mirrored_frame import chance_of_mirror
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.poses import mirrored_nats
from objpose.poses.reflections import ACROSS, reflected, reflections
from tests.synthetic import REAL, Scene, joined_scene, looking, make_scene, onboarded, twists

NAMES = ("printed_box", "can")  # one with print, and one that is plain and turns freely


def flipped(frame: Frame) -> Frame:
    assert frame.depth is not None
    return Frame(frame.rgb.flip(1), frame.camera, frame.depth.flip(1))


def estimate(frame: Frame, mask: torch.Tensor, name: str) -> PoseEstimate:
    (found,) = PoseEstimator([onboarded(name)], EstimatorOptions("rgbd")).estimate(frame, mask)
    return found


@pytest.fixture(scope="module", params=(1, 3))
def scene(request: pytest.FixtureRequest) -> Scene:
    return make_scene(onboarded("printed_box").mesh, looking(request.param), REAL)


def test_a_reflected_transform_moves_reflected_points() -> None:
    poses, points = (
        SE3.exp(twists(8, 1.0, 2.0)),
        torch.randn(8, 3, generator=torch.Generator().manual_seed(0)),
    )
    moved = reflected(poses).apply(points * ACROSS)
    torch.testing.assert_close(moved, poses.apply(points) * ACROSS)


@pytest.mark.parametrize("name", NAMES)
def test_reflections_bring_the_shape_onto_itself(name: str) -> None:
    model = onboarded(name)
    points = model.surface.cloud.points
    moved = reflections(model).apply_points(points[::5]) * ACROSS
    gap = torch.cdist(moved, points).amin(-1)
    assert len(moved) >= 1
    assert float(gap[0].quantile(0.9)) < 0.03 * model.diameter
    assert reflections(model) is reflections(model)


def test_print_tells_a_mirror(scene: Scene) -> None:
    model, there = onboarded("printed_box"), scene.cam_from_obj
    assert mirrored_nats(model, scene.frame, scene.mask, model.cam_from_mesh(there)) < -3
    found = estimate(flipped(scene.frame), scene.mask.flip(1), "printed_box")
    here = model.cam_from_mesh(found.cam_from_obj)
    assert mirrored_nats(model, flipped(scene.frame), scene.mask.flip(1), here) > 3


def test_a_frame_as_it_is_keeps_its_trust_and_a_mirrored_one_loses_it(scene: Scene) -> None:
    well = estimate(scene.frame, scene.mask, "printed_box")
    assert float(well.stats["mirror_trust"]) > 0.99 and not any("mirrored" in w for w in well.warnings)
    mirrored = estimate(flipped(scene.frame), scene.mask.flip(1), "printed_box")
    assert mirrored.confidence < 0.5
    assert any("mirrored" in warning and "printed_box" in warning for warning in mirrored.warnings)


def test_without_print_a_mirror_is_not_told() -> None:
    """A plain bottle has reflections that are drawn as it is itself."""
    model, seen = onboarded("can"), make_scene(onboarded("can").mesh, looking(1), REAL)
    assert abs(mirrored_nats(model, seen.frame, seen.mask, model.cam_from_mesh(seen.cam_from_obj))) < 1


def test_what_one_object_tells_costs_the_trust_in_all_of_the_frame() -> None:
    box, can = (
        make_scene(onboarded(name).mesh, looking(seed), REAL)
        for name, seed in zip(NAMES, (1, 2), strict=True)
    )
    frame, *masks = joined_scene(box, can)
    models = [onboarded(name) for name in NAMES]
    targets = [Target(name, mask.flip(1)) for name, mask in zip(NAMES, masks, strict=True)]
    found = PoseEstimator(models, EstimatorOptions("rgbd")).estimate(flipped(frame), targets)
    assert len({float(each.stats["mirror_trust"]) for each in found}) == 1
    assert float(found[0].stats["mirror_trust"]) < 0.5


def test_objects_tell_of_a_mirror_together() -> None:
    assert chance_of_mirror([]) == pytest.approx(0.005, abs=0.001)
    assert chance_of_mirror([3.0]) < 0.5 < chance_of_mirror([3.0, 3.0]) < chance_of_mirror([3.0] * 3)
    assert chance_of_mirror([100.0, -9.0, -9.0]) < 0.01  # one may be mistaken, whatever it says
