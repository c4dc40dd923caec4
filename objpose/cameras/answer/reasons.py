"""Why a photo is doubted or left out, in words, and the other place it may have."""

from __future__ import annotations

import numpy as np

from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.scene.placement import Prediction


def rival_place(found: PhotoReview, options: AnswerOptions) -> tuple[np.ndarray, float] | None:
    """The best other place (4, 4) of a photo with its share of the belief, if it is worth telling."""
    if found.rival is None:
        return None
    behind = found.evidence - found.rival.evidence
    share = float(1.0 / (1.0 + np.exp(np.clip(behind / options.temperature, -50.0, 50.0))))
    return (found.rival.cam_from_world, share) if share > options.worth_telling else None


def reason_to_doubt(
    confidence: float,
    found: PhotoReview,
    said: Prediction,
    island: int,
    sigma_deg: float,
    focal_sigma: float,
    options: AnswerOptions,
    against: Contradiction | None = None,
    doubt: str | None = None,
) -> str | None:
    """What speaks against a placed photo, None if nothing does.

    said: by the points of the others; sigma_deg: standard deviation of where it stands to the most trusted
    photo of its island; focal_sigma: that of the log of its focal length; against: what contradicts its known
    camera; doubt: why it cannot be sure, whatever it matches.
    """
    parts = [] if island == 0 else [f"stands in frame {island} of its own group, not related to frame 0"]
    if doubt is not None:
        parts.append(doubt)
    if against is not None:
        parts.append(told_against(against))
    if focal_sigma > options.open_focal:
        parts.append(f"its focal length is hardly known: nobody told it, and it may be {focal_sigma:.0%} off")
    if confidence < options.doubted:
        parts.append(f"evidence of {found.evidence:.0f} nats")
        if found.rival is not None and rival_place(found, options) is not None:
            parts.append(f"another place has {found.rival.evidence:.0f}")
        if said.shortfall > options.worth_saying_nats:
            parts.append("hardly shows what others saw from near its place: it may stand at a look-alike")
        if sigma_deg > options.open_deg:
            parts.append(f"the matches leave {min(sigma_deg, 180.0):.0f} degrees open")
    return "; ".join(parts) or None


def told_against(contradiction: Contradiction) -> str:
    return f"the photos contradict it: {contradiction}"


def best_pair(problem: CameraProblem, photo: int) -> float:
    """Nats of the best hypothesis with any other photo, 0 without one."""
    nats = [found[0].evidence for pair, found in problem.hypotheses.items() if photo in pair]
    return max(nats, default=0.0)


def reason_left_out(problem: CameraProblem, photo: int, placed: int) -> str:
    """Why a photo has no camera beside so many placed ones."""
    if not len(problem.views[photo].features):
        return "no features found: the photo is too dark, too blurred or without texture"
    best, least = best_pair(problem, photo), problem.options.evidence.least(placed)
    if best >= least:
        return (
            f"it matches one other photo ({best:.0f} nats), but stands nowhere that the others confirm by "
            f"{least:.0f}: a side that looks alike, or seen from too far aside"
        )
    return (
        f"its matches fit no better than chance: {best:.0f} nats with the best other photo, {least:.0f} "
        "needed; it shows something else, or from too far aside"
    )
