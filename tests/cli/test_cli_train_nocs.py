"""`objpose train-nocs`: a few steps, gone on with, and used by `objpose estimate`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from safetensors import safe_open

from objpose.nocs import FILE, load_network
from objpose.objects import ObjectModel
from tests.cli.conftest import command_line

MOMENT = ("--minutes", "0.01")


def spent() -> float:
    """Seconds of training so far: a busy machine takes more than a moment for one step."""
    with safe_open("templates/watering_can/pose_net.training.safetensors", "pt") as state:
        return float(state.metadata()["seconds"])


def test_a_network_is_written_beside_the_object_and_used(
    objpose_command: Callable[..., Result],
    onboarding: tuple[str, Path],
    estimate_arguments: dict[str, object],
) -> None:
    shutil.copytree(onboarding[1] / "watering_can", "templates/watering_can")
    said = objpose_command("train-nocs", "watering_can", *MOMENT)
    assert said.exit_code == 0, said.output
    assert "watering_can: " in said.stdout and "loss on crops held out" in said.stdout
    model = ObjectModel.load("templates/watering_can")
    load_network(Path("templates/watering_can") / FILE, model.content, "watering_can")
    again = objpose_command("train-nocs", "watering_can", "--minutes", str((spent() + 0.5) / 60))
    assert again.exit_code == 0, again.output
    steps = [int(line.split(": ")[1].split()[0]) for line in (said.stdout, again.stdout)]
    assert steps[1] > steps[0]
    found = objpose_command(*command_line(estimate_arguments))
    assert found.exit_code == 0, found.output


@pytest.mark.slow("onboards a mesh and trains on it, twice")
def test_a_mesh_that_is_kept_nowhere_needs_a_file_and_goes_on_by_its_seed(
    objpose_command: Callable[..., Result], data: Path
) -> None:
    refused = objpose_command("train-nocs", data / "watering_can.glb")
    assert refused.exit_code == 2 and refused.stderr.startswith("error: --out: found nothing")
    assert "give --out FILE, or onboard it first" in refused.stderr
    command = ("train-nocs", data / "watering_can.glb", "--out", "net.safetensors", *MOMENT)
    written = objpose_command(*command)
    assert written.exit_code == 0, written.output
    assert {path.name for path in Path.cwd().iterdir()} == {"net.safetensors", "net.training.safetensors"}
    refused = objpose_command(*command, "--seed", "3")
    assert refused.exit_code == 2 and refused.stderr.count("\n") == 1
    assert "give the same options, or remove net.training.safetensors" in refused.stderr
