"""The example object, onboarded once a run for all that tests do with it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from objpose.cli import main
from tests.conftest import REPOSITORY
from tests.kept import made_once

MESH = REPOSITORY / "examples" / "data" / "watering_can.glb"


def onboarded_example() -> tuple[str, Path]:
    """What `objpose onboard` said of the watering can, and the folder of objects that it wrote into."""

    def make(folder: Path) -> None:
        result = CliRunner().invoke(main, ["onboard", str(MESH), "--out", str(folder / "templates")])
        assert result.exit_code == 0, result.output
        (folder / "said.txt").write_text(result.stdout)

    folder = made_once("example", make)
    return (folder / "said.txt").read_text(), folder / "templates"
