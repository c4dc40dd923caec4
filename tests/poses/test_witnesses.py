"""Depth and picture as witnesses: right inputs agree, an input that is wrong is told, and costs the trust."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from objpose.estimator import EstimatorOptions, PoseEstimate, PoseEstimator
from objpose.frame import Frame
from objpose.geometry import SE3, Camera, Mesh
from objpose.onboarding import onboard
from objpose.poses.witnesses import (
    MISLED,
    chance_of_contradiction,
    contradiction_of,
    picture_witness,
)
from tests.synthetic import REAL, Scene, looking, make_scene, onboarded

SPAN, EDGES = 100.0, 3.0  # pixels; nats
RGBD = EstimatorOptions("rgbd")


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(onboarded("printed_box").mesh, looking(1), REAL)


def estimate(frame: Frame, scene: Scene, mesh: Mesh | None = None) -> PoseEstimate:
    model = onboarded("printed_box") if mesh is None else onboard(mesh, "made", "m", None, progress=False)
    (found,) = PoseEstimator([model], RGBD).estimate(frame, scene.mask)
    return found


def with_focal(frame: Frame, factor: float) -> Camera:
    K = frame.camera.K.clone()
    K[:2, :2] *= factor
    return Camera.from_K(K, frame.camera.width, frame.camera.height)


def with_depth(frame: Frame, depth: torch.Tensor) -> Frame:
    return Frame(frame.rgb, frame.camera, depth)


def test_right_inputs_agree(scene: Scene) -> None:
    found = estimate(scene.frame, scene)
    assert found.confidence > 0.9
    assert found.stats["picture_larger"] == pytest.approx(1.0, abs=0.02)
    assert found.stats["picture_shift"] < 2 and found.stats["picture_trust"] > 0.98
    assert not any("picture" in warning for warning in found.warnings)


@pytest.mark.parametrize("factor", [0.85, 1.15])
def test_depth_of_another_scale_is_told_and_costs_the_trust(scene: Scene, factor: float) -> None:
    """Depth alone fits as well as before: the object is only nearer or farther."""
    assert scene.frame.depth is not None
    found = estimate(with_depth(scene.frame, scene.frame.depth * factor), scene)
    assert found.confidence < 0.3 and found.confidence_in_image < 0.3
    assert found.stats["picture_larger"] == pytest.approx(factor, abs=0.04)
    word = "larger" if factor > 1 else "smaller"
    assert any(word in warning and "depth's scale" in warning for warning in found.warnings)


@pytest.mark.parametrize("factor", [0.85, 1.15])
def test_a_wrong_focal_length_or_mesh_is_told(scene: Scene, factor: float) -> None:
    frame = Frame(scene.frame.rgb, with_focal(scene.frame, factor), scene.frame.depth)
    mesh = onboarded("printed_box").mesh
    for found in (
        estimate(frame, scene),
        estimate(scene.frame, scene, replace(mesh, vertices=mesh.vertices * factor)),
    ):
        assert found.confidence < 0.3


def test_depth_that_is_not_registered_is_told(scene: Scene) -> None:
    assert scene.frame.depth is not None
    found = estimate(with_depth(scene.frame, scene.frame.depth.roll(16, dims=1)), scene)
    assert found.confidence < 0.3


def chance(larger: float, shift: float, span: float, edges: float) -> float:
    """Of an object that is alone in its frame."""
    nats = contradiction_of(larger, shift, span, edges)
    return chance_of_contradiction([nats], nats)


def test_a_contradiction_is_likelier_the_more_they_differ() -> None:
    sizes = torch.linspace(0, 0.3, 31).tolist()
    for sign in (1, -1):
        chances = [chance(1 + sign * size, 0.0, SPAN, EDGES) for size in sizes]
        assert all(a <= b + 1e-6 for a, b in zip(chances, chances[1:], strict=False))
        assert chances[0] < 0.01 and chances[-1] > 0.9
    shifts = [chance(1.0, 2.0 * shift, SPAN, EDGES) for shift in range(15)]
    assert all(a <= b + 1e-6 for a, b in zip(shifts, shifts[1:], strict=False)) and shifts[-1] > 0.9


def test_edges_decide_who_is_misled() -> None:
    """Where the picture's own edges are better off with depth, its mask is what is wrong."""
    chances = [chance(1.15, 5.0, SPAN, nats) for nats in (-10.0, -2.0, 0.0, 2.0, 10.0)]
    assert chances == sorted(chances)
    assert chances[0] < 0.05 < chances[2] < 0.95 < chances[-1]
    # Both are elsewhere: then one of three ways to be wrong, and the mask.
    assert contradiction_of(1.15, 5.0, SPAN, 0.0) < math.log(((1 - MISLED) + MISLED) / MISLED)
    assert contradiction_of(1.5, 30.0, SPAN, 0.0) == pytest.approx(
        math.log(((1 - MISLED) / 3 + MISLED) / MISLED), abs=0.01
    )


def test_a_small_object_tells_its_size_less() -> None:
    assert chance(1.1, 0.0, 20.0, EDGES) < 0.5 < chance(1.1, 0.0, 200.0, EDGES)


def test_objects_of_one_frame_tell_of_its_depth_together() -> None:
    """Depth that is 5 % off is seen by many better than by one; one that contradicts the others is alone."""
    off, well = contradiction_of(1.05, 1.0, SPAN, 3.0), contradiction_of(1.002, 1.0, SPAN, 0.0)
    alone = chance_of_contradiction([off], off)
    assert alone < chance_of_contradiction([off] * 2, off) < chance_of_contradiction([off] * 4, off)
    assert chance_of_contradiction([off] * 4, off) > 0.9
    assert chance_of_contradiction([off, well, well], off) < alone
    assert chance_of_contradiction([off] * 3, well) > 0.5 > 0.01 > chance_of_contradiction([well], well)


def test_nothing_is_too_absurd_to_be_weighed() -> None:
    assert chance(1e6, 1e6, SPAN, 1e6) > 0.9 and chance(1e-6, 0.0, 1.0, -1e6) >= 0.0


def test_a_mask_that_spills_over_misleads_no_one(scene: Scene) -> None:
    """The mask is said to be 15 px wider on one side; depth and edges know better."""
    wide = scene.mask | scene.mask.roll(15, dims=1)
    found = estimate(scene.frame, replace(scene, mask=wide))
    assert found.confidence > 0.7 and found.stats["picture_trust"] > 0.8


def test_a_picture_that_shows_too_little_says_nothing(scene: Scene) -> None:
    model = onboarded("printed_box")
    here = model.cam_from_mesh(scene.cam_from_obj)
    assert picture_witness(model, scene.frame, scene.mask, None, here) is not None
    speck = torch.zeros_like(scene.mask)
    speck[100:104, 100:104] = True
    assert picture_witness(model, scene.frame, speck, None, here) is None
    behind = SE3.exp(torch.tensor([0.0, 0.0, -1.0, 0.0, 0.0, 0.0])) @ here
    assert picture_witness(model, scene.frame, scene.mask, None, behind) is None
