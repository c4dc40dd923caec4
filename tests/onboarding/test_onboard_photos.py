"""Photos become an object in metres, whatever unit and frame the recovered cameras have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from objpose import onboard_photos
from objpose.cameras import Known, Photo, RecoveredPhoto, RecoveredScene, RecoverOptions
from objpose.cameras.answer.points import no_points
from objpose.errors import InputError
from objpose.geometry import SE3, SO3
from objpose.io import write_image
from objpose.splatting import FitOptions
from objpose.splatting.polish import mesh_views
from tests.synthetic import MESHES

COUNT, SIZE, UNIT = 14, 64, 5.0
WORLD_FROM_OBJ = SE3.from_rotation_translation(
    SO3.exp(torch.tensor([0.3, -0.8, 0.5])), torch.tensor([0.2, -0.1, 0.4])
)
QUICK = FitOptions(steps=40, start=800, most=800)
ROUGH = FitOptions(steps=8, start=400, most=400)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    views, _ = mesh_views(MESHES["painted_blob"](), COUNT, SIZE)
    for index, view in enumerate(views):
        write_image(tmp_path / "photos" / f"{index:02d}.png", (view.rgb * 255).round().byte().numpy())
        write_image(tmp_path / "masks" / f"{index:02d}.png", view.mask.numpy())
    return tmp_path


@pytest.fixture
def recovered(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Photo]]:
    """The photos that cameras are asked for; found in another unit, one of them doubted and wrong. Tags are
    seen in them, and nothing else that makes metres.
    """
    views, cam_from_obj = mesh_views(MESHES["painted_blob"](), COUNT, SIZE)
    asked = []

    def recover_cameras(photos: Sequence[Photo], matcher: object, options: RecoverOptions) -> RecoveredScene:
        asked.append(photos)
        placed = []
        for index, photo in enumerate(photos):
            true = cam_from_obj[index] @ WORLD_FROM_OBJ.inverse()
            cam_from_world = SE3.from_rotation_translation(true.rotation, UNIT * true.translation)
            placed.append(
                RecoveredPhoto(photo.name, views[index].camera, cam_from_world.to(torch.float64), 0.9, 0)
            )
        doubted = {"confidence": 0.2, "reason": "shows something else"}
        placed[3] = replace(placed[3], cam_from_world=placed[8].cam_from_world, **doubted)
        nothing = torch.zeros(len(photos), len(photos))
        scale = "" if options.known.tag_size is None else "side of tag 3"
        given = {"sources": tuple(photos), "scale": scale}
        return RecoveredScene(tuple(placed), no_points(), nothing, scale != "", {}, **given)

    monkeypatch.setattr("objpose.onboarding.photos.recover_cameras", recover_cameras)
    monkeypatch.setattr("objpose.splatting.fusion.CELLS", 40)
    monkeypatch.setattr("objpose.splatting.fusion.SIZE", 96)
    monkeypatch.setattr("objpose.splatting.fusion.VIEWS", 60)
    monkeypatch.setattr("objpose.splatting.view_mesh.FACES", 1500)
    return asked


def test_the_diameter_gives_the_scale(folder: Path, recovered: list) -> None:
    truth = MESHES["painted_blob"]()
    options = {"name": "blob", "out": None, "fit": QUICK, "progress": False}
    model = onboard_photos(folder / "photos", folder / "masks", diameter=truth.diameter(), **options)
    assert model.diameter == pytest.approx(truth.diameter(), rel=1e-4)
    assert model.source["views"] == COUNT - 1, "the doubted photo takes no part"
    assert model.source["left_out"] == {"03.png": "shows something else"}
    points = WORLD_FROM_OBJ.apply(truth.sample_surface(4000, seed=0).points)
    for found in (model.mesh.vertices, model.fitted.means):
        assert float(torch.cdist(found, points).amin(1).quantile(0.9)) < 0.06 * truth.diameter()
    assert all(photo.mask is None for photo in recovered[0]), "the background tells where a camera stood"


def test_the_metres_of_tags_beside_it_are_kept(folder: Path, recovered: list) -> None:
    """The fixture's scene is so many times as large: as if tags had said so."""
    tagged = RecoverOptions(known=Known(tag_size=0.05))
    options = {"name": "blob", "out": None, "fit": ROUGH, "progress": False, "recover": tagged}
    model = onboard_photos(folder / "photos", folder / "masks", **options)
    assert model.diameter == pytest.approx(UNIT * MESHES["painted_blob"]().diameter(), rel=0.1)
    assert model.source["scale"] == "side of tag 3"


def test_without_what_makes_metres_in_view_nothing_is_made(folder: Path, recovered: list) -> None:
    for known in (Known(coin="2 euro"), Known(lengths=(("00.png", "01.png", 0.3),))):
        asked = {"recover": RecoverOptions(known=known), "out": folder / "objects", "fit": QUICK}
        with pytest.raises(InputError, match="scale: found nothing that makes metres"):
            onboard_photos(folder / "photos", folder / "masks", **asked)
    assert not (folder / "objects" / "object").exists()


def test_without_masks_the_object_is_made_out(
    folder: Path, recovered: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    views, _ = mesh_views(MESHES["painted_blob"](), COUNT, SIZE)
    trusted = [view.mask for index, view in enumerate(views) if index != 3]
    monkeypatch.setattr("objpose.onboarding.photos.common_masks", lambda *_: [*trusted[:-1], None])
    options = {"name": "blob", "out": None, "fit": ROUGH, "progress": False, "diameter": 0.1}
    model = onboard_photos(folder / "photos", **options)
    assert model.source["views"] == COUNT - 2
    assert set(model.source["left_out"]) == {"03.png", "13.png"}
    assert "not made out" in model.source["left_out"]["13.png"]
    monkeypatch.setattr("objpose.onboarding.photos.common_masks", lambda *_: [None] * len(trusted))
    with pytest.raises(InputError, match="give masks"):
        onboard_photos(folder / "photos", **options)
    with pytest.raises(InputError, match="turned object"):
        onboard_photos(folder / "photos", is_turned=True, **options)


def test_a_turned_object_keeps_its_masks(folder: Path, recovered: list) -> None:
    with (
        pytest.raises(InputError, match=r"at least 60.*03.png: shows something else"),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("objpose.onboarding.photos.LEAST_VIEWS", 60)
        onboard_photos(folder / "photos", folder / "masks", diameter=0.1, is_turned=True, out=None)
    assert all(photo.mask is not None for photo in recovered[0])


def test_what_is_missing_is_named(folder: Path, recovered: list) -> None:
    photos, masks = folder / "photos", folder / "masks"
    with pytest.raises(InputError, match="scale: found neither"):
        onboard_photos(photos, masks, out=None)
    both = RecoverOptions(known=Known(lengths=(("00.png", "01.png", 0.3),)))
    with pytest.raises(InputError, match="scale: found both"):
        onboard_photos(photos, masks, out=None, diameter=0.1, recover=both)
    (masks / "05.png").unlink()
    with pytest.raises(InputError, match=r"no mask of 05.png"):
        onboard_photos(photos, masks, out=None, diameter=0.1)
    assert recovered == [], "refused before the long work"
