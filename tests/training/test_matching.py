"""Losses and shares of right matches: what knows the places is best, symmetric places and views are one."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Generator, Tensor

from training.mini.batches import SPREAD, VIEWS, Batch, Pictures, draw_batch, nearby, random_turns
from training.mini.matching import angles_between, code_loss, distances, match_loss, right_share
from training.mini.stock import make_stock

SHARP = torch.tensor(30.0)


@pytest.fixture(scope="module")
def batch() -> Batch:
    stock = make_stock(2, 11, torch.device("cpu"))
    host, device = Generator().manual_seed(0), Generator().manual_seed(0)
    drawn = draw_batch(stock, torch.arange(2), host, device)
    return drawn._replace(equals=torch.eye(3).expand(2, 4, 3, 3), round=torch.zeros(2, dtype=torch.bool))


def by_place(pictures: Pictures, waves: float = 6.0) -> Tensor:
    """(G * V, D, 20, 20) unit descriptors that tell a cell's place, in waves of random directions."""
    directions = waves * torch.randn(3, 128, generator=Generator().manual_seed(1))
    phases = pictures.points @ directions
    values = torch.cat([phases.cos(), phases.sin()], dim=-1) / math.sqrt(128)
    return values.flatten(0, 1).mT.unflatten(2, (20, 20))


def by_chance(pictures: Pictures, seed: int) -> Tensor:
    values = torch.randn(2 * VIEWS, 64, 20, 20, generator=Generator().manual_seed(seed))
    return torch.nn.functional.normalize(values, dim=1)


def test_who_knows_the_places_matches_right(batch: Batch):
    known = right_share(batch, by_place(batch.photos), by_place(batch.templates))
    guessed = right_share(batch, by_chance(batch.photos, 0), by_chance(batch.templates, 1))
    assert float(known) > 0.98
    assert float(guessed) < 0.2


def test_the_loss_is_lower_the_better_places_are_known(batch: Batch):
    def loss(photos: Tensor, templates: Tensor) -> float:
        return float(match_loss(batch, photos, templates, SHARP, Generator().manual_seed(2)))

    fine = loss(by_place(batch.photos), by_place(batch.templates))
    coarse = loss(by_place(batch.photos, 2.0), by_place(batch.templates, 2.0))
    guessed = loss(by_chance(batch.photos, 0), by_chance(batch.templates, 1))
    assert fine < coarse < guessed


def test_the_loss_has_finite_gradients(batch: Batch):
    maps = [by_chance(pictures, 3).requires_grad_() for pictures in (batch.photos, batch.templates)]
    match_loss(batch, *maps, SHARP, Generator().manual_seed(2)).backward()
    for values in maps:
        assert (
            values.grad is not None
            and bool(values.grad.isfinite().all())
            and float(values.grad.abs().max()) > 0
        )


def test_codes_that_tell_the_turn_cost_least(batch: Batch):
    told = [
        pictures.rotations.flatten(0, 1).flatten(1) / math.sqrt(3)
        for pictures in (batch.photos, batch.templates)
    ]
    wrong = told[1].unflatten(0, (2, VIEWS)).roll(5, 1).flatten(0, 1)
    assert float(code_loss(batch, *told, SHARP)) < float(code_loss(batch, told[0], wrong, SHARP)) - 1


def test_views_belong_to_their_sides(batch: Batch):
    angle = angles_between(batch)
    same_side = torch.block_diag(*[torch.ones(4, 4)] * 4) > 0
    assert float(angle[:, same_side].max()) < 2 * SPREAD + 0.1
    assert float(angle[:, ~same_side].mean()) > 80


def test_rotations_are_such_and_near_ones_are_near():
    turns = random_turns(200, Generator().manual_seed(0))
    moved = nearby(turns, Generator().manual_seed(1))
    for rotations in (turns, moved):
        torch.testing.assert_close(
            rotations @ rotations.mT, torch.eye(3).expand(200, 3, 3), atol=1e-5, rtol=0
        )
        torch.testing.assert_close(torch.linalg.det(rotations), torch.ones(200))
    trace = torch.einsum("nij,nij->n", turns, moved)
    angle = torch.rad2deg(((trace - 1) / 2).clamp(-1, 1).acos())
    assert SPREAD * 0.9 < float(angle.max()) < SPREAD + 0.1


def test_what_a_symmetry_carries_onto_each_other_is_one(batch: Batch):
    """Points and turns alike: half a turn about z, and any turn about z."""
    points = batch.photos.points[:, 0]
    half = torch.diag(torch.tensor([-1.0, -1, 1]))
    angle = torch.tensor(0.7)
    any_turn = torch.tensor([[angle.cos(), -angle.sin(), 0], [angle.sin(), angle.cos(), 0], [0, 0, 1]])
    equals = torch.stack([torch.eye(3), half, torch.eye(3), half]).expand(2, 4, 3, 3)
    cases = [
        (half, batch._replace(equals=equals)),
        (any_turn, batch._replace(round=torch.ones(2, dtype=torch.bool))),
    ]
    for turn, symmetric in cases:
        assert float(distances(symmetric, points, points @ turn.mT).diagonal(dim1=1, dim2=2).max()) < 0.01
        turned = symmetric._replace(
            templates=batch.templates._replace(rotations=batch.photos.rotations @ turn)
        )
        assert float(angles_between(turned).diagonal(dim1=1, dim2=2).max()) < 0.5
