"""Poses that the shape cannot tell apart are told apart by what features see."""

from __future__ import annotations

import pytest
import torch

from objpose.features import PatchDescriptor
from objpose.geometry import SE3
from objpose.poses.propose.visual_target import visual_crop
from objpose.poses.propose.visual_views import VisualScale
from objpose.poses.rivals.patches import NATS, patch_nats, patch_similarity
from tests.synthetic import REAL, Scene, looking, make_scene, onboarded

SCALE = VisualScale(cells=16, stride=8)
MODEL_NAME = "printed_box"


def similarity(scene: Scene, poses: SE3) -> torch.Tensor:
    model = onboarded(MODEL_NAME)
    crop = visual_crop(scene.frame, scene.mask, SCALE, 0.42, model.diameter)
    alike = patch_similarity(model, crop, poses, PatchDescriptor())
    torch.testing.assert_close(patch_nats(model, crop, poses, PatchDescriptor()), NATS * alike)
    return alike


@pytest.mark.parametrize("seed", range(4))
def test_the_print_decides_where_the_shape_cannot(seed: int) -> None:
    """Of a pose and its flips, the right one's patches are most alike, by more than a nat."""
    model, truth = onboarded(MODEL_NAME), looking(30 + seed)
    scene = make_scene(model.mesh, truth, REAL, seed)
    alike = similarity(scene, truth @ model.near_symmetry.discrete)
    assert bool((alike[0] > alike[1:] + 0.05).all()) and NATS * 0.05 > 1


def test_a_perfect_rendering_is_most_similar() -> None:
    model, truth = onboarded(MODEL_NAME), looking(32)
    scene = make_scene(model.mesh, truth)
    moved = truth @ SE3.exp(torch.tensor([[0.0, 0.0, 0.0, 0.0, 0.0, 0.3], [0.01, 0.0, 0.0, 0.0, 0.0, 0.0]]))
    alike = similarity(scene, SE3.cat([truth[None], moved]))
    assert float(alike[0]) > 0.95 and bool((alike[0] > alike[1:] + 0.01).all())
