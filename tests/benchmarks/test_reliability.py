"""The fit behind the confidence, on labels drawn with known chances."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SE3, Camera, ContinuousSymmetry, Symmetry
from objpose.poses import RIGHT, Calibration, Chance, chance_within

WEIGHTS = (8.0, 4.0, 2.0)


def drawn(seed: int, count: int = 20_000) -> tuple[torch.Tensor, torch.Tensor, torch.Generator]:
    """Evidence (N, 3) and shares (N,)."""
    generator = torch.Generator().manual_seed(seed)
    score, share, empty, bare = torch.rand(4, count, generator=generator)
    return torch.stack([score, -empty, -bare], dim=1), share, generator


def test_the_fit_recovers_chances():
    from reliability import fit_chance

    evidence, share, generator = drawn(0)
    right = torch.rand(len(share), generator=generator) < Chance(-1, WEIGHTS, 1.5).of(evidence, share)
    fitted = fit_chance(evidence, share, right)
    assert fitted.intercept == pytest.approx(-1, abs=0.4)
    assert fitted.weights == pytest.approx(WEIGHTS, abs=0.6)
    assert fitted.share == pytest.approx(1.5, abs=0.2)


def test_estimates_that_weigh_nothing_decide_nothing():
    from reliability import fit_chance

    evidence, share, generator = drawn(0, 4_000)
    right = torch.rand(len(share), generator=generator) < Chance(-1, WEIGHTS, 1.5).of(evidence, share)
    counted = torch.arange(4_000) < 2_000
    alone = fit_chance(evidence[counted], share[counted], right[counted])
    right[~counted] = True
    weighed = fit_chance(evidence, share, right, 2.0 * counted)
    assert weighed.intercept == pytest.approx(alone.intercept, abs=0.02)
    assert weighed.weights == pytest.approx(alone.weights, abs=0.05)


def test_a_ridge_holds_the_fit_of_few_estimates_back():
    from reliability import fit_chance

    evidence, share, generator = drawn(0, 40)
    right = torch.rand(len(share), generator=generator) < Chance(-1, WEIGHTS, 1.5).of(evidence, share)
    free, held = (fit_chance(evidence, share, right, ridge=ridge) for ridge in (1e-3, 1.0))
    spread = evidence.std(0)

    def bending(chance: Chance) -> float:
        """The squared logarithms of the coefficients, in deviations of the evidence."""
        return float((torch.tensor(chance.weights) * spread).log().square().sum())

    assert bending(held) < bending(free)


def test_sets_weigh_alike_where_a_search_is_fitted():
    from reliability import Outcome
    from searched_places import searched_calibration

    def places(count: int, right: int) -> list[Outcome]:
        """Of one and the same evidence, some of them right."""
        known = (0.8, -0.1, -0.1, 0.0, -0.1, -0.1), 0.99, 0.01, 0.5, 0.5
        return [Outcome(*known, i < right, i < right, False, None) for i in range(count)]

    fit = searched_calibration([places(20, 15), places(400, 100)])
    evidence = torch.tensor([places(1, 0)[0].evidence])
    chance = fit.confidence(evidence, torch.tensor([0.99]), torch.tensor([0.01]))
    assert float(chance) == pytest.approx(0.5, abs=0.02)


def test_the_fit_never_punishes_evidence():
    from reliability import fit_chance

    evidence, _, generator = drawn(0, 5_000)
    odds = 1 - evidence @ torch.tensor([3.0, 2.0, 2.0])
    right = torch.rand(5_000, generator=generator) < torch.sigmoid(odds)
    assert all(0 < weight < 1 for weight in fit_chance(evidence, torch.ones(5_000), right).weights)


def test_the_fit_tells_the_outlines_error_from_the_scores_part():
    from reliability import fit_chance, fit_outline_error

    evidence, share, generator = drawn(0)
    shift = 0.2 * torch.rand(len(share), generator=generator)
    known = Chance(-1, WEIGHTS, 1.5)
    chance = Calibration(known, known, outline_error=1.3, error_correlation=1.0)
    right = torch.rand(len(share), generator=generator) < chance.confidence(evidence, share, shift)
    outline_error = fit_outline_error(evidence, share, shift, right)
    assert outline_error == pytest.approx(1.3, abs=0.1)
    within = chance_within(RIGHT, outline_error * shift.double())
    fitted = fit_chance(evidence, share, right, factor=within)
    assert fitted.intercept == pytest.approx(-1, abs=0.5)
    assert fitted.weights == pytest.approx(WEIGHTS, abs=0.8)


def test_a_label_is_wrong_where_the_mask_meets_no_instance():
    from reliability import is_wrong_label

    left, right, most = (torch.zeros(8, 8, dtype=torch.bool).numpy() for _ in range(3))
    left[:, :4], right[:, 4:], most[:, :5] = True, True, True
    assert not is_wrong_label(most, [right, left])
    assert is_wrong_label(most, [right])
    assert is_wrong_label(left, [])


def test_calibration_error_of_honest_and_boastful():
    from reliability import print_reliability

    generator = torch.Generator().manual_seed(0)
    confidence = torch.rand(20_000, generator=generator)
    right = torch.rand(20_000, generator=generator) < confidence
    assert print_reliability(confidence, right) < 0.02
    assert print_reliability(torch.full((20_000,), 0.95), right) == pytest.approx(0.45, abs=0.02)


def test_close_in_the_image_is_free_along_the_ray():
    from pose_error import is_close

    points = torch.rand(50, 3, generator=torch.Generator().manual_seed(0)) * 0.1 - 0.05
    camera = Camera.from_K(torch.tensor([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]), 640, 480)
    none, truth = Symmetry.none(), SE3.exp(torch.tensor([0.0, 0.0, 0.8, 0.0, 0.0, 0.0]))

    def close(*twist: float, symmetry: Symmetry = none) -> bool:
        moved = truth @ SE3.exp(torch.tensor(twist))
        return is_close(points, 0.15, symmetry, moved, truth, camera)

    assert close(0.0, 0.0, 0.04, 0.0, 0.0, 0.05)
    assert not close(0.02, 0.0, 0.0, 0.0, 0.0, 0.0)  # 12 pixels
    assert not close(0.0, 0.0, 0.0, 0.0, 0.0, 0.1)  # 6 degrees
    turn = ContinuousSymmetry(torch.tensor([0.0, 0.0, 1.0]), torch.zeros(3))
    assert close(0.0, 0.0, 0.0, 0.0, 0.0, 2.0, symmetry=Symmetry(none.discrete, (turn,)))
