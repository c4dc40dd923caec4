"""The fit behind the confidence, on labels drawn with known chances."""

from __future__ import annotations

import pytest
import torch


def test_the_fit_recovers_chances():
    from reliability import fit_confidence

    generator = torch.Generator().manual_seed(0)
    score, margin = torch.rand(20_000, generator=generator), 0.1 * torch.rand(20_000, generator=generator)
    chance = torch.sigmoid(-3 + 8 * score) * torch.sigmoid(margin / 0.02)
    right = torch.rand(20_000, generator=generator) < chance
    intercept, factor, scale = fit_confidence(score, margin, right)
    assert [intercept, factor] == pytest.approx([-3, 8], abs=0.6)
    assert scale == pytest.approx(0.02, rel=0.2)


def test_the_fit_never_punishes_a_higher_score():
    from reliability import fit_confidence

    generator = torch.Generator().manual_seed(0)
    score = torch.rand(5_000, generator=generator)
    right = torch.rand(5_000, generator=generator) < torch.sigmoid(1 - 3 * score)
    _, factor, scale = fit_confidence(score, torch.full_like(score, 0.5), right)
    assert 0 < factor < 1
    assert scale > 0


def test_calibration_error_of_honest_and_boastful():
    from reliability import print_reliability

    generator = torch.Generator().manual_seed(0)
    confidence = torch.rand(20_000, generator=generator)
    right = torch.rand(20_000, generator=generator) < confidence
    assert print_reliability(confidence, right) < 0.02
    assert print_reliability(torch.full((20_000,), 0.95), right) == pytest.approx(0.45, abs=0.02)
