"""BOP result files: rows read back to the same numbers, and every malformed line is named."""

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from objpose.errors import InputError
from objpose.geometry import SE3, SO3
from objpose.io import BopResult, read_bop_csv, write_bop_csv

HEADER = "scene_id,im_id,obj_id,score,R,t,time"
GOOD = "1,2,3,0.5,1 0 0 0 1 0 0 0 1,10 20 30.5,0.25"
FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)


def put(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def random_rows(count: int, seed: int, dtype: torch.dtype) -> list[BopResult]:
    generator = torch.Generator().manual_seed(seed)
    poses = SE3.from_rotation_translation(
        SO3.random((count,), generator).matrix().to(dtype),
        torch.randn(count, 3, generator=generator).to(dtype),
    )
    scores = torch.rand(count, generator=generator).tolist()
    return [BopResult(i // 6, i // 2, i, scores[i], poses[i], 0.1 * (i // 2)) for i in range(count)]


def test_units_and_order(tmp_path: Path) -> None:
    [row] = read_bop_csv(put(tmp_path / "r.csv", GOOD))
    assert (row.scene_id, row.im_id, row.obj_id, row.score, row.time_s) == (1, 2, 3, 0.5, 0.25)
    torch.testing.assert_close(
        row.cam_from_obj.translation, torch.tensor([0.01, 0.02, 0.0305], dtype=torch.float64)
    )
    turned = put(tmp_path / "t.csv", GOOD.replace("1 0 0 0 1 0 0 0 1", "0 -1 0 1 0 0 0 0 1"))
    x_axis = read_bop_csv(turned)[0].cam_from_obj.rotation.apply(
        torch.tensor([1.0, 0, 0], dtype=torch.float64)
    )
    torch.testing.assert_close(x_axis, torch.tensor([0.0, 1, 0], dtype=torch.float64))


@FUZZ
@given(
    count=st.integers(0, 12),
    seed=st.integers(0, 2**16),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_rows_read_back(tmp_path: Path, count: int, seed: int, dtype: torch.dtype) -> None:
    rows = random_rows(count, seed, dtype)
    write_bop_csv(tmp_path / "r.csv", rows)
    again = read_bop_csv(tmp_path / "r.csv")
    assert [(r.scene_id, r.im_id, r.obj_id, r.score, r.time_s) for r in again] == [
        (r.scene_id, r.im_id, r.obj_id, r.score, r.time_s) for r in rows
    ]
    tolerance = 1e-12 if dtype == torch.float64 else 1e-6
    for row, read in zip(rows, again, strict=True):
        expected = row.cam_from_obj.matrix().double()
        torch.testing.assert_close(read.cam_from_obj.matrix(), expected, atol=tolerance, rtol=tolerance)


def test_a_read_file_writes_the_same_file(tmp_path: Path) -> None:
    write_bop_csv(tmp_path / "a.csv", random_rows(10, 0, torch.float64))
    rows = read_bop_csv(tmp_path / "a.csv")
    write_bop_csv(tmp_path / "b.csv", rows)
    again = read_bop_csv(tmp_path / "b.csv")
    for a, b in zip(rows, again, strict=True):
        torch.testing.assert_close(a.cam_from_obj.wxyz_xyz, b.cam_from_obj.wxyz_xyz, atol=1e-14, rtol=1e-14)


BAD_LINES = {
    "6 fields": ("1,2,3,0.5,1 0 0 0 1 0 0 0 1,10 20 30", "found 6 fields"),
    "8 fields": (GOOD + ",1", "found 8 fields"),
    "8 numbers in R": (GOOD.replace("0 0 1,", "0 1,"), "found 8 numbers in R"),
    "2 numbers in t": (GOOD.replace("10 20 ", "10 "), "found 2 numbers in t"),
    "no number": (GOOD.replace("0.5", "good"), "'good' in score"),
    "nan": (GOOD.replace("30.5", "nan"), "nan in t"),
    "negative id": (GOOD.replace("1,2,3", "1,-2,3"), "im_id '-2'"),
    "float id": (GOOD.replace("1,2,3", "1.0,2,3"), "scene_id '1.0'"),
    "mirror": (GOOD.replace("1 0 0 0 1 0 0 0 1", "1 0 0 0 1 0 0 0 -1"), "a rotation matrix"),
    "scaled": (GOOD.replace("1 0 0 0 1 0 0 0 1", "2 0 0 0 2 0 0 0 2"), "a rotation matrix"),
    "other time": (GOOD.replace("0.25", "0.3"), "found time 0.3, expected 0.25"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_malformed_lines_are_named(tmp_path: Path, name: str) -> None:
    line, message = BAD_LINES[name]
    with pytest.raises(InputError, match="r.csv: line 3: ") as caught:
        read_bop_csv(put(tmp_path / "r.csv", GOOD, line))
    assert message in str(caught.value)


def test_times_may_differ_by_a_rounding(tmp_path: Path) -> None:
    assert len(read_bop_csv(put(tmp_path / "r.csv", GOOD, GOOD.replace("0.25", "0.2505")))) == 2


@pytest.mark.parametrize("content", ["", "scene,im\n", GOOD + "\n"])
def test_another_header_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "r.csv").write_text(content)
    with pytest.raises(InputError, match="r.csv: line 1: "):
        read_bop_csv(tmp_path / "r.csv")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone.csv: found no such file"):
        read_bop_csv(tmp_path / "gone.csv")


def test_what_is_not_finite_is_not_written(tmp_path: Path) -> None:
    pose = SE3.from_rotation_translation(torch.eye(3), torch.tensor([0.0, 0.0, float("nan")]))
    for row in (BopResult(1, 1, 1, 1.0, pose, 0.1), BopResult(1, 1, 1, float("nan"), SE3.identity(), 0.1)):
        with pytest.raises(InputError, match="finite"):
            write_bop_csv(tmp_path / "r.csv", [row])
    assert list(tmp_path.iterdir()) == []


def test_times_of_one_image_must_agree_when_written(tmp_path: Path) -> None:
    rows = [BopResult(1, 1, 1, 1.0, SE3.identity(), time_s) for time_s in (0.1, 0.2)]
    with pytest.raises(InputError, match="line 3: found time 0.2"):
        write_bop_csv(tmp_path / "r.csv", rows)


def test_reference_files_read(shared_data: Path) -> None:
    folder = shared_data / "bop_eval_reference"
    assert [len(read_bop_csv(path)) for path in sorted(folder.glob("*.csv"))] == [150, 174]
