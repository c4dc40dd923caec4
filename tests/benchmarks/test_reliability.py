"""The fit behind the confidence, on labels drawn with known chances."""

from __future__ import annotations

import pytest
import torch


def test_logistic_fit_recovers_chances():
    from reliability import fit_logistic

    generator = torch.Generator().manual_seed(0)
    features = torch.rand(20_000, 2, generator=generator)
    chance = torch.sigmoid(-3 + 5 * features[:, 0] + 2 * features[:, 1])
    right = torch.rand(20_000, generator=generator) < chance
    assert fit_logistic(features, right).tolist() == pytest.approx([-3, 5, 2], abs=0.25)


def test_logistic_fit_is_monotone():
    from reliability import fit_logistic

    generator = torch.Generator().manual_seed(0)
    features = torch.rand(5_000, 2, generator=generator)
    right = torch.rand(5_000, generator=generator) < torch.sigmoid(4 * features[:, 0] - 2 * features[:, 1])
    weights = fit_logistic(features, right)
    assert weights[1] > 3
    assert weights[2] == 0


def test_calibration_error_of_honest_and_boastful():
    from reliability import print_reliability

    generator = torch.Generator().manual_seed(0)
    confidence = torch.rand(20_000, generator=generator)
    right = torch.rand(20_000, generator=generator) < confidence
    assert print_reliability(confidence, right) < 0.02
    assert print_reliability(torch.full((20_000,), 0.95), right) == pytest.approx(0.45, abs=0.02)
