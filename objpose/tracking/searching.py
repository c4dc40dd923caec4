"""The likeliest of many places: all are drawn onto the frame a little, the better ones further."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.geometry.tangent import moved_about
from objpose.tracking.beside import turns_of
from objpose.tracking.evidence import odds_of
from objpose.tracking.modalities import Modality
from objpose.tracking.portion import Portion
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step, steps_of

if TYPE_CHECKING:
    from objpose.tracking.fitting import Fit, Fitter

# Of a whole search, those of a portion in proportion:
DRAWN = 54  # of the places that are drawn onto the frame, by few of the object's points
CHOSEN = 12  # of them that are gone on with, beside six turned from the best:
TURNED = 12.0  # degrees each way about each axis
FINISHED = 12  # of them that are drawn to the pixel
FEWER = 6  # of them where there is no paint, or no time for all


def likeliest(fitter: Fitter, sight: Sight, places: Tensor, nats: Tensor, part: Portion, least: float) -> Fit:
    """Of places (P, 7), made likely by so many nats (P,) of their silhouettes; least: see `Fitter.around`."""
    likely = places[nats.argsort(descending=True, stable=True)[: part.number(DRAWN)]].contiguous()
    coarse, middle, finer, *fine = steps_of(fitter.size(sight, SE3(likely[0])))
    is_painted = fitter.drawn.offers(sight, likely)
    modalities = (*fitter.few, fitter.drawn) if is_painted else fitter.few
    drawn = fitter.aligner.aligned(modalities, sight, likely, [coarse, middle])
    if not is_painted:
        chosen = _best(fitter, sight, drawn, (), (middle, finer), part.number(FEWER))
        found = fitter.fitted(sight, chosen, [middle, finer, *fine])
        if not part.is_all:
            return found
        beside = fitter.fitted(sight, _turned(fitter, found.cam_from_mesh.wxyz_xyz), [middle, finer, *fine])
        return max(found, beside, key=lambda fit: fit.odds)
    if not part.is_all:  # the frames to come will settle it
        last = _best(fitter, sight, drawn, (), (middle, finer), part.number(FEWER))
        return fitter.fitted(sight, last, [finer, *fine])
    chosen = _best(fitter, sight, drawn, modalities, (middle, finer), CHOSEN)
    some = torch.cat([chosen, _turned(fitter, chosen[0])])
    fitter.drawn.offers(sight, some)  # the frame about the best
    last = _best(fitter, sight, some, modalities, (middle, finer), FINISHED)
    return fitter.finished(sight, last, [finer, *fine], least)


def _turned(fitter: Fitter, cam_from_mesh: Tensor) -> Tensor:
    """(6, 7) poses beside one (7,)."""
    return moved_about(fitter.views.centre, cam_from_mesh.expand(6, 7), turns_of(TURNED)).float().contiguous()


def _best(
    fitter: Fitter,
    sight: Sight,
    places: Tensor,
    modalities: Sequence[Modality],
    steps: tuple[Step, Step],
    count: int,
) -> Tensor:
    """(count, 7) the best first, of places (B, 7) drawn by one step, if by any, and compared by the next."""
    drawn = fitter.aligner.aligned(modalities, sight, places, steps[:1]) if modalities else places
    outline = fitter.few[0]
    outline.look(sight, drawn, steps[1])
    fits = odds_of(outline.misfit(drawn, steps[1]), fitter.paint.seen(sight, SE3(drawn)))
    return drawn[fits.argsort(descending=True, stable=True)[:count]].contiguous()
