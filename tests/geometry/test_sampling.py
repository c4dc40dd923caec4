"""Values at pixels, cameras that look at something, and what a depth image shows."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import (
    SO3,
    bilinear,
    centred_K,
    looking_at,
    nearest_pixels,
    square_K,
    unhidden,
    view_rotations,
)

GENERATOR = torch.Generator().manual_seed(0)


def test_pixel_centres_lie_at_integers() -> None:
    images = torch.rand(2, 3, 5, 7, generator=GENERATOR)
    row, column = torch.meshgrid(torch.arange(5.0), torch.arange(7.0), indexing="ij")
    pixels = torch.stack([column, row], dim=-1).expand(2, 5, 7, 2)
    torch.testing.assert_close(bilinear(images, pixels), images, rtol=0, atol=1e-6)
    between = bilinear(images, pixels[:, :, :-1] + torch.tensor([0.5, 0.0]))
    torch.testing.assert_close(between, (images[..., 1:] + images[..., :-1]) / 2, rtol=0, atol=1e-6)


def test_beyond_an_image_lies_nothing_or_its_border() -> None:
    image, far = torch.ones(1, 1, 4, 4), torch.tensor([[[-5.0, 1.0], [1.0, 9.0]]])
    assert bilinear(image, far).flatten().tolist() == [0.0, 0.0]
    assert bilinear(image, far, "border").flatten().tolist() == [1.0, 1.0]


def test_the_nearest_pixel_is_clamped_and_said_to_be_outside() -> None:
    pixels = torch.tensor([[0.4, 0.6], [-0.4, 2.49], [-0.6, 0.0], [3.6, 0.0], [0.0, 2.6]])
    column, row, inside = nearest_pixels(pixels, height=3, width=4)
    assert column.tolist() == [0, 0, 0, 3, 0] and row.tolist() == [1, 2, 0, 0, 2]
    assert inside.tolist() == [True, True, False, False, False]


def test_points_behind_the_surface_of_their_pixel_are_hidden() -> None:
    K = square_K(100.0, 11)
    depth = torch.full((1, 11, 11), 2.0)
    depth[0, :, :3] = 0.0
    points = torch.tensor(
        [[[0.0, 0.0, 2.0], [0.0, 0.0, 2.2], [0.0, 0.0, 1.0], [-0.1, 0.0, 2.0], [1.0, 0, 2.0]]]
    )
    assert unhidden(points, depth, K, slack=0.1)[0].tolist() == [True, False, True, False, False]


def test_what_is_looked_at_is_in_the_middle_at_its_distance() -> None:
    centre = torch.tensor([0.3, -0.2, 0.1])
    seen = looking_at(centre, view_rotations(5, 2), 0.7).apply(centre)
    torch.testing.assert_close(seen, torch.tensor([0.0, 0.0, 0.7]).expand(10, 3), rtol=0, atol=1e-6)
    still = looking_at(centre, SO3.identity(), 1.0)
    torch.testing.assert_close(still.apply(centre), torch.tensor([0.0, 0.0, 1.0]))


@pytest.mark.parametrize("size", [64, 65])
def test_a_span_is_centred(size: int) -> None:
    low, high, focal = torch.tensor([[-0.1, 0.2]]), torch.tensor([[0.3, 0.4]]), torch.tensor([120.0])
    K = centred_K(low, high, focal, size)[0]
    ends = [focal[0] * end[0] + K[:2, 2] for end in (low, high)]
    torch.testing.assert_close((ends[0] + ends[1]) / 2, torch.full((2,), (size - 1) / 2))
