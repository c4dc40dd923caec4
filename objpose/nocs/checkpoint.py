"""Pose-Nets in files: weights that answer, in half precision, and all that a broken-off training needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from objpose.errors import InputError
from objpose.io import atomic_path
from objpose.nocs.network import FORMAT, NetworkOptions, PoseNet
from objpose.nocs.training import Trainer

EXPECTED = "a Pose-Net that `objpose train-nocs` wrote"


def save_network(path: Path, network: PoseNet, subject: str, log: str = "") -> None:
    """Write it, whole or not at all. subject: digest of what it knows; log: how it was trained, JSON."""
    tensors = {
        name: (values.half() if values.is_floating_point() else values).contiguous()
        for name, values in network.state_dict().items()
    }
    # "object" names whom a file beside an onboarded object belongs to: it goes when that is another.
    metadata = {"object": subject, "log": log} | _format(network.options)
    _write(path, tensors, metadata)


def load_network(path: Path, subject: str, name: str) -> PoseNet:
    """The network of a file, ready to answer. subject: what it must know; name: that of errors.

    Raises:
        InputError: no such file, one that is none of ours, of another version, and of something else.
    """
    again = f"train it again: objpose train-nocs {name}"
    tensors, metadata = _read(path, again)
    _check(path, metadata, again)
    if metadata.get("object") != subject:
        found = f"a network of something else ({metadata.get('object', '')[:12]})"
        raise InputError(path, found, f"one of {name} as it is ({subject[:12]})", again)
    try:
        network = PoseNet(NetworkOptions(**json.loads(metadata["options"])))
        network.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(path, f"a damaged file ({error})", EXPECTED, again) from error
    return network.eval().requires_grad_(False)


def save_state(path: Path, trainer: Trainer, subject: str, log: str = "") -> None:
    """Write all that going on needs, whole or not at all."""
    metadata = {"object": subject, "log": log, "training": json.dumps(asdict(trainer.options))}
    where = {"step": str(trainer.step), "seconds": repr(trainer.seconds)}
    tensors = {name: values.contiguous() for name, values in trainer.state().items()}
    _write(path, tensors, metadata | where | _format(trainer.network.options))


def resume(path: Path, trainer: Trainer, subject: str) -> str:
    """Bring a trainer to where a state was written; the log that was written with it.

    Raises:
        InputError: as `load_network`, and a state of a training with other options.
    """
    cure = f"give the same options, or remove {path} to begin anew"
    tensors, metadata = _read(path, cure)
    _check(path, metadata, cure)
    if metadata.get("object") != subject:
        raise InputError(path, "the training of another object", "one of this object as it is", cure)
    expected = {"training": json.dumps(asdict(trainer.options))} | _format(trainer.network.options)
    for name, value in expected.items():
        if metadata.get(name) != value:
            raise InputError(path, f"{name} {metadata.get(name)}", value, cure)
    try:
        trainer.restore(tensors, int(metadata["step"]), float(metadata["seconds"]))
        return metadata["log"]
    except (KeyError, ValueError, RuntimeError) as error:
        raise InputError(path, f"a damaged file ({error})", "a broken-off training", cure) from error


def _format(options: NetworkOptions) -> dict[str, str]:
    return {"format": str(FORMAT), "options": json.dumps(asdict(options))}


def _check(path: Path, metadata: Mapping[str, str], cure: str) -> None:
    if "format" not in metadata:
        raise InputError(path, "a file of something else", EXPECTED, cure)
    if metadata["format"] != str(FORMAT):
        raise InputError(path, f"version {metadata['format']}", f"version {FORMAT}", cure)


def _write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    try:
        with atomic_path(path) as fresh:
            save_file({name: values.cpu() for name, values in tensors.items()}, fresh, metadata)
            fresh.chmod(0o644)  # safetensors makes it private
    except (OSError, SafetensorError) as error:  # it has errors of its own for a full disk
        cure = "make room, or choose another place"
        raise InputError(path, error, "a file that can be written", cure) from error


def _read(path: Path, cure: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    if not path.is_file():
        raise InputError(path, "no such file", EXPECTED, cure)
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()  # the file is no mapping: it cannot be iterated
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(path, f"a damaged file ({error})", EXPECTED, cure) from error
