"""Borders of masks snapped to colour edges: careless ones come back, good ones stay, the rest is let be."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from objpose.crops import main_part, snapped_mask
from objpose.crops.mask_border import BAND
from tests.synthetic import looking, make_scene, onboarded

HEIGHT, WIDTH = 160, 200


def painted(noise: float = 0.02, clutter: bool = True) -> tuple[Tensor, Tensor]:
    """A red and yellow shape before grey and blue, and its mask."""
    v, u = torch.meshgrid(torch.arange(HEIGHT).float(), torch.arange(WIDTH).float(), indexing="ij")
    mask = (((u - 100) / 45) ** 2 + ((v - 80) / 32) ** 2 < 1) | ((u - 130).abs() + (v - 60).abs() < 25)
    object_color = torch.where(
        (v > 80)[..., None], torch.tensor([0.75, 0.2, 0.15]), torch.tensor([0.8, 0.7, 0.2])
    )
    ground = torch.tensor([0.4, 0.42, 0.45]).expand(HEIGHT, WIDTH, 3)
    if clutter:
        ground = torch.where((u < 70)[..., None], torch.tensor([0.2, 0.3, 0.6]), ground)
    rgb = torch.where(mask[..., None], object_color, ground)
    rgb = rgb + noise * torch.randn(rgb.shape, generator=torch.Generator().manual_seed(0))
    return (rgb.clamp(0, 1) * 255).round().byte(), mask


def grown(mask: Tensor, pixels: int) -> Tensor:
    morph = ndimage.binary_dilation if pixels > 0 else ndimage.binary_erosion
    return torch.from_numpy(morph(mask.numpy(), iterations=abs(pixels)))


def overlap(one: Tensor, other: Tensor) -> float:
    return float((one & other).sum() / (one | other).sum())


CARELESS = {
    "too wide": lambda mask: grown(mask, 3),
    "too narrow": lambda mask: grown(mask, -3),
    "to the left": lambda mask: mask.roll(-3, 1),
    "too low": lambda mask: mask.roll(3, 0),
}


@pytest.mark.parametrize("clutter", [False, True], ids=["plain", "cluttered"])
@pytest.mark.parametrize("flaw", CARELESS)
def test_careless_borders_come_back(flaw: str, clutter: bool) -> None:
    rgb, truth = painted(clutter=clutter)
    careless = CARELESS[flaw](truth)
    before, after = overlap(careless, truth), overlap(snapped_mask(rgb, careless), truth)
    assert before < 0.93 and after > 0.97


def test_a_perfect_border_stays() -> None:
    for noise in (0.0, 0.02):
        rgb, truth = painted(noise)
        assert overlap(snapped_mask(rgb, truth), truth) > 0.985


@pytest.mark.parametrize("name", ["painted_blob", "printed_box"])
def test_rendered_objects_keep_their_masks(name: str) -> None:
    scene = make_scene(onboarded(name).mesh, looking(1))
    assert overlap(snapped_mask(scene.frame.rgb, scene.mask), scene.mask) > 0.96


def test_where_colours_say_nothing_the_border_stays() -> None:
    """One colour on both sides, with noise."""
    _, truth = painted()
    rgb = torch.full((HEIGHT, WIDTH, 3), 128) + torch.randint(
        -4, 5, (HEIGHT, WIDTH, 3), generator=torch.Generator().manual_seed(0)
    )
    assert overlap(snapped_mask(rgb.byte(), truth), truth) > 0.93


@pytest.mark.parametrize("flaw", CARELESS)
def test_nothing_beyond_the_band_changes(flaw: str) -> None:
    """Even where the colours speak against the mask: a blue stain far within, a red one far outside."""
    rgb, truth = painted()
    rgb[76:84, 96:104] = torch.tensor([50, 75, 150], dtype=torch.uint8)
    rgb[4:12, 4:12] = torch.tensor([190, 50, 40], dtype=torch.uint8)
    careless = CARELESS[flaw](truth)
    changed = snapped_mask(rgb, careless) ^ careless
    inside, outside = (ndimage.distance_transform_edt(side.numpy()) for side in (careless, ~careless))
    distance = torch.from_numpy(np.maximum(inside, outside))
    assert bool(changed.any())
    assert float(distance[changed].max()) < BAND * float(careless.sum()) ** 0.5 + 2


def test_masks_worked_on_in_coarse_steps_keep_their_place() -> None:
    """Large masks are looked at in fewer pixels: no shift by half a step comes of it."""
    rgb, truth = painted()
    large_rgb = rgb.repeat_interleave(4, 0).repeat_interleave(4, 1)
    large = truth.repeat_interleave(4, 0).repeat_interleave(4, 1)
    found = snapped_mask(large_rgb, large)
    assert overlap(found, large) > 0.98
    middle = [mask.nonzero().float().mean(0) for mask in (found, large)]
    torch.testing.assert_close(*middle, rtol=0, atol=0.7)


def dots(*places: tuple[int, int, int, int]) -> Tensor:
    mask = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    for top, left, height, width in places:
        mask[top : top + height, left : left + width] = True
    return mask


DEGENERATE = {
    "one pixel": dots((80, 100, 1, 1)),
    "a line": dots((80, 60, 1, 80)),
    "four pixels": dots((80, 100, 2, 2)),
    "everything": torch.ones(HEIGHT, WIDTH, dtype=torch.bool),
    "all but a corner": ~dots((0, 0, 2, 2)),
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_masks_with_nothing_to_learn_from_are_returned_unchanged(case: str) -> None:
    rgb, _ = painted()
    assert torch.equal(snapped_mask(rgb, DEGENERATE[case]), DEGENERATE[case])


@pytest.mark.parametrize("place", [(0, 0, 60, 60), (120, 150, 40, 50), (0, 0, 160, 100)])
def test_masks_at_the_images_edge_are_worked_on(place: tuple[int, int, int, int]) -> None:
    truth = dots(place)
    rgb = torch.where(truth[..., None], torch.tensor([200, 60, 40]), torch.tensor([90, 100, 120])).byte()
    careless = grown(truth, 2)
    assert overlap(snapped_mask(rgb, careless), truth) > overlap(careless, truth)


def test_the_given_mask_is_not_touched() -> None:
    rgb, truth = painted()
    careless = grown(truth, 3)
    kept = careless.clone()
    snapped_mask(rgb, careless)
    assert torch.equal(careless, kept)


def test_specks_fall_and_large_parts_stay() -> None:
    whole = dots((20, 20, 40, 40), (90, 120, 30, 30))
    specks = dots((5, 190, 3, 3), (150, 5, 4, 4))
    assert torch.equal(main_part(whole | specks), whole)
    assert torch.equal(main_part(whole), whole)
