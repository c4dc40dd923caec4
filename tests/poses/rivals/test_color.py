"""Prints as evidence: what is in view decides, light does not, and what cannot be read says nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.poses.rivals import RGBD_EVIDENCE
from objpose.poses.rivals.color import Prints, print_odds, prints
from tests.poses.rivals.drawings import SIZE, WHITE, blank, crop_of, disc, letters, noise

SEEDS = pytest.mark.parametrize("seed", range(3))


def compared(seen: Tensor, *colors: Tensor) -> Prints:
    """Drawings of colours (S, S, 3) against what is seen (S, S, 3), all on one disc."""
    shown = disc(26.0).expand(len(colors), -1, -1)
    return prints(torch.stack(colors), shown, crop_of(disc(26.0), rgb=seen.clamp(0, 1)))


def nats(found: Prints, against: int) -> Tensor:
    """(B,) of each drawing against one of them, as with depth they are counted."""
    return RGBD_EVIDENCE.close.color * print_odds(found, against)[0]


def odds(seen: Tensor, first: Tensor, second: Tensor) -> float:
    """Nats of the first drawing against the second."""
    found = compared(seen, first, second)
    return float(nats(found, 1)[0])


def lit(colors: Tensor, gain: float | Tensor) -> Tensor:
    """sRGB colours in linear light (by a power near enough) times a gain."""
    return (colors**2.2 * gain).clamp(0, 1) ** (1 / 2.2)


def smooth_shading() -> Tensor:
    """(S, S, 1) from 0.55 to 1 across the crop."""
    return (0.55 + 0.45 * torch.arange(SIZE) / SIZE)[None, :, None].expand(SIZE, SIZE, 1)


@SEEDS
def test_the_print_in_view_wins(seed: int) -> None:
    """Against another print and against a blank; and the blank against a print."""
    seen, other = letters(seed), letters(seed + 10)
    assert odds(seen + noise(0.02), seen, other) > 1
    assert odds(seen + noise(0.02), seen, blank()) > 1
    assert odds(blank() + noise(0.02), blank(), seen) > 1


@SEEDS
def test_the_print_in_view_has_the_odds_among_many(seed: int) -> None:
    known = [letters(seed), letters(seed + 10), blank(), letters(seed + 20)]
    for seen in range(4):
        found = compared(known[seen] + noise(0.02, seed), *known)
        others = torch.arange(4) != seen
        assert bool((nats(found, seen)[others] < -1).all())


def test_where_nothing_differs_nothing_is_told() -> None:
    seen = letters(1) + noise(0.05)
    found = compared(seen, letters(0), letters(0), letters(0) + 0.01)
    for against in range(3):
        assert not bool(nats(found, against).any())


def test_odds_are_those_of_the_other_turned_round() -> None:
    found = compared(letters(0) + noise(0.02), letters(0), letters(1))
    assert float(nats(found, 1)[0]) == pytest.approx(-float(nats(found, 0)[1]), rel=1e-4)
    assert float(nats(found, 0)[0]) == 0.0


@SEEDS
@pytest.mark.parametrize("light", ["gain", "tint", "shading"])
def test_light_does_not_decide(seed: int, light: str) -> None:
    """It neither overturns a choice that the print makes nor takes much from it."""
    change = {"gain": 0.4, "tint": torch.tensor([0.8, 0.7, 0.55]), "shading": smooth_shading()}[light]
    own, other = letters(seed), letters(seed + 10)
    for first, second in ((own, other), (own, blank()), (blank(), own)):
        plain = odds(first + noise(0.01), first, second)
        assert odds(lit(first, change) + noise(0.01), first, second) > 0.5 * plain


@SEEDS
def test_a_print_that_noise_drowns_says_next_to_nothing(seed: int) -> None:
    faint = letters(seed, ink=WHITE - 0.12)
    for first, second in ((faint, letters(seed + 10, ink=WHITE - 0.12)), (faint, blank()), (blank(), faint)):
        assert abs(odds(first + noise(0.2, seed), first, second)) < 1.0


@SEEDS
def test_the_fainter_the_noise_the_surer_the_odds(seed: int) -> None:
    own, other = letters(seed), letters(seed + 10)
    found = [odds(own + noise(sigma, seed), own, other) for sigma in (0.3, 0.1, 0.03)]
    assert 0 < found[0] < found[1] < found[2]


def test_a_pale_print_is_told_from_a_blank() -> None:
    """Gloss takes contrast from a print; a print it stays."""
    own = letters(3)
    pale = blank() + 0.5 * (own - blank())
    assert odds(pale + noise(0.02), own, blank()) > 2
    assert odds(pale + noise(0.02), own, letters(13)) > 1


def lines(*columns: int) -> Tensor:
    """(S, S, 3) white, with red lines of two pixels."""
    page = blank()
    for column in columns:
        page[14:50, column : column + 2] = torch.tensor([0.7, 0.25, 0.2])
    return page


@SEEDS
def test_what_glare_has_left_of_a_print_tells(seed: int) -> None:
    """In the middle white has run over, and what is left of the lines is nearer to a blank than to them."""
    own, middle = lines(20, 30, 40), disc(22.0)[..., None]
    pale = torch.where(own == blank(), 1.0, own + 0.85 * (1 - own))
    seen = torch.where(middle, pale, own) + noise(0.01, seed)
    assert odds(seen, own, blank()) > 0.5
    assert odds(seen, own, lines(16, 26, 36, 46)) > 0.5


def test_what_is_not_shown_says_nothing() -> None:
    """The letters lie in the middle: with only the rim in view, nothing tells them from a blank."""
    seen, rim = letters(4), disc(26.0) & ~disc(18.0)
    drawn, crop = torch.stack([seen, blank()]), crop_of(disc(26.0), rgb=seen)
    hidden, shown = (prints(drawn, part.expand(2, -1, -1), crop) for part in (rim, disc(26.0)))
    assert float(nats(shown, 1)[0]) > 3
    assert not bool(nats(hidden, 1).any())
    nowhere = prints(drawn, torch.zeros(2, SIZE, SIZE, dtype=torch.bool), crop)
    assert not bool(nats(nowhere, 1).any())
