"""What speaks for poses, and against them, in the frame that they were drawn onto."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from objpose.geometry import SE3
from objpose.raster import PatchMatches
from objpose.tracking.evidence import Evidence
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step

MANY = 50.0  # patches in view from which more of them say no more

if TYPE_CHECKING:
    from objpose.tracking.fitting import Fitter


def weighed(fitter: Fitter, sight: Sight, cam_from_mesh: Tensor, step: Step) -> list[Evidence]:
    """Of each of poses (B, 7), at the step that all modalities looked with last."""
    misfit = fitter.outline.misfit(cam_from_mesh, step).tolist()
    lines = fitter.outline.statistics(cam_from_mesh, step)
    share, agreement = lines.share.tolist(), lines.agreement.tolist()
    hidden = fitter.outline.hidden(len(cam_from_mesh)).tolist()
    points, matches = fitter.surface.counts(cam_from_mesh), fitter.followed.matches(cam_from_mesh)
    nothing = [0.0] * len(cam_from_mesh)
    surface, covered, behind = (
        (nothing, nothing, nothing)
        if points is None
        else [points.share(part).tolist() for part in (points.found, points.hidden, points.contradicted)]
    )
    patches, followed = _patches(matches, len(cam_from_mesh))
    evidence = []
    for index, cam in enumerate(SE3(cam_from_mesh).normalized()):
        [paint] = fitter.paint.seen(sight, cam[None])
        evidence.append(
            Evidence(
                misfit=misfit[index],
                lines=share[index],
                agreement=agreement[index],
                hidden=hidden[index],
                likeness=paint.likeness,
                colourful=paint.weight,
                surface=surface[index],
                covered=covered[index],
                behind=behind[index],
                patches=patches[index],
                followed=followed[index],
            )
        )
    return evidence


def _patches(matches: PatchMatches | None, poses: int) -> tuple[list[float], list[float]]:
    """Share of the patches that look the same, and 0 to 1 how many are in view, of each pose."""
    if matches is None:
        return [0.0] * poses, [0.0] * poses
    seen = matches.seen.float()
    return (matches.agreeing / seen.clamp_min(1)).tolist(), (seen / MANY).clamp_max(1).tolist()
