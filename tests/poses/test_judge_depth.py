"""The judge: the truth wins, and each kind of disagreement costs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.crops import Crop, crop_frame
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses import Verdict
from objpose.poses.judge import by_depth, judge
from objpose.raster.drawn.light import (
    appearance_channels,
    color_agreement,
    fit_light,
    structure_agreement,
)
from objpose.raster.twin.judge import depth_agreement
from tests.poses.objects import patches
from tests.synthetic import CLEAN, REAL, Flaws, about_centre, looking, make_scene, onboarded, twists

NAMES = ["painted_blob", "printed_box", "mug", "can"]


def crop_of(model: ObjectModel, pose: SE3, flaws: Flaws = CLEAN) -> Crop:
    scene = make_scene(model.mesh, pose, flaws)
    return crop_frame(scene.frame, scene.mask, 96)


def judged(model: ObjectModel, crop: Crop, poses: SE3) -> Verdict:
    return judge(model.mesh, crop, by_depth(0.04 * model.diameter), poses)


def score(model: ObjectModel, crop: Crop, pose: SE3) -> float:
    return float(judged(model, crop, pose[None]).score)


@pytest.mark.parametrize("flaws", [CLEAN, REAL], ids=["clean", "flawed"])
@pytest.mark.parametrize("name", NAMES)
def test_the_truth_outscores_what_is_wrong(name: str, flaws: Flaws) -> None:
    model, truth = onboarded(name), looking(21)
    wrong = [
        about_centre(model, truth, twists(12, shift * model.diameter, turn, seed))
        for seed, (shift, turn) in enumerate([(0.06, 0.0), (0.2, 0.0), (0.1, 0.5), (0.05, 1.5)])
    ]
    verdict = judged(model, crop_of(model, truth, flaws), SE3.cat([truth[None], *wrong]))
    assert bool((verdict.score[0] > verdict.score[1:]).all())
    for values in (verdict.score, verdict.geometry, verdict.appearance, verdict.visible):
        assert bool((values >= 0).all() and (values <= 1 + 1e-5).all())


@pytest.mark.parametrize("name", NAMES)
def test_a_perfect_scene_is_explained(name: str) -> None:
    model, truth = onboarded(name), looking(22)
    verdict = judged(model, crop_of(model, truth), truth[None])
    assert float(verdict.geometry) > 0.9 and float(verdict.visible) > 0.9
    assert float(verdict.score) > 0.8


def test_surface_where_the_sensor_saw_through_costs() -> None:
    """A sheet of free space through the object: depth far behind, outside the mask."""
    model, truth = onboarded("painted_blob"), looking(23)
    crop = crop_of(model, truth)
    half = crop.mask.clone()
    half[:, : int(crop.mask.nonzero()[:, 1].float().mean())] = False
    seen_through = replace(crop, mask=half, depth=torch.where(crop.mask & ~half, 2.0, crop.depth))
    unknown = replace(crop, mask=half, depth=torch.where(crop.mask & ~half, 0.0, crop.depth))
    through, missing = (judged(model, one, truth[None]) for one in (seen_through, unknown))
    assert float(through.geometry) < 0.75 * float(missing.geometry)


def test_missing_depth_says_nothing() -> None:
    model, truth = onboarded("painted_blob"), looking(23)
    crop = crop_of(model, truth)
    kept = torch.rand(crop.depth.shape, generator=torch.Generator().manual_seed(0)) < 0.5
    holey = replace(crop, depth=crop.depth * kept)
    assert score(model, holey, truth) == pytest.approx(score(model, crop, truth), abs=0.02)


def test_a_mask_left_unexplained_costs_the_more_the_larger_it_is() -> None:
    """The neighbour behind: pixels of the mask where the pose has no surface."""
    model, truth = onboarded("painted_blob"), looking(24)
    crop = crop_of(model, truth)
    scores = []
    for extra in (0, 6, 12, 18):
        mask = crop.mask.clone()
        mask[:extra] = True
        scores.append(score(model, replace(crop, mask=mask), truth))
    assert scores == sorted(scores, reverse=True) and scores[-1] < 0.8 * scores[0]


def test_a_pose_before_or_behind_the_surface_is_worthless() -> None:
    model, truth = onboarded("painted_blob"), looking(24)
    crop = crop_of(model, truth)
    for along in (-0.3, 0.3):
        shift = torch.tensor([0.0, 0.0, along * model.diameter, 0.0, 0.0, 0.0])
        assert score(model, crop, SE3.exp(shift) @ truth) < 0.2 * score(model, crop, truth)


def occluded(crop: Crop, share: float) -> Crop:
    """The crop with something near before the left part of the object, which the mask leaves out."""
    columns = crop.mask.nonzero()[:, 1].float()
    hidden = torch.zeros_like(crop.mask)
    hidden[:, : int(columns.quantile(share))] = True
    near = 0.6 * float(crop.depth[crop.mask].min())
    rgb = torch.where(hidden[..., None], torch.tensor([0.9, 0.1, 0.1]), crop.rgb)
    return replace(crop, mask=crop.mask & ~hidden, depth=torch.where(hidden, near, crop.depth), rgb=rgb)


@pytest.mark.parametrize("name", NAMES)
def test_occluders_are_tolerated(name: str) -> None:
    model, truth = onboarded(name), looking(25)
    crop = occluded(crop_of(model, truth), 0.4)
    wrong = about_centre(model, truth, twists(30, 0.1 * model.diameter, 0.4))
    verdict = judged(model, crop, SE3.cat([truth[None], wrong]))
    assert bool((verdict.score[0] > verdict.score[1:]).all())
    assert float(verdict.score[0]) > 0.6


@pytest.mark.parametrize("flaws", [CLEAN, REAL], ids=["clean", "flawed"])
def test_a_print_tells_half_turns_apart(flaws: Flaws) -> None:
    model = onboarded("printed_box")
    for seed in range(4):
        truth = looking(30 + seed)
        verdict = judged(model, crop_of(model, truth, flaws), truth @ model.near_symmetry.discrete)
        assert float(verdict.geometry.max() - verdict.geometry.min()) < 0.05
        assert float(verdict.score[0] - verdict.score[1:].max()) > 0.1


def test_the_shape_alone_does_not_tell_a_free_turn() -> None:
    model, truth = onboarded("can"), looking(26)
    turns = model.symmetry.transforms(model.diameter, 0.1)
    verdict = judged(model, crop_of(model, truth), truth @ turns)
    assert float(verdict.score.max() - verdict.score.min()) < 0.02


@pytest.mark.parametrize("light", [(0.8, 0.8, 0.8), (1.2, 1.2, 1.2), (1.1, 1.0, 0.85)])
def test_another_light_is_forgiven_and_another_print_is_not(light: tuple[float, float, float]) -> None:
    one, other = patches(0), patches(1)
    observed = appearance_channels((one * torch.tensor(light)).clamp(max=1.0))
    drawn = appearance_channels(torch.stack([one, other]))
    weight = torch.ones(2, *one.shape[:2])
    color, structure = color_agreement(observed, drawn, weight), structure_agreement(observed, drawn, weight)
    assert float(color[0]) > 0.9 and float(color[0] - color[1]) > 0.3
    assert float(structure[0]) > 0.9 and float(structure[0] - structure[1]) > 0.3


def test_light_is_the_constant_most_pixels_share() -> None:
    generator = torch.Generator().manual_seed(0)
    truth = torch.tensor([0.5, -0.8, 2.0])
    difference = truth[:, None, None] + 0.1 * torch.randn(3, 1, 300, generator=generator)
    difference[:, :, :60] = 8.0  # reflections
    weight = torch.ones(1, 300)
    torch.testing.assert_close(fit_light(difference, weight)[:, 0], truth, rtol=0, atol=0.35)
    weight[:, :60] = 0.0
    torch.testing.assert_close(fit_light(difference, weight)[:, 0], truth, rtol=0, atol=0.05)


def test_depth_agreement_is_one_at_equal_and_nothing_beyond_the_tolerance() -> None:
    rendered = torch.tensor([[[0.5, 0.5, 0.5, 0.5, 0.0, 0.5]]])
    observed = torch.tensor([[0.5, 0.51, 0.52, 0.6, 0.5, 0.0]])
    found = depth_agreement(rendered, observed, 0.02)[0, 0]
    torch.testing.assert_close(found, torch.tensor([1.0, 0.75, 0.0, 0.0, 0.0, 0.0]), rtol=0, atol=1e-4)


def test_poses_are_judged_one_by_one() -> None:
    model, truth = onboarded("printed_box"), looking(27)
    poses = about_centre(model, truth, twists(6, 0.05 * model.diameter, 0.2))
    crop = crop_of(model, truth, REAL)
    together = judged(model, crop, poses).score
    alone = torch.cat([judged(model, crop, poses[i : i + 1]).score for i in range(6)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
