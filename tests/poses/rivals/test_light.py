"""Light as evidence: one light shines on all of a drawing; a body that faces elsewhere is lit otherwise."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.poses.rivals.light import EVERY, OUTLIER, light_nats, unexplained
from objpose.poses.rivals.window import window_of
from tests.poses.rivals.drawings import SIZE, crop_of, disc, letters, noise

SEEDS = pytest.mark.parametrize("seed", range(3))
RADIUS = 26.0
PAINT = torch.tensor([0.6, 0.45, 0.3])


def ball() -> Tensor:
    """(S, S, 3) normals of a ball that faces the camera; zero beside it."""
    row, column = torch.meshgrid(*[torch.arange(float(SIZE)) - (SIZE - 1) / 2] * 2, indexing="ij")
    x, y = column / (RADIUS + 1), row / (RADIUS + 1)
    depth = (1 - x**2 - y**2).clamp_min(0.0).sqrt()
    return torch.stack([x, y, -depth], dim=-1) * disc(RADIUS)[..., None]


def lit(paint: Tensor, normals: Tensor, seed: int, gain: float = 1.0) -> Tensor:
    """(S, S, 3) sRGB of paint (3,) or (S, S, 3) under one lamp, above or below, and a bright room."""
    toward = torch.randn(3, generator=torch.Generator().manual_seed(seed))
    toward = torch.nn.functional.normalize(toward * 0.3 + torch.tensor([0.0, (-1.0) ** seed, 0.0]), dim=0)
    light = 0.5 + 0.5 * (normals @ toward).clamp_min(0.0)
    return (gain * paint**2.2 * light[..., None]).clamp(0, 1) ** (1 / 2.2)


def compared(seen: Tensor, paints: list[Tensor], normals: list[Tensor], shown: Tensor) -> Tensor:
    """(B,) what one light leaves unexplained of drawings of paints and normals."""
    window = window_of(shown.expand(len(normals), -1, -1), crop_of(disc(RADIUS), rgb=seen.clamp(0, 1)))
    colors = torch.stack([paint.expand(SIZE, SIZE, 3) for paint in paints])
    return unexplained(colors, torch.stack(normals), window)[0]


@SEEDS
def test_the_way_a_plain_body_faces_wins(seed: int) -> None:
    """Of a ball; a flat body and one that bends across alone have its outline."""
    flat = torch.tensor([0.0, 0.0, -1.0]).expand(SIZE, SIZE, 3)
    bent = torch.nn.functional.normalize(ball() * torch.tensor([1.0, 0.0, 1.0]), dim=-1)
    seen = lit(PAINT, ball(), seed) + noise(0.01)
    left = compared(seen, [PAINT] * 3, [ball(), flat, bent], disc(RADIUS))
    assert bool((left[0] < 0.7 * left[1:]).all())


@SEEDS
def test_neither_light_nor_exposure_nor_cast_is_held_against_a_drawing(seed: int) -> None:
    seen = lit(PAINT, ball(), seed)
    drawn = [PAINT, (PAINT**2.2 * torch.tensor([1.4, 1.0, 0.8])) ** (1 / 2.2)]
    left = compared(seen, drawn, [ball()] * 2, disc(RADIUS))
    darker = compared(lit(PAINT, ball(), seed, gain=0.5), drawn, [ball()] * 2, disc(RADIUS))
    assert torch.allclose(left[0], left[1], atol=2e-3) and torch.allclose(left, darker, atol=3e-3)


def test_prints_that_lie_wrong_are_left_unexplained() -> None:
    seen = lit(letters(0), ball(), 0)
    right, wrong = compared(seen, [letters(0), letters(7)], [ball()] * 2, disc(RADIUS))
    assert right < 0.5 * wrong <= 0.5 * OUTLIER**2


def test_what_is_not_shown_says_nothing() -> None:
    """Whatever lies there; and where nothing is shown, no drawing is better than another."""
    part, normals = disc(12.0), ball()
    seen = lit(PAINT, normals, 1)
    spoilt = torch.where(disc(14.0)[..., None], seen, letters(3))
    assert torch.equal(*(compared(image, [PAINT], [normals], part) for image in (seen, spoilt)))
    nowhere = window_of(torch.zeros(2, SIZE, SIZE, dtype=torch.bool), crop_of(disc(RADIUS), rgb=seen))
    nats = light_nats(PAINT.expand(2, SIZE, SIZE, 3), normals.expand(2, -1, -1, -1), nowhere)
    assert bool((nats == 0).all())


def test_pixels_are_counted_as_of_the_crop() -> None:
    window = window_of(disc(RADIUS)[None], crop_of(disc(RADIUS), rgb=lit(PAINT, ball(), 0)))
    _, count = unexplained(PAINT.expand(1, SIZE, SIZE, 3), ball()[None], window)
    assert abs(float(count) / float(window.weight.sum()) - 1) < 0.05 * EVERY
