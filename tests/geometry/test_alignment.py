"""Alignment of matched points, against known truth and against the singular value decomposition."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SE3, kabsch
from tests.geometry.sampling import draw, random_points


def svd_rotation(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Kabsch's own solution for (*, N, 3) sets."""
    source, target = source - source.mean(-2, keepdim=True), target - target.mean(-2, keepdim=True)
    u, _, vh = torch.linalg.svd(source.mT @ target)
    sign = torch.linalg.det(vh.mT @ u.mT)
    fix = torch.ones(*sign.shape, 3, dtype=source.dtype)
    fix[..., 2] = sign
    return vh.mT @ (fix[..., None] * u.mT)


@pytest.mark.parametrize("n_points", [3, 4, 50])
@pytest.mark.parametrize("batch_shape", [(), (1,), (3, 1, 2), (2000,)])
def test_noiseless_sets_give_back_the_truth(n_points, batch_shape):
    truth = draw(SE3, batch_shape, "uniform", 0, torch.float64)
    source = random_points((*batch_shape, n_points, 3), 1)
    found = kabsch(source, truth.apply_points(source))
    torch.testing.assert_close(found.matrix(), truth.matrix(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("n_points", [3, 20])
def test_noisy_sets_agree_with_the_svd(n_points):
    source, target = random_points((3000, n_points, 3), 2), random_points((3000, n_points, 3), 3)
    torch.testing.assert_close(
        kabsch(source, target).rotation.matrix(), svd_rotation(source, target), rtol=0, atol=1e-6
    )


def test_no_other_rigid_transform_is_closer():
    source, target = random_points((30, 3), 4), random_points((30, 3), 5)
    best = kabsch(source, target)
    others = SE3.exp(0.05 * random_points((200, 6), 6)) @ best
    cost = (others.apply_points(source) - target).square().sum((-1, -2))
    assert (cost > (best.apply_points(source) - target).square().sum()).all()


def test_mirrored_and_flat_sets_give_proper_rotations():
    source = random_points((500, 6, 3), 7)
    mirrored = source * torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)
    flat = source * torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)
    for target in (mirrored, flat):
        matrix = kabsch(source, target).rotation.matrix()
        torch.testing.assert_close(torch.linalg.det(matrix), torch.ones(500, dtype=torch.float64))
        torch.testing.assert_close(matrix, svd_rotation(source, target), rtol=0, atol=1e-6)


@pytest.mark.parametrize("spread", [0.0, 1e-12, 1e-8, 1e-5])
def test_nearly_straight_sets_are_still_aligned(spread):
    """Where points lie (almost) on a line the rotation about it is free, but they must still meet."""
    truth = draw(SE3, (300,), "uniform", 8, torch.float64)
    line = random_points((300, 1, 3), 9) * random_points((300, 5, 1), 10)
    source = line + spread * random_points((300, 5, 3), 11)
    target = truth.apply_points(source)
    torch.testing.assert_close(kabsch(source, target).apply_points(source), target, rtol=0, atol=1e-7)


def test_coincident_points_are_only_moved():
    found = kabsch(torch.ones(4, 5, 3), 2 * torch.ones(4, 5, 3))
    torch.testing.assert_close(found.rotation.angle(), torch.zeros(4))
    torch.testing.assert_close(found.translation, torch.ones(4, 3))


def test_weights_count_as_repeated_points():
    source, target = random_points((4, 3), 12), random_points((4, 3), 13)
    repeats = torch.tensor([1, 3, 2, 5])
    weighted = kabsch(source, target, repeats)
    repeated = kabsch(source.repeat_interleave(repeats, 0), target.repeat_interleave(repeats, 0))
    torch.testing.assert_close(weighted.matrix(), repeated.matrix())


def test_points_of_no_weight_do_not_matter():
    truth, source = draw(SE3, (), "uniform", 14, torch.float64), random_points((10, 3), 15)
    target = truth @ source
    target[5:] += 10.0
    found = kabsch(source, target, torch.tensor([1.0] * 5 + [0.0] * 5))
    torch.testing.assert_close(found.matrix(), truth.matrix(), rtol=0, atol=1e-9)


def test_swapping_the_sets_inverts_the_answer():
    source, target = random_points((100, 8, 3), 16), random_points((100, 8, 3), 17)
    there, back = kabsch(source, target), kabsch(target, source)
    torch.testing.assert_close(
        (there @ back).matrix(), torch.eye(4).double().expand(100, 4, 4), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_float32_sets_far_from_the_origin(offset):
    truth = draw(SE3, (100,), "uniform", 18, torch.float64)
    source = 0.1 * random_points((100, 3, 3), 19) + offset
    target = truth.apply_points(source)
    found = kabsch(source.float(), target.float())
    error = (found.to(torch.float64).rotation @ truth.rotation.inverse()).angle()
    assert found.wxyz_xyz.dtype == torch.float32
    assert error.median() < (1e-6 if offset == 0 else 5e-3)
