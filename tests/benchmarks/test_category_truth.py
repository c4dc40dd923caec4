"""What benchmarks measure answers of categories by."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from objpose.geometry import SE3, SO3, Mesh
from tests.conftest import REPOSITORY
from training.categories.shapes import FAMILIES

sys.path.insert(0, str(REPOSITORY / "benchmarks"))
from category_truth import TrueBox, box_of_mesh, errors  # noqa: E402

POSE = SE3.from_rotation_translation(SO3.exp([0.3, -1.0, 0.4]), [0.1, 0.0, 0.7])


@pytest.mark.parametrize("category", sorted(FAMILIES))
def test_the_truth_has_no_error_however_its_symmetry_turns_it(category: str) -> None:
    truth = TrueBox(category, POSE, torch.tensor([0.06, 0.06 if category != "box" else 0.1, 0.2]))
    turns = {"cup": [0.0, 0.0, 0.0], "box": [0.0, np.pi, 0.0], "can": [np.pi, 0.0, 0.0]}
    turn = SE3.from_rotation_translation(SO3.exp(turns.get(category, [0.0, 0.0, np.pi / 2])), torch.zeros(3))
    found = errors(truth, POSE @ turn, truth.size)
    assert found.overlap == pytest.approx(1, abs=0.01)
    assert found.degrees < 0.1 and found.metres < 1e-6


def test_overlaps_are_those_of_shifted_and_of_smaller_boxes() -> None:
    truth = TrueBox("cup", POSE, torch.tensor([0.1, 0.1, 0.1]))
    half = POSE @ SE3.from_rotation_translation(SO3.identity(), torch.tensor([0.05, 0.0, 0.0]))
    assert errors(truth, half, truth.size).overlap == pytest.approx(1 / 3, abs=0.03)
    assert errors(truth, POSE, truth.size / 2).overlap == pytest.approx(1 / 8, abs=0.01)
    assert errors(truth, POSE, truth.size * 2).overlap == pytest.approx(1 / 8, abs=0.01)


@pytest.mark.parametrize("category", sorted(FAMILIES))
def test_boxes_of_turned_meshes_turn_back(category: str) -> None:
    """A drawn instance turned about z, as meshes may be: its box has its size, its handle is found."""
    shape = FAMILIES[category](np.random.default_rng(3))
    turn = SO3.exp([0.0, 0.0, 0.7])
    vertices = turn.apply(torch.from_numpy(shape.vertices).float())
    truth = box_of_mesh(Mesh(vertices, shape.faces), category)
    extents = shape.vertices.max(0) - shape.vertices.min(0)
    expected, size = (np.array(sorted(values[:2])) for values in (extents.tolist(), truth.size.tolist()))
    if category != "box":
        np.testing.assert_allclose(size, expected, rtol=0.03)
        assert float(truth.size[2]) == pytest.approx(extents[2], rel=1e-4)
    if category == "cup":
        assert (truth.cam_from_obj.rotation.inverse() @ turn).angle() < np.radians(2)
