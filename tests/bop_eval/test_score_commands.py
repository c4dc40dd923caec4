"""`bop-eval score`, `check` and `perfect`: what they print, write and refuse."""

import json
import sys
from pathlib import Path

import pytest

from bop_eval.cli import main
from objpose.io import read_bop_table, write_bop_table
from tests.bop_eval.scored_set import PLAIN, TURNING, Guess, Instance, make_scored_set, table

PLACE, ELSEWHERE = (0.0, 0.0, 400.0), (60.0, 0.0, 400.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = {(1, 0): [Instance(PLAIN, PLACE), Instance(TURNING, ELSEWHERE, visible=0.05)]}
    return make_scored_set(tmp_path / "cubes", images, [(1, 0, PLAIN, 1)], depth_mm=420)


def run(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, *arguments: object
) -> tuple[int, str, str]:
    """Exit code, output and errors of the command."""
    monkeypatch.setattr(sys, "argv", ["bop-eval", *map(str, arguments)])
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code
    return code, *capsys.readouterr()


@pytest.mark.parametrize(("task", "name"), [("localization", "AR"), ("detection", "AP")])
def test_perfect_results_score_one(folder: Path, capsys, monkeypatch, task: str, name: str) -> None:
    out = folder.parent / "truth_cubes-test.csv"
    code, printed, _ = run(capsys, monkeypatch, "perfect", folder, "--out", out)
    assert code == 0 and printed == f"{out}: 2 estimates\n"
    report = folder.parent / "report.json"
    code, printed, _ = run(
        capsys, monkeypatch, "score", out, "--dataset", folder, "--task", task, "--json", report
    )
    assert code == 0
    lines = printed.splitlines()
    assert lines[0].startswith(f"cubes, {task}: ") and lines[0].endswith("mean time unknown")
    assert lines[1].split()[:2] == ["targets", name] and set(lines[2].split()[2:]) == {"1.0000"}
    content = json.loads(report.read_text())
    assert set(content["figures"].values()) == {1.0} and content["per_object"]["1"][name] == 1.0


def test_check_accepts_and_remarks(folder: Path, capsys, monkeypatch) -> None:
    path = folder.parent / "mine_cubes-test.csv"
    guesses = [Guess(1, 0, PLAIN, 0.5, PLACE, time_s=-1), Guess(1, 0, PLAIN, 0.4, PLACE, time_s=-1)]
    write_bop_table(path, table(*guesses, Guess(1, 0, TURNING, 0.4, PLACE, time_s=-1)))
    code, printed, _ = run(capsys, monkeypatch, "check", path, "--dataset", folder)
    assert code == 0
    first, *notes = printed.splitlines()
    assert first == "ok: 3 estimates of mine in 1 images"
    expected = ["3 estimates without a time", "1 estimates beyond the instances", "1 estimates that are no"]
    assert len(notes) == 3 and all(text in note for text, note in zip(expected, notes, strict=True))


def test_check_tells_what_has_no_estimate(folder: Path, capsys, monkeypatch) -> None:
    path = folder.parent / "none_cubes-test_take-2.csv"
    write_bop_table(path, table())
    code, printed, _ = run(capsys, monkeypatch, "check", path, "--dataset", folder)
    assert code == 0 and "1 of 1 targets" in printed and "1 of 1 images" in printed


def test_score_says_what_did_not_count_and_where_to_look_when_nothing_is_right(
    folder: Path, capsys, monkeypatch
) -> None:
    path = folder.parent / "other_cubes-test.csv"
    guesses = [Guess(1, 0, PLAIN, 0.5, (500.0, 0.0, 400.0)), Guess(1, 0, TURNING, 0.4, PLACE)]
    write_bop_table(path, table(*guesses))
    code, printed, _ = run(capsys, monkeypatch, "score", path, "--dataset", folder)
    notes = [line for line in printed.splitlines() if line.startswith("note: ")]
    assert code == 0 and len(notes) == 2
    assert "1 estimates that are no target" in notes[0] and "bop-eval diagnose" in notes[1]


GOOD = "1,0,1,0.5,1 0 0 0 1 0 0 0 1,0 0 400,0.5"
REFUSED = {
    "name": ("my_method_v2.csv", GOOD, "METHOD_DATASET-SPLIT"),
    "set": ("mine_lmo-test.csv", GOOD, "found the set lmo in its name, expected cubes"),
    "fields": ("mine_cubes-test.csv", GOOD + ",7", "line 2: found 8 fields"),
    "rotation": ("mine_cubes-test.csv", GOOD.replace("1 0 0 0 1", "1 0 0 0 1.1"), "from a rotation by 0.21"),
    "mirror": ("mine_cubes-test.csv", GOOD.replace("0 0 1,", "0 0 -1,"), "mirrors (determinant -1)"),
    "nan": ("mine_cubes-test.csv", GOOD.replace("400", "nan"), "nan in t"),
    "time": ("mine_cubes-test.csv", GOOD + "\n" + GOOD.replace("0.5", "0.6"), "line 3: found time 0.6"),
    "object": ("mine_cubes-test.csv", GOOD.replace("1,0,1", "1,0,8"), "line 2: found object 8, expected"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_check_refuses_in_one_line(folder: Path, capsys, monkeypatch, case: str) -> None:
    name, lines, message = REFUSED[case]
    path = folder.parent / name
    path.write_text(f"scene_id,im_id,obj_id,score,R,t,time\n{lines}\n")
    code, printed, error = run(capsys, monkeypatch, "check", path, "--dataset", folder)
    assert code == 2 and printed == "" and message in error
    assert error.startswith("error: ") and error.count("\n") == 1


def test_score_refuses_in_one_line(folder: Path, capsys, monkeypatch) -> None:
    for arguments in (
        ["score", "gone.csv", "--dataset", folder],
        ["score", "gone.csv"],
        ["perfect", folder / "no", "--out", "x"],
    ):
        code, printed, error = run(capsys, monkeypatch, *arguments)
        assert code == 2 and printed == "" and error.startswith("error: ") and error.count("\n") == 1


def test_written_columns_read_back_exactly(tmp_path: Path) -> None:
    written = table(Guess(1, 2, PLAIN, 1 / 3, (1.1, -2.2, 400 / 3), turn=0.3, time_s=0.1))
    write_bop_table(tmp_path / "r.csv", written)
    again = read_bop_table(tmp_path / "r.csv")
    assert (again.cam_from_obj[..., :3] == written.cam_from_obj[..., :3]).all()
    assert again.cam_from_obj[..., 3] == pytest.approx(written.cam_from_obj[..., 3], rel=1e-15)
    assert (again.scores[0], again.times_s[0], again.lines[0]) == (1 / 3, 0.1, 2)
