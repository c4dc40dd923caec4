"""Objects made of views that leave a side out: a photo of that side may be taken for one of the others."""

from __future__ import annotations

from objpose.objects import ObjectModel
from objpose.onboarding.photo_advice import GAP

# Chance that a photo of the unseen side fits a view of another as well as its own would. Assumed: a gilt cape
# of which half had been seen was found the wrong way round at a confidence of 0.95.
TAKEN = 0.3


def trust_in_sides(model: ObjectModel) -> float:
    """Factor in (0, 1] of a chance that takes the object for seen all around."""
    unseen = float(model.source.get("unseen_deg", 0.0))
    if not unseen or model.symmetry.continuous:
        return 1.0
    seen = 1.0 - max(unseen - GAP, 0.0) / 360.0
    return seen / (seen + TAKEN * (1.0 - seen))


def told_of_sides(model: ObjectModel) -> tuple[str, ...]:
    """A warning for those that may be mistaken."""
    if trust_in_sides(model) == 1.0:
        return ()
    unseen = float(model.source["unseen_deg"])
    told = f"no view shows {model.name} over {unseen:.0f} degrees around"
    return (f"{told}: photos of that side may be taken for others; take views there",)
