"""Mini's maps: unit cells where patches lie, however images are batched; more right matches than patches'."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Generator, Tensor

from objpose.errors import InputError
from objpose.features import MiniDescriptor, PatchDescriptor
from objpose.features.mini import INPUTS, MAP, MAPPED, WINDOWS, with_means
from objpose.features.mini_network import DIM
from training.mini.batches import draw_batch
from training.mini.matching import right_share
from training.mini.stock import make_stock

FEATURES = MiniDescriptor()


def shown(height: int = 50, width: int = 75) -> Tensor:
    """A rectangle of noise before a plain background."""
    image = torch.full((3, height, width), 0.5)
    image[:, 8:40, 16:56] = torch.rand(3, 32, 40, generator=Generator().manual_seed(0))
    return image[None]


def test_cells_lie_where_those_of_patches_do():
    maps, patches = FEATURES(shown()), PatchDescriptor()(shown())
    assert maps.descriptors.shape == (1, 6, 9, FEATURES.dim)
    assert torch.equal(maps.centres(), patches.centres())
    torch.testing.assert_close(maps.descriptors.norm(dim=-1), torch.ones(1, 6, 9))


def test_an_image_is_described_alike_alone_and_among_others():
    images = torch.cat([shown(), shown().flip(3), 0.5 * shown()])
    together = FEATURES(images).descriptors
    torch.testing.assert_close(together[1:2], FEATURES(images[1:2]).descriptors, atol=1e-4, rtol=0)
    assert FEATURES(images[:0]).descriptors.shape == (0, 6, 9, FEATURES.dim)


def test_more_background_to_the_right_and_below_changes_nothing():
    """To what the network says, within what it fills sides up to anyway."""
    wider = torch.full((1, 3, 64, 96), 0.5)
    wider[:, :, :50, :75] = shown()
    cells = FEATURES(wider).descriptors[:, :6, :9, :DIM]
    torch.testing.assert_close(cells, FEATURES(shown()).descriptors[..., :DIM], atol=1e-4, rtol=0)


def test_the_colour_of_the_background_does_not_matter():
    other = shown()
    other[:, :, (other[0] == 0.5).all(0)] = 0.1
    torch.testing.assert_close(FEATURES(other).descriptors, FEATURES(shown()).descriptors, atol=1e-4, rtol=0)


def test_more_matches_are_right_than_of_patches():
    """Of drawn things that neither network nor map was made from."""
    stock = make_stock(1, 2_000_000, torch.device("cpu"))
    batch = draw_batch(stock, torch.arange(1), Generator().manual_seed(0), Generator().manual_seed(0))
    with_mini, with_patches = (
        right_share(
            batch, *(_maps(features, pictures.images) for pictures in (batch.photos, batch.templates))
        )
        for features in (FEATURES, PatchDescriptor())
    )
    assert with_mini > with_patches + 0.1


def _maps(features: MiniDescriptor | PatchDescriptor, images: Tensor) -> Tensor:
    return features(images.flatten(0, 1)).descriptors.permute(0, 3, 1, 2)


def test_means_are_those_of_the_cells_that_there_are():
    patches = torch.rand(2, 7, 10, 3, generator=Generator().manual_seed(0))
    found = with_means(patches)
    assert torch.equal(found[..., :3], patches)
    for number, side in enumerate(WINDOWS, start=1):
        reach = side // 2
        window = patches[:, max(0, 5 - reach) : 5 + reach + 1, max(0, 2 - reach) : 2 + reach + 1]
        torch.testing.assert_close(found[:, 5, 2, 3 * number : 3 * number + 3], window.mean((1, 2)))


def test_network_and_map_count_alike():
    learned, mapped = FEATURES(shown()).descriptors.split((DIM, MAPPED), -1)
    half = torch.full((1, 6, 9), 0.5**0.5)
    torch.testing.assert_close(learned.norm(dim=-1), half)
    torch.testing.assert_close(mapped.norm(dim=-1), half)


def halves() -> dict[str, Tensor]:
    """The package's weights as they are stored."""
    network, projection = FEATURES.weights
    state = network.state_dict() | {MAP: projection}
    return {name: values.half().contiguous() for name, values in state.items()}


def test_the_name_tells_the_weights(tmp_path: Path):
    state = halves()
    save_file(state, tmp_path / "same.safetensors")
    assert MiniDescriptor(tmp_path / "same.safetensors").name == FEATURES.name
    for number, name in enumerate(("describe.bias", MAP)):
        save_file(state | {name: state[name] + 1}, tmp_path / f"{number}.safetensors")
        assert MiniDescriptor(tmp_path / f"{number}.safetensors").name != FEATURES.name


def test_wrong_files_are_refused(tmp_path: Path):
    def refused(file: str, message: str) -> None:
        with pytest.raises(InputError, match=message):
            MiniDescriptor(tmp_path / file)

    state = halves()
    refused("gone.safetensors", "found no such file")
    (tmp_path / "page.safetensors").write_bytes(b"<html>" * 50)
    refused("page.safetensors", "another kind of file")
    save_file({"stray": torch.zeros(1)}, tmp_path / "stray.safetensors")
    refused("stray.safetensors", r"`projection` of shape \(0, 0\)")
    save_file(state | {MAP: torch.zeros(MAPPED, INPUTS + 1)}, tmp_path / "wide.safetensors")
    refused("wide.safetensors", rf"`projection` of shape \({MAPPED}, {INPUTS + 1}\)")
    save_file({MAP: state[MAP]}, tmp_path / "map.safetensors")
    refused("map.safetensors", "weights of another network")
    save_file(state | {"describe.weight": torch.zeros(DIM, 7, 1, 1)}, tmp_path / "other.safetensors")
    refused("other.safetensors", "weights of another network")
