"""Templates on disk: read back equal, made anew when they do not fit, and nothing else harmed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from objpose.features import PatchDescriptor
from objpose.geometry import Mesh
from objpose.onboarding import ObjectModel, TemplateSet, kept_arrays
from objpose.onboarding import template_storage as storage
from objpose.onboarding.template_storage import stored_templates
from objpose.onboarding.template_views import ViewOptions
from objpose.onboarding.templates import TemplateOptions
from tests.synthetic import MESHES, onboarded

FEATURES = PatchDescriptor()
OPTIONS = TemplateOptions(ViewOptions(directions=6, turns=2, cells=10), components=8, words=16)
FIELDS = ("first_patch", "points", "pixels", "descriptors", "histograms", "thumbnails")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The features of all sets made from here on; they are made with few views."""
    names, build = [], storage.build_templates

    def watched(mesh: Mesh, features: PatchDescriptor, *rest: object) -> TemplateSet:
        names.append(features.name)
        return build(mesh, features, *rest)

    monkeypatch.setattr(storage, "build_templates", watched)
    monkeypatch.setattr(storage, "TemplateOptions", lambda: OPTIONS)
    return names


def stored(folder: Path | None, features: PatchDescriptor = FEATURES) -> TemplateSet:
    return stored_templates(MESHES["printed_box"](), features, folder, progress=False)


def assert_equal(one: TemplateSet, other: TemplateSet) -> None:
    """To the last bit, so that a stored object answers as a new one."""
    for name in FIELDS:
        first, second = getattr(one, name), getattr(other, name)
        assert first.dtype == second.dtype and torch.equal(first, second), name
    assert torch.equal(one.views.cam_from_obj.wxyz_xyz, other.views.cam_from_obj.wxyz_xyz)
    assert torch.equal(one.views.K, other.views.K) and torch.equal(one.views.centre, other.views.centre)
    assert (one.views.size, one.views.fill) == (other.views.size, other.views.fill)
    assert torch.equal(one.components.mean, other.components.mean)
    assert torch.equal(one.components.basis, other.components.basis)
    assert torch.equal(one.words.centres, other.words.centres)
    assert torch.equal(one.words.idf, other.words.idf) and one.words.sigma == other.words.sigma
    assert one.features == other.features


def test_what_is_read_is_what_was_made(tmp_path: Path, made: list[str]) -> None:
    first, second = stored(tmp_path), stored(tmp_path)
    assert made == [FEATURES.name]
    assert_equal(second, first)
    [path] = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o644


def test_without_a_folder_they_are_made(tmp_path: Path, made: list[str]) -> None:
    assert_equal(stored(None), stored(tmp_path))
    assert len(made) == 2


def test_each_kind_of_features_has_a_file_of_its_own(tmp_path: Path, made: list[str]) -> None:
    other = PatchDescriptor(orientations=4)
    for features in (FEATURES, other, FEATURES, other):
        assert stored(tmp_path, features).features == features.name
    assert made == [FEATURES.name, other.name]
    assert len(list(tmp_path.iterdir())) == 2


def renamed(path: Path) -> None:
    """The file of other features under this one's name."""
    stored(path.parent, PatchDescriptor(orientations=4))
    [other] = [p for p in path.parent.iterdir() if p != path]
    other.replace(path)


SPOILS: dict[str, Callable[[Path], object]] = {
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "cut in its header": lambda path: os.truncate(path, 20),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("templates, but not really"),
    "of other features": renamed,
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_file_that_does_not_fit_is_made_anew(tmp_path: Path, made: list[str], spoil: str) -> None:
    first = stored(tmp_path)
    [path] = tmp_path.iterdir()
    SPOILS[spoil](path)
    made.clear()
    assert_equal(stored(tmp_path), first)
    assert made == [FEATURES.name]
    assert_equal(stored(tmp_path), first)
    assert len(made) == 1, "the new file is a good one"


def test_other_settings_are_made_anew(
    tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(tmp_path)
    fewer = replace(OPTIONS, words=8)
    monkeypatch.setattr(storage, "TemplateOptions", lambda: fewer)
    assert len(stored(tmp_path).words) == 8
    monkeypatch.setattr(storage, "FORMAT", storage.FORMAT + 1)
    stored(tmp_path)
    assert len(made) == 3 and len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_left_alone(
    tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_arrays.os, "access", lambda *_: False)  # permissions mean nothing to root
    assert len(stored(tmp_path)) == 12
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(arrays: object, path: Path, metadata: object) -> None:
        Path(path).write_bytes(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(kept_arrays, "save_file", full_disk)
    with pytest.raises(OSError, match="No space left"):
        stored(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_loaded_object_finds_its_templates(tmp_path: Path, made: list[str]) -> None:
    folder = onboarded("printed_box").save(tmp_path / "box")
    first = ObjectModel.load(folder).templates(FEATURES, progress=False)
    again = ObjectModel.load(folder)
    assert_equal(again.templates(FEATURES, progress=False), first)
    assert again.templates(FEATURES) is again.templates(FEATURES), "in memory after the first call"
    assert made == [FEATURES.name]
