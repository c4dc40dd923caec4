"""Drawn crops: of the seed alone, with coordinates that are those of what they show."""

from __future__ import annotations

import torch
from torch.nn import functional

from objpose.geometry import HOST
from objpose.nocs.drawing.dice import Dice
from objpose.nocs.drawing.faults import _gaussian
from objpose.nocs.drawing.masks import boxes, rough
from objpose.nocs.view import SIZE, STRIDE, answer_pixels, network_input
from tests.nocs.things import box_crops

COUNT = 16


def test_a_seed_draws_the_same_crops_and_another_others() -> None:
    draw = box_crops()
    crops, target, _ = draw(4, 3)
    again, same, _ = draw(4, 3)
    assert torch.equal(crops, again) and torch.equal(target.coordinates, same.coordinates)
    assert not torch.equal(crops, draw(4, 5)[0])


def test_shapes_and_ranges() -> None:
    crops, target, _ = box_crops()(COUNT, 0)
    assert crops.shape == (COUNT, 4, SIZE, SIZE) and float(crops.abs().max()) <= 1.0
    assert target.coordinates.shape == (COUNT, 3, SIZE // STRIDE, SIZE // STRIDE)
    # Most pictures show the object well; coordinates lie in its box of diagonal 1.
    assert float((target.visible.mean((1, 2, 3)) > 0.05).float().mean()) > 0.8
    sides = torch.tensor([0.06, 0.08, 0.12])
    half = sides / sides.norm() / 2
    inside = (target.coordinates.abs() <= half[:, None, None] + 1e-3) | (target.visible == 0)
    assert bool(inside.all())


def test_coordinates_are_those_of_the_surface_that_is_drawn() -> None:
    """The paint of this box tells where each of its points lies."""
    draw = box_crops()
    surface = draw._surface(COUNT, Dice(HOST, 0))
    sides = torch.tensor([0.06, 0.08, 0.12])
    told = (surface.albedo - 0.5) * (sides / sides.norm())[:, None, None] * surface.mask
    assert float((told - surface.coordinates).abs().max()) < 1e-4
    assert float((surface.normals.norm(dim=1, keepdim=True) - surface.mask).abs().max()) < 1e-4
    toward = surface.normals[:, 2:] * surface.mask
    assert float(toward.max()) < 0.4  # seen under perspective, a side may lean away a little


def test_crops_are_cut_where_the_coordinates_are() -> None:
    """What is visible lies within the mask's surroundings, which alone are shown."""
    crops, target, _ = box_crops()(COUNT, 7)
    mask = functional.avg_pool2d(crops[:, 3:], STRIDE)
    near = functional.max_pool2d((mask > 0).float(), 5, 1, 2)
    stray = (target.visible * (1 - near)).sum() / target.visible.sum()
    assert float(stray) < 0.15  # bites aside


def test_a_box_is_that_of_the_mask() -> None:
    mask = torch.zeros(2, 1, 20, 20)
    mask[0, 0, 3:9, 5:18] = 1
    assert boxes(mask).tolist() == [[5.0, 3.0, 17.0, 8.0], [0.0, 0.0, 19.0, 19.0]]


def test_rough_masks_lie_near_what_is_visible() -> None:
    visible = torch.zeros(32, 1, 64, 64)
    visible[:, :, 16:48, 16:48] = 1
    mask = rough(visible, 1 - visible, Dice(HOST, 0))
    overlap = (mask * visible).sum((1, 2, 3)) / torch.maximum(mask, visible).sum((1, 2, 3))
    assert 0.6 < float(overlap.mean()) < 0.97
    assert float((overlap > 0.999).float().mean()) < 0.2


def test_only_the_surroundings_of_a_mask_are_shown() -> None:
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 10:20, 10:20] = 1
    shown = network_input(torch.full((1, 3, 32, 32), 0.9), mask)
    assert torch.equal(shown[:, 3:], mask)
    assert float(shown[0, 0, 0, 0]) == 0.0 and float(shown[0, 0, 15, 15]) > 0.7
    assert float(shown[0, 0, 15, 22]) > 0.7  # the rim


def test_pixels_of_an_answer_lie_between_those_of_the_crop() -> None:
    column, row = answer_pixels(6)[1, 2].tolist()
    assert (column, row) == (4.5, 2.5)


def test_blurs_keep_what_is_even_and_spread_what_is_not() -> None:
    even = torch.full((1, 3, 40, 40), 0.3)
    assert torch.allclose(_gaussian(even, 1.4), even, atol=1e-6)
    point = torch.zeros(1, 1, 41, 41)
    point[..., 20, 20] = 1.0
    spread = _gaussian(point, 1.4)[0, 0]
    distance = torch.arange(41) - 20.0
    assert abs(float(spread.sum()) - 1) < 1e-5
    assert abs(float((spread.sum(0) * distance.square()).sum()) ** 0.5 - 1.4) < 0.01
