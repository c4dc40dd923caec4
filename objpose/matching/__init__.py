"""An object found in an RGB image: templates retrieved, patches matched, poses aligned with the image."""

from objpose.matching.match import Match, MatchingOptions, match

__all__ = ["Match", "MatchingOptions", "match"]
