"""The `bop-eval` command: one line for an error, exit code 2."""

import runpy
import sys

import pytest

from bop_eval.cli import main
from bop_eval.journal import journal_path
from bop_eval.methods import METHODS, Estimate, MaskedObject
from bop_eval.runner import RunSettings
from objpose.io import BopImage


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["bop-eval", *map(str, arguments)])
    try:
        main()
    except SystemExit as stop:
        return stop.code
    return 0


def arguments(settings: RunSettings) -> list[object]:
    return ["run", settings.dataset_dir, "--detections", settings.detections, "--out", settings.out]


def test_run_writes_results_and_reports(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert run_main(monkeypatch, *arguments(settings), "--method", "seeded") == 0
    printed = capsys.readouterr()
    assert "results.csv: 96 estimates in 24 images" in printed.out
    assert "24/24" in printed.err  # the progress bar
    assert settings.out.is_file()


def test_unknown_method_lists_the_choices(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert run_main(monkeypatch, *arguments(settings), "--method", "rgdb") == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("error: --method: found 'rgdb', expected one of rgb, rgbd")
    assert printed.err.count("\n") == 1 and printed.out == ""
    assert list(settings.out.parent.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named_before_the_work(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    settings.out.write_text("a file")
    command = [*arguments(settings)[:-1], settings.out / "inside.csv", "--method", "seeded"]
    assert run_main(monkeypatch, *command) == 2
    assert "expected a folder to write into" in capsys.readouterr().err


def test_missing_detections_are_named(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    code = run_main(
        monkeypatch,
        "run",
        settings.dataset_dir,
        "--method",
        "seeded",
        "--detections",
        "no.json",
        "--out",
        "r.csv",
    )
    assert code == 2
    assert capsys.readouterr().err.startswith("error: no.json: found no such file")


@pytest.mark.parametrize("wrong", [["--metod", "x"], ["--seed", "one"], ["--threads", "0"]])
def test_wrong_options_are_one_line(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, wrong: list[str]
) -> None:
    assert run_main(monkeypatch, *arguments(settings), "--method", "seeded", *wrong) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ") and printed.count("\n") == 1 and wrong[0] in printed


def test_interrupted_says_how_to_go_on(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    seen = []

    def interrupt(image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        if len(seen) == 3:
            raise KeyboardInterrupt
        seen.append(image)
        return []

    monkeypatch.setitem(METHODS, "interrupted", lambda method_settings: interrupt)
    assert run_main(monkeypatch, *arguments(settings), "--method", "interrupted") == 130
    assert "--resume" in capsys.readouterr().err
    assert run_main(monkeypatch, *arguments(settings), "--method", "interrupted", "--resume") == 130
    assert len(seen) == 3 and not settings.out.exists() and journal_path(settings.out).exists()


def test_runs_as_a_module(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(sys, "argv", ["bop_eval", *map(str, arguments(settings)), "--method", "none"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("bop_eval", run_name="__main__")
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: --method") and "Traceback" not in said
