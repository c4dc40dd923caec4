"""Local features by name."""

from __future__ import annotations

from pathlib import Path

from objpose.errors import InputError
from objpose.features.local.features import LocalExtractor
from objpose.features.local.learned import LearnedExtractor
from objpose.features.local.sift import SiftExtractor


def local_extractor(method: str = "sift", weights: str | Path | None = None) -> LocalExtractor:
    """The extractor of a name: `sift`, or one of LearnedExtractor's, with weights from a file or a download.

    Raises:
        InputError: no such name, or weights that do not fit.
    """
    if method != "sift":
        return LearnedExtractor(method, weights)
    if weights is not None:
        raise InputError("weights", weights, "none: SIFT has no weights", "leave them out")
    return SiftExtractor()
