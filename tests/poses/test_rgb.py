"""Objects found in RGB from end to end."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from objpose.crops import covered_by, crop_frame
from objpose.errors import InputError
from objpose.estimator import EstimatorOptions, PoseEstimator, Target
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.objects import object_templates
from objpose.poses import PoseAnswer, RGBOptions, find_rgb
from objpose.poses.by_picture import LEAST_PIXELS, edge_evidence, picture_edges
from objpose.poses.propose.patches import matched_poses
from objpose.poses.propose.retrieval import retrieve, words_cosine
from tests.poses.objects import FEATURES, behind, photograph, queried, templated
from tests.synthetic import CAMERA, REAL, about_centre, looking, make_scene, surface_error, twists

SHORTER = RGBOptions(placed=24)


def found_in_photograph(name: str, truth: SE3, seed: int = 0) -> PoseAnswer:
    model = templated(name)
    return find_rgb(model, FEATURES, *photograph(model.mesh, truth), seed, SHORTER)


@cache
def found_looking(name: str, look: int) -> PoseAnswer:
    """Once for all that is asked of one answer."""
    return found_in_photograph(name, looking(look))


def image_error(name: str, found: SE3, truth: SE3) -> float:
    """BOP's MSPD: the largest displacement of a surface point in the image, pixels."""
    model = templated(name)
    points = model.surface.cloud.points[::10]
    equals = truth.apply_points(model.symmetry.transforms(model.diameter).apply_points(points))
    gap = CAMERA.project(found.apply_points(points)) - CAMERA.project(equals)
    return float(gap.norm(dim=-1).amax(-1).min())


@pytest.mark.parametrize("name", ["painted_blob", "printed_box"])
def test_the_pose_is_found(name: str) -> None:
    for seed in (1, 5):
        truth = looking(seed)
        found = found_looking(name, seed)
        assert surface_error(templated(name), found.cam_from_obj[0], truth) < 0.1
        assert image_error(name, found.cam_from_obj[0], truth) < 4
        assert float(found.verdict.score[0]) > 0.85


def test_the_pose_is_found_with_a_careless_mask_and_a_neighbour() -> None:
    model = templated("painted_blob")
    scene = make_scene(model.mesh, looking(2), REAL, seed=2)
    found = find_rgb(model, FEATURES, Frame(scene.frame.rgb, CAMERA), scene.mask, 0, SHORTER)
    assert surface_error(model, found.cam_from_obj[0], scene.cam_from_obj) < 0.15


@pytest.mark.parametrize("name", ["painted_blob", "printed_box"])
def test_an_outline_on_the_pictures_edges_speaks_for_a_pose(name: str) -> None:
    """Whatever the mask says, which is two pixels too wide here."""
    model, truth = templated(name), looking(3)
    frame, mask = photograph(model.mesh, truth)
    wide = torch.nn.functional.max_pool2d(mask[None].float(), 5, 1, 2)[0] > 0
    crop = crop_frame(frame, wide, 160)
    aside = about_centre(model, truth, twists(6, 0.06 * model.diameter, 0.0, 0))
    nats = edge_evidence(model.mesh, crop, picture_edges(crop))(SE3.cat([truth[None], aside]))
    assert bool((nats[0] > nats[1:] + 5).all())


def distance_error(name: str, found: SE3, truth: SE3) -> float:
    centre = templated(name).mesh.bounds().mean(0)
    return abs(float(found.apply(centre).norm() / truth.apply(centre).norm()) - 1)


@pytest.mark.parametrize(("side", "seed"), [("left", 1), ("bottom", 5)])
def test_half_behind_another_mask_it_is_found_where_it_is(side: str, seed: int) -> None:
    """Its distance is that of the whole: the occluder's edge is no outline. Nor is what it hides too near."""
    truth = looking(seed)
    frame, mask, hiding = behind("painted_blob", seed, 0.45, side)
    model, covered = templated("painted_blob"), covered_by(mask, [hiding])
    found = find_rgb(model, FEATURES, frame, mask, 0, SHORTER, covered=covered).cam_from_obj[0]
    assert distance_error("painted_blob", found, truth) < 0.05
    assert surface_error(model, found, truth) < 0.25


def test_cut_by_the_images_border_it_is_found_where_it_is() -> None:
    truth = looking(1)
    frame, mask = photograph(templated("painted_blob").mesh, truth)
    edge = int(mask.nonzero()[:, 1].float().quantile(0.6))
    narrow = Frame(frame.rgb[:, :edge], frame.camera.crop(0, 0, edge, frame.rgb.shape[0]))
    found = find_rgb(templated("painted_blob"), FEATURES, narrow, mask[:, :edge], 0, SHORTER)
    assert distance_error("painted_blob", found.cam_from_obj[0], truth) < 0.04
    assert surface_error(templated("painted_blob"), found.cam_from_obj[0], truth) < 0.2


def test_the_estimator_takes_its_other_targets_for_what_hides() -> None:
    """Given the occluder's mask as another target, the answer is that of `covered`."""
    frame, mask, hiding = behind("painted_blob", 1, 0.45, "left")
    model = templated("painted_blob")
    options = EstimatorOptions(rgb=SHORTER)
    targets = [Target("painted_blob", mask), Target("painted_blob", hiding)]
    found = {e.target: e for e in PoseEstimator([model], options).estimate(frame, targets)}
    alone = find_rgb(model, FEATURES, frame, mask, 0, SHORTER, covered=covered_by(mask, [hiding]))
    assert torch.equal(found[0].cam_from_obj.wxyz_xyz, alone.cam_from_obj.wxyz_xyz[0])


