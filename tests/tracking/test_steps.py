"""From afar to the pixel, in the object's own measure."""

from __future__ import annotations

import pytest

from objpose.tracking.steps import FINEST, steps_of

SIZES = (0.5, 8, 40, 100, 200, 500, 5000)  # pixels


@pytest.mark.parametrize("size", SIZES)
def test_ever_finer(size: float) -> None:
    steps = steps_of(size)
    for name in ("scale", "sigma", "coarseness"):
        values = [getattr(step, name) for step in steps]
        assert values == sorted(values, reverse=True)
    assert steps[0].coarseness == 1 and steps[-1].coarseness == 0
    assert (steps[-1].scale, steps[-1].sigma) == (1, FINEST)
    assert all(step.scale >= 1 and step.moves > 0 and step.sigma >= FINEST for step in steps)


def test_larger_pictures_are_looked_at_more_coarsely_up_to_an_end() -> None:
    coarsest = [steps_of(size)[0] for size in SIZES]
    scales = [step.scale for step in coarsest]
    assert scales == sorted(scales) and scales[0] < scales[3] < scales[-1]
    assert coarsest[-1] == steps_of(1e9)[0]


def test_the_coarsest_step_pulls_from_a_share_of_the_object() -> None:
    for size in (60, 120, 200):
        assert 0.1 < steps_of(size)[0].sigma / size < 0.4
