"""Ctrl-C at any moment: one line, exit code 130, nothing half-written, and how to go on where that can be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import torch
from click.testing import CliRunner

import objpose.__main__
from objpose.cli import main
from objpose.cli.failures import one_line_errors
from objpose.cli.interrupts import goes_on

DATA = Path(__file__).resolve().parents[2] / "examples" / "data"
VIEW = (
    *("--depth", DATA / "depth.png", "--camera", DATA / "camera.json", "--units", "m"),
    *("--object", DATA / "watering_can.glb", "--mask", DATA / "mask.png"),
)


def press() -> None:
    """Ctrl-C, in this process."""
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(1)  # the handler comes first


def pressed_in_a_library() -> None:
    """As NumPy and Open3D do while they load."""
    try:
        press()
    except KeyboardInterrupt as error:
        raise ImportError("initialization failed") from error


def ended(monkeypatch: pytest.MonkeyPatch, body: Callable[[], None]) -> tuple[int, str]:
    """Exit code and stderr of a command with that body."""
    monkeypatch.setitem(main.commands, "busy", click.Command("busy", callback=body))
    result = CliRunner().invoke(main, ["busy"])
    return result.exit_code, result.stderr.strip()


@pytest.mark.parametrize("body", [press, pressed_in_a_library])
def test_it_is_one_line_whatever_a_library_makes_of_it(
    monkeypatch: pytest.MonkeyPatch, body: Callable[[], None]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    assert ended(monkeypatch, body) == (130, "interrupted")
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("pressed", [press, pressed_in_a_library])
def test_how_to_go_on_is_told_where_something_is_kept(
    monkeypatch: pytest.MonkeyPatch, pressed: Callable[[], None]
) -> None:
    def body(kept: str | None) -> None:
        with goes_on(lambda: kept):
            pressed()

    assert ended(monkeypatch, lambda: body("go on so")) == (130, "interrupted; go on so")
    assert ended(monkeypatch, lambda: body(None)) == (130, "interrupted")


def test_a_disk_that_is_full_after_it_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def body() -> None:
        try:
            press()
        except KeyboardInterrupt:  # the end of a recording: what there is is written
            raise OSError(28, "No space left on device") from None

    code, told = ended(monkeypatch, body)
    assert code == 130 and told.splitlines() == ["error: [Errno 28] No space left on device", "interrupted"]


def test_other_failures_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        with goes_on(lambda: "never told"):
            raise ImportError("initialization failed")

    monkeypatch.setitem(main.commands, "busy", click.Command("busy", callback=fails))
    assert isinstance(CliRunner().invoke(main, ["busy"]).exception, ImportError)


def test_memory_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much() -> None:
        torch.empty(2**60, dtype=torch.uint8)

    def far_too_much() -> None:
        bytearray(2**62)

    for body in (too_much, far_too_much):
        code, told = ended(monkeypatch, body)
        assert code == 2 and told.startswith("error: not enough memory (") and "\n" not in told


def test_before_the_libraries_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pressed:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "objpose.cli":
                raise KeyboardInterrupt

    for name in [name for name in sys.modules if name.startswith("objpose.cli")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Pressed(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        objpose.__main__.main()
    assert ended.value.code == 130


def test_outside_the_main_thread_commands_run_too() -> None:
    from threading import Thread

    told: list[str] = []

    def body() -> None:
        with one_line_errors(told.append):
            told.append("ran")

    thread = Thread(target=body)
    thread.start()
    thread.join()
    assert told == ["ran"]


COMMANDS = {
    "onboard": ("objpose", "onboard", DATA / "watering_can.glb", "--units", "m", "--out", "out"),
    "estimate": ("objpose", "estimate", DATA / "rgb.png", *VIEW, "--out", "out"),
    "demo": ("objpose", "demo", "--out", "out"),
    "cameras": ("objpose", "cameras", "SHARED/photos/fox", "--out", "out", "--cache", "cache"),
    "bop-eval run": (
        *("bop_eval", "run", "SHARED/desk", "--method", "rgbd", "--out", "out/x_desk-test.csv"),
        *("--detections", "SHARED/desk/detections.json", "--templates", "templates"),
    ),
}


@pytest.mark.slow("each command, broken off at three moments")
@pytest.mark.parametrize("name", COMMANDS)
def test_every_long_command_ends_so_at_any_moment(name: str, tmp_path: Path, shared_data: Path) -> None:
    module, *rest = (str(part).replace("SHARED", str(shared_data)) for part in COMMANDS[name])
    environment = os.environ | {"PYTHONPATH": str(DATA.parents[1])}
    for seconds in (2, 5, 12):
        process = subprocess.Popen(
            [sys.executable, "-m", module, *rest], cwd=tmp_path, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=120)[1].strip().splitlines()
        assert process.returncode in (0, 130), told
        assert process.returncode == 0 or told[-1].startswith("interrupted"), told
        written = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert not [path for path in written if ".tmp" in path.name or path.stat().st_size == 0]
