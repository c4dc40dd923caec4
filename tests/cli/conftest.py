"""The example data, the example object onboarded once, and a runner of commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from objpose.cli import main
from tests.conftest import REPOSITORY
from tests.example_object import onboarded_example


@pytest.fixture(scope="session")
def data() -> Path:
    """The example object and scene."""
    return REPOSITORY / "examples" / "data"


@pytest.fixture(scope="session")
def onboarding() -> tuple[str, Path]:
    """What `objpose onboard` said of the watering can, and the folder that it wrote the object into."""
    return onboarded_example()


@pytest.fixture
def objpose_command(
    onboarding: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs `objpose ...` in an empty folder, with the example object onboarded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OBJPOSE_TEMPLATES", str(onboarding[1]))
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def estimate_arguments(data: Path) -> dict[str, object]:
    """Good arguments of `objpose estimate`, to spoil one at a time."""
    return {
        "rgb": data / "rgb.png",
        "--depth": data / "depth.png",
        "--camera": data / "camera.json",
        "--object": "watering_can",
        "--mask": data / "mask.png",
        "--out": "found",
    }


def command_line(arguments: dict[str, object]) -> list[object]:
    """The arguments of `objpose estimate` as a list; None leaves one out."""
    options = [
        part
        for key, value in arguments.items()
        if key != "rgb" and value is not None
        for part in (key, value)
    ]
    return ["estimate", arguments["rgb"], *options]
