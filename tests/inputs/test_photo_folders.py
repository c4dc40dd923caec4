"""Folders of photos as phones, cameras and rigs fill them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from objpose.cameras.scene.photos import load_photos
from objpose.errors import InputError, InputWarning
from objpose.geometry import Camera
from objpose.io import PhotoCamera, write_image, write_photo_cameras
from objpose.io.photos import list_photos
from objpose.onboarding import read_posed_views
from tests.inputs.habits import habit
from tests.inputs.picture_files import write_turned

KIND = "Folders of photos"
PHOTO = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in list_photos(folder)]


@habit(KIND, "._ files of macOS, .DS_Store, Thumbs.db", "left out, by name", "`cannot identify image file`")
@pytest.mark.parametrize("name", ["._1.png", ".DS_Store", "Thumbs.db", "desktop.ini"])
def test_leftovers_are_left_out(tmp_path: Path, name: str) -> None:
    write_image(tmp_path / "1.png", PHOTO)
    (tmp_path / name).write_bytes(b"\0\5\26\7")
    with pytest.warns(InputWarning, match=f"{name}.*: a leftover of .*1 are used and 1 of these not"):
        assert names(tmp_path) == ["1.png"]


@habit(KIND, "HEIC, raw files, videos among JPEGs", "left out, by name, with the cure", "left out in silence")
@pytest.mark.parametrize(
    ("name", "cure"), [("a.heic", "pip install pillow-heif"), ("a.CR2", "develop it"), ("a.mov", "ffmpeg")]
)
def test_what_is_not_read_is_named(tmp_path: Path, monkeypatch, name: str, cure: str) -> None:
    monkeypatch.setattr("objpose.io.picture_kinds.find_spec", lambda name: None)
    write_image(tmp_path / "1.png", PHOTO)
    for number in range(5):
        (tmp_path / f"{number}{name}").touch()
    with pytest.warns(InputWarning, match=f"and 2 more: .*1 are used and 5 of these not; .*{cure}"):
        assert names(tmp_path) == ["1.png"]


@habit(
    KIND, "a video or a picture in place of the folder", "refused by name, with the cure", "`no such folder`"
)
@pytest.mark.parametrize(("name", "found"), [("a.mp4", "a video.*ffmpeg"), ("1.png", "a file, .*the folder")])
def test_a_file_is_no_folder(tmp_path: Path, name: str, found: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputError, match=found):
        list_photos(tmp_path / name)


@habit(KIND, "photos in subfolders alone (a rig)", "all of them, named cam0/0001.png", "`0 photos`")
def test_photos_of_subfolders_are_read(tmp_path: Path) -> None:
    for camera in ("cam0", "cam1"):
        write_image(tmp_path / camera / "0001.png", PHOTO)
        write_image(tmp_path / "masks" / camera / "0001.png", PHOTO[..., 0] > 128)
    assert names(tmp_path) == ["cam0/0001.png", "cam1/0001.png"]
    photos = load_photos(tmp_path, masks=tmp_path / "masks")
    assert [photo.name for photo in photos] == ["cam0/0001.png", "cam1/0001.png"]
    assert all(photo.mask is not None for photo in photos)


@habit(KIND, "photos in subfolders beside others; folders of masks or depth", "left out, by name",
       "left out in silence")  # fmt: skip
@pytest.mark.parametrize("folder", ["old", "masks", "depth_maps"])
def test_other_subfolders_are_named(tmp_path: Path, folder: str) -> None:
    write_image(tmp_path / ("1.png" if folder == "old" else "cam0/1.png"), PHOTO)
    write_image(tmp_path / folder / "2.png", PHOTO)
    with pytest.warns(InputWarning, match=f"{folder}: a folder with 1 pictures"):
        assert len(list_photos(tmp_path)) == 1


@habit(KIND, "JPEG 2000, AVIF, PPM, .JPG, .jfif", "read", "the first three left out in silence")
@pytest.mark.parametrize("name", ["1.avif", "1.ppm", "1.JPG", "1.jfif", "1.jp2"])
def test_more_formats_are_read(tmp_path: Path, name: str) -> None:
    for number in (1, 2):
        path = tmp_path / name.replace("1", str(number))
        Image.fromarray(PHOTO).save(path, format="JPEG" if name == "1.jfif" else None)
    assert [photo.image.shape for photo in load_photos(tmp_path)] == [PHOTO.shape] * 2


@habit(KIND, "16-bit grey photos", "scaled by 65535, as their 8-bit copies", "white all over (254 of 255)")
def test_sixteen_bit_photos_are_not_white(tmp_path: Path) -> None:
    for number in (1, 2):
        write_image(tmp_path / f"{number}.png", PHOTO[..., 0].astype(np.uint16) * 257)
    assert all((photo.image == PHOTO[..., :1]).all() for photo in load_photos(tmp_path))


@habit(KIND, "K of the sensor for photos held upright and across", "each as its K says", "refused")
def test_one_camera_for_photos_of_both_turns(tmp_path: Path) -> None:
    camera = Camera.from_K([40.0, 0, 15.5, 0, 40.0, 11.5, 0, 0, 1], 32, 24)
    write_turned(tmp_path / "1.png", np.rot90(PHOTO).copy(), 6)
    write_image(tmp_path / "2.png", PHOTO)
    with pytest.warns(InputWarning, match="1.png: .*left as stored"):
        photos = load_photos(tmp_path, camera)
    assert [photo.image.shape for photo in photos] == [(24, 32, 3)] * 2


@habit(KIND, "phone photos that EXIF turns, in `cameras`", "upright, and said that COLMAP does not turn them",
       "upright, in silence")  # fmt: skip
def test_turned_photos_are_said(tmp_path: Path) -> None:
    for number in (1, 2):
        write_turned(tmp_path / f"{number}.png", PHOTO, 6 if number == 2 else 1)
    with pytest.warns(InputWarning, match=r"1 photos turned upright by EXIF \(2.png\)"):
        assert all(np.array_equal(photo.image, PHOTO) for photo in load_photos(tmp_path))


@habit(KIND, "onboard-views: photos with EXIF orientation, cameras of either turn", "as the cameras are",
       "as stored: upside down where the cameras are upright")  # fmt: skip
def test_posed_photos_are_turned_as_their_cameras(tmp_path: Path) -> None:
    from objpose.geometry import SE3

    mask, still = np.zeros((24, 32), bool), SE3.identity()
    mask[5:20, 8:20] = True
    upright = Camera.from_K([40.0, 0, 15.5, 0, 40.0, 11.5, 0, 0, 1], 32, 24)
    stored = Camera.from_K([40.0, 0, 11.5, 0, 40.0, 15.5, 0, 0, 1], 24, 32)
    cameras = []
    for name, camera in (("cam0/1.png", upright), ("cam1/1.png", stored)):
        (tmp_path / name).parent.mkdir()
        write_turned(tmp_path / name, PHOTO, 6)
        write_image(tmp_path / "masks" / name, mask if camera is upright else np.rot90(mask))
        cameras.append(PhotoCamera(name, camera, still))
    write_photo_cameras(tmp_path / "cameras.json", cameras)
    with pytest.warns(InputWarning, match="left as stored"):
        views = read_posed_views(tmp_path)
    assert np.array_equal(views.frames[0].rgb, PHOTO) and np.array_equal(views.masks[0], mask)
    assert np.array_equal(views.frames[1].rgb, np.rot90(PHOTO)) and np.array_equal(
        views.masks[1], np.rot90(mask)
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    st.lists(st.text("ab._- é☃12", min_size=1, max_size=6), max_size=5),
    st.sampled_from(["", ".png", ".heic"]),
)
def test_any_names_are_listed_or_named(tmp_path_factory, stems: list[str], suffix: str) -> None:
    folder = tmp_path_factory.mktemp("photos")
    for stem in stems:
        if stem.strip(". ") and not (folder / f"{stem}{suffix}").exists():
            (folder / f"{stem}{suffix}").touch()
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        assert all(folder in path.parents and not path.name.startswith("._") for path in list_photos(folder))


def test_field_folders(shared_data: Path) -> None:
    folder = shared_data / "field" / "photos"
    grey = load_photos(folder / "gray16")
    assert [float(np.median(photo.image)) for photo in grey] == [94, 94, 92]
    with pytest.warns(InputWarning, match="._0003.png, ._0004.png, ._0005.png: a leftover"):
        apple = load_photos(folder / "applefork")
    assert all(np.array_equal(a.image, g.image) for a, g in zip(apple, grey, strict=True))
    assert [photo.name for photo in load_photos(folder / "sub")] == [f"cam{i}/0001.png" for i in range(3)]
    with pytest.warns(InputWarning, match="HEIC"):
        try:
            assert len(load_photos(folder / "mixheic")) == 2
        except InputError as error:  # with pillow-heif the files of the set, cut off, are refused by name
            assert "IMG_0000.heic" in str(error)


@habit(
    KIND, "images beside images_2, images_4 and sparse, as nerfstudio and COLMAP have them",
    "the full size alone; the copies are named", "each photo three times, in silence",
)  # fmt: skip
def test_smaller_copies_are_left_out(tmp_path: Path) -> None:
    for name in ("images/1.png", "images/2.png", "images_2/1.png", "images_4/1.png"):
        write_image(tmp_path / name, PHOTO)
    (tmp_path / "sparse").mkdir()
    (tmp_path / "sparse/cameras.bin").touch()
    with pytest.warns(InputWarning) as said:
        assert names(tmp_path) == ["images/1.png", "images/2.png"]
    assert len(said) == 1 and "images_2, images_4: a folder of smaller copies" in str(said[0].message)


@habit(KIND, "a rig beside folders seg, normals or alpha", "the photos; the others named", "all as photos")
def test_folders_of_other_maps_are_no_photos(tmp_path: Path) -> None:
    for name in ("rgb", "seg", "normals", "alpha"):
        write_image(tmp_path / name / "1.png", PHOTO)
    with pytest.warns(InputWarning, match="alpha, normals, seg: a folder with 1 pictures"):
        assert names(tmp_path) == ["rgb/1.png"]
