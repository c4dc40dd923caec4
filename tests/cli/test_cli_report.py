"""One-sigma figures of a report, against draws from the covariance they come from; what cannot be told."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import torch

from objpose import SE3, SO3, Alternative, FreeTurn, PoseEstimate
from objpose.cli.report import pose_records, position_std_mm, rotation_std_deg, summary


@dataclass
class Uncertain:
    """As much of a PoseEstimate as the figures need."""

    cam_from_obj: SE3
    covariance: torch.Tensor


def test_position_std_is_that_of_the_moved_origin() -> None:
    generator = torch.Generator().manual_seed(11)
    cam_from_obj = SE3.from_rotation_translation(SO3.random((), generator), torch.tensor([0.1, -0.2, 0.7]))
    spread = torch.randn(6, 6, generator=generator, dtype=torch.float64) * 1e-3
    estimate = Uncertain(cam_from_obj, spread @ spread.T)
    twists = torch.randn(200_000, 6, generator=generator, dtype=torch.float64) @ spread.T
    moved = SE3.exp(twists) @ SE3(cam_from_obj.wxyz_xyz.double())
    torch.testing.assert_close(position_std_mm(estimate), 1000 * moved.translation.std(0), rtol=0.01, atol=0)
    torch.testing.assert_close(
        rotation_std_deg(estimate), torch.rad2deg(twists[:, 3:].std(0)), rtol=0.01, atol=0
    )


def test_position_std_of_a_far_origin_is_that_of_the_point_known_best() -> None:
    """A covariance about a point: its own figures there, whatever the frame that the poses are of."""
    point = torch.tensor([0.1, -0.2, 0.7], dtype=torch.float64)
    x, y, z = point.tolist()
    cross = torch.tensor([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]], dtype=torch.float64)
    about = torch.eye(6, dtype=torch.float64)
    about[:3, 3:] = cross  # v = moved - w x p
    local = torch.diag(torch.tensor([1e-6, 4e-6, 9e-6, 1e-4, 2e-4, 3e-4], dtype=torch.float64))
    far = SE3.from_rotation_translation(SO3.random((), torch.Generator().manual_seed(3)), point * 1e6)
    estimate = Uncertain(SE3(far.wxyz_xyz.double()), about @ local @ about.T)
    expected = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    torch.testing.assert_close(position_std_mm(estimate), expected, rtol=1e-6, atol=0)


def test_what_cannot_be_told_is_in_words_and_in_the_record() -> None:
    turn = FreeTurn(torch.tensor([0.0, 0.0, 1.0]), torch.tensor([0.0, 0.01, 0.0]), -0.5, 0.25)
    other = Alternative(SE3.identity(), 0.7, 0.4)
    told = PoseEstimate("can", SE3.identity(), 0.9, torch.eye(6), 0.8, 0, ())
    surer = replace(told, confidence_in_image=0.95)
    untold = replace(
        surer, alternatives=(other,), share=0.6, ambiguity="turn about (0, 0, 1)", free_turn=turn
    )
    assert "cannot be told: turn about (0, 0, 1)\n" in summary([untold])
    assert "cannot be told" not in summary([told])
    record, plain = json.loads(json.dumps(pose_records([untold, told])))
    assert (record["ambiguity"], record["share"]) == ("turn about (0, 0, 1)", 0.6)
    assert record["alternatives"][0]["share"] == 0.4
    assert (record["confidence"], record["confidence_in_image"]) == (0.9, 0.95)
    assert (record["free_turn"]["start"], record["free_turn"]["end"]) == (-0.5, 0.25)
    assert (plain["ambiguity"], plain["free_turn"], plain["share"]) == ("", None, 1.0)
