"""`objpose onboard`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from objpose.objects import ObjectModel


def test_onboarding_says_what_it_found_and_where_it_is(onboarding: tuple[str, Path]) -> None:
    said, templates = onboarding
    assert "watering_can: diameter 272." in said
    assert "colour from texture, no symmetry" in said
    model = ObjectModel.load(templates / "watering_can")
    assert model.name == "watering_can" and 0.27 < model.diameter < 0.275


def test_a_mesh_in_metres_called_mm_is_refused(objpose_command: Callable[..., Result], data: Path) -> None:
    result = objpose_command("onboard", data / "watering_can.glb", "--units", "mm", "--out", "objects")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    assert "0.0002721 m across when read as mm" in result.stderr and "its unit is m" in result.stderr
    assert not Path("objects").exists()


def test_a_truncated_ply_is_refused(objpose_command: Callable[..., Result]) -> None:
    header = "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    Path("torn.ply").write_text(
        header + "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1"
    )
    result = objpose_command("onboard", "torn.ply", "--out", "objects")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: torn.ply") and result.stderr.count("\n") == 1
    assert not Path("objects").exists()


def test_a_missing_mesh_is_named(objpose_command: Callable[..., Result]) -> None:
    result = objpose_command("onboard", "nothing.ply")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: nothing.ply: found no such file")
    assert list(Path.cwd().iterdir()) == []


def test_photos_without_a_scale_are_refused(objpose_command: Callable[..., Result]) -> None:
    result = objpose_command("onboard-photos", "photos", "--masks", "masks", "--out", "objects")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: scale: found neither") and result.stderr.count("\n") == 1
    assert list(Path.cwd().iterdir()) == []


def test_a_size_of_tags_that_is_none_is_refused(objpose_command: Callable[..., Result]) -> None:
    result = objpose_command("onboard-photos", "photos", "--tag-size", "7=x", "--out", "objects")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: --tag-size: found 7=x") and result.stderr.count("\n") == 1
    assert list(Path.cwd().iterdir()) == []


def test_views_without_cameras_are_refused(objpose_command: Callable[..., Result]) -> None:
    Path("drill").mkdir()
    result = objpose_command("onboard-views", "drill", "--out", "objects")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: drill: found no cameras") and result.stderr.count("\n") == 1
    assert not Path("objects").exists()
