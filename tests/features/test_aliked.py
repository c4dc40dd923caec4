"""ALIKED's dense map: its cells lie where they say and are the network's own descriptors."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from scipy import ndimage
from torch import Tensor

from objpose.errors import InputError
from objpose.features import AlikedFeatures


@pytest.fixture(scope="module")
def weights(shared_data: Path) -> Path:
    return shared_data / "weights" / "aliked-n16rot.pth"


@pytest.fixture(scope="module")
def features(weights: Path) -> AlikedFeatures:
    return AlikedFeatures(weights, device="cpu")


def textured(height: int = 96, width: int = 160) -> Tensor:
    noise = torch.rand(3, height, width, generator=torch.Generator().manual_seed(0)).numpy()
    smooth = torch.from_numpy(ndimage.gaussian_filter(noise, (0, 2, 2)))
    return ((smooth - smooth.amin()) / (smooth.amax() - smooth.amin()))[None]


def test_cells_are_the_networks_descriptors_at_their_centres(features: AlikedFeatures):
    """kornia's own keypoints, moved to the cells' centres."""
    image = textured()
    maps = features(image)
    places = 2 * maps.centres().reshape(-1, 2) / torch.tensor([159.0, 95.0]) - 1
    network = features.network
    network.dkd.forward, original = (lambda *_, **__: ([places], [places[:, 0]], None)), network.dkd.forward
    try:
        [found] = network(image)
    finally:
        network.dkd.forward = original
    torch.testing.assert_close(found.keypoints, maps.centres().reshape(-1, 2), atol=1e-3, rtol=0)
    torch.testing.assert_close(found.descriptors, maps.descriptors.flatten(0, 2), atol=1e-4, rtol=0)


def test_a_moved_image_moves_the_map(features: AlikedFeatures):
    """By two cells: what a cell shows is found where it went."""
    image = textured()
    here, there = (features(x).descriptors[0] for x in (image, image.roll(16, 2)))
    inner = here[:, 4:-6].reshape(-1, features.dim)
    row, column = torch.meshgrid(torch.arange(12), torch.arange(4, 14), indexing="ij")
    found = (inner @ there.flatten(0, 1).T).argmax(1)
    expected = ((row + 2) * 20 + column).flatten()
    inside = (row < 8).flatten() & (row >= 2).flatten()
    assert float((found == expected)[inside].float().mean()) > 0.95


def test_cells_outlive_light_and_noise(features: AlikedFeatures):
    image = textured()
    noise = 0.02 * torch.randn(image.shape, generator=torch.Generator().manual_seed(1))
    one, other = (features(x).descriptors.flatten(0, 2) for x in (image, (0.7 * image + noise).clamp(0, 1)))
    found = (other @ one.T).argmax(1) == torch.arange(len(one))
    assert float(found.float().mean()) > 0.95


def test_batches_sizes_and_unit_length(features: AlikedFeatures):
    images = textured(50, 75).expand(3, -1, -1, -1)
    maps = features(images)
    assert maps.descriptors.shape == (3, 6, 9, features.dim)
    assert (maps.stride, maps.origin) == (8, 3.5)
    torch.testing.assert_close(maps.descriptors.norm(dim=-1), torch.ones(3, 6, 9))
    torch.testing.assert_close(maps.descriptors[1:2], features(images[:1]).descriptors, atol=1e-5, rtol=0)
    assert features(images[:0]).descriptors.shape == (0, 6, 9, features.dim)


def test_wrong_files_and_names_are_refused(weights: Path, tmp_path: Path):
    with pytest.raises(InputError, match="weights of another network"):
        AlikedFeatures(weights, network="aliked-t16")
    with pytest.raises(InputError, match="network: found 'sift'"):
        AlikedFeatures(weights, network="sift")
    with pytest.raises(InputError, match="gone.pth: found no such file"):
        AlikedFeatures(tmp_path / "gone.pth")
    torch.save({"stray": torch.zeros(1)}, tmp_path / "stray.pth")
    with pytest.raises(InputError, match=r"parameters missing .*, 1 unknown \['stray'\]"):
        AlikedFeatures(tmp_path / "stray.pth")
    (tmp_path / "page.pth").write_bytes(b"<html>" * 50)
    with pytest.raises(InputError, match="page.pth"):
        AlikedFeatures(tmp_path / "page.pth")


def test_the_name_tells_networks_apart(features: AlikedFeatures, weights: Path):
    other = AlikedFeatures(weights.with_name("aliked-n16.pth"), network="aliked-n16", device="cpu")
    assert other.name != features.name
