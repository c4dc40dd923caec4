"""Why an answer is trusted as far as it is, in words."""

from __future__ import annotations

from objpose.reference.confidence import BY_SHAPE, WELL_IN_VIEW
from objpose.reference.finding import Found

SURE = 0.9
CLEAR = 0.2  # share from which another turn is worth a word


def reason_of(found: Found, least_matches: int) -> str:
    """Of one answer."""
    parts = [_of_matches(found, least_matches)]
    stats = found.stats
    if "fitting" in stats:
        parts.append(f"the side seen in the reference fits the depth by {stats['fitting']:.2f}")
        if stats["in_view"] < WELL_IN_VIEW:
            parts.append(f"{stats['in_view']:.0%} of that side faces this camera, the rest is unknown")
        if "agree" in stats:
            parts.append("both agree" if stats["agree"] else "the two disagree")
        elif found.confidence < SURE:
            parts.append(f"shape alone is trusted to {BY_SHAPE:g}: turned, round things look alike")
    rivals = [one.share for one in found.alternatives if one.share >= CLEAR]
    if rivals:
        parts.append(f"{len(rivals)} other turn{'s' * (len(rivals) > 1)} may be right as well")
    return "; ".join(parts)


def _of_matches(found: Found, least: int) -> str:
    stats = found.stats
    if "nats" not in stats:
        return f"{stats['matches']:.0f} matches inside both masks tell no turn ({least} are the least)"
    agreeing = f"{stats['agreeing']:.0f} of {stats['matches']:.0f} matches agree"
    said = f"{agreeing} ({stats['nats']:.0f} nats against chance)"
    return f"{said}, a turn known to {stats['sigma_deg']:.0f} degrees" if found.method == "matched" else said
