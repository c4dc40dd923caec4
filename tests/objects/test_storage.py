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
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from objpose.errors import InputError, InputWarning
from objpose.objects import ObjectModel
from objpose.objects.kept_arrays import keep
from objpose.objects.storage import META, arrays_name, content_of, is_object, is_outdated
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
        for name in first.__dataclass_fields__.keys() - {"folder"}:  # not where it is kept
            assert_identical(getattr(first, name), getattr(second, name))
    else:
        assert first == second


@pytest.mark.parametrize("name", MESHES)
def test_what_is_loaded_is_what_was_saved(name: str, tmp_path: Path) -> None:
    model = onboarded(name)
    loaded = ObjectModel.load(model.save(tmp_path / name))
    assert_identical(loaded, replace(model, source=json.loads(json.dumps(model.source))))
    assert loaded.content == model.content
    assert {path.name for path in (tmp_path / name).iterdir()} == {META, arrays_name(model)}


ARRAYS = arrays_name(onboarded("can"))


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
    "no arrays": (remove(ARRAYS), f"found no {ARRAYS}"),
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


def test_another_object_takes_the_place_when_it_is_told_to(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    for ours in ("templates-patches.safetensors", ".arrays.12345678.tmp.safetensors"):
        (folder / ours).write_text("of the can, or broken off")
    mug = onboarded("mug")
    with pytest.raises(InputError, match="another object.*name=, or take the place with replace=True"):
        mug.save(folder)
    assert ObjectModel.load(folder).name == "can"
    mug.save(folder, replace=True)
    assert ObjectModel.load(folder).name == "mug"
    assert {path.name for path in folder.iterdir()} == {META, arrays_name(mug), "notes.txt"}
    assert [path.name for path in folder.parent.iterdir()] == ["can"]


def test_the_same_object_is_saved_again_and_keeps_what_was_made_of_it(folder: Path) -> None:
    keep(folder / "thing.safetensors", onboarded("can").content, "it", {"one": torch.ones(1)})
    onboarded("can").save(folder)
    assert {path.name for path in folder.iterdir()} == {META, ARRAYS, "thing.safetensors"}


def test_an_object_that_cannot_be_read_gives_its_place_when_told_to(folder: Path) -> None:
    (folder / META).write_text("{")
    with pytest.raises(InputError, match="replace=True"):
        onboarded("can").save(folder)
    onboarded("can").save(folder, replace=True)
    assert ObjectModel.load(folder).name == "can"


def loaded_with_a_warning(folder: Path) -> ObjectModel:
    with pytest.warns(InputWarning, match="earlier version, whose thin walls.*; onboard the object again"):
        return ObjectModel.load(folder)


def test_objects_of_format_1_are_read(folder: Path) -> None:
    (folder / ARRAYS).rename(folder / "arrays.safetensors")
    meta = {**json.loads((folder / META).read_text()), "format": 1}
    del meta["arrays"], meta["content"], meta["is_from_views"]
    (folder / META).write_text(json.dumps(meta))
    assert loaded_with_a_warning(folder).content == onboarded("can").content
    onboarded("can").save(folder)
    assert {path.name for path in folder.iterdir()} == {META, ARRAYS}


def test_an_object_of_format_2_gets_its_near_symmetry(folder: Path) -> None:
    """It had none; the surface tells it. What is made of the object is kept, as of any other."""
    meta = {**json.loads((folder / META).read_text()), "format": 2, "content": "of less"}
    del meta["near_symmetries_continuous"]
    arrays = {name: a for name, a in load_file(folder / ARRAYS).items() if not name.startswith("near")}
    save_file(arrays, folder / ARRAYS)
    (folder / META).write_text(json.dumps(meta))
    loaded = loaded_with_a_warning(folder)
    assert loaded.content == content_of(folder) == onboarded("can").content
    assert_identical(loaded.near_symmetry, onboarded("can").near_symmetry)


def test_an_object_of_an_earlier_version_is_told_until_it_is_onboarded_again(
    folder: Path, recwarn: pytest.WarningsRecorder
) -> None:
    """Format 3 held turns of another kind besides."""
    arrays = {**load_file(folder / ARRAYS), "look_alikes": torch.zeros(3, 7)}
    save_file(arrays, folder / ARRAYS)
    edit("format", 3)(folder)
    assert is_outdated(folder) and content_of(folder) == onboarded("can").content
    assert not recwarn.list
    assert_identical(loaded_with_a_warning(folder), onboarded("can"))
    onboarded("can").save(folder)
    assert not is_outdated(folder)
    assert_identical(ObjectModel.load(folder), onboarded("can"))
    assert not recwarn.list


def test_a_failed_save_leaves_the_old_object_and_nothing_half_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(arrays: dict, path: Path, metadata: None) -> None:
        path.write_bytes(b"half")
        raise SafetensorError("No space left on device")

    monkeypatch.setattr("objpose.objects.kept_arrays.save_file", full_disk)
    with pytest.raises(InputError, match="No space left"):
        onboarded("mug").save(folder, replace=True)
    with pytest.raises(InputError, match="No space left"):
        onboarded("mug").save(folder.parent / "mug")
    monkeypatch.undo()
    assert ObjectModel.load(folder).name == "can"
    assert [path.name for path in folder.parent.iterdir()] == ["can"]


def test_a_save_broken_off_before_its_last_step_leaves_the_old_object(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.replace

    def fails_at_the_last(source: Path, target: Path) -> None:
        if Path(target).name == META:
            raise OSError("Input/output error")
        rename(source, target)

    monkeypatch.setattr("objpose.io.atomic.os.replace", fails_at_the_last)
    with pytest.raises(InputError, match="Input/output"):
        onboarded("mug").save(folder, replace=True)
    monkeypatch.undo()
    assert ObjectModel.load(folder).name == "can"
    assert {path.name for path in folder.iterdir()} == {META, ARRAYS}


def test_what_a_killed_process_left_is_taken_over(tmp_path: Path) -> None:
    """Arrays without the `object.json` that is written last: nothing that counts as an object."""
    folder = tmp_path / "can"
    folder.mkdir()
    (folder / ARRAYS).write_bytes(b"whole")
    (folder / f".object.{8 * 'a'}.tmp.json").write_text("{")
    assert not is_object(folder)
    onboarded("can").save(folder)
    assert {path.name for path in folder.iterdir()} == {META, ARRAYS}


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
