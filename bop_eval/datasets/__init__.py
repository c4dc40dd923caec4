"""Test sets to evaluate on, read through one interface whatever their layout on the disk."""

from bop_eval.datasets.evaluation_set import EvaluationSet, open_test_set
from bop_eval.datasets.image import EvaluationImage
from bop_eval.datasets.known import KNOWN_SETS, KnownSet

__all__ = ["KNOWN_SETS", "KnownSet", "EvaluationImage", "EvaluationSet", "open_test_set"]
