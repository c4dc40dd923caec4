"""What a path holds is told by itself, and what is nothing to show is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from objpose.cli import main
from objpose.errors import InputError
from objpose.splatting import save_splats
from objpose.viewing.result import kind_of, show_result
from tests.splatting.pictures import blob_splats
from tests.viewing.conftest import NAME


def test_kinds_are_told(tmp_path: Path, answered: Path) -> None:
    assert kind_of(answered) == kind_of(answered.parent) == ("estimates", answered)
    renamed = answered.rename(answered.with_name("mine.json"))
    assert kind_of(renamed) == ("estimates", renamed)
    (tmp_path / "states.json").write_text('{"run": {}}')
    assert kind_of(tmp_path) == ("track", tmp_path / "states.json")
    (tmp_path / "transforms.json").write_text('{"frames": []}')
    assert kind_of(tmp_path / "transforms.json") == ("cameras", tmp_path / "transforms.json")
    (tmp_path / "cameras.json").write_text("{}")
    assert kind_of(tmp_path) == kind_of(tmp_path / "cameras.json") == ("cameras", tmp_path)
    (tmp_path / "scene.ply").write_text("")
    kept = tmp_path / "templates" / NAME
    assert kind_of(kept) == ("object", kept)
    assert kind_of(tmp_path / "scene.ply") == ("splats", tmp_path / "scene.ply")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("missing", "no such file"),
        (".", "a folder without any of these"),
        ("results.csv", "a file of the kind .csv"),
        ("photo.png", "a file of the kind .png"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, name: str, found: str) -> None:
    for file in ("results.csv", "photo.png"):
        (tmp_path / file).write_text("")
    outcome = CliRunner().invoke(main, ["view", str(tmp_path / name)])
    assert outcome.exit_code == 2 and f"found {found}, expected" in outcome.output
    assert ("bop-eval view" in outcome.output) == name.endswith("csv")


def test_photos_are_for_cameras(answered: Path) -> None:
    with pytest.raises(InputError, match="--photos"):
        show_result(answered, 0, answered.parent)


def test_each_kind_is_served(tmp_path: Path, answered: Path) -> None:
    pytest.importorskip("viser", reason="the web viewer is optional")
    save_splats(tmp_path / "scene.ply", blob_splats())
    for path, words in (
        (answered, "1 estimates"),
        (tmp_path / "templates" / NAME, NAME),
        (tmp_path / "scene.ply", f"{len(blob_splats())} splats"),
    ):
        server, shown = show_result(path, 0)
        server.stop()
        assert shown == words
