"""Normalised coordinates: there and back, and symmetries that act on them as on the object."""

from __future__ import annotations

import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, SO3, ContinuousSymmetry, Symmetry
from objpose.nocs import NocsFrame, NocsSymmetry
from objpose.nocs.loss import transformed
from tests.synthetic import onboarded


def far_frame() -> NocsFrame:
    return NocsFrame(torch.tensor([0.3, -0.1, 0.2]), 0.25)


def test_points_come_back() -> None:
    points = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    frame = far_frame()
    assert torch.allclose(frame.points(frame.normalised(points)), points, atol=1e-6)


def test_a_mesh_fills_a_box_of_diagonal_one_about_the_origin() -> None:
    mesh = onboarded("painted_blob").mesh
    found = NocsFrame.of(mesh).normalised(mesh.vertices)
    low, high = found.amin(0), found.amax(0)
    assert torch.allclose(low, -high, atol=1e-5)
    assert float((high - low).norm()) == pytest.approx(1.0, abs=1e-5)


def test_discrete_symmetries_act_on_coordinates_as_on_points() -> None:
    frame, generator = far_frame(), torch.Generator().manual_seed(1)
    moves = SE3.from_rotation_translation(SO3.random((3,), generator), torch.randn(3, 3, generator=generator))
    points = torch.randn(7, 3, generator=generator)
    symmetry = NocsSymmetry.of(Symmetry(moves), frame)
    found = transformed(frame.normalised(points).mT[None, :, None], symmetry.discrete)[0, :, :, 0].mT
    wanted = frame.normalised(moves.apply_points(points))
    assert torch.allclose(found, wanted, atol=1e-5)


def test_a_free_axis_goes_through_the_same_points() -> None:
    frame = far_frame()
    line = ContinuousSymmetry(torch.tensor([0.0, 1.0, 1.0]), torch.tensor([0.2, 0.0, 0.1]))
    symmetry = NocsSymmetry.of(Symmetry(SE3.identity((1,)), (line,)), frame)
    assert symmetry.axis is not None and symmetry.offset is not None
    along = frame.points(symmetry.offset + 0.4 * symmetry.axis) - line.offset
    assert float(torch.linalg.cross(along, line.axis).norm()) < 1e-6
    assert float(symmetry.axis.norm()) == pytest.approx(1.0)


def test_a_ball_is_refused_with_a_cure() -> None:
    lines = tuple(ContinuousSymmetry(axis, torch.zeros(3)) for axis in torch.eye(3)[:2])
    with pytest.raises(InputError, match="2 axes of revolution.*leave the network out"):
        NocsSymmetry.of(Symmetry(SE3.identity((1,)), lines), far_frame())
