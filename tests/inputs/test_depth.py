"""Depth as sensors and people write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from objpose.errors import InputError, InputWarning
from objpose.frame import Frame
from objpose.geometry import Camera
from objpose.io import read_depth, write_image
from tests.inputs.habits import habit
from tests.inputs.picture_files import write_png16

HEIGHT, WIDTH = 24, 32
METRES = np.linspace(0.4, 1.4, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH).round(3)
METRES[2, 3:6] = 0
UNITS = np.rint(METRES * 1000).astype(np.uint16)
CAMERA = Camera.from_K([40.0, 0, 15.5, 0, 40.0, 11.5, 0, 0, 1], WIDTH, HEIGHT)
RGB = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
KIND = "Depth"


def saved(path: Path, array: np.ndarray) -> Path:
    np.save(path, array) if path.suffix == ".npy" else Image.fromarray(array).save(path)
    return path


def reads_as_metres(path: Path, scale_m: float | None = None) -> None:
    depth = read_depth(path, scale_m)
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, METRES, rtol=1e-6, atol=1e-9)


@habit(
    KIND, "float metres in .npy, .npz or TIFF, no scale given", "metres", "0.62 m read as 0.62 mm, refused"
)
def test_floats_are_metres(tmp_path: Path) -> None:
    reads_as_metres(saved(tmp_path / "d.npy", METRES))
    reads_as_metres(saved(tmp_path / "d.tif", METRES))
    np.savez_compressed(tmp_path / "d.npz", METRES)
    reads_as_metres(tmp_path / "d.npz")
    np.savez(tmp_path / "two.npz", depth=METRES, rgb=RGB)
    reads_as_metres(tmp_path / "two.npz")
    np.savez(tmp_path / "other.npz", a=METRES, b=METRES)
    with pytest.raises(InputError, match="2 arrays: a, b"):
        read_depth(tmp_path / "other.npz")


@habit(
    KIND, "float metres beside a scale of millimetres (the camera file's)", "metres, said", "0.62 mm, refused"
)
def test_floats_that_are_metres_are_not_scaled(tmp_path: Path) -> None:
    with pytest.warns(InputWarning, match="taken as metres"):
        reads_as_metres(saved(tmp_path / "d.npy", METRES), 0.001)


@habit(
    KIND, "float millimetres, no scale given", "refused: named as millimetres", "a scene at 620 m, refused"
)
def test_floats_in_millimetres_are_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "d.npy", METRES * 1000)
    with pytest.raises(InputError, match="as millimetres or centimetres, .*--depth-scale 0.001"):
        read_depth(path)
    reads_as_metres(path, 0.001)


@habit(KIND, "16-bit picture, no scale given", "millimetres")
def test_pictures_are_millimetres(tmp_path: Path) -> None:
    reads_as_metres(saved(tmp_path / "d.png", UNITS))
    reads_as_metres(saved(tmp_path / "d.tif", UNITS))


@habit(KIND, "integer .npy, no scale given", "refused by name", "millimetres, in silence")
def test_integer_arrays_need_a_scale(tmp_path: Path) -> None:
    path = saved(tmp_path / "d.npy", UNITS)
    with pytest.raises(InputError, match="d.npy: found uint16 values and no scale"):
        read_depth(path)
    reads_as_metres(path, 0.001)


@habit(KIND, "NaN or infinity where nothing was measured (REP-118)", "missing (0), and counted", "refused")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_missing(tmp_path: Path, value: float) -> None:
    reads_as_metres(saved(tmp_path / "d.npy", np.where(METRES > 0, METRES, value)))
    frame = Frame(RGB, CAMERA, np.where(METRES > 0, METRES, value))
    assert frame.not_numbers == 3 and np.array_equal(frame.depth.numpy(), METRES)


@habit(KIND, "mostly NaN", "missing (0), and said", "refused")
def test_much_nan_is_said(tmp_path: Path) -> None:
    sparse = METRES.copy()
    sparse[5:] = np.nan
    with pytest.warns(InputWarning, match="79% NaN"):
        read_depth(saved(tmp_path / "d.npy", sparse))
    with pytest.warns(InputWarning, match="79% NaN"):
        Frame(RGB, CAMERA, torch.from_numpy(sparse))


@habit(KIND, "-1 where nothing was measured", "missing (0), and said", "refused")
def test_a_negative_number_is_missing(tmp_path: Path) -> None:
    marked = np.where(METRES > 0, METRES, -1).astype(np.float32)
    with pytest.warns(InputWarning, match="3 negative values, the least -1"):
        reads_as_metres(saved(tmp_path / "d.npy", marked))
    with pytest.warns(InputWarning, match="3 negative values"):
        assert np.array_equal(Frame(RGB, CAMERA, marked).depth.numpy(), METRES)


@habit(
    KIND, "65535 in 16 bits, 1e10 of renderers", "missing (0); the first is said", "a wall 65 m or 10 Gm away"
)
def test_what_stands_for_infinity_is_missing(tmp_path: Path) -> None:
    with pytest.warns(InputWarning, match="3 values of 65535"):
        reads_as_metres(saved(tmp_path / "d.png", np.where(UNITS > 0, UNITS, 65535).astype(np.uint16)))
    rendered = np.where(METRES > 0, METRES, 1e10).astype(np.float32)
    reads_as_metres(saved(tmp_path / "d.npy", rendered))
    assert np.array_equal(Frame(RGB, CAMERA, rendered).depth.numpy(), METRES)


@habit(KIND, "z backward (OpenGL): all depth negative", "refused by name", "refused")
def test_depth_behind_the_camera_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="negate it"):
        read_depth(saved(tmp_path / "d.npy", -METRES))


@habit(KIND, "16-bit PNG of three equal channels", "one of them", "refused as an 8-bit picture")
def test_repeated_channels_are_one(tmp_path: Path) -> None:
    reads_as_metres(write_png16(tmp_path / "d.png", np.dstack([UNITS] * 3)))
    packed = np.dstack([UNITS, UNITS % 7, 0 * UNITS])
    with pytest.raises(InputError, match="3 channels that differ"):
        read_depth(write_png16(tmp_path / "p.png", packed))


@habit(KIND, "8-bit picture, in greys or colours", "refused by name")
def test_eight_bits_are_refused(tmp_path: Path) -> None:
    grey = (UNITS // 8).astype(np.uint8)
    for array in (grey, np.dstack([grey] * 3)):
        with pytest.raises(InputError, match="8-bit picture"):
            read_depth(saved(tmp_path / "d.png", array))


@habit(KIND, "uint32, float64, big-endian, (H, W, 1), (1, H, W)", "read as they are", "TypeError, or refused")
@pytest.mark.parametrize("dtype", [">u2", "<u4", ">u4", "<i4", ">f4", "<f8", "<f2"])
def test_kinds_of_numbers(tmp_path: Path, dtype: str) -> None:
    is_float = "f" in dtype
    values = (METRES if is_float else UNITS).astype(dtype)
    for array in (values, values[..., None], values[None]):
        depth = read_depth(saved(tmp_path / "d.npy", array), 1.0 if is_float else 0.001)
        np.testing.assert_allclose(depth, METRES, rtol=1e-3)
        if is_float:
            np.testing.assert_allclose(Frame(RGB, CAMERA, array).depth, METRES, rtol=1e-3)


@habit(KIND, "depth of half the size of the colours", "refused by name, with both cures", "refused")
def test_depth_of_another_size_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "d.png", UNITS[::2, ::2])
    with pytest.raises(InputError, match="found 16 x 12, expected 32 x 24 .*resize it to the image"):
        Frame(RGB, CAMERA, read_depth(tmp_path / "d.png"))


def test_field_depth(shared_data: Path) -> None:
    folder = shared_data / "field" / "images"
    metres = read_depth(folder / "depth_m.npy")
    assert float(np.median(metres)) == pytest.approx(0.617, abs=1e-3)
    assert np.array_equal(read_depth(folder / "depth_m_nan.npy"), metres)
    np.testing.assert_allclose(read_depth(folder / "depth_rgb16.png"), metres, atol=1e-6)
    assert read_depth(folder / "depth_half.png").shape == (240, 320)
