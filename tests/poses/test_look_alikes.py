"""Poses that the shape cannot tell apart are told apart by what features see."""

from __future__ import annotations

import pytest
import torch

from objpose.features import PatchDescriptor
from objpose.geometry import SE3
from objpose.poses.flips import unseen_look_alikes
from objpose.poses.judge import by_depth, judge
from objpose.poses.observation import observe
from objpose.poses.propose.visual_target import visual_crop
from objpose.poses.propose.visual_views import VisualScale
from objpose.poses.second_look import patch_similarity
from tests.synthetic import REAL, Scene, looking, make_scene, onboarded, surface_error

SCALE = VisualScale(cells=16, stride=8)


def similarity(scene: Scene, poses: SE3) -> torch.Tensor:
    model = onboarded("printed_box")
    crop = visual_crop(scene.frame, scene.mask, SCALE, 0.42, model.diameter)
    return patch_similarity(model, crop, poses, PatchDescriptor())


@pytest.mark.parametrize("seed", range(4))
def test_the_print_decides_where_the_shape_cannot(seed: int) -> None:
    """Given the wrong flip alone, the right one is among its look-alikes, and its patches are most alike."""
    model, truth = onboarded("printed_box"), looking(30 + seed)
    scene = make_scene(model.mesh, truth, REAL, seed)
    seen = observe(scene.frame, scene.mask, model, 112, 0.03)
    wrong = (truth @ model.look_alikes)[:1]
    tolerance = 0.04 * model.diameter
    others = unseen_look_alikes(model, seen.crop, wrong, tolerance)
    poses = SE3.cat([wrong, others])
    geometry = judge(model.mesh, seen.crop, by_depth(tolerance), poses).geometry
    assert float(geometry.max() - geometry.min()) < 0.05
    alike = similarity(scene, poses)
    best = alike.argmax()
    assert surface_error(model, wrong[0], truth) > 0.2
    assert surface_error(model, poses[best], truth) < 0.03
    assert float(alike[best] - alike.topk(2).values[1]) > 0.05


def test_known_poses_are_not_offered_again() -> None:
    model, truth = onboarded("printed_box"), looking(31)
    scene = make_scene(model.mesh, truth, REAL, 0)
    seen = observe(scene.frame, scene.mask, model, 112, 0.03)
    known = SE3.cat([truth[None], truth @ model.look_alikes])
    offered = unseen_look_alikes(model, seen.crop, known, 0.04 * model.diameter)
    assert len(offered.wxyz_xyz) == 0


def test_a_perfect_rendering_is_most_similar() -> None:
    model, truth = onboarded("printed_box"), looking(32)
    scene = make_scene(model.mesh, truth)
    moved = truth @ SE3.exp(torch.tensor([[0.0, 0.0, 0.0, 0.0, 0.0, 0.3], [0.01, 0.0, 0.0, 0.0, 0.0, 0.0]]))
    alike = similarity(scene, SE3.cat([truth[None], moved]))
    assert float(alike[0]) > 0.95 and bool((alike[0] > alike[1:] + 0.01).all())
