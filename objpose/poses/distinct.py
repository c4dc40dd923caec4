"""The best poses of a list that are truly different ones; decided on the host, pose by pose."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, Symmetry
from objpose.objects import ObjectModel

SAME = 0.1  # of the diameter: poses closer than this everywhere are one hypothesis
PROBES = 24  # surface points whose displacement tells two poses apart
SYMMETRY_STEP = 0.05  # of the diameter: how finely free turns are compared


def best(score: Tensor, limit: int | None = None) -> Tensor:
    """(k,) indices of the highest of scores (B,), best first, equal ones in their order."""
    return score.sort(descending=True, stable=True).indices[:limit]


def best_distinct(
    model: ObjectModel,
    cam_from_obj: SE3,
    score: Tensor,
    limit: int | None = None,
    symmetry: Symmetry | None = None,
    same: float = SAME,
) -> Tensor:
    """(k,) indices, k <= limit, of the poses (B,) of best score (B,) that differ from every better one kept.

    symmetry: what makes poses equal; the free turns alone where none is given, as flips that seem equal to
    symmetry detection may still be told apart by the frame. same: of the diameter, see `distinct`.
    """
    symmetry = Symmetry(SE3.identity((1,)), model.symmetry.continuous) if symmetry is None else symmetry
    order = best(score)
    return order[distinct(model, symmetry, cam_from_obj[order], same * model.diameter, limit)]


def distinct(
    model: ObjectModel, symmetry: Symmetry, cam_from_obj: SE3, radius: float, limit: int | None = None
) -> Tensor:
    """(k,) indices, k <= limit, of poses (B,) that differ from every earlier kept one; list them best first.

    Two poses are the same when, under some transform of `symmetry`, no probe point moves by more than
    `radius` (metres) between them: the distance that BOP calls MSSD.
    """
    probes = probe_points(model)
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
    return torch.tensor(kept, dtype=torch.long)


def separations(model: ObjectModel, symmetry: Symmetry, cam_from_obj: SE3) -> Tensor:
    """(B, B) metres, how far poses (B,) are apart: BOP's MSSD between them, as in `distinct`."""
    probes = probe_points(model)
    posed = cam_from_obj.apply_points(probes)
    turned = symmetry.transforms(model.diameter, SYMMETRY_STEP).apply_points(probes)
    equals = cam_from_obj[:, None].apply_points(turned)  # (B, M, P, 3)
    gap = (posed[:, None, None] - equals).square().sum(-1).amax(-1).amin(-1)
    return gap.sqrt()


def probe_points(model: ObjectModel) -> Tensor:
    """(P, 3) surface points, object frame; on the host."""
    points = model.on_host.surface.cloud.points
    return points[:: max(1, len(points) // PROBES)]
