"""VSD against its definition pixel by pixel, and the visibility rule of 2019 by hand."""

import numpy as np
import pytest
import torch

from bop_eval.errors import visible_mask, vsd
from tests.bop_eval import naive

K = np.array([[20.0, 0, 7.5], [0, 22, 5.5], [0, 0, 1]])
TAUS = np.arange(0.05, 0.51, 0.05)
DELTA, DIAMETER = 0.015, 0.2


def planes(*depths: float) -> torch.Tensor:
    """Constant depth images (N, 2, 2)."""
    return torch.tensor(depths)[:, None, None].repeat(1, 2, 2)


def error_of(est: torch.Tensor, gt: torch.Tensor, test: torch.Tensor) -> np.ndarray:
    wide = np.array([[1e6, 0, 0.5], [0, 1e6, 0.5], [0, 0, 1]])[None]  # rays along the axis
    return vsd(est, gt, test, wide, DIAMETER, DELTA, [0.1]).numpy()[:, 0]


def test_by_definition() -> None:
    rng = np.random.default_rng(0)
    shape = (6, 12, 16)
    gt = np.where(rng.random(shape) < 0.7, 1 + 0.05 * rng.random(shape), 0).astype(np.float32)
    est = np.where(rng.random(shape) < 0.7, 1 + 0.15 * rng.random(shape), 0).astype(np.float32)
    test = np.where(rng.random(shape) < 0.8, 1 + 0.1 * rng.random(shape), 0).astype(np.float32)
    found = vsd(est, gt, test, np.repeat(K[None], 6, axis=0), DIAMETER, DELTA, TAUS)
    assert found.shape == (6, 10)
    for i in range(6):
        expected = [naive.vsd(est[i], gt[i], test[i], K, DIAMETER, DELTA, tau) for tau in TAUS]
        np.testing.assert_allclose(found[i], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("depth_gt", "depth_test", "expected"),
    [
        (1.0, 1.0, True),
        (1.0, 0.986, True),  # behind the measured surface by less than delta
        (1.0, 0.984, False),  # occluded
        (1.0, 1.2, True),  # the sensor sees further
        (1.0, 0.0, True),  # missing depth counts as visible: the rule of 2019
        (0.0, 1.0, False),
        (0.0, 0.0, False),
    ],
)
def test_what_is_visible(depth_gt: float, depth_test: float, expected: bool) -> None:
    assert visible_mask(torch.tensor(depth_gt), torch.tensor(depth_test), DELTA).item() is expected


def test_perfect_far_and_empty() -> None:
    est = planes(1.0, 1.0, 0.0, 0.0, 1.0)
    gt = planes(1.0, 1.03, 1.0, 0.0, 1.0)
    test = planes(1.0, 1.0, 1.0, 1.0, 0.0)
    # the same; 0.15 diameters apart, over tau; estimate elsewhere; nothing anywhere; no measurement
    assert error_of(est, gt, test).tolist() == [0, 1, 1, 1, 0]


def test_the_tolerance_is_strict() -> None:
    """A distance of tau itself is wrong."""
    est, gt = planes(1.0, 1.0), planes(1.25, 1.2499)
    wide = np.array([[1e6, 0, 0.5], [0, 1e6, 0.5], [0, 0, 1]])[None]
    assert vsd(est, gt, planes(0.0, 0.0), wide, 1.0, DELTA, [0.25])[:, 0].tolist() == [1, 0]


def test_an_occluded_estimate_is_visible_where_the_truth_is() -> None:
    """The estimate lies behind the measured surface, yet where the truth is visible it is compared."""
    est, gt, test = planes(1.021), planes(1.0), planes(1.0)
    assert error_of(est, gt, test).tolist() == [1.0]  # 0.105 diameters apart
    assert error_of(planes(1.019), gt, test).tolist() == [0.0]


def test_a_hidden_pixel_of_both_does_not_count() -> None:
    est, gt, test = planes(1.0), planes(1.0), planes(1.0)
    test[0, 0, 0] = 0.5  # something stands before one of the four
    est[0, 1, 1] = 0.0
    assert error_of(est, gt, test).tolist() == pytest.approx([1 / 3])


def test_crops_give_the_same_with_their_own_K() -> None:
    rng = np.random.default_rng(1)
    depths = []
    for _ in range(3):
        image = np.zeros((1, 12, 16), np.float32)
        image[:, 3:9, 4:12] = 1 + 0.1 * rng.random((1, 6, 8))
        depths.append(image)
    crop_K = K.copy()
    crop_K[:2, 2] -= [4, 3]
    crops = [image[:, 3:9, 4:12] for image in depths]
    whole = vsd(*depths, K[None], DIAMETER, DELTA, TAUS)
    torch.testing.assert_close(vsd(*crops, crop_K[None], DIAMETER, DELTA, TAUS), whole, atol=0, rtol=0)
