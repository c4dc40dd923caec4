"""What to look for where: masks in any form, as targets that name an object each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from torch import Tensor

from objpose.errors import InputError
from objpose.estimator.estimate import Target
from objpose.given import as_mask, as_masks, described


def targets_of(masks: object, objects: Collection[str]) -> list[Target]:
    """Of masks as `PoseEstimator.estimate` takes them; objects: the names that are known.

    Raises:
        InputError: unknown names, a bare mask where several objects are known, and what is no mask.
    """
    targets = [
        mask if isinstance(mask, Target) else _only_target(as_mask(mask, f"mask {i}"), objects)
        for i, mask in enumerate(as_masks(masks, Target))
    ]
    for target in targets:
        if not isinstance(target.object, str) or target.object not in objects:
            known = f"the name of one of {', '.join(sorted(objects))}"
            cure = "Target(object, mask): the object's name, then its mask"
            raise InputError("target", f"object {described(target.object)}", known, cure)
    return [replace(target, mask=as_mask(target.mask, f"mask of {target.object}")) for target in targets]


def _only_target(mask: np.ndarray | Tensor, objects: Collection[str]) -> Target:
    if len(objects) > 1:
        found = f"a bare mask with {len(objects)} objects"
        raise InputError("masks", found, "Targets that name the object", "give Target(object, mask)")
    return Target(next(iter(objects)), mask)
