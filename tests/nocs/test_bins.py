"""Coordinates become chances of bins and come back; what costs least is the truth."""

from __future__ import annotations

import torch

from objpose.nocs.bins import BINS, bin_nats, decoded


def shared_out(coordinates: torch.Tensor) -> torch.Tensor:
    """(B, 3, BINS, h, w) logits whose chances are those that coordinates (B, 3, h, w) are taught by."""
    middles = torch.linspace(-0.5, 0.5, BINS)[:, None, None]
    share = (1 - (coordinates[:, :, None] - middles).abs() * (BINS - 1)).clamp_min(0)
    return share.clamp_min(1e-12).log()


def some_coordinates() -> torch.Tensor:
    found = torch.rand(2, 3, 8, 9, generator=torch.Generator().manual_seed(0)) - 0.5
    found[0, :, 0, 0], found[0, :, 0, 1] = 0.5, -0.5
    return found


def test_coordinates_come_back_exactly() -> None:
    coordinates = some_coordinates()
    found, chance = decoded(shared_out(coordinates))
    assert torch.allclose(found, coordinates, atol=1e-5)
    assert torch.allclose(chance, torch.ones_like(chance), atol=1e-5)


def test_no_chances_cost_less_than_the_true_ones() -> None:
    coordinates, generator = some_coordinates(), torch.Generator().manual_seed(1)
    true = shared_out(coordinates)
    least = bin_nats(true, coordinates)
    for scale in (0.1, 1.0):
        noise = scale * torch.randn(true.shape, generator=generator)
        assert bool((bin_nats(true + noise, coordinates) >= least - 1e-5).all())


def test_of_two_places_the_likelier_is_told_not_their_mean() -> None:
    here, there = torch.full((1, 3, 1, 1), -0.3), torch.full((1, 3, 1, 1), 0.4)
    both = (0.6 * shared_out(here).exp() + 0.4 * shared_out(there).exp()).log()
    found, chance = decoded(both)
    assert torch.allclose(found, here, atol=1e-4)
    assert torch.allclose(chance, torch.tensor(0.6**3), atol=1e-4)
