"""An object before a plain ground is found; what is not clearly one is not."""

import numpy as np
import pytest

from objpose.cameras.silhouettes.found import before_plain_ground, find_silhouettes
from objpose.cameras.silhouettes.options import GroundOptions
from tests.cameras.silhouettes.figures import HEIGHT, WIDTH, branched_body, masks_of, orbit

OPTIONS = GroundOptions()


def ground(rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) in [0, 1]: one colour, darker to one side, with a sensor's noise."""
    slope = np.linspace(1.0, 0.8, WIDTH)[None, :, None]
    return np.array([0.3, 0.45, 0.4]) * slope + rng.normal(scale=0.01, size=(HEIGHT, WIDTH, 3))


def picture(masks: list[np.ndarray], seed: int = 0) -> np.ndarray:
    """Bright things, shaded from left to right, before the ground."""
    rng = np.random.default_rng(seed)
    image = ground(rng)
    for mask in masks:
        shade = np.linspace(0.9, 0.65, WIDTH)[None, :, None] + rng.normal(scale=0.01, size=image.shape)
        image = np.where(mask[..., None], shade, image)
    return (255 * image.clip(0, 1)).astype(np.uint8)


@pytest.fixture
def masks() -> list[np.ndarray]:
    return masks_of(branched_body(), orbit(3, away=8.0), focal=400.0)


def test_one_thing_before_a_plain_ground_is_found(masks: list[np.ndarray]) -> None:
    found = find_silhouettes([picture([mask]) for mask in masks], OPTIONS)
    assert found is not None
    for mask, true in zip(found, masks, strict=True):
        assert (mask & true).sum() / (mask | true).sum() > 0.93


def test_none_is_found_unless_in_every_photo(masks: list[np.ndarray]) -> None:
    assert find_silhouettes([picture([mask]) for mask in masks[:2]] + [picture([])], OPTIONS) is None


def test_two_things_are_not_the_object(masks: list[np.ndarray]) -> None:
    apart = [np.roll(masks[0], shift, axis=1) for shift in (-75, 75)]
    assert before_plain_ground(picture(apart), OPTIONS) is None


def test_a_thing_that_the_border_cuts_is_not_whole(masks: list[np.ndarray]) -> None:
    cut = np.zeros_like(masks[0])
    cut[:, :-160] = masks[0][:, 160:]
    assert cut[:, 0].sum() > 20
    assert before_plain_ground(picture([cut]), OPTIONS) is None


def test_a_ground_with_texture_is_not_plain(masks: list[np.ndarray]) -> None:
    image = picture([masks[0]]).astype(np.int64)
    image[~masks[0]] += 60 * (np.indices((HEIGHT, WIDTH)).sum(0) // 8 % 2)[~masks[0], None]
    assert before_plain_ground(image.clip(0, 255).astype(np.uint8), OPTIONS) is None
