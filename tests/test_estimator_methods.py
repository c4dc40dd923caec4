"""PoseEstimator: which method it takes, what an RGB pose comes with, and no masks given."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.crops import crop_frame, main_part, snapped_mask
from objpose.errors import InputError
from objpose.estimator import EstimatorOptions, PoseEstimate, PoseEstimator
from objpose.estimator.search import AT_FIRST, SURE
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses import FINISH, RGB, RGBOptions, SplatRefineOptions, refine_splats
from objpose.poses.by_picture import aligned
from objpose.poses.judge import by_silhouette, judge
from objpose.segmentation import Detection
from objpose.splatting import object_splats
from tests.poses.objects import splatted, templated, with_few_templates
from tests.synthetic import (
    LEFT,
    REAL,
    RIGHT,
    Flaws,
    Scene,
    assert_same_estimate,
    joined_scene,
    looking,
    make_scene,
    onboarded,
    shifted,
    surface_error,
)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(onboarded("painted_blob").mesh, looking(1), REAL)


def without_depth(scene: Scene) -> Frame:
    return scene.frame.without_depth()


def estimated(frame: Frame, scene: Scene, **options: object) -> PoseEstimate:
    estimator = PoseEstimator([splatted("painted_blob")], EstimatorOptions(**options))
    [estimate] = estimator.estimate(frame, scene.mask)
    return estimate


@pytest.fixture(scope="module")
def rgb_found(scene: Scene) -> PoseEstimate:
    return estimated(without_depth(scene), scene, method="rgb")


def test_a_method_that_needs_depth_says_so(scene: Scene) -> None:
    cure = re.escape('give depth to Frame, or method="rgb"')
    for masks in (scene.mask, None):
        estimator = PoseEstimator([onboarded("painted_blob")], EstimatorOptions(method="rgbd"))
        with pytest.raises(InputError, match=f"frame: found no depth, expected an RGB-D frame; {cure}"):
            estimator.estimate(without_depth(scene), masks)


def test_unknown_methods_are_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="method: found 'magic', expected one of auto, rgbd, rgb; choose"):
        PoseEstimator([onboarded("can")], EstimatorOptions(method="magic"))


def test_unknown_refinements_are_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="refine: found 'icp', expected one of auto, splat, mesh; choose"):
        PoseEstimator([onboarded("can")], EstimatorOptions(refine="icp"))


def test_splats_are_taken_without_depth_where_they_were_fitted_to_views(scene: Scene) -> None:
    """Those of a mesh know no more than the mesh: "auto" takes the picture's edges then."""
    model, frame = splatted("painted_blob"), without_depth(scene)
    fitted = with_few_templates(replace(model, fitted=object_splats(model)), "painted_blob")

    def found(model: ObjectModel, refine: str) -> Tensor:
        options = EstimatorOptions(refine=refine)
        [best] = PoseEstimator([model], options).estimate(frame, [scene.mask])
        return best.cam_from_obj.wxyz_xyz

    assert torch.equal(found(model, "auto"), found(model, "mesh"))
    by_splat = found(fitted, "splat")
    assert torch.equal(found(fitted, "auto"), by_splat)
    assert not torch.equal(by_splat, found(fitted, "mesh"))


@pytest.mark.parametrize("method", ["rgb", "rgbd"])
def test_splats_keep_a_pose_or_make_it_fit_better(scene: Scene, method: str) -> None:
    """By their own measure; and they move a found pose a little, not elsewhere."""
    model = splatted("painted_blob")
    seen = scene.frame if method == "rgbd" else without_depth(scene)
    before, after = (estimated(seen, scene, method=method, refine=refine) for refine in ("mesh", "splat"))
    both = SE3.stack([before.cam_from_obj, after.cam_from_obj])
    untouched = SplatRefineOptions(sizes=FINISH.sizes[-1:], steps=(1,), placing=0, first_color=1.0)
    start_cost = refine_splats(object_splats(model), seen, scene.mask, both, untouched).start_cost
    assert float(start_cost[1]) <= float(start_cost[0])
    assert surface_error(model, after.cam_from_obj, before.cam_from_obj) < 0.05


def test_the_score_and_the_covariance_are_those_of_the_returned_pose(
    scene: Scene, rgb_found: PoseEstimate
) -> None:
    """The picture's edges move the pose last: it is judged after that, and weighed."""
    model, frame = splatted("painted_blob"), without_depth(scene)
    mask = main_part(snapped_mask(frame.rgb, main_part(frame.checked_mask(scene.mask))))
    crop, pose = crop_frame(frame, mask, 112), rgb_found.cam_from_obj[None]
    assert rgb_found.score == pytest.approx(
        float(judge(model.mesh, crop, by_silhouette, pose).score), abs=1e-5
    )
    information = aligned(model.mesh, crop, RGBOptions().fine).information(pose)[0]
    centre = model.mesh.bounds().mean(0)
    expected = RGB.covariance(information, pose[0], centre, model.diameter)
    torch.testing.assert_close(rgb_found.covariance, expected, rtol=1e-3, atol=1e-12)
    before = estimated(frame, scene, method="rgb", refine="splat")
    assert before.score != rgb_found.score and not torch.equal(before.covariance, rgb_found.covariance)


def test_auto_takes_what_the_frame_allows(scene: Scene, rgb_found: PoseEstimate) -> None:
    with_depth, without = estimated(scene.frame, scene), estimated(without_depth(scene), scene)
    assert "scene_points" in with_depth.stats and "pnp_inliers" not in with_depth.stats
    assert_same_estimate(with_depth, estimated(scene.frame, scene, method="rgbd"))
    assert_same_estimate(without, rgb_found)


