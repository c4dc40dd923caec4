"""Which poses of a list are truly different ones."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, Symmetry
from objpose.onboarding import ObjectModel

PROBES = 24  # surface points whose displacement tells two poses apart
SYMMETRY_STEP = 0.05  # of the diameter: how finely free turns are compared


def distinct(model: ObjectModel, symmetry: Symmetry, cam_from_obj: SE3, radius: float, limit: int) -> Tensor:
    """(k,) indices, k <= limit, of poses (B,) that differ from every earlier kept one; list them best first.

    Two poses are the same when, under some transform of `symmetry`, no probe point moves by more than
    `radius` (metres) between them: the distance that BOP calls MSSD.
    """
    probes = model.surface.cloud.points[:: max(1, len(model.surface.cloud) // PROBES)]
    posed = cam_from_obj.apply_points(probes)
    turned = symmetry.transforms(model.diameter, SYMMETRY_STEP).apply_points(probes)
    open_, kept = torch.ones(len(posed), dtype=torch.bool), []
    for index in range(len(posed)):
        if not open_[index]:
            continue
        kept.append(index)
        if len(kept) == limit:
            break
        equals = cam_from_obj[index].apply_points(turned)
        gap = (posed[:, None] - equals).square().sum(-1).amax(-1).amin(-1)
        open_ &= gap > radius**2
    return torch.tensor(kept)
