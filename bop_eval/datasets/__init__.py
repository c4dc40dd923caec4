"""Test sets to evaluate on, read through one interface whatever their layout on the disk."""

from bop_eval.datasets.image import TestImage
from bop_eval.datasets.known import KNOWN_SETS, KnownSet
from bop_eval.datasets.test_set import TestSet, open_test_set

__all__ = ["KNOWN_SETS", "KnownSet", "TestImage", "TestSet", "open_test_set"]
