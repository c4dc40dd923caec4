"""From a mesh to an object, and finding objects again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from objpose.errors import InputError, InputWarning
from objpose.geometry import Symmetry
from objpose.io import write_mesh
from objpose.objects import ObjectModel
from objpose.onboarding import OnboardOptions, load_object, onboard
from tests.geometry.shapes import box
from tests.synthetic import onboarded

QUICK = OnboardOptions(surface_points=800, views=24)


def onboard_quickly(mesh: object, **options: object) -> ObjectModel:
    return onboard(mesh, **{"options": QUICK, "progress": False, "out": None, **options})


def test_a_mesh_file_becomes_a_named_object_in_metres(tmp_path: Path) -> None:
    write_mesh(tmp_path / "brick.ply", box(100.0, 60.0, 40.0))
    model = onboard_quickly(tmp_path / "brick.ply", out=tmp_path / "made")
    assert model.name == "brick" and (tmp_path / "made" / "brick").is_dir()
    assert model.diameter == pytest.approx((0.1**2 + 0.06**2 + 0.04**2) ** 0.5, rel=1e-5)
    assert model.source["mesh"] == "brick.ply" and model.source["units"] == "mm"
    low, high = model.mesh.bounds()
    torch.testing.assert_close(high - low, torch.tensor([0.1, 0.06, 0.04]))


def test_a_refused_mesh_leaves_nothing_behind(tmp_path: Path) -> None:
    write_mesh(tmp_path / "brick.ply", box(0.1, 0.06, 0.04))
    with pytest.raises(InputError, match="brick.ply: found .* say that its unit is m "):
        onboard_quickly(tmp_path / "brick.ply", units="mm", out=tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["brick.ply"]


def test_onboarding_twice_gives_the_same_object() -> None:
    first, second = (onboard_quickly(box(0.1, 0.06, 0.04)) for _ in range(2))
    assert torch.equal(first.surface.cloud.points, second.surface.cloud.points)
    assert torch.equal(first.keypoints.descriptors, second.keypoints.descriptors)
    assert torch.equal(first.symmetry.discrete.wxyz_xyz, second.symmetry.discrete.wxyz_xyz)


def test_a_known_symmetry_is_taken_as_it_is() -> None:
    known = Symmetry.none()
    assert onboard_quickly(box(0.1, 0.06, 0.04), symmetry=known).symmetry is known
    assert len(onboard_quickly(box(0.1, 0.06, 0.04)).symmetry.discrete) == 4


def test_a_print_breaks_the_symmetry_of_a_box_but_not_its_near_symmetry() -> None:
    model = onboarded("printed_box")
    assert model.symmetry.is_trivial
    assert len(model.near_symmetry.discrete) == 4
    angles = model.near_symmetry.discrete[1:].rotation.angle()
    torch.testing.assert_close(angles, torch.full((3,), torch.pi), rtol=0, atol=0.05)


def test_a_bottle_turns_freely_about_its_axis() -> None:
    symmetry = onboarded("can").symmetry
    [free] = symmetry.continuous
    assert abs(float(free.axis[2])) > 0.999
    assert len(symmetry.discrete) == 1  # neck and base differ


def test_a_mug_turns_nearly_freely_about_the_axis_of_its_body() -> None:
    model = onboarded("mug")
    assert model.symmetry.is_trivial
    [line] = model.near_symmetry.continuous
    assert abs(float(line.axis[2])) > 0.999
    assert float(line.offset[:2].norm()) < 0.02 * model.diameter


def test_heavy_meshes_are_rendered_light_but_measured_whole() -> None:
    model = onboard_quickly(onboarded("painted_blob").mesh, options=OnboardOptions(max_faces=600, views=24))
    assert len(model.mesh.faces) <= 600
    assert model.diameter == pytest.approx(onboarded("painted_blob").diameter, rel=1e-6)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and $OBJPOSE_TEMPLATES elsewhere."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("OBJPOSE_TEMPLATES", str(tmp_path / "store"))
    return tmp_path


@pytest.mark.parametrize("place", ["here/can", "here/templates/can", "store/can"])
def test_objects_are_found_by_name(place: str, places: Path) -> None:
    onboarded("can").save(places / place)
    assert load_object("can").diameter == onboarded("can").diameter


def test_objects_are_found_by_folder_and_from_a_mesh(places: Path) -> None:
    folder = onboarded("can").save(places / "deep" / "down")
    assert load_object(folder).name == "can"
    write_mesh(places / "brick.ply", box(0.1, 0.06, 0.04))
    assert load_object(places / "brick.ply").name == "brick"
    assert not any((places / "here").iterdir())  # a mesh is onboarded in memory


def test_the_working_folder_comes_before_the_store(places: Path) -> None:
    onboarded("can").save(places / "here" / "templates" / "thing")
    onboarded("mug").save(places / "store" / "thing")
    with pytest.warns(InputWarning, match="both templates/thing and .*; templates/thing is taken"):
        assert load_object("thing").name == "can"


def test_a_missing_object_names_the_places_looked_at(places: Path) -> None:
    with pytest.raises(InputError) as refusal:
        load_object("teapot")
    message = str(refusal.value)
    assert message.startswith("object teapot: found nothing at templates/teapot, ")
    assert str(places / "store" / "teapot") in message and "onboard it first" in message