def test_an_object_without_colour_is_found_by_its_outline() -> None:
    """A bottle lying across the view, which only its outline shows."""
    model = templated("can")
    for turn in ([1.4, 0.3, 0.0], [-1.2, 0.4, 0.2]):
        truth = about_centre(
            model,
            SE3.from_rotation_translation(torch.eye(3), torch.tensor([0.02, 0.01, 0.45])),
            torch.tensor([0.0, 0, 0, *turn]),
        )
        found = found_in_photograph("can", truth)
        assert image_error("can", found.cam_from_obj[0], truth) < 8


def test_the_print_decides_between_look_alikes() -> None:
    """All half turns of the box are among its hypotheses, and the right one wins."""
    model = templated("printed_box")
    half_turns = model.near_symmetry.discrete[1:]
    assert len(half_turns) == 3
    for seed in (1, 5):
        truth = looking(seed)
        best = found_looking("printed_box", seed).cam_from_obj[0]
        flips = [surface_error(model, best, truth @ flip) for flip in half_turns]
        assert surface_error(model, best, truth) < min(flips)


def test_answers_come_best_first_and_differ() -> None:
    model = templated("printed_box")
    found = found_looking("printed_box", 1)
    for best_first in (found.verdict.score, found.share):
        assert float(best_first[0]) == float(best_first.max())
    for i in range(1, len(found)):
        assert surface_error(model, found.cam_from_obj[i], found.cam_from_obj[0]) > 0.05
    assert found.information.shape == (len(found), 6, 6)
    torch.testing.assert_close(found.information, found.information.mT, rtol=1e-3, atol=1.0)
    assert {"patches", "pnp_inliers", "hypotheses"} <= set(found.stats)


def test_the_same_seed_gives_the_same_answer() -> None:
    one, again = found_looking("painted_blob", 1), found_in_photograph("painted_blob", looking(1))
    assert torch.equal(one.cam_from_obj.wxyz_xyz, again.cam_from_obj.wxyz_xyz)
    assert torch.equal(one.verdict.score, again.verdict.score)
    assert torch.equal(one.information, again.information)


def test_threads_do_not_change_the_answer() -> None:
    model, truth = templated("painted_blob"), looking(1)
    frame, mask = photograph(model.mesh, truth)
    part = mask.clone()
    part[int(mask.nonzero()[:, 0].float().quantile(0.8)) :] = False
    targets = [Target("painted_blob", mask), Target("painted_blob", part)]
    found, before = [], torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            options = EstimatorOptions(threads=threads, rgb=SHORTER, seed=3)
            found.append(PoseEstimator([model], options).estimate(frame, targets))
    finally:
        torch.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        assert torch.equal(one.cam_from_obj.wxyz_xyz, other.cam_from_obj.wxyz_xyz)
        assert torch.equal(one.covariance, other.covariance)
        assert (one.score, one.confidence, one.target) == (other.score, other.confidence, other.target)


def test_patches_alone_give_poses_near_the_truth() -> None:
    """FoundPose without what follows: PnP for the best templates, then featuremetric alignment."""
    model = templated("painted_blob")
    templates = object_templates(model, FEATURES)
    for seed in (1, 2):
        truth = looking(seed)
        query, patches = queried(*photograph(model.mesh, truth), templates)
        best = retrieve(templates, words_cosine(templates, patches), query).topk(5).indices
        poses, inliers = matched_poses(templates, best, query, patches, 0)
        errors = [surface_error(model, pose, truth) for pose in query.cam_from_obj(poses)]
        assert len(poses) == 10 and inliers >= 10
        assert min(errors) < 0.3


@pytest.mark.parametrize("side", [1, 5])
def test_a_mask_too_small_is_refused_with_the_cure(side: int) -> None:
    model = templated("painted_blob")
    frame, mask = photograph(model.mesh, looking(1))
    few = torch.zeros_like(mask)
    few[100 : 100 + side, 150 : 150 + side] = True
    with pytest.raises(
        InputError, match=f"mask of painted_blob: found .* pixels, expected at least {LEAST_PIXELS}.*; check"
    ):
        find_rgb(model, FEATURES, frame, few, 0, SHORTER)


def test_a_mask_without_any_patch_still_gives_a_pose() -> None:
    """Too thin for a cell of the features: the templates placed on it are hypotheses all the same."""
    model = templated("painted_blob")
    frame, mask = photograph(model.mesh, looking(1))
    row = int(mask.nonzero()[:, 0].float().median())
    strip = torch.zeros_like(mask)
    strip[row : row + 3] = mask[row : row + 3]
    found = find_rgb(model, FEATURES, frame, strip, 0, SHORTER)
    assert found.stats["patches"] == 0 == found.stats["pnp_inliers"]
    assert bool(found.cam_from_obj.wxyz_xyz.isfinite().all())
    assert float(found.verdict.score[0]) < 0.5
