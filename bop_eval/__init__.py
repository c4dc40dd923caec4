"""Evaluation on BOP data sets: run a method over every target of a set, and score result files.

The public names below are imported when first used, so that `import bop_eval` stays quick.
"""

from __future__ import annotations

import importlib

_HOMES = {
    "bop_eval.evaluation": ("evaluate",),
    "bop_eval.report": ("ErrorScores", "Pairs", "Report"),
    "bop_eval.datasets": ("EvaluationSet", "open_test_set"),
    "bop_eval.matching": ("match_greedily",),
    "bop_eval.scores": ("average_precision", "recall"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'bop_eval' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
