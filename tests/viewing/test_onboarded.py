"""An onboarded object: its size and what it may be mistaken by, in words and as axes."""

from __future__ import annotations

import numpy as np

from objpose.viewing.onboarded import axis_ends, show_onboarded, told
from tests.synthetic import onboarded


def test_words_tell_true_from_near_symmetry() -> None:
    assert "Symmetry: any turn about an axis" in told(onboarded("can"))
    mug = told(onboarded("mug"))
    assert "Symmetry: none. Near-symmetry: any turn about an axis" in mug
    assert f"diameter {1000 * onboarded('mug').diameter:.1f} mm" in mug


def test_an_axis_goes_through_its_line_beyond_the_object() -> None:
    model = onboarded("can")
    [line] = model.symmetry.continuous
    [[start, end]] = axis_ends(line, model)
    beside = np.cross(start - line.offset.numpy(), line.axis.numpy())
    np.testing.assert_allclose(beside, 0.0, atol=1e-6)
    heights = model.mesh.bounds()[:, 2].tolist()
    assert min(start[2], end[2]) < heights[0] and max(start[2], end[2]) > heights[1]


def test_viser_takes_it(server) -> None:
    show_onboarded(server, onboarded("mug"))
