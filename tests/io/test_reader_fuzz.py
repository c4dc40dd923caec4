"""Damaged files of every kind are read or refused by name: no crash, no other error, no endless wait.

tests/fuzz/readers.py runs far more of it, guided by what the damage reaches.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from objpose.errors import InputError
from tests.io.damaged_files import Whole, damaged, whole_files

FUZZ = settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=25)
KINDS = (
    *("picture png", "picture jpg", "picture tif", "picture bmp", "depth png", "depth npy", "depth npz"),
    *("mask", "mask json", "camera json", "camera npy", "placed cameras", "transforms", "results"),
    *("COLMAP cameras", "COLMAP images", "COLMAP points3D", "detections", "journal", "splats"),
    *("object", "arrays of an object", "video", "bag"),
)
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Whole]:
    pytest.importorskip("rosbags")
    return whole_files(tmp_path_factory.mktemp("whole"))


def test_every_kind_is_damaged_and_reads_while_it_is_whole(files: dict[str, Whole]) -> None:
    assert tuple(sorted(files)) == tuple(sorted(KINDS))
    for whole in files.values():
        whole.read()


@pytest.mark.parametrize("kind", KINDS)
@FUZZ
@given(place=st.floats(0, 1, exclude_max=True), value=st.binary(max_size=4), cut=st.booleans())
def test_damage_is_read_or_refused(
    files: dict[str, Whole], kind: str, place: float, value: bytes, cut: bool
) -> None:
    whole = files[kind]
    before = whole.file.read_bytes()
    whole.file.write_bytes(damaged(before, place, value, cut))
    try:
        whole.read()
    except InputError as error:
        # Topics are of their bag, and K is of the one camera that is read.
        names = (whole.file.name, whole.file.parent.name, "/camera/", "camera K")
        assert any(name in str(error) for name in names), error
    finally:
        whole.file.write_bytes(before)
