"""Why an answer is trusted as far as it is, in words."""

from __future__ import annotations

from objpose.reference.confidence import WELL_IN_VIEW
from objpose.reference.finding import Found

CLEAR = 0.2  # share from which another turn is worth a word


def reason_of(found: Found, least_matches: int) -> str:
    """Of one answer."""
    if found.method == "nothing":
        return f"what matches inside both masks tells no turn ({least_matches} matches are the least)"
    stats = found.stats
    parts = [
        f"laid onto each other the photos are alike by {stats['alike']:.2f}, their brightness by "
        f"{stats['light']:.2f}, and {stats['inside']:.0%} falls inside the other's mask",
        f"{stats['agreeing']:.0f} matches agree, keypoints with {stats['nats']:.0f} nats against chance",
        f"a turn known to {stats['sigma_deg']:.0f} degrees",
    ]
    if "fitting" in stats:
        parts.append(f"the side seen in the reference fits the depth by {stats['fitting']:.2f}")
        if stats["in_view"] < WELL_IN_VIEW:
            parts.append(f"{stats['in_view']:.0%} of that side faces this camera, the rest is unknown")
        if "agree" in stats:
            parts.append("shape and matches agree" if stats["agree"] else "shape and matches disagree")
    elif stats["guessed"]:
        parts.append("how deep the thing is was guessed of its outlines")
    rivals = [one.share for one in found.alternatives if one.share >= CLEAR]
    if rivals:
        parts.append(f"{len(rivals)} other turn{'s' * (len(rivals) > 1)} may be right as well")
    return "; ".join(parts)
