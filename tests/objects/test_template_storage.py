"""Templates on disk: read back equal, and made anew for other features and settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from objpose.features import PatchDescriptor
from objpose.geometry import Mesh
from objpose.objects import ObjectModel, TemplateSet, object_templates
from objpose.objects import template_storage as storage
from objpose.objects.template_views import ViewOptions
from objpose.objects.templates import TemplateOptions
from tests.synthetic import onboarded

FEATURES = PatchDescriptor()
OPTIONS = TemplateOptions(ViewOptions(directions=6, turns=2, cells=10), components=8, words=16)
FIELDS = ("first_patch", "points", "pixels", "descriptors", "histograms", "thumbnails")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The features of all sets made from here on."""
    names, build = [], storage.build_templates

    def watched(mesh: Mesh, features: PatchDescriptor, *rest: object) -> TemplateSet:
        names.append(features.name)
        return build(mesh, features, *rest)

    monkeypatch.setattr(storage, "build_templates", watched)
    return names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return onboarded("printed_box").save(tmp_path / "box")


def loaded(
    folder: Path, features: PatchDescriptor = FEATURES, options: TemplateOptions = OPTIONS
) -> TemplateSet:
    """As another process finds them, made with few views."""
    return object_templates(ObjectModel.load(folder), features, options, progress=False)


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


def test_what_is_read_is_what_was_made(folder: Path, made: list[str]) -> None:
    first = loaded(folder)
    assert_equal(loaded(folder), first)
    assert made == [FEATURES.name]
    assert_equal(object_templates(onboarded("printed_box"), FEATURES, OPTIONS, progress=False), first)
    assert len(made) == 2, "without a folder they are made"


def test_each_kind_of_features_has_a_file_of_its_own(folder: Path, made: list[str]) -> None:
    other = PatchDescriptor(orientations=4)
    for features in (FEATURES, other, FEATURES, other):
        assert loaded(folder, features).features == features.name
    assert made == [FEATURES.name, other.name]
    assert len(list(folder.glob("templates-*"))) == 2


def test_other_settings_are_made_anew(folder: Path, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(folder)
    assert len(loaded(folder, options=replace(OPTIONS, words=8)).words) == 8
    monkeypatch.setattr(storage, "FORMAT", storage.FORMAT + 1)
    loaded(folder)
    assert len(made) == 3 and len(list(folder.glob("templates-*"))) == 1
