"""docs/input.md says what the tests show, and no more."""

from __future__ import annotations

from tests.inputs.habits import PAGE, page


def test_the_table_is_that_of_the_tests():
    text = PAGE.read_text()
    assert page(text) == text, "write it anew: python -m tests.inputs.habits"
