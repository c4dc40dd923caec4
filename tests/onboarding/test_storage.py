"""Onboarded objects on disk: whole, identical, and nothing else harmed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from objpose.errors import InputError
from objpose.onboarding import ObjectModel
from objpose.onboarding.storage import ARRAYS, META
from tests.synthetic import MESHES, onboarded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The can, saved."""
    return onboarded("can").save(tmp_path / "templates" / "can")


def assert_identical(first: object, second: object) -> None:
    """Every array equal to the last bit, every number equal."""
    assert type(first) is type(second)
    if isinstance(first, torch.Tensor):
        assert first.dtype == second.dtype and torch.equal(first, second)
    elif isinstance(first, tuple):
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            assert_identical(one, other)
    elif hasattr(first, "__dataclass_fields__"):
        # Not where it is kept, nor what was derived from it since.
        for name in first.__dataclass_fields__.keys() - {"folder", "_templates", "_made_splats"}:
            assert_identical(getattr(first, name), getattr(second, name))
    else:
        assert first == second


@pytest.mark.parametrize("name", MESHES)
def test_what_is_loaded_is_what_was_saved(name: str, tmp_path: Path) -> None:
    model = onboarded(name)
    loaded = ObjectModel.load(model.save(tmp_path / name))
    assert_identical(loaded, replace(model, source=json.loads(json.dumps(model.source))))
    assert {path.name for path in (tmp_path / name).iterdir()} == {META, ARRAYS}


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut(name: str) -> Callable[[Path], None]:
    return lambda folder: os.truncate(folder / name, (folder / name).stat().st_size // 2)


def write(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def edit(key: str, value: object) -> Callable[[Path], None]:
    """Another value of a member of the JSON file; None takes it out."""

    def change(folder: Path) -> None:
        meta = json.loads((folder / META).read_text())
        meta[key] = value
        (folder / META).write_text(json.dumps({k: v for k, v in meta.items() if v is not None}))

    return change


def drop_array(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        arrays = load_file(folder / ARRAYS)
        del arrays[name]
        save_file(arrays, folder / ARRAYS)

    return change


DAMAGE = {
    "no JSON file": (remove(META), "found no object.json"),
    "no arrays": (remove(ARRAYS), "found no arrays.safetensors"),
    "a torn JSON file": (cut(META), "found a damaged file"),
    "torn arrays": (cut(ARRAYS), "found a damaged file"),
    "an empty array file": (write(ARRAYS, b""), "found a damaged file"),
    "a JSON file of bytes": (write(META, b"\xff\xfe\x00\x80"), "found a damaged file"),
    "a JSON list": (write(META, b"[]"), "found format None"),
    "a newer format": (edit("format", 99), "found format 99, expected format"),
    "no diameter": (edit("diameter", None), "found a damaged file"),
    "no keypoints": (drop_array("keypoints.points"), "found a damaged file"),
    "no mesh": (drop_array("mesh.vertices"), "found a damaged file"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_folder_is_named_with_the_cure(case: str, folder: Path) -> None:
    spoil, complaint = DAMAGE[case]
    spoil(folder)
    with pytest.raises(InputError) as refusal:
        ObjectModel.load(folder)
    message = str(refusal.value)
    assert message.startswith(f"{folder}: {complaint}") and message.endswith("onboard the object again")


def test_saving_again_replaces_the_whole_folder(folder: Path) -> None:
    (folder / "left_over.txt").write_text("old")
    onboarded("mug").save(folder)
    assert ObjectModel.load(folder).name == "mug"
    assert {path.name for path in folder.iterdir()} == {META, ARRAYS}
    assert [path.name for path in folder.parent.iterdir()] == ["can"]


def test_a_failed_save_leaves_the_old_object_and_nothing_half_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(arrays: dict, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr("objpose.onboarding.storage.save_file", full_disk)
    with pytest.raises(OSError, match="No space left"):
        onboarded("mug").save(folder)
    monkeypatch.undo()
    assert ObjectModel.load(folder).name == "can"
    assert [path.name for path in folder.parent.iterdir()] == ["can"]


def test_a_failed_exchange_of_folders_leaves_the_old_object(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, calls = os.replace, []

    def fails_at_the_second(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError("Input/output error")
        rename(source, target)

    monkeypatch.setattr("objpose.onboarding.storage.os.replace", fails_at_the_second)
    with pytest.raises(OSError, match="Input/output"):
        onboarded("mug").save(folder)
    monkeypatch.undo()
    assert ObjectModel.load(folder).name == "can"
    assert [path.name for path in folder.parent.iterdir()] == ["can"]


def test_a_folder_of_something_else_is_not_touched(tmp_path: Path) -> None:
    thesis = tmp_path / "can" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("years of work")
    with pytest.raises(InputError, match="a folder that holds something else.*choose another name"):
        onboarded("can").save(thesis.parent)
    assert thesis.read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["can"]


def test_a_moved_folder_still_loads(folder: Path, tmp_path: Path) -> None:
    shutil.move(folder, tmp_path / "elsewhere")
    assert ObjectModel.load(tmp_path / "elsewhere").name == "can"
