"""The sets that answers state, of shares and a free turn that are given."""

import math

import torch

from objpose import PoseEstimate
from objpose.estimator import Alternative
from objpose.geometry import SE3
from objpose.poses import FreeTurn


def _estimate(shares: list[float], turn: FreeTurn | None = None) -> PoseEstimate:
    """The place along x tells which pose one is."""
    poses = [SE3.exp(torch.tensor([float(i), 0.0, 1.0, 0.0, 0.0, 0.0])) for i in range(len(shares))]
    others = [Alternative(pose, 0.5, share) for pose, share in zip(poses[1:], shares[1:], strict=True)]
    first, covariance = poses[0], torch.eye(6)
    return PoseEstimate("cup", first, 0.5, covariance, 0.9, 0, tuple(others), share=shares[0], free_turn=turn)


def test_the_fewest_poses_that_hold_nine_tenths_of_the_chance():
    import answered_sets

    places = answered_sets.likely_poses(_estimate([0.6, 0.25, 0.1, 0.05])).translation[:, 0]
    assert places.tolist() == [0.0, 1.0, 2.0]
    assert len(answered_sets.likely_poses(_estimate([0.95, 0.04]))) == 1


def test_turns_reach_from_end_to_end_and_keep_the_line():
    import answered_sets

    offset = torch.tensor([0.2, 0.1, 0.0], dtype=torch.float64)
    turn = FreeTurn(torch.tensor([0.0, 0.0, 1.0]), offset, -0.5, 1.0)
    estimate = _estimate([1.0], turn)
    turned = answered_sets.free_turns(estimate)
    on_line = torch.tensor([0.2, 0.1, 0.3])
    torch.testing.assert_close(
        turned.apply(on_line), estimate.cam_from_obj.apply(on_line).expand(len(turned), 3)
    )
    angles = (estimate.cam_from_obj.inverse() @ turned).log()[:, 5]
    assert math.isclose(float(angles[0]), -0.5, abs_tol=1e-5)
    assert math.isclose(float(angles[-1]), 1.0, abs_tol=1e-5)
    assert float(angles.diff().max()) <= answered_sets.STEP + 1e-5
    assert len(answered_sets.free_turns(_estimate([1.0]))) == 0
