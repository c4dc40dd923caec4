"""Why a status is what it is, in words."""

from __future__ import annotations

from objpose.tracking.evidence import Evidence, chance
from objpose.tracking.fitting import Fit
from objpose.tracking.lifecycle import FOUND_AFTER, Lifecycle
from objpose.tracking.state import Status

CLEAR = 0.7  # share of a kind of evidence from which it speaks for a pose
MUCH = 0.3  # share of an outline that is out of view, hidden or not there, from which that is said


def reason(life: Lifecycle, fit: Fit | None, likely: float, refused: str) -> str:
    """Of the status after a frame: fit: what was found in it; refused: why the whole picture said nothing."""
    looked = f"; the whole picture says nothing: {refused}" if refused else ""
    if fit is None:
        return f"not seen yet{looked}" if not life.seen else f"not seen where it was last{looked}"
    if life.is_trusted:
        again = "found again: " if life.status is Status.REACQUIRED else ""
        return again + " and ".join(_for(fit.evidence)) + f" agree ({likely:.2f})"
    if life.agreed:
        return f"a place agrees in {life.agreed} of {FOUND_AFTER} frames ({likely:.2f})"
    if fit.there >= CLEAR > fit.likely:
        return f"its paint would show as well if it were turned a little ({likely:.2f})"
    if chance(fit.odds) >= CLEAR > fit.likely:
        return f"one of several ways round, and nothing in view tells which ({likely:.2f})"
    place = "the pose" if life.is_followed else "the likeliest place"
    return f"{place} is doubtful ({likely:.2f}): " + ", ".join(_against(fit.evidence)) + looked


def _for(evidence: Evidence) -> list[str]:
    found = ["outline"] if evidence.agreement >= CLEAR else []
    if evidence.surface >= CLEAR:
        found.append("depth")
    if evidence.likeness * evidence.colourful >= CLEAR / 2 or evidence.patches * evidence.followed >= CLEAR:
        found.append("paint")
    return found or ["what is in view"]


def _against(evidence: Evidence) -> list[str]:
    found = []
    if evidence.hidden >= MUCH:
        found.append(f"{evidence.hidden:.0%} of its outline is hidden")
    if 1 - evidence.lines >= MUCH:
        found.append(f"{1 - evidence.lines:.0%} of its outline is out of view or beside another")
    if evidence.agreement < CLEAR:
        found.append(f"only {evidence.agreement:.0%} of its outline is where borders are")
    if evidence.behind >= MUCH:
        found.append(f"depth sees through {evidence.behind:.0%} of it")
    if evidence.colourful > CLEAR and evidence.likeness < MUCH:
        found.append("its paint is not there")
    return found or ["its outline and paint agree a little only"]
