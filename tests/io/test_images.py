"""Pictures, depth and masks: values and units, and damage named."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from objpose.errors import InputError
from objpose.io import read_depth, read_image, read_mask, write_image
from objpose.io.images import read_image_size

DRAW = np.random.default_rng(0)
COLOR = DRAW.integers(0, 256, (7, 9, 3), dtype=np.uint8)
DEPTH = DRAW.integers(0, 65536, (7, 9), dtype=np.uint16)
FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_color_reads_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"c{suffix}"
    write_image(path, COLOR)
    assert np.array_equal(read_image(path), COLOR) and read_image_size(path) == (9, 7)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_depth_is_scaled_to_meters(tmp_path: Path, suffix: str) -> None:
    write_image(tmp_path / f"d{suffix}", DEPTH)
    depth = read_depth(tmp_path / f"d{suffix}", 0.0001)
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, DEPTH * 0.0001, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint16, np.int32])
def test_npy_depth(tmp_path: Path, dtype: type) -> None:
    np.save(tmp_path / "d.npy", DEPTH.astype(dtype))
    np.testing.assert_allclose(read_depth(tmp_path / "d.npy", 0.001), DEPTH * 0.001, rtol=1e-6)


def test_grey_palette_and_alpha_become_rgb(tmp_path: Path) -> None:
    grey = COLOR[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    assert np.array_equal(read_image(tmp_path / "grey.png"), np.repeat(grey[..., None], 3, axis=2))
    Image.fromarray(np.dstack([COLOR, grey])).save(tmp_path / "alpha.png")
    assert np.array_equal(read_image(tmp_path / "alpha.png"), COLOR)
    Image.fromarray(grey).convert("P").save(tmp_path / "palette.png")
    assert read_image(tmp_path / "palette.png").shape == (7, 9, 3)


def test_exif_orientation_is_applied_unless_asked_not_to(tmp_path: Path) -> None:
    image = Image.fromarray(COLOR)
    exif = image.getexif()
    exif[0x0112] = 6  # turned by 90 degrees for display
    image.save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(read_image(tmp_path / "turned.png"), np.rot90(COLOR, -1))
    assert np.array_equal(read_image(tmp_path / "turned.png", upright=False), COLOR)
    assert read_image_size(tmp_path / "turned.png") == (7, 9)
    assert read_image_size(tmp_path / "turned.png", upright=False) == (9, 7)


@pytest.mark.parametrize("high", [1, 38, 255])
def test_masks_of_any_height_read_alike(tmp_path: Path, high: int) -> None:
    mask = COLOR[..., 0] > 128
    write_image(tmp_path / "m.png", np.where(mask, high, 0).astype(np.uint8))
    assert np.array_equal(read_mask(tmp_path / "m.png"), mask)


def test_bool_masks_read_back_and_empty_ones_are_empty(tmp_path: Path) -> None:
    mask = COLOR[..., 0] > 128
    write_image(tmp_path / "m.png", mask)
    assert np.array_equal(read_mask(tmp_path / "m.png"), mask)
    write_image(tmp_path / "none.png", np.zeros((4, 5), bool))
    assert not read_mask(tmp_path / "none.png").any()


def test_jpeg_masks_read_as_meant(tmp_path: Path) -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:30, 8:24] = True
    write_image(tmp_path / "m.jpg", mask)
    assert (read_mask(tmp_path / "m.jpg") == mask).mean() > 0.99


@pytest.mark.parametrize("read", [read_image, read_mask, lambda path: read_depth(path, 0.001)])
@pytest.mark.parametrize("name", ["gone.png", "folder.png", "text.png", "empty.png"])
def test_what_is_no_picture_is_named(tmp_path: Path, read, name: str) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "empty.png").touch()
    with pytest.raises(InputError, match=name):
        read(tmp_path / name)


@FUZZ
@given(kind=st.sampled_from([".png", ".jpg", ".tif"]), share=st.floats(0, 0.9))
def test_truncated_pictures_are_refused(tmp_path: Path, kind: str, share: float) -> None:
    whole = tmp_path / f"whole{kind}"
    write_image(whole, np.kron(COLOR, np.ones((8, 8, 1), np.uint8)))
    content = whole.read_bytes()
    cut = tmp_path / f"cut{kind}"
    cut.write_bytes(content[: int(share * len(content))])
    with warnings.catch_warnings(), pytest.raises(InputError, match="cut"):
        warnings.simplefilter("ignore")  # Pillow's own about the damage
        read_image(cut)


def test_eight_bits_are_no_depth(tmp_path: Path) -> None:
    write_image(tmp_path / "c.png", COLOR)
    with pytest.raises(InputError, match="8-bit picture"):
        read_depth(tmp_path / "c.png", 0.001)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_impossible_scales_are_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(InputError, match="depth scale"):
        read_depth(tmp_path / "d.npy", scale)


@pytest.mark.parametrize(
    "stored", [np.zeros((2, 3, 5)), np.array(["a"]), np.array([{}], dtype=object), np.zeros((2, 2), complex)]
)
def test_npy_of_another_kind_is_refused(tmp_path: Path, stored: np.ndarray) -> None:
    np.save(tmp_path / "d.npy", stored, allow_pickle=True)
    with pytest.raises(InputError, match="d.npy"):
        read_depth(tmp_path / "d.npy", 1.0)


@pytest.mark.parametrize("array", [np.zeros((3, 3)), np.zeros((3, 3, 4), np.uint8), np.zeros(3, np.uint8)])
def test_other_arrays_are_not_written(tmp_path: Path, array: np.ndarray) -> None:
    with pytest.raises(InputError, match="x.png"):
        write_image(tmp_path / "x.png", array)
    assert list(tmp_path.iterdir()) == []


def test_unknown_suffix_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="x.picture"):
        write_image(tmp_path / "x.picture", COLOR)
    assert list(tmp_path.iterdir()) == []
