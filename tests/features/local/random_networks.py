"""Files of random weights of matching networks."""

from __future__ import annotations

from pathlib import Path

import torch
from kornia import feature


def lightglue_file(features: str, folder: Path, seed: int = 0) -> Path:
    """LightGlue's weights for a kind of features, under which equal descriptors match."""
    torch.manual_seed(seed)
    layout = {key: value for key, value in feature.LightGlue.features[features].items() if key != "weights"}
    network = feature.LightGlue(None, **layout)
    for assignment in network.log_assignment:
        assignment.final_proj.weight.data.mul_(8.0)
        assignment.matchability.bias.data.fill_(4.0)
    return _saved(network, folder)


def loftr_file(folder: Path, seed: int = 0) -> Path:
    """LoFTR's weights."""
    torch.manual_seed(seed)
    return _saved(feature.LoFTR(None), folder)


def _saved(network: torch.nn.Module, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "weights.pth"
    torch.save(network.state_dict(), path)
    return path
