"""Mini's maps: unit cells where patches lie, however images are batched; better matches than of patches."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from objpose.errors import InputError
from objpose.features import MiniDescriptor, PatchDescriptor
from objpose.features.mini import INPUTS, WINDOWS, with_means
from training.pairs import draw_shard
from training.surface import cells_of, right_share

FEATURES = MiniDescriptor()


def shown(height: int = 50, width: int = 75) -> Tensor:
    """A rectangle of noise before a plain background."""
    image = torch.full((3, height, width), 0.5)
    image[:, 8:40, 16:56] = torch.rand(3, 32, 40, generator=torch.Generator().manual_seed(0))
    return image[None]


def test_cells_lie_where_those_of_patches_do():
    maps, patches = FEATURES(shown()), PatchDescriptor()(shown())
    assert maps.descriptors.shape == (1, 6, 9, FEATURES.dim)
    assert torch.equal(maps.centres(), patches.centres())
    torch.testing.assert_close(maps.descriptors.norm(dim=-1), torch.ones(1, 6, 9))


def test_an_image_is_described_alike_alone_and_among_others():
    images = torch.cat([shown(), shown().flip(3), 0.5 * shown()])
    together = FEATURES(images).descriptors
    torch.testing.assert_close(together[1:2], FEATURES(images[1:2]).descriptors, atol=1e-5, rtol=0)
    assert FEATURES(images[:0]).descriptors.shape == (0, 6, 9, FEATURES.dim)


def test_means_are_those_of_the_cells_that_there_are():
    patches = torch.rand(2, 7, 10, 3, generator=torch.Generator().manual_seed(0))
    found = with_means(patches)
    assert torch.equal(found[..., :3], patches)
    for number, side in enumerate(WINDOWS, start=1):
        reach = side // 2
        window = patches[:, max(0, 5 - reach) : 5 + reach + 1, max(0, 2 - reach) : 2 + reach + 1]
        torch.testing.assert_close(found[:, 5, 2, 3 * number : 3 * number + 3], window.mean((1, 2)))


def test_more_matches_are_right_than_of_patches():
    """Of drawn things that the map was not fitted to."""
    cells = cells_of(draw_shard(2, 0, things=6, photos=2))
    mapped = torch.nn.functional.normalize(cells.values @ FEATURES.projection.mT, dim=-1)
    patches = cells.values[..., : PatchDescriptor().dim]
    with_map, without = (right_share(cells, -torch.cdist(v[:, :1], v[:, 1:])) for v in (mapped, patches))
    assert float(with_map) > float(without) + 0.03


def test_the_maps_name_tells_its_content(tmp_path: Path):
    for name, value in (("same", 1.0), ("other", 2.0)):
        projection = (value * FEATURES.projection).half()
        save_file({"projection": projection}, tmp_path / f"{name}.safetensors")
    assert MiniDescriptor(tmp_path / "same.safetensors").name == FEATURES.name
    assert MiniDescriptor(tmp_path / "other.safetensors").name != FEATURES.name


def test_wrong_files_are_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"gone.safetensors: found no such file"):
        MiniDescriptor(tmp_path / "gone.safetensors")
    save_file({"stray": torch.zeros(1)}, tmp_path / "stray.safetensors")
    with pytest.raises(InputError, match="another kind of file"):
        MiniDescriptor(tmp_path / "stray.safetensors")
    (tmp_path / "page.safetensors").write_bytes(b"<html>" * 50)
    with pytest.raises(InputError, match="another kind of file"):
        MiniDescriptor(tmp_path / "page.safetensors")
    save_file({"projection": torch.zeros(8, INPUTS + 1)}, tmp_path / "wide.safetensors")
    with pytest.raises(InputError, match=r"shape \(8, "):
        MiniDescriptor(tmp_path / "wide.safetensors")
