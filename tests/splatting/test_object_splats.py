"""Splats of an onboarded object: fitted ones kept with it, made ones kept beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import Mesh
from objpose.onboarding import ObjectModel
from objpose.onboarding.splat_files import MADE
from objpose.raster import Splats, with_degree
from objpose.splatting import mesh_splats, object_as_splats, object_splats
from tests.splatting.pictures import blob_splats
from tests.synthetic import onboarded


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Mesh]:
    """The meshes that splats are made of from here on, quickly."""
    meshes = []

    def polished_splats(mesh: Mesh) -> Splats:
        meshes.append(mesh)
        return mesh_splats(mesh, 200)

    monkeypatch.setattr(object_as_splats, "polished_splats", polished_splats)
    return meshes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return onboarded("painted_blob").save(tmp_path / "blob")


def assert_equal(one: Splats, other: Splats) -> None:
    assert one.tensors().keys() == other.tensors().keys()
    assert all(torch.equal(value, other.tensors()[name]) for name, value in one.tensors().items())


def test_they_are_made_once_and_come_back_to_the_last_bit(folder: Path, made: list[Mesh]) -> None:
    model = ObjectModel.load(folder)
    first = object_splats(model)
    assert object_splats(model) is first
    assert_equal(object_splats(ObjectModel.load(folder)), first)
    assert len(made) == 1 and made[0] is model.mesh
    assert (folder / MADE).stat().st_mode & 0o777 == 0o644


def test_an_object_without_a_folder_keeps_them_in_memory(made: list[Mesh]) -> None:
    model = replace(onboarded("painted_blob"), _made_splats={})
    assert object_splats(model) is object_splats(model)
    assert len(made) == 1


SPOILS: dict[str, Callable[[Path], object]] = {
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("splats, but not really"),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_file_that_does_not_fit_is_made_anew(folder: Path, made: list[Mesh], spoil: str) -> None:
    first = object_splats(ObjectModel.load(folder))
    SPOILS[spoil](folder / MADE)
    assert_equal(object_splats(ObjectModel.load(folder)), first)
    assert_equal(object_splats(ObjectModel.load(folder)), first)
    assert len(made) == 2, "the new file is a good one"


def test_another_maker_makes_them_anew(
    folder: Path, made: list[Mesh], monkeypatch: pytest.MonkeyPatch
) -> None:
    object_splats(ObjectModel.load(folder))
    monkeypatch.setattr(object_as_splats, "FORMAT", object_as_splats.FORMAT + 1)
    object_splats(ObjectModel.load(folder))
    assert len(made) == 2


def test_splats_fitted_to_views_are_part_of_the_object(tmp_path: Path, made: list[Mesh]) -> None:
    fitted = blob_splats()
    folder = replace(onboarded("painted_blob"), fitted=fitted).save(tmp_path / "blob")
    found = object_splats(ObjectModel.load(folder))
    assert made == [] and len(found) == len(fitted)
    torch.testing.assert_close(found.means, fitted.means)
    torch.testing.assert_close(with_degree(found, 0), with_degree(fitted, 0))


def test_an_object_that_lost_its_splats_is_named(tmp_path: Path) -> None:
    folder = replace(onboarded("painted_blob"), fitted=blob_splats()).save(tmp_path / "blob")
    (folder / "splats.ply").unlink()
    with pytest.raises(InputError, match="splats.ply"):
        ObjectModel.load(folder)


def test_objects_of_before_are_read(folder: Path) -> None:
    meta = json.loads((folder / "object.json").read_text())
    del meta["is_from_views"]
    (folder / "object.json").write_text(json.dumps(meta))
    assert ObjectModel.load(folder).fitted is None