def test_rgb_does_not_look_at_the_depth_there_is(scene: Scene, rgb_found: PoseEstimate) -> None:
    assert_same_estimate(estimated(scene.frame, scene, method="rgb"), rgb_found)


def test_an_rgb_pose_comes_with_all_that_an_rgbd_pose_does(scene: Scene, rgb_found: PoseEstimate) -> None:
    model = onboarded("painted_blob")
    assert surface_error(model, rgb_found.cam_from_obj, scene.cam_from_obj) < 0.15
    assert 0.1 < rgb_found.confidence <= 1 and 0 < rgb_found.score <= 1
    assert torch.equal(rgb_found.covariance, rgb_found.covariance.T)
    spread = torch.linalg.eigvalsh(rgb_found.covariance)
    assert bool((spread > 0).all())
    # Without depth the distance of the centre is what is least sure.
    centre = rgb_found.cam_from_obj.apply(model.mesh.bounds().mean(0)).double()
    axes = torch.eye(3, dtype=torch.float64)
    shifts = torch.cat([axes, torch.linalg.cross(centre.expand(3, 3), axes)], dim=-1)  # v + w x centre
    spread_of_centre = shifts @ rgb_found.covariance @ shifts.T
    ahead = torch.nn.functional.normalize(centre, dim=0)
    along = float(ahead @ spread_of_centre @ ahead)
    assert along > 0.9 * float(torch.linalg.eigvalsh(spread_of_centre)[-1])
    assert {"patches", "pnp_inliers", "hypotheses", "geometry", "appearance", "visible"} <= set(
        rgb_found.stats
    )
    assert rgb_found.timings and all(seconds >= 0 for seconds in rgb_found.timings.values())


def test_rgb_scores_the_right_object_above_a_wrong_one(scene: Scene, rgb_found: PoseEstimate) -> None:
    estimator = PoseEstimator([templated("printed_box")])
    [wrong] = estimator.estimate(without_depth(scene), scene.mask)
    assert wrong.score < rgb_found.score - 0.1
    assert wrong.confidence < rgb_found.confidence / 3


def test_without_masks_the_object_is_found(scene: Scene) -> None:
    model = onboarded("painted_blob")
    estimates = PoseEstimator([model]).estimate(scene.frame)
    assert surface_error(model, estimates[0].cam_from_obj, scene.cam_from_obj) < 0.05
    assert estimates[0].confidence > 0.8
    assert all(estimate.confidence < 0.5 for estimate in estimates[1:])


def test_places_beyond_the_first_are_tried_while_none_is_sure(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, wall = onboarded("painted_blob"), torch.zeros_like(scene.mask)
    wall[:40, :40] = True
    places = [Detection(model.name, wall.roll(40 * i, 1), 0.9) for i in range(AT_FIRST["rgbd"])]
    right = Detection(model.name, scene.mask, 0.5)
    monkeypatch.setattr("objpose.estimator.search.segment", lambda *_, **__: [*places, right])
    found = PoseEstimator([model], EstimatorOptions("rgbd")).estimate(scene.frame)
    assert surface_error(model, found[0].cam_from_obj, scene.cam_from_obj) < 0.05
    monkeypatch.setattr("objpose.estimator.search.segment", lambda *_, **__: places)
    others = PoseEstimator([model], EstimatorOptions("rgbd")).estimate(scene.frame)
    assert all(estimate.confidence < SURE for estimate in others)


def test_without_masks_each_object_is_found_once_and_best_first() -> None:
    names = ["printed_box", "painted_blob"]
    truths = [shifted(looking(1), LEFT), shifted(looking(0), RIGHT)]
    scenes = [make_scene(onboarded(n).mesh, pose, REAL) for n, pose in zip(names, truths, strict=True)]
    frame, *_ = joined_scene(*scenes)
    estimates = PoseEstimator([onboarded(name) for name in names]).estimate(frame)
    sure = [estimate.confidence for estimate in estimates]
    assert sure == sorted(sure, reverse=True)
    for name, truth in zip(names, truths, strict=True):
        model = onboarded(name)
        errors = [surface_error(model, e.cam_from_obj, truth) for e in estimates if e.object == name]
        assert errors[0] < 0.05, "the best of its kind is the right one"
        assert all(error > 0.15 for error in errors[1:]), "and no second answer for the same instance"


def test_two_of_a_kind_are_both_found_without_masks() -> None:
    model = onboarded("painted_blob")
    truths = [shifted(looking(1), LEFT), shifted(looking(4), RIGHT)]
    frame, *_ = joined_scene(*(make_scene(model.mesh, pose) for pose in truths))
    estimates = PoseEstimator([model]).estimate(frame)
    for truth in truths:
        assert min(surface_error(model, e.cam_from_obj, truth) for e in estimates[:2]) < 0.05


def test_objects_that_are_absent_are_not_believed(scene: Scene) -> None:
    for name in ("mug", "printed_box"):
        estimates = PoseEstimator([onboarded(name)]).estimate(scene.frame)
        assert all(estimate.confidence < 0.5 for estimate in estimates)


def test_nothing_stands_before_an_empty_wall() -> None:
    wall = make_scene(
        onboarded("can").mesh, SE3.exp(torch.tensor([9.0, 0, 0.5, 0, 0, 0])), Flaws(noise=0.001, holes=0.1)
    )
    estimates = PoseEstimator([onboarded("can")]).estimate(wall.frame)
    assert all(estimate.confidence < 0.5 for estimate in estimates)


def test_the_search_does_not_depend_on_threads(scene: Scene) -> None:
    found, before = [], torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            estimator = PoseEstimator([onboarded("painted_blob")], EstimatorOptions(threads=threads, seed=2))
            found.append(estimator.estimate(scene.frame))
    finally:
        torch.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        assert_same_estimate(one, other)
