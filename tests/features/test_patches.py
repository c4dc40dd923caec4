"""What the default dense descriptor may depend on, and what not."""

from __future__ import annotations

import pytest
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from objpose.features import PatchDescriptor

DESCRIBE = PatchDescriptor()


def textured(seed: int, height: int = 96, width: int = 128, background: float = 0.5) -> Tensor:
    """(1, 3, H, W) colour noise smoothed to blobs of a few pixels, mid-range, in a frame of background."""
    noise = torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed)).numpy()
    smooth = torch.from_numpy(ndimage.gaussian_filter(noise, (0, 2.5, 2.5)))
    low, high = smooth.amin(), smooth.amax()
    image = 0.2 + 0.6 * (smooth - low) / (high - low)
    return functional.pad(image[None, :, 2:-2, 2:-2], (2, 2, 2, 2), value=background)


def typical_distance(descriptors: Tensor) -> float:
    """Median distance between descriptors of different places."""
    flat = descriptors.flatten(0, -2)
    return float(torch.pdist(flat).median())


def test_the_map_has_a_cell_for_every_whole_square_and_its_centre_there():
    maps = DESCRIBE(torch.rand(2, 3, 50, 83))
    stride = DESCRIBE.stride
    assert maps.descriptors.shape == (2, 50 // stride, 83 // stride, DESCRIBE.dim)
    assert maps.centres()[0, 0].tolist() == [(stride - 1) / 2] * 2


def test_moving_the_image_by_a_cell_moves_the_map_by_a_cell():
    image, stride = textured(0, 176, 192), DESCRIBE.stride
    here = DESCRIBE(image).descriptors
    there = DESCRIBE(image.roll((stride, 2 * stride), (2, 3))).descriptors
    inner = slice(9, -9)  # farther from the frame than a cell looks
    moved = there.roll((-1, -2), (1, 2))
    torch.testing.assert_close(moved[:, inner, inner], here[:, inner, inner], atol=2e-3, rtol=0)


def test_mirrored_images_have_mirrored_cells():
    """A cell's centre is the centre of its window: any offset would show between an image and its mirror."""
    image = textured(1)
    here = PatchDescriptor(bins=1)(image).descriptors
    mirrored = PatchDescriptor(bins=1)(image.flip(3)).descriptors.flip(2)
    energy = slice(0, PatchDescriptor().orientations)
    torch.testing.assert_close(
        mirrored[..., energy].square().sum(-1), here[..., energy].square().sum(-1), atol=1e-4, rtol=0
    )


def test_light_changes_a_descriptor_less_than_place():
    image = textured(2)
    here = DESCRIBE(image).descriptors
    shading = torch.linspace(0.6, 1.2, image.shape[3])
    for light in (torch.tensor(0.5), shading):
        lit = torch.where(image == image[..., :1, :1], image, light * image)
        change = (DESCRIBE(lit).descriptors - here).norm(dim=-1)
        assert float(change.median()) < 0.35 * typical_distance(here)


def test_a_shifted_image_is_matched_cell_by_cell():
    """Sampling noise, less light and half a pixel's shift: each cell is nearest to itself."""
    image = textured(3)
    noise = 0.02 * torch.randn(image.shape, generator=torch.Generator().manual_seed(0))
    shifted = 0.7 * (image + image.roll(1, 3)) / 2 + noise
    there = torch.where(image == image[..., :1, :1], image, shifted.clamp(0, 1))
    one, other = (DESCRIBE(x).descriptors.flatten(0, 2) for x in (image, there))
    found = torch.cdist(other, one).argmin(1) == torch.arange(len(one))
    assert float(found.float().mean()) > 0.95


def test_colour_tells_equal_shapes_apart():
    grey = textured(4).mean(1, keepdim=True)
    red, blue = (grey * torch.tensor(tint).view(1, 3, 1, 1) for tint in ([1.2, 0.8, 0.8], [0.8, 0.8, 1.2]))
    distance = (DESCRIBE(red).descriptors - DESCRIBE(blue).descriptors).norm(dim=-1)
    assert float(distance.min()) > 0.3


def test_of_the_background_the_outline_alone_is_described():
    """Neither its colour nor the edge it makes against the object."""
    on_grey, on_white = (DESCRIBE(textured(7, background=fill)).descriptors for fill in (0.5, 1.0))
    torch.testing.assert_close(on_grey, on_white)
    plain = functional.pad(torch.full((1, 3, 40, 40), 0.3), (12, 12, 12, 12), value=0.9)
    assert PatchDescriptor(outline_weight=0.0)(plain).descriptors.abs().max() < 1e-3


def test_the_outline_tells_the_places_of_a_plain_surface_apart():
    plain = functional.pad(torch.full((1, 3, 80, 80), 0.3), (20, 20, 20, 20), value=0.9)
    descriptors = DESCRIBE(plain).descriptors[0, 3:-3, 3:-3].flatten(0, 1)
    apart = torch.pdist(descriptors)
    assert apart.min() > 0.04
    moved = functional.pad(torch.full((1, 3, 80, 80), 0.3), (22, 18, 20, 20), value=0.9)  # by a quarter cell
    found = torch.cdist(DESCRIBE(moved).descriptors[0, 3:-3, 3:-3].flatten(0, 1), descriptors).argmin(1)
    assert torch.equal(found, torch.arange(len(descriptors)))


def test_an_outline_has_no_preferred_side():
    """Turned by a quarter, an image's map has its outline turned too."""
    shape = torch.full((1, 3, 96, 96), 0.9)
    shape[..., 20:70, 30:80], shape[..., 60:80, 20:40] = 0.3, 0.3
    outline, turned = (DESCRIBE(x).descriptors[0, ..., -25:] for x in (shape, torch.rot90(shape, 1, (2, 3))))
    squares = torch.rot90(outline.unflatten(-1, (5, 5)), 1, (2, 3))
    torch.testing.assert_close(torch.rot90(squares, 1, (0, 1)).flatten(2), turned)


def test_background_alone_is_zero():
    assert (DESCRIBE(torch.full((1, 3, 32, 32), 0.7)).descriptors == 0).all()


def test_hue_outlives_the_tone_curve():
    """Half the contrast, as between a linear and an encoded picture, is nearer than another colour."""
    colors = torch.tensor([[0.8, 0.2, 0.1], [0.2, 0.7, 0.3], [0.1, 0.3, 0.8]])
    describe = PatchDescriptor(outline_weight=0.0)
    patches = colors.view(3, 3, 1, 1).expand(3, 3, 40, 40)
    images = functional.pad(patches, (4, 4, 4, 4), value=0.5)
    encoded = functional.pad(patches.sqrt(), (4, 4, 4, 4), value=0.5)
    one, other = (describe(x).descriptors[:, 3, 3] for x in (images, encoded))
    distance = torch.cdist(one, other)
    assert distance.diag().max() < 0.5 * distance[~torch.eye(3, dtype=torch.bool)].min()


def test_noise_on_a_plain_surface_is_no_texture():
    """Its histogram is short, so that two plain surfaces are alike whatever the noise."""
    noise = [
        0.6 + 0.004 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(s)) for s in (0, 1)
    ]
    one, other = (DESCRIBE(x).descriptors for x in noise)
    apart = (one - other)[:, 1:-1, 1:-1].norm(dim=-1)  # the border repeats its noise, which makes edges of it
    assert float(apart.max()) < 0.3 * typical_distance(DESCRIBE(textured(5)).descriptors)


def test_a_batch_is_described_as_its_images_alone():
    images = torch.cat([textured(seed) for seed in range(30)])
    maps = DESCRIBE(images)
    torch.testing.assert_close(
        maps.descriptors[17:18], DESCRIBE(images[17:18]).descriptors, atol=1e-6, rtol=0
    )
    assert DESCRIBE(images[:0]).descriptors.shape == (0, *maps.descriptors.shape[1:])


def test_the_name_tells_settings_apart():
    assert PatchDescriptor().name != PatchDescriptor(stride=4).name
    assert PatchDescriptor().name == DESCRIBE.name


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_any_float_gives_float32(dtype: torch.dtype):
    maps = DESCRIBE(textured(6).to(dtype))
    assert maps.descriptors.dtype == torch.float32
    torch.testing.assert_close(maps.descriptors, DESCRIBE(textured(6)).descriptors, atol=0.05, rtol=0)
