"""Feature maps: where their cells are, and what sampling between them gives."""

from __future__ import annotations

import pytest
import torch

from objpose.errors import InputError
from objpose.features import FeatureMap
from objpose.features.dense import check_images


def linear_map(height: int, width: int, stride: float, origin: float) -> FeatureMap:
    """Descriptors that are their own cell's column and row in pixels."""
    empty = FeatureMap(torch.zeros(1, height, width, 1), stride, origin, 0.0)
    return FeatureMap(empty.centres()[None], stride, origin, 0.0)


@pytest.mark.parametrize(("height", "width"), [(5, 7), (1, 4), (1, 1)])
def test_sampling_at_the_centres_gives_the_cells(height: int, width: int):
    maps = linear_map(height, width, 14.0, 6.5)
    sampled = maps.sample(maps.centres().reshape(1, -1, 2))
    torch.testing.assert_close(sampled, maps.descriptors.flatten(1, 2))


def test_sampling_is_linear_between_the_centres():
    maps = linear_map(6, 9, 8.0, 3.5)
    pixels = 3.5 + 8.0 * torch.rand(1, 50, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor(
        [8, 5]
    )
    torch.testing.assert_close(maps.sample(pixels), pixels)


def test_beyond_the_outermost_centres_the_border_holds():
    maps = linear_map(6, 9, 8.0, 3.5)
    outside = torch.tensor([[[-20.0, 11.5], [500.0, 11.5], [11.5, 400.0]]])
    expected = torch.tensor([[[3.5, 11.5], [67.5, 11.5], [11.5, 43.5]]])
    torch.testing.assert_close(maps.sample(outside), expected)


def test_each_image_is_sampled_in_its_own_map():
    descriptors = torch.arange(2.0).view(2, 1, 1, 1).expand(2, 3, 3, 1)
    sampled = FeatureMap(descriptors, 8.0, 3.5, 0.0).sample(torch.full((2, 1, 2), 9.0))
    assert sampled.flatten().tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    "images",
    [torch.zeros(3, 32, 32), torch.zeros(1, 32, 32, 3), torch.zeros(1, 3, 32, 32, dtype=torch.uint8)],
    ids=["no batch", "channels last", "8 bit"],
)
def test_images_in_another_layout_are_refused(images):
    with pytest.raises(InputError, match="images: found shape"):
        check_images(images, least=8)


def test_images_smaller_than_a_cell_are_refused():
    with pytest.raises(InputError, match="found 32 x 7 pixels, expected at least 8 x 8"):
        check_images(torch.zeros(1, 3, 7, 32), least=8)
