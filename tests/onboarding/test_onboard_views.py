"""A folder of posed pictures becomes an object, by function and by command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from objpose.cli import main
from objpose.errors import InputError
from objpose.estimator import PoseEstimator
from objpose.frame import Frame
from objpose.io import write_image
from objpose.io.photo_cameras import PhotoCamera, write_photo_cameras
from objpose.io.transforms import write_transforms
from objpose.objects import TemplateOptions, object_templates
from objpose.objects.template_views import ViewOptions
from objpose.onboarding import load_object, onboard_views, read_posed_views
from objpose.splatting import load_splats, mesh_splats, object_splats, save_splats
from objpose.splatting.polish import mesh_views
from tests.synthetic import MESHES

COUNT, SIZE = 6, 48


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Views of a blob with depth in half millimetres, and transforms.json."""
    views, cam_from_obj = mesh_views(MESHES["painted_blob"](), COUNT, SIZE)
    photos = []
    for index, view in enumerate(views):
        write_image(tmp_path / f"view{index}.png", (view.rgb * 255).round().byte().numpy())
        write_image(tmp_path / "masks" / f"view{index}.png", view.mask.numpy())
        depth = (view.depth / 0.0005).round().numpy().astype(np.uint16)
        write_image(tmp_path / "depth" / f"view{index}.png", depth)
        photos.append(PhotoCamera(f"view{index}.png", view.camera, cam_from_obj[index].to(torch.float64)))
    write_transforms(tmp_path / "transforms.json", photos)
    return tmp_path


def test_the_folder_is_read_as_it_is_meant(folder: Path) -> None:
    views, cam_from_obj = mesh_views(MESHES["painted_blob"](), COUNT, SIZE)
    read = read_posed_views(folder, depth_scale=0.0005)
    assert read.names == [f"view{i}.png" for i in range(COUNT)]
    torch.testing.assert_close(read.cam_from_obj.matrix().float(), cam_from_obj.matrix(), rtol=0, atol=1e-5)
    for frame, mask, view in zip(read.frames, read.masks, views, strict=True):
        assert torch.equal(mask, view.mask)
        torch.testing.assert_close(frame.depth, view.depth, rtol=0, atol=3e-4)
        torch.testing.assert_close(frame.camera.K, view.camera.K)


def test_cameras_json_serves_too_and_unplaced_photos_are_passed_over(folder: Path) -> None:
    read = read_posed_views(folder)
    photos = [
        PhotoCamera(name, frame.camera, pose)
        for name, frame, pose in zip(read.names, read.frames, read.cam_from_obj, strict=False)
    ]
    (folder / "transforms.json").unlink()
    write_photo_cameras(
        folder / "cameras.json", [*photos, PhotoCamera("lost.png", read.frames[0].camera, None)]
    )
    assert read_posed_views(folder).names == read.names


@pytest.mark.parametrize(
    ("gone", "says"),
    [("masks/view2.png", "view2.png"), ("transforms.json", "cameras"), ("depth/view1.png", "view1.png")],
)
def test_what_is_missing_is_named(folder: Path, gone: str, says: str) -> None:
    (folder / gone).unlink()
    with pytest.raises(InputError, match=says):
        read_posed_views(folder)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coarse meshes and few templates."""
    monkeypatch.setattr("objpose.splatting.fusion.CELLS", 40)
    monkeypatch.setattr("objpose.splatting.fusion.SIZE", 96)
    monkeypatch.setattr("objpose.splatting.fusion.VIEWS", 60)
    monkeypatch.setattr("objpose.splatting.view_mesh.FACES", 1500)
    few = TemplateOptions(ViewOptions(directions=6, turns=2, cells=10), components=8, words=16)
    monkeypatch.setattr(
        "objpose.estimator.in_masks.object_templates",
        lambda model, features, options: object_templates(model, features, few),
    )


def test_the_command_writes_an_object_that_can_be_found(folder: Path, tmp_path: Path, quick: None) -> None:
    arguments = ["onboard-views", str(folder), "--depth-scale", "0.0005", "--steps", "40", "--splats", "800"]
    done = CliRunner().invoke(main, [*arguments, "--name", "blob", "--out", str(tmp_path / "objects")])
    assert done.exit_code == 0, done.output
    assert f"blob: {COUNT} views, diameter" in done.output and "no symmetry" in done.output
    model, truth = load_object(tmp_path / "objects" / "blob"), MESHES["painted_blob"]()
    assert model.color_source == "texture" and model.source["views"] == COUNT
    assert abs(model.diameter / truth.diameter() - 1) < 0.04
    splats = load_splats(model.folder / "splats.ply")
    assert 50 < len(splats) <= 800 and torch.equal(object_splats(model).means, splats.means)
    [view], pose = mesh_views(truth, 1, 128)
    frame = Frame((view.rgb * 255).round().byte(), view.camera, view.depth)
    [found, *_] = PoseEstimator([model]).estimate(frame, view.mask)
    points = truth.vertices
    gap = (found.cam_from_obj.apply(points) - pose[0].apply(points)).norm(dim=-1).max()
    assert float(gap) < 0.1 * truth.diameter()


def test_views_that_do_not_fit_together_are_refused(folder: Path) -> None:
    read = read_posed_views(folder)
    with pytest.raises(InputError, match="as many of each"):
        onboard_views(read.frames[1:], read.masks, read.cam_from_obj, out=None)
    broken = [torch.zeros_like(read.masks[0]), *read.masks[1:]]
    with pytest.raises(InputError, match="mask 0"):
        onboard_views(read.frames, broken, read.cam_from_obj, out=None)
    assert isinstance(read.frames[0], Frame)


def test_splats_with_colours_survive_the_file(tmp_path: Path) -> None:
    splats = mesh_splats(MESHES["printed_box"](), 200)
    save_splats(tmp_path / "box.ply", splats)
    read = load_splats(tmp_path / "box.ply")
    torch.testing.assert_close(read.sh[:, 0] * 0.28209479177387814 + 0.5, splats.colors)
    torch.testing.assert_close(read.opacities, splats.opacities)
    torch.testing.assert_close(read.scales, splats.scales)
