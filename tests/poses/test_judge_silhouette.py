"""The judge without depth: the truth wins, holes cost more than occluders."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.crops import Crop
from objpose.geometry import SE3, Mesh
from objpose.poses import Verdict
from objpose.poses.judge import COVERED_COST, UNMASKED_COST, agreement, by_silhouette, judge, overlap
from tests.poses.objects import crop_of, patches
from tests.synthetic import about_centre, looking, onboarded, twists


def judged(mesh: Mesh, crop: Crop, poses: SE3) -> Verdict:
    return judge(mesh, crop, by_silhouette, poses)


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug", "can"])
def test_the_truth_outscores_disturbed_poses(name: str) -> None:
    model, truth = onboarded(name), looking(21)
    wrong = [
        about_centre(model, truth, twists(8, shift * model.diameter, turn, seed))
        for seed, (shift, turn) in enumerate([(0.1, 0.0), (0.1, 0.5), (0.05, 1.5)])
    ]
    verdict = judged(model.mesh, crop_of(model.mesh, truth), SE3.cat([truth[None], *wrong]))
    # The bottle turned about its axis, and shifts along the view, look the same.
    beaten = (verdict.score[0] > verdict.score[1:]).float().mean()
    assert float(beaten) == 1.0 if name != "can" else float(beaten) > 0.9
    for values in (verdict.score, verdict.geometry, verdict.appearance, verdict.visible):
        assert bool((values >= 0).all() and (values <= 1 + 1e-5).all())
    torch.testing.assert_close(verdict.score, verdict.geometry * verdict.appearance)


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug", "can"])
def test_a_perfect_picture_is_explained(name: str) -> None:
    model, truth = onboarded(name), looking(22)
    verdict = judged(model.mesh, crop_of(model.mesh, truth), truth[None])
    assert float(verdict.geometry) > 0.95 and float(verdict.visible) > 0.95
    assert float(verdict.score) > 0.9


def test_a_print_tells_half_turns_apart() -> None:
    model = onboarded("printed_box")
    for seed in range(3):
        truth = looking(30 + seed)
        poses = truth @ model.near_symmetry.discrete
        verdict = judged(model.mesh, crop_of(model.mesh, truth), poses)
        assert float(verdict.geometry.max() - verdict.geometry.min()) < 0.05
        assert float(verdict.score[0] - verdict.score[1:].max()) > 0.1


def test_overlap_counts_pixels() -> None:
    """Of ten: three rendered beside the mask, two of the mask left over, one beyond the frame."""
    mask = torch.tensor([[1.0, 1, 1, 1, 1, 1, 0, 0, 0, 0]])
    rendered = torch.tensor([[[0.0, 0, 1, 1, 1, 1, 1, 1, 1, 1]]])
    inside = torch.tensor([[1.0, 1, 1, 1, 1, 1, 1, 1, 1, 0]])
    score, visible = overlap(rendered, mask, inside)
    assert float(score) == pytest.approx(4 / (4 + 2 + 3 * UNMASKED_COST))
    assert float(visible) == pytest.approx(4 / 7)


def test_what_another_mask_covers_costs_little() -> None:
    """The same, two of the three beside the mask covered by another."""
    mask = torch.tensor([[1.0, 1, 1, 1, 1, 1, 0, 0, 0, 0]])
    rendered = torch.tensor([[[0.0, 0, 1, 1, 1, 1, 1, 1, 1, 1]]])
    inside = torch.tensor([[1.0, 1, 1, 1, 1, 1, 1, 1, 1, 0]])
    covered = torch.tensor([[0.0, 0, 0, 0, 0, 0, 0, 1, 1, 0]])
    score, visible = overlap(rendered, mask, inside, covered)
    assert float(score) == pytest.approx(4 / (4 + 2 + UNMASKED_COST + 2 * COVERED_COST))
    assert float(visible) == pytest.approx(4 / 7)


def test_the_truth_outscores_smaller_guesses_where_another_mask_hides_half() -> None:
    """Else an object would be placed as far away as what is left of its mask is small."""
    model, truth = onboarded("painted_blob"), looking(23)
    crop = crop_of(model.mesh, truth)
    covered = torch.zeros_like(crop.mask)
    covered[:, : int(crop.mask.nonzero()[:, 1].float().quantile(0.5))] = True
    centre = truth.apply(model.mesh.bounds().mean(0))
    farther = [SE3.exp(torch.tensor([*(share * centre), 0, 0, 0])) @ truth for share in (0.2, 0.4)]
    half = replace(crop, mask=crop.mask & ~covered)
    known = judged(model.mesh, replace(half, covered=covered), SE3.stack([truth, *farther]))
    assert float(known.geometry[0]) > 0.9 and int(known.score.argmax()) == 0


def test_an_occluder_costs_less_than_a_hole() -> None:
    """A part of the object that the mask lacks may be hidden; a part of the mask without object is wrong."""
    model, truth = onboarded("painted_blob"), looking(23)
    crop = crop_of(model.mesh, truth)
    part = torch.zeros_like(crop.mask)
    part[:, : int(crop.mask.nonzero()[:, 1].float().quantile(0.2))] = True
    occluded = judged(model.mesh, replace(crop, mask=crop.mask & ~part), truth[None])
    whole = crop.mask.clone()
    count, free = int((crop.mask & part).sum()), (~crop.mask).nonzero()
    whole[free[:count, 0], free[:count, 1]] = True
    unexplained = judged(model.mesh, replace(crop, mask=whole), truth[None])
    assert float(unexplained.geometry) < float(occluded.geometry) < 0.95
    assert float(occluded.visible) == pytest.approx(0.8, abs=0.04)


def test_nothing_in_view_is_worth_nothing() -> None:
    model, truth = onboarded("painted_blob"), looking(23)
    gone = [SE3.exp(torch.tensor([*shift, 0, 0, 0])) @ truth for shift in ((5.0, 0, 0), (0, 0, -3.0))]
    verdict = judged(model.mesh, crop_of(model.mesh, truth), SE3.stack(gone))
    assert verdict.score.tolist() == [0.0, 0.0]
    assert bool(verdict.visible.isfinite().all())


def test_colours_can_halve_a_score_and_no_more() -> None:
    one, other = patches(0), patches(1)
    found = agreement(one, torch.stack([one, other, 1 - one]), torch.ones(3, *one.shape[:2]))
    assert float(found[0]) == pytest.approx(1.0, abs=1e-3)
    assert bool((found >= 0.5).all()) and float(found[0] - found[1:].max()) > 0.15


def test_poses_are_judged_one_by_one() -> None:
    model, truth = onboarded("printed_box"), looking(27)
    poses = about_centre(model, truth, twists(5, 0.05 * model.diameter, 0.2))
    crop = crop_of(model.mesh, truth)
    together = judged(model.mesh, crop, poses).score
    alone = torch.cat([judged(model.mesh, crop, poses[i : i + 1]).score for i in range(5)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
