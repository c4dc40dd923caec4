"""Vision transformers of timm with their pretrained weights: from a local file, or by timm's download."""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from torch import Tensor, nn

from objpose.errors import InputError

PERMISSIVE = ("apache-2.0", "mit", "bsd-3-clause")
NAMED_KEYS = 4  # of the missing and unexpected ones that an error spells out
FAMILIES = ("dinov2", "dinov3")


def load_backbone(model: str, weights: str | Path | None) -> Any:
    """timm's `model`, any image size allowed, in evaluation mode, on the CPU.

    Args:
        model: timm's name of a DINOv2 or DINOv3, e.g. "vit_large_patch14_reg4_dinov2", tag or no tag.
        weights: a safetensors or .pth file, as published by timm or by the authors; None downloads it once.

    Warns when the weights' licence is not a permissive one.

    Raises:
        InputError: a name timm does not know, a file that is missing, unreadable or of another model, and
            when the download is impossible.
    """
    import timm

    if model.split(".")[0] not in timm.list_models([f"*{family}*" for family in FAMILIES]):
        names = ", ".join(timm.list_models("*dinov2"))
        raise InputError(
            "model", repr(model), f"timm's DINOv2 or DINOv3, such as {names}", "correct the name"
        )
    if weights is None:
        backbone = _downloaded(model)
    else:
        backbone = timm.create_model(model, pretrained=False, num_classes=0, dynamic_img_size=True)
        _fill(backbone, Path(weights))
    licence = _config(backbone)["license"]
    if licence not in PERMISSIVE:
        warnings.warn(f"{model}: its weights are under {licence!r}; see what it allows", stacklevel=3)
    return backbone.eval().requires_grad_(False)


def fingerprint(backbone: nn.Module) -> str:
    """8 hexadecimal digits of the weights' content, the same for a file and a download."""
    return content_digest(backbone.state_dict())


def content_digest(tensors: Mapping[str, Tensor]) -> str:
    """8 hexadecimal digits of named tensors, whatever their order."""
    digest = hashlib.blake2b(digest_size=4)
    for name, value in sorted(tensors.items()):
        digest.update(name.encode())
        digest.update(value.cpu().contiguous().numpy().data)
    return digest.hexdigest()


def _downloaded(model: str) -> nn.Module:
    import timm

    try:
        return timm.create_model(model, pretrained=True, num_classes=0, dynamic_img_size=True)
    except OSError as error:
        raise InputError(
            f"weights of {model}", f"no copy here and no download ({error})", "its weights", _cure(model)
        ) from error


def _cure(model: str) -> str:
    """Where the file is, by timm's own record."""
    import timm

    config: Any = timm.get_pretrained_cfg(model)
    places = [f"model.safetensors of {config.hf_hub_id} on the Hugging Face hub"]
    if config.url:
        places.append(config.url.rsplit("/", 1)[1])
    return f"fetch {' or '.join(places)} where there is a network, and pass weights=<that file>"


def _config(backbone: nn.Module) -> dict[str, Any]:
    """timm's record of a model."""
    return cast(Any, backbone).pretrained_cfg


def _fill(backbone: nn.Module, file: Path) -> None:
    """Load a file's weights into a timm model; every one of them must be there and fit."""
    state = _read(file, _config(backbone)["architecture"])
    # The family's own filter translates the authors' key names and resamples position embeddings.
    convert = sys.modules[type(backbone).__module__].checkpoint_filter_fn
    try:
        state = convert(state, backbone)
    except (KeyError, AttributeError, RuntimeError, ValueError) as error:
        raise _wrong_file(file, backbone, f"weights that cannot be converted ({error})") from error
    own = backbone.state_dict()
    faults = {
        "missing": [key for key in own if key not in state],
        "unexpected": [key for key in state if key not in own],
        "of another shape": [key for key in own if key in state and state[key].shape != own[key].shape],
    }
    if any(faults.values()):
        found = "; ".join(f"{len(keys)} {fault} ({_some(keys)})" for fault, keys in faults.items() if keys)
        raise _wrong_file(file, backbone, f"weights with {found}")
    backbone.load_state_dict(state)


def _read(file: Path, model: str) -> dict[str, Tensor]:
    from pickle import UnpicklingError

    from safetensors import SafetensorError
    from timm.models import load_state_dict

    if not file.is_file():
        raise InputError(file, "no such file", f"the weights of {model}", _cure(model))
    try:
        return load_state_dict(str(file))
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError, AttributeError) as error:
        raise InputError(
            file, f"an unreadable file ({error})", f"the weights of {model}", _cure(model)
        ) from error


def _wrong_file(file: Path, backbone: nn.Module, found: str) -> InputError:
    model = _config(backbone)["architecture"]
    return InputError(
        file, found, f"the weights of {model}", f"name the model they belong to, or {_cure(model)}"
    )


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:NAMED_KEYS]) + (", ..." if len(keys) > NAMED_KEYS else "")
