"""Robust losses: one meaning for all, and each is its author's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from objpose.robust import barron, soft_inlier, tukey, worst_of_barron

SHAPE = -5.0
LOSSES = {
    "tukey": partial(tukey, reach=2.0),
    "barron": partial(barron, shape=SHAPE),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_weight_is_twice_the_slope_of_the_cost(loss: Callable[[Tensor], tuple[Tensor, Tensor]]) -> None:
    """So that J^T W r is the gradient of the cost, whatever the residuals."""
    squared = torch.linspace(0.01, 9.0, 300, dtype=torch.float64)
    slope = (loss(squared + 1e-6)[0] - loss(squared - 1e-6)[0]) / 2e-6
    torch.testing.assert_close(loss(squared)[1], 2 * slope, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_near_zero_it_is_half_the_square(loss: Callable[[Tensor], tuple[Tensor, Tensor]]) -> None:
    cost, weight = loss(torch.tensor([1e-6], dtype=torch.float64))
    assert float(cost) == pytest.approx(0.5e-6, rel=1e-5) and float(weight) == pytest.approx(1.0, rel=1e-5)


def test_tukey_forgets_what_is_out_of_reach() -> None:
    cost, weight = tukey(torch.tensor([4.0, 5.0, torch.inf]), 2.0)
    assert weight.tolist() == [0.0, 0.0, 0.0] and cost.tolist() == pytest.approx([4 / 6] * 3)


def test_a_soft_inlier_falls_from_one_to_nothing() -> None:
    assert soft_inlier(torch.tensor([0.0, 1.0, 4.0, 9.0]), 2.0).tolist() == [1.0, 0.75, 0.0, 0.0]


@pytest.mark.parametrize("shape", [-5.0, -2.0, 1.0])
def test_barrons_loss_is_his(shape: float) -> None:
    squared = torch.logspace(-3, 3, 50, dtype=torch.float64)
    loss, weight = barron(squared, shape)
    closed = {
        -2.0: 2 * squared / (squared + 4),  # Geman and McClure
        1.0: (squared + 1).sqrt() - 1,  # Charbonnier
        -5.0: 7 / 5 * (1 - (squared / 7 + 1) ** -2.5),
    }[shape]
    torch.testing.assert_close(loss, closed)
    step = 1e-5 * squared
    slope = (barron(squared + step, shape)[0] - barron(squared - step, shape)[0]) / (2 * step)
    torch.testing.assert_close(weight, 2 * slope, rtol=1e-5, atol=1e-9)


def test_barrons_loss_is_a_parabola_near_zero_and_ends_far_off() -> None:
    loss, weight = barron(torch.tensor([0.0, 1e-4, 1e12, torch.inf], dtype=torch.float64), SHAPE)
    torch.testing.assert_close(loss[:2], torch.tensor([0.0, 0.5e-4], dtype=torch.float64), rtol=1e-3, atol=0)
    assert float(weight[0]) == 1.0 and float(weight[2]) < 1e-30
    assert loss[2:].tolist() == pytest.approx([worst_of_barron(SHAPE), worst_of_barron(SHAPE)])
