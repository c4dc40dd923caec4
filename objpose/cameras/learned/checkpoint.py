"""Trained weights, with the options of their network and all that training needs to go on."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from objpose.cameras.learned.network import MotionNetwork, NetworkOptions
from objpose.errors import InputError
from objpose.io import atomic_path

NETWORK, OPTIMIZER = "network.", "optimizer."


def save_checkpoint(
    path: str | os.PathLike, network: MotionNetwork, optimizer: torch.optim.Optimizer, step: int
) -> None:
    """Write one safetensors file, whole or not at all; options and step stand in its metadata as JSON."""
    tensors = {NETWORK + name: value for name, value in network.state_dict().items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"{OPTIMIZER}{number}.{name}": value for name, value in state.items()}
    metadata = {"options": json.dumps(asdict(network.options)), "step": str(step)}
    with atomic_path(path) as temporary:
        save_file({name: value.contiguous() for name, value in tensors.items()}, temporary, metadata)


def load_motion_network(path: str | os.PathLike) -> MotionNetwork:
    """The network of a checkpoint, ready to propose.

    Raises:
        InputError: no such file, or one that training did not write.
    """
    tensors, metadata = _read(Path(path))
    try:
        network = MotionNetwork(NetworkOptions(**json.loads(metadata["options"])))
        network.load_state_dict(_part(tensors, NETWORK))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise _foreign(path, error) from error
    return network.eval()


def resume(path: str | os.PathLike, network: MotionNetwork, optimizer: torch.optim.Optimizer) -> int:
    """Bring network and optimizer to where a checkpoint was written; its step.

    Raises:
        InputError: as load_motion_network, or a checkpoint of a network with other options.
    """
    tensors, metadata = _read(Path(path))
    try:
        options = json.loads(metadata["options"])
        if options != asdict(network.options):
            raise InputError(path, options, asdict(network.options), "give the same options, or another file")
        network.load_state_dict(_part(tensors, NETWORK))
        state: dict[int, dict] = {}
        for name, value in _part(tensors, OPTIMIZER).items():
            number, entry = name.split(".", 1)
            state.setdefault(int(number), {})[entry] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})
        return int(metadata["step"])
    except (KeyError, TypeError, RuntimeError) as error:
        raise _foreign(path, error) from error


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    if not path.is_file():
        raise InputError(
            path, "no such file", "weights of the motion network", "train them, or check the name"
        )
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise _foreign(path, error) from error


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _foreign(path: str | os.PathLike, error: Exception) -> InputError:
    expected = "a checkpoint of objpose.cameras.learned.train"
    return InputError(path, error, expected, "train one with python -m objpose.cameras.learned.train")
