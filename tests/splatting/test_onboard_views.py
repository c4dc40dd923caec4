"""A folder of posed pictures becomes splats, by function and by command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from objpose.cli import main
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.io import write_image
from objpose.io.photo_cameras import PhotoCamera, write_photo_cameras
from objpose.io.transforms import write_transforms
from objpose.splatting import (
    FitOptions,
    load_splats,
    mesh_splats,
    onboard_views,
    read_posed_views,
    save_splats,
)
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


def test_the_command_writes_splats_that_can_be_read(folder: Path) -> None:
    arguments = ["onboard-views", str(folder), "--depth-scale", "0.0005", "--steps", "8", "--splats", "300"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    splats = load_splats(folder / "splats.ply")
    assert 50 < len(splats) <= 300 and "splats.ply" in done.output
    mesh = MESHES["painted_blob"]()
    assert float((splats.means - mesh.bounds().mean(0)).norm(dim=-1).median()) < mesh.diameter()


def test_views_that_do_not_fit_together_are_refused(folder: Path) -> None:
    read = read_posed_views(folder)
    with pytest.raises(InputError, match="as many of each"):
        onboard_views(read.frames[1:], read.masks, read.cam_from_obj)
    with pytest.raises(InputError, match=".ply"):
        onboard_views(read.frames, read.masks, read.cam_from_obj, FitOptions(steps=1), out=folder / "a.obj")
    broken = [torch.zeros_like(read.masks[0]), *read.masks[1:]]
    with pytest.raises(InputError, match="mask 0"):
        onboard_views(read.frames, broken, read.cam_from_obj)
    assert isinstance(read.frames[0], Frame)


def test_splats_with_colours_survive_the_file(tmp_path: Path) -> None:
    splats = mesh_splats(MESHES["printed_box"](), 200)
    save_splats(tmp_path / "box.ply", splats)
    read = load_splats(tmp_path / "box.ply")
    torch.testing.assert_close(read.sh[:, 0] * 0.28209479177387814 + 0.5, splats.colors)
    torch.testing.assert_close(read.opacities, splats.opacities)
    torch.testing.assert_close(read.scales, splats.scales)
