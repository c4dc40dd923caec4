"""Splats of an onboarded object: fitted ones kept with it, made ones kept beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from objpose.errors import InputError
from objpose.geometry import Mesh
from objpose.objects import ObjectModel, store
from objpose.objects.splat_files import load_splats
from objpose.objects.storage import arrays_name
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
    monkeypatch.setattr(store, "_STORE", store.Store())  # nothing was made before
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
    assert (folder / f"{object_as_splats.KIND}.safetensors").is_file()


def test_an_object_without_a_folder_keeps_them_in_memory(made: list[Mesh]) -> None:
    model = replace(onboarded("painted_blob"))
    assert object_splats(model) is object_splats(model)
    assert len(made) == 1


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
    assert_equal(found, fitted)
    shown = load_splats(folder / "splats.ply")  # for viewers
    torch.testing.assert_close(shown.means, fitted.means)
    torch.testing.assert_close(with_degree(shown, 0), with_degree(fitted, 0))


@pytest.fixture
def of_format_1(tmp_path: Path) -> Path:
    """An object from views, as it was kept before: its splats in the PLY alone."""
    model = replace(onboarded("painted_blob"), fitted=blob_splats())
    folder = model.save(tmp_path / "blob")
    (folder / arrays_name(model)).unlink()
    arrays = {name: a for name, a in model.arrays().items() if not name.startswith("fitted")}
    save_file(arrays, folder / "arrays.safetensors")
    meta = {**json.loads((folder / "object.json").read_text()), "format": 1}
    del meta["arrays"], meta["content"]
    (folder / "object.json").write_text(json.dumps(meta))
    return folder


def test_objects_of_before_are_read(of_format_1: Path) -> None:
    fitted = ObjectModel.load(of_format_1).fitted
    torch.testing.assert_close(with_degree(fitted, 0), with_degree(blob_splats(), 0))


def test_one_of_them_that_lost_its_splats_is_named(of_format_1: Path) -> None:
    (of_format_1 / "splats.ply").unlink()
    with pytest.raises(InputError, match="splats.ply"):
        ObjectModel.load(of_format_1)
