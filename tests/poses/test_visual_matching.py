"""Matches of features give poses, alone and in registration from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from objpose.features import DinoFeatures, FPFHDescriptor, PatchDescriptor, PointCloud
from objpose.poses import RGBDOptions, find_rgbd
from objpose.poses.propose.descriptors import MatchOptions, MatchSearch
from objpose.poses.propose.oriented import OrientedEstimator, oriented_estimator
from objpose.poses.propose.visual_model import VisualOptions
from objpose.poses.propose.visual_target import patch_points, visual_crop
from tests.poses.objects import FEW_VIEWS, seen_by_patches
from tests.synthetic import REAL, looking, make_scene, onboarded, surface_error

WITH_FEATURES = RGBDOptions(visual=FEW_VIEWS)


@pytest.fixture(scope="module")
def random_vit(tmp_path_factory) -> DinoFeatures:
    import timm  # seconds, which every worker would pay above

    torch.manual_seed(0)
    file: Path = tmp_path_factory.mktemp("vit") / "random.safetensors"
    name = "vit_small_patch14_dinov2"
    save_file(timm.create_model(name, pretrained=False, num_classes=0).state_dict(), file)
    return DinoFeatures(name, layer=1, weights=file, device="cpu")


def test_two_true_matches_are_the_pose() -> None:
    visual, truth = seen_by_patches("painted_blob"), looking(7)
    known = visual.model.keypoints.cloud
    cloud = PointCloud(truth.apply_points(known.points), truth.rotation.apply(known.normals))
    count = len(known)
    distance = 1 - torch.eye(count)
    directions = truth.rotation.apply(visual.directions).expand(count, -1, -1)
    estimator = OrientedEstimator(visual, cloud, distance, directions, MatchOptions())
    pairs = torch.randperm(count, generator=torch.Generator().manual_seed(0))[: count // 2 * 2].view(-1, 2)
    found = estimator.generate(pairs[..., None].expand(-1, -1, 2))
    assert len(found) > 0.7 * len(pairs)  # those too close together are left out
    torch.testing.assert_close(
        found, truth.wxyz_xyz.expand_as(found) * _signs(found, truth), rtol=0, atol=1e-4
    )


def _signs(found: torch.Tensor, truth) -> torch.Tensor:
    """(B, 7) of 1 and -1: q and -q are one rotation."""
    sign = (found[:, :4] @ truth.wxyz_xyz[:4]).sign()
    return torch.cat([sign[:, None].expand(-1, 4), torch.ones(len(found), 3)], dim=-1)


@pytest.mark.parametrize("name", ["printed_box", "painted_blob"])
def test_matches_alone_find_the_pose(name: str) -> None:
    """Without the search over rotations, without a look at the shape as a whole."""
    visual, right = seen_by_patches(name), 0
    for seed in range(6):
        truth = looking(60 + seed)
        scene = make_scene(visual.model.mesh, truth, REAL, seed)
        crop = visual_crop(scene.frame, scene.mask, visual.scale, 0.42, visual.model.diameter)
        patches = patch_points(crop, PatchDescriptor(), visual.turns)
        known = visual.model.surface.cloud
        seen = PointCloud(truth.apply_points(known.points), truth.rotation.apply(known.normals))
        seen = seen[(seen.points * seen.normals).sum(-1) < 0]
        estimator = oriented_estimator(visual, patches, seen, FPFHDescriptor(), MatchOptions())
        found, _ = MatchSearch(estimator, seed)()
        right += min(surface_error(visual.model, pose, truth) for pose in found[:1]) < 0.1
    assert right >= 5


@pytest.mark.parametrize(("name", "seed"), [("printed_box", 0), ("printed_box", 2), ("painted_blob", 1)])
def test_registration_with_features(name: str, seed: int) -> None:
    model, truth = onboarded(name), looking(seed)
    scene = make_scene(model.mesh, truth, REAL, seed)
    found = find_rgbd(model, scene.frame, scene.mask, seed, WITH_FEATURES, PatchDescriptor())
    assert surface_error(model, found.cam_from_obj[0], truth) < 0.03
    assert found.stats["color_source"] == model.color_source != "none"
    assert len(found.cam_from_obj) == len(found.verdict.score) == len(found.information) == len(found.share)


def test_an_object_without_colour_says_so() -> None:
    """Features see nothing of it: the answer is that without them, and a warning tells why."""
    model = onboarded("can")
    scene = make_scene(model.mesh, looking(1), REAL)
    plain = find_rgbd(model, scene.frame, scene.mask, 0)
    given = find_rgbd(model, scene.frame, scene.mask, 0, features=PatchDescriptor())
    assert torch.equal(plain.cam_from_obj.wxyz_xyz, given.cam_from_obj.wxyz_xyz)
    assert given.stats["color_source"] == "none" and "no colour" in given.warnings[-1]
    assert "color_source" not in plain.stats and not plain.warnings


def test_the_same_seed_gives_the_same_answer() -> None:
    model = onboarded("printed_box")
    scene = make_scene(model.mesh, looking(4), REAL)
    first, again = (
        find_rgbd(model, scene.frame, scene.mask, 5, WITH_FEATURES, PatchDescriptor()) for _ in range(2)
    )
    assert torch.equal(first.cam_from_obj.wxyz_xyz, again.cam_from_obj.wxyz_xyz)
    assert first.stats == again.stats


def test_a_transformer_goes_through(random_vit: DinoFeatures) -> None:
    """Random weights say little; the search and the judge still find the pose."""
    model, truth = onboarded("painted_blob"), looking(2)
    scene = make_scene(model.mesh, truth, REAL)
    options = RGBDOptions(visual=VisualOptions(views=6, turns=2, cells=8))
    found = find_rgbd(model, scene.frame, scene.mask, 0, options, random_vit)
    assert surface_error(model, found.cam_from_obj[0], truth) < 0.03
