"""The Pose-Net that lies beside an onboarded object."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from objpose.nocs.checkpoint import load_network
from objpose.nocs.network import PoseNet
from objpose.objects import ObjectModel

FILE = "pose_net.safetensors"  # in the object's folder
HELD = 16  # networks in memory at most


def stored_network(model: ObjectModel) -> PoseNet | None:
    """The network that `objpose train-nocs` wrote beside an object; None where there is none.

    Raises:
        InputError: it is damaged, of another version, or was trained on the object as it was before.
    """
    path = None if model.folder is None else model.folder / FILE
    if path is None or not path.is_file():
        return None
    return _loaded(path, path.stat().st_mtime_ns, model.content, model.name)


@lru_cache(maxsize=HELD)
def _loaded(path: Path, written: int, content: str, name: str) -> PoseNet:
    """`written` tells a file that was trained anew from the one that is held."""
    return load_network(path, content, name)
