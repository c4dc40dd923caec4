"""The least turn that carries the optical axis onto a ray."""

from __future__ import annotations

import torch

from objpose.geometry import turn_onto

AXIS = torch.tensor([0.0, 0.0, 1.0])


def rays() -> torch.Tensor:
    """Before the camera, of any length, some near the axis."""
    raw = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    raw[:, 2] = raw[:, 2].abs() + 0.05
    raw[:10, :2] *= torch.logspace(-8, -2, 10)[:, None]
    return raw


def test_the_axis_is_carried_onto_the_ray() -> None:
    unit = torch.nn.functional.normalize(rays(), dim=-1)
    torch.testing.assert_close(turn_onto(rays()).apply(AXIS), unit, rtol=0, atol=1e-6)


def test_the_turn_is_the_least_one() -> None:
    """By the angle between axis and ray, about a line across both: the image does not roll."""
    turn = turn_onto(rays()).log()
    unit = torch.nn.functional.normalize(rays(), dim=-1)
    angle = torch.atan2(unit[:, :2].norm(dim=-1), unit[:, 2])
    torch.testing.assert_close(turn.norm(dim=-1), angle, rtol=1e-4, atol=1e-6)
    assert float(turn[:, 2].abs().max()) < 1e-6


def test_a_ray_on_the_axis_turns_nothing() -> None:
    assert torch.equal(turn_onto(2 * AXIS[None]).matrix(), torch.eye(3)[None])
