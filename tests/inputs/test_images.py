"""Colour pictures of every depth and turn, through the one reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps, TiffImagePlugin

from objpose.errors import InputError, InputWarning
from objpose.frame import Frame
from objpose.geometry import Camera
from objpose.io import read_camera, read_depth, read_image, read_mask, read_view_image, write_image
from objpose.io.images import read_image_size
from objpose.io.orientation import Orientation
from tests.inputs.habits import habit
from tests.inputs.picture_files import write_png16, write_tiff16, write_turned

DRAW = np.random.default_rng(0)
PHOTO = DRAW.integers(0, 256, (24, 32, 3), dtype=np.uint8)
GREY = PHOTO[..., 0]
KIND, TURNED = "Pictures", "Photos held in hand (EXIF)"
FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)


def camera(width: int, height: int) -> Camera:
    return Camera.from_K([40.0, 0, (width - 1) / 2, 0, 40.0, (height - 1) / 2, 0, 0, 1], width, height)


@habit(KIND, "16-bit grey PNG of the full range", "scaled by 65535", "white all over, or refused")
def test_sixteen_bit_grey_is_scaled_by_its_range(tmp_path: Path) -> None:
    write_image(tmp_path / "g.png", GREY.astype(np.uint16) * 257)
    assert np.array_equal(read_image(tmp_path / "g.png"), np.dstack([GREY] * 3))


@habit(
    KIND,
    "16-bit RGB and RGBA, PNG or TIFF, either byte order, packed",
    "scaled by their range",
    "the high byte",
)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bit_colors_are_scaled_by_their_range(tmp_path: Path, channels: int) -> None:
    values = DRAW.integers(0, 65536, (24, 32, channels), dtype=np.uint16)
    values[..., -1] = 65535 if channels in (2, 4) else values[..., -1]  # opaque
    expected = np.rint(values / 257).astype(np.uint8)
    expected = np.repeat(expected[..., :1], 3, axis=2) if channels < 3 else expected[..., :3]
    assert np.array_equal(read_image(write_png16(tmp_path / "c.png", values)), expected)
    for order in "<>" if channels > 2 else "":
        for packed in (False, True):
            path = write_tiff16(tmp_path / "c.tif", values, order, packed)
            assert np.array_equal(read_image(path), expected)


@habit(KIND, "10, 12 or 14 bits in a 16-bit file", "scaled by that range, which is said to be a guess",
       "nearly black (15 of 255)")  # fmt: skip
@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_sensor_bits_in_sixteen_are_guessed_and_said(tmp_path: Path, bits: int) -> None:
    most = 2**bits - 1
    values = np.rint(PHOTO / 255 * most).astype(np.uint16)
    values[0, 0] = most
    with pytest.warns(InputWarning, match=f"taken as {bits}-bit data"):
        read = read_image(write_png16(tmp_path / "c.png", values))
    assert np.abs(read.astype(int)[1:] - PHOTO[1:]).max() <= 1


@habit(KIND, "a depth map in place of the picture", "refused, or warned of where it might be a photo",
       "used as colours")  # fmt: skip
def test_depth_maps_are_no_pictures(tmp_path: Path) -> None:
    depth = np.full((24, 32), 620, np.uint16)
    depth[:, 16:] = 1433
    depth[:3] = 0
    write_image(tmp_path / "d.png", depth)
    np.save(tmp_path / "d.npy", (depth / 1000).astype(np.float32))
    for path in (
        tmp_path / "d.png",
        tmp_path / "d.npy",
        write_png16(tmp_path / "3.png", np.dstack([depth] * 3)),
    ):
        with pytest.raises(InputError, match="--depth"):
            read_image(path)
    write_image(tmp_path / "fine.png", depth * 40)  # tenths of a tenth: full range, as a photo has
    with pytest.warns(InputWarning, match="looks like a depth map"):
        read_image(tmp_path / "fine.png")


@habit(KIND, "float TIFF or .npy in 0..1, or whole numbers 0..255", "the picture", "black, or refused")
@pytest.mark.parametrize("suffix", [".tif", ".npy"])
def test_floats_in_the_unit_range_are_colors(tmp_path: Path, suffix: str) -> None:
    for scale in (255.0, 1.0):
        values = (GREY / scale).astype(np.float32)
        path = tmp_path / f"f{suffix}"
        np.save(path, values) if suffix == ".npy" else Image.fromarray(values).save(path)
        assert np.array_equal(read_image(path), np.dstack([GREY] * 3))


@habit(KIND, "floats beyond 1 (HDR), negative or NaN", "refused by name", "clipped to black or white")
@pytest.mark.parametrize("value", [7.3, -0.2, np.nan, np.inf])
def test_other_floats_are_refused(tmp_path: Path, value: float) -> None:
    values = (GREY / 255).astype(np.float32)
    values[3, 4] = value
    Image.fromarray(values).save(tmp_path / "f.tif")
    with pytest.raises(InputError, match="f.tif: found float"):
        read_image(tmp_path / "f.tif")


@habit(KIND, "1-bit, palette, grey, grey with alpha, .npy of 8 bits", "the picture")
def test_eight_bit_kinds_are_read(tmp_path: Path) -> None:
    grey = np.dstack([GREY] * 3)
    Image.fromarray(GREY > 128).save(tmp_path / "one.png")
    assert np.array_equal(read_image(tmp_path / "one.png"), np.where(grey > 128, 255, 0))
    Image.fromarray(GREY).convert("P").save(tmp_path / "palette.png")
    Image.fromarray(np.dstack([GREY, np.full_like(GREY, 255)])).save(tmp_path / "alpha.png")
    np.save(tmp_path / "grey.npy", GREY)
    for name in ("palette.png", "alpha.png", "grey.npy"):
        assert np.array_equal(read_image(tmp_path / name), grey)


@habit(KIND, "CMYK JPEG", "converted, and said that no colour profile was used", "converted in silence")
def test_cmyk_is_said(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 6), (0, 255, 255, 0)).save(tmp_path / "c.tif")
    with pytest.warns(InputWarning, match="CMYK"):
        assert (read_image(tmp_path / "c.tif")[3, 3] == [255, 0, 0]).all()


@habit(KIND, "transparent pixels", "the colours beneath, said; if all are, refused",
       "the colours beneath, in silence")  # fmt: skip
def test_transparency_is_said(tmp_path: Path) -> None:
    alpha = np.full((24, 32, 1), 255, np.uint8)
    alpha[:, :8] = 0
    Image.fromarray(np.concatenate([PHOTO, alpha], axis=2)).save(tmp_path / "cut.png")
    with pytest.warns(InputWarning, match="25.0% transparent"):
        assert np.array_equal(read_image(tmp_path / "cut.png"), PHOTO)
    Image.fromarray(np.concatenate([PHOTO, 0 * alpha], axis=2)).save(tmp_path / "gone.png")
    with pytest.raises(InputError, match="wholly transparent"):
        read_image(tmp_path / "gone.png")


@habit(KIND, "TIFF of several pages, animated GIF, PNG, WebP", "refused by name", "the first page")
@pytest.mark.parametrize(
    ("suffix", "parts"), [(".tif", "pages"), (".gif", "frames"), (".png", "frames"), (".webp", "frames")]
)
def test_several_pictures_in_a_file_are_refused(tmp_path: Path, suffix: str, parts: str) -> None:
    first, second = (Image.fromarray(p) for p in (PHOTO, 255 - PHOTO))
    first.save(tmp_path / f"m{suffix}", save_all=True, append_images=[second])
    with pytest.raises(InputError, match=f"found 2 {parts} in one"):
        read_image(tmp_path / f"m{suffix}")


@habit(KIND, "TIFF with a smaller copy of itself, a phone's JPEG with a preview inside (MPO)", "the picture")
def test_previews_are_no_second_picture(tmp_path: Path) -> None:
    first, small = Image.fromarray(PHOTO), Image.fromarray(PHOTO[::2, ::2].copy(order="C"))
    first.save(tmp_path / "p.mpo", save_all=True, append_images=[small])
    assert read_image(tmp_path / "p.mpo").shape == PHOTO.shape
    with TiffImagePlugin.AppendingTiffWriter(str(tmp_path / "p.tif"), True) as pages:
        for page, is_reduced in ((first, 0), (small, 1)):
            page.save(pages, format="TIFF", tiffinfo={254: is_reduced})
            pages.newFrame()
    assert np.array_equal(read_image(tmp_path / "p.tif"), PHOTO)


@habit(KIND, "HEIC without pillow-heif, raw files, EXR, videos, ._ files", "refused by name, with the cure",
       "the raw file's thumbnail, or `cannot identify image file`")  # fmt: skip
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("a.heic", "HEIC"), ("a.dng", "a raw file"), ("a.NEF", "a raw file"), ("a.exr", "high dynamic range"),
        ("a.mp4", "a video"), ("._a.png", "AppleDouble"), ("Thumbs.db", "a leftover"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named(tmp_path: Path, monkeypatch, name: str, what: str) -> None:
    monkeypatch.setattr("objpose.io.picture_kinds.find_spec", lambda name: None)
    Image.fromarray(PHOTO).save(tmp_path / name, format="TIFF")  # as raw files are, with a thumbnail first
    with pytest.raises(InputError, match=what):
        read_image(tmp_path / name)


@habit(
    TURNED, "any orientation 1 to 8", "upright, in every command", "`estimate` and `onboard-views`: as stored"
)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_upright(tmp_path: Path, orientation: int) -> None:
    path = write_turned(tmp_path / "p.png", PHOTO, orientation)
    with Image.open(path) as image:
        assert np.array_equal(ImageOps.exif_transpose(image), PHOTO)  # as viewers show it
    assert np.array_equal(read_image(path), PHOTO) and read_image_size(path) == (32, 24)
    stored = Orientation(orientation).stored(PHOTO)
    assert np.array_equal(read_image(path, upright=False), stored)
    assert np.array_equal(Orientation(orientation).upright(stored), PHOTO)


@habit(TURNED, "a TIFF of any orientation, 8 or 16 bits", "upright", "turned twice: 180 degrees off, rc 0")
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_tiffs_are_turned_once(tmp_path: Path, orientation: int, compression: str | None) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    for upright in (PHOTO, GREY, GREY.astype(np.uint16) * 257):
        stored = Image.fromarray(Orientation(orientation).stored(upright))
        stored.save(tmp_path / "p.tif", exif=exif, compression=compression)
        shown = np.dstack([GREY] * 3) if upright.ndim == 2 else PHOTO
        assert np.array_equal(read_image(tmp_path / "p.tif"), shown)
        assert read_image_size(tmp_path / "p.tif") == (32, 24)
        assert read_image_size(tmp_path / "p.tif", upright=False) == stored.size


@habit(TURNED, "K of the size of the pixels as stored", "pixels as stored, poses in the frame of K; said",
       "the same by chance, or refused")  # fmt: skip
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_camera_of_the_stored_pixels_keeps_them(tmp_path: Path, orientation: int) -> None:
    path = write_turned(tmp_path / "p.png", PHOTO, orientation)
    with pytest.warns(InputWarning, match="left as stored"):
        seen = read_view_image(path, (24, 32))
    assert seen.size == (24, 32) and Frame(seen.pixels, camera(24, 32)).size == (32, 24)
    assert np.array_equal(read_view_image(path, (32, 24)).pixels, PHOTO)


@habit(TURNED, "a half turn or a square photo, with K", "upright, and said that the size of K does not tell",
       "upside down in `estimate` (180 degrees off), rc 0")  # fmt: skip
def test_a_size_that_does_not_tell_is_said(tmp_path: Path) -> None:
    for upright, orientation in ((PHOTO, 3), (PHOTO[:, :24].copy(), 6)):
        path = write_turned(tmp_path / "p.png", upright, orientation)
        with pytest.warns(InputWarning, match="fits the picture upright and as stored"):
            seen = read_view_image(path, upright.shape[1::-1])
        assert np.array_equal(seen.pixels, upright)


@habit(
    TURNED, "mask or depth of the other turn", "turned along, by its size; said", "refused, or laid across"
)
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_masks_and_depth_turn_with_their_photo(tmp_path: Path, orientation: int) -> None:
    turn, mask = Orientation(orientation), np.zeros((24, 32), bool)
    mask[3:9, 5:20] = True
    depth = np.where(mask, 700, 900).astype(np.uint16)
    photo = read_view_image(write_turned(tmp_path / "p.png", PHOTO, orientation))
    for name, array in (("m.png", mask), ("d.png", depth)):
        write_image(tmp_path / f"upright_{name}", array)
        write_image(tmp_path / f"stored_{name}", turn.stored(array))
    assert np.array_equal(read_mask(tmp_path / "upright_m.png", photo=photo), mask)
    with pytest.warns(InputWarning, match="turned along with the photo"):
        assert np.array_equal(read_mask(tmp_path / "stored_m.png", photo=photo), mask)
    with pytest.warns(InputWarning, match="turned along with the photo"):
        np.testing.assert_allclose(
            read_depth(tmp_path / "stored_d.png", photo=photo), depth / 1000, rtol=1e-6
        )
    with pytest.warns(InputWarning):
        kept = read_view_image(tmp_path / "p.png", (24, 32))
    with pytest.warns(InputWarning, match="turned along"):
        assert np.array_equal(read_mask(tmp_path / "upright_m.png", photo=kept), turn.stored(mask))


@habit(TURNED, "mask with an orientation of its own", "upright as the photo", "as stored")
def test_a_mask_with_an_orientation_of_its_own(tmp_path: Path) -> None:
    mask = np.zeros((24, 32), np.uint8)
    mask[3:9, 5:20] = 255
    photo = read_view_image(write_turned(tmp_path / "p.png", PHOTO, 3))
    read = read_mask(write_turned(tmp_path / "m.png", mask, 3), photo=photo)
    assert np.array_equal(read, mask > 0)


def test_field_photos_are_upright(shared_data: Path) -> None:
    folder = shared_data / "field" / "images"
    three, six = (read_image(folder / f"exif{n}.jpg").astype(int) for n in (3, 6))
    assert three.shape == six.shape == (480, 640, 3) and np.abs(three - six).mean() < 2


@FUZZ
@given(kind=st.sampled_from(["png16", "tiff16", "gif", "jpg", "npy", "npz"]), data=st.data())
def test_damaged_pictures_are_read_or_refused(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    path = tmp_path / f"whole.{kind.rstrip('16')}"
    if kind == "png16":
        write_png16(path, PHOTO.astype(np.uint16) * 257)
    elif kind == "tiff16":
        write_tiff16(path, PHOTO.astype(np.uint16) * 257, packed=True)
    elif kind in ("npy", "npz"):
        np.save(path, PHOTO) if kind == "npy" else np.savez_compressed(path, image=PHOTO)
    else:
        Image.fromarray(PHOTO).save(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    for read in (read_image, read_mask, read_depth):
        try:
            assert read(path).ndim in (2, 3)
        except InputError as error:
            assert "whole" in str(error)


@pytest.mark.parametrize("read", [read_image, read_mask, read_depth, read_camera])
def test_a_header_that_does_not_end_is_refused(tmp_path: Path, read: Callable[[Path], object]) -> None:
    np.save(tmp_path / "open.npy", PHOTO)
    (tmp_path / "open.npy").write_bytes((tmp_path / "open.npy").read_bytes().replace(b"}", b" ", 1))
    with pytest.raises(InputError, match=r"open\.npy"):
        read(tmp_path / "open.npy")


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_headers_that_claim_too_much_are_refused(tmp_path: Path, name: str) -> None:
    """A few bytes must not take gigabytes."""
    np.save(tmp_path / "a.npy", np.zeros((4, 4), np.float32))
    content = (
        (tmp_path / "a.npy")
        .read_bytes()
        .replace(b"(4, 4), }", b"(99999, 99999), }")
        .replace(b" " * 10, b"", 1)
    )
    (tmp_path / "a.npy").write_bytes(content)
    if name == "a.npz":
        import zipfile

        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.write(tmp_path / "a.npy", "depth.npy")
    with pytest.raises(InputError, match=name):
        read_depth(tmp_path / name)


@habit(
    KIND,
    "HEIC, a web page, a PDF or a Git LFS pointer under the name of a picture",
    "named, with the cure",
    "`a file that is no picture`",
)
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC, which needs pillow-heif"),
        (b"\n<!DOCTYPE html><html>404", "a web page"),
        (b"%PDF-1.4", "a PDF"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
    ],
)
def test_impostors_are_named(tmp_path: Path, content: bytes, what: str, monkeypatch) -> None:
    monkeypatch.setattr("objpose.io.picture_kinds.find_spec", lambda name: None)
    (tmp_path / "p.jpg").write_bytes(content)
    with pytest.raises(InputError, match=what):
        read_image(tmp_path / "p.jpg")


@habit(KIND, ".npy with a batch axis of 1: (1, H, W, 3), (1, 1, H, W)", "the picture", "refused")
def test_batches_of_one_are_a_picture(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", PHOTO[None])
    assert np.array_equal(read_image(tmp_path / "p.npy"), PHOTO)
    np.save(tmp_path / "m.npy", (GREY > 128)[None, None])
    assert np.array_equal(read_mask(tmp_path / "m.npy"), GREY > 128)
