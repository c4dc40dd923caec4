"""Splats written and read again are the same; what is not a PLY of splats is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.errors import InputError
from objpose.io.splat_ply import SplatArrays, read_splat_ply, write_splat_ply


def splats(count: int = 7, harmonics: int = 4, seed: int = 0) -> SplatArrays:
    rng = np.random.default_rng(seed)
    wxyz = rng.normal(size=(count, 4))
    return SplatArrays(
        rng.normal(size=(count, 3)).astype(np.float32),
        (wxyz / np.linalg.norm(wxyz, axis=1, keepdims=True)).astype(np.float32),
        rng.uniform(1e-4, 1e-2, (count, 3)).astype(np.float32),
        rng.uniform(0.01, 0.99, count).astype(np.float32),
        rng.normal(size=(count, harmonics, 3)).astype(np.float32),
    )


@pytest.mark.parametrize("harmonics", [1, 4, 9, 16])
def test_what_is_written_is_read(tmp_path, harmonics):
    written = splats(harmonics=harmonics)
    write_splat_ply(tmp_path / "a.ply", written)
    read = read_splat_ply(tmp_path / "a.ply")
    for name in ("means", "wxyz", "scales", "opacities", "sh"):
        np.testing.assert_allclose(getattr(read, name), getattr(written, name), rtol=1e-5, atol=1e-6)


def test_solid_and_empty_splats_stay_finite(tmp_path):
    written = splats()
    written.opacities[:2] = 0, 1
    written.scales[0] = 0
    write_splat_ply(tmp_path / "a.ply", written)
    read = read_splat_ply(tmp_path / "a.ply")
    np.testing.assert_allclose(read.opacities[:2], [0, 1], atol=1e-6)
    assert np.isfinite(read.scales).all() and read.scales[0].max() < 1e-9


def test_the_names_and_numbers_are_those_of_3dgs(tmp_path):
    """One splat against the format's own words: the rest is stored channel by channel."""
    arrays = splats(1, 4)
    write_splat_ply(tmp_path / "a.ply", arrays)
    header, body = (tmp_path / "a.ply").read_bytes().split(b"end_header\n")
    names = [line.split()[2].decode() for line in header.splitlines() if line.startswith(b"property float")]
    row = dict(zip(names, np.frombuffer(body, "<f4"), strict=True))
    assert names[:6] == ["x", "y", "z", "nx", "ny", "nz"] and names[-1] == "rot_3"
    opacity = float(arrays.opacities[0])
    assert row["opacity"] == pytest.approx(np.log(opacity / (1 - opacity)), rel=1e-4)
    assert row["scale_1"] == pytest.approx(np.log(arrays.scales[0, 1]), rel=1e-5)
    assert row["rot_0"] == pytest.approx(arrays.wxyz[0, 0])
    assert row["f_dc_2"] == pytest.approx(arrays.sh[0, 0, 2])
    assert [row[f"f_rest_{i}"] for i in range(9)] == pytest.approx(arrays.sh[0, 1:].T.ravel().tolist())


def _edited(tmp_path, old: bytes, new: bytes):
    write_splat_ply(tmp_path / "a.ply", splats(2, 4))
    content = (tmp_path / "a.ply").read_bytes()
    assert old in content
    (tmp_path / "a.ply").write_bytes(content.replace(old, new, 1))
    return tmp_path / "a.ply"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"float f_rest_8", b"float f_tail_8", "8 properties f_rest"),
        (b"float opacity", b"float opacitY", "'opacity'"),
        (b"float scale_2", b"float scale_9", "'scale_2'"),
        (b"vertex 2", b"vertex 3", "a.ply"),
        (b"element vertex", b"element points", "none"),
    ],
)
def test_a_file_that_is_not_splats_is_refused(tmp_path, old, new, says):
    path = _edited(tmp_path, old, new)
    with pytest.raises(InputError) as refusal:
        read_splat_ply(path)
    assert says in str(refusal.value)


def test_numbers_that_cannot_be_are_refused(tmp_path):
    for name, index, value, says in (
        ("means", (1, 0), np.nan, "x of splat 1"),
        ("wxyz", (1, slice(None)), 0.0, "splat 1 with a rotation of length 0"),
    ):
        broken = splats(2, 1)
        getattr(broken, name)[index] = value
        write_splat_ply(tmp_path / "a.ply", broken)
        with pytest.raises(InputError, match=says):
            read_splat_ply(tmp_path / "a.ply")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_splat_ply(tmp_path / "none.ply")
