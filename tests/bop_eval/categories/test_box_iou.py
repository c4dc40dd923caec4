"""Overlaps of boxes: known values, the laws of a volume, and an independent construction."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, HalfspaceIntersection
from scipy.spatial.transform import Rotation

from bop_eval.categories.box_iou import axis_aligned_iou, oriented_iou, published_nocs_iou
from objpose.errors import InputError


def placed(rotation: Rotation, places: np.ndarray) -> np.ndarray:
    return np.concatenate([rotation.as_matrix(), np.asarray(places)[..., None]], axis=-1)


def random_boxes(count: int, seed: int, spread: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rotations = Rotation.random(count, rng=random)
    return placed(rotations, random.normal(0, spread, (count, 3))), random.uniform(0.2, 1.5, (count, 3))


def hull_volume(A: np.ndarray, a: np.ndarray, B: np.ndarray, b: np.ndarray) -> float:
    """The shared volume as Qhull has it, from half-spaces and a point within."""
    spaces = []
    for transform, sizes in ((A, a), (B, b)):
        for axis in range(3):
            for side in (-1, 1):
                normal = side * transform[:, axis]
                spaces.append([*normal, -(normal @ transform[:, 3] + sizes[axis] / 2)])
    spaces = np.array(spaces)
    # The centre of the largest sphere within: maximise r with n x + r <= d.
    bounds = [(None, None)] * 3 + [(0, None)]
    found = linprog([0, 0, 0, -1], np.c_[spaces[:, :3], np.ones(12)], -spaces[:, 3], bounds=bounds)
    if found.status != 0 or found.x[3] < 1e-9:
        return 0.0
    return ConvexHull(HalfspaceIntersection(spaces, found.x[:3]).intersections).volume


def test_volumes_are_those_of_an_independent_construction() -> None:
    (A, a), (B, b) = random_boxes(60, seed=0), random_boxes(60, seed=1)
    expected = np.array([hull_volume(*boxes) for boxes in zip(A, a, B, b, strict=True)])
    assert (expected > 0).sum() > 30
    union = a.prod(axis=1) + b.prod(axis=1) - expected
    np.testing.assert_allclose(oriented_iou(A, a, B, b), expected / union, atol=1e-9)


def test_a_box_overlaps_itself_wholly_in_any_description() -> None:
    """All faces coincide, also where axes change names."""
    A, a = random_boxes(20, seed=2)
    np.testing.assert_allclose(oriented_iou(A, a, A, a), 1, atol=1e-12)
    cyclic = A[:, :, [1, 2, 0, 3]]
    np.testing.assert_allclose(oriented_iou(A, a, cyclic, a[:, [1, 2, 0]]), 1, atol=1e-12)


def test_numbers_rounded_to_four_bytes_cost_no_overlap() -> None:
    A, a = random_boxes(200, seed=4)
    rounded = A.astype(np.float32).astype(np.float64)
    np.testing.assert_allclose(oriented_iou(rounded, a, rounded, a), 1, atol=1e-9)
    np.testing.assert_allclose(oriented_iou(A, a, rounded, a), 1, atol=1e-4)


def test_known_overlaps() -> None:
    identity, cube = np.eye(4)[:3], np.ones(3)
    beside = placed(Rotation.identity(), [0.5, 0, 0])
    assert oriented_iou(identity, cube, beside, cube) == pytest.approx(1 / 3)
    touching = placed(Rotation.identity(), [1.0, 0, 0])
    assert oriented_iou(identity, cube, touching, cube) == pytest.approx(0, abs=1e-12)
    turned = placed(Rotation.from_euler("y", 45, degrees=True), [0, 0, 0])
    octagon = 2 * (2**0.5 - 1)
    assert oriented_iou(identity, cube, turned, cube) == pytest.approx(octagon / (2 - octagon))
    assert oriented_iou(identity, cube, identity, cube / 2) == pytest.approx(1 / 8)
    # One side in common planes, the other box twice as long: half of it.
    longer = placed(Rotation.identity(), [0, 0.5, 0])
    assert oriented_iou(identity, cube, longer, np.array([1.0, 2, 1])) == pytest.approx(0.5)
    assert oriented_iou(identity, 0 * cube, identity, 0 * cube) == 0


@pytest.mark.parametrize("iou", [oriented_iou, axis_aligned_iou, published_nocs_iou])
def test_overlaps_are_symmetric_and_without_unit(iou) -> None:
    (A, a), (B, b) = random_boxes(50, seed=3), random_boxes(50, seed=4)
    forth = iou(A, a, B, b)
    np.testing.assert_allclose(forth, iou(B, b, A, a), atol=1e-12)
    millimetres = np.array([1, 1, 1, 1000.0])
    np.testing.assert_allclose(forth, iou(A * millimetres, a * 1000, B * millimetres, b * 1000), atol=1e-9)
    assert (forth >= 0).all() and (forth <= 1 + 1e-12).all()


def test_only_the_oriented_overlap_does_not_depend_on_the_camera() -> None:
    (A, a), (B, b) = random_boxes(50, seed=5), random_boxes(50, seed=6)
    moved = np.eye(4)
    moved[:3] = placed(Rotation.from_euler("xyz", [0.3, 1, -2]), [0.1, 2, 3])

    def seen(transforms: np.ndarray) -> np.ndarray:
        return moved[:3, :3] @ transforms + moved[:3, 3:] * np.array([0, 0, 0, 1])

    np.testing.assert_allclose(oriented_iou(A, a, B, b), oriented_iou(seen(A), a, seen(B), b), atol=1e-9)
    for other in (axis_aligned_iou, published_nocs_iou):
        assert np.abs(other(A, a, B, b) - other(seen(A), a, seen(B), b)).max() > 0.05


def test_of_boxes_along_the_camera_the_two_right_ones_agree() -> None:
    random = np.random.default_rng(7)
    count = 40
    A, B = (placed(Rotation.identity(count), random.normal(0, 0.3, (count, 3))) for _ in range(2))
    a, b = random.uniform(0.2, 1.5, (2, count, 3))
    np.testing.assert_allclose(oriented_iou(A, a, B, b), axis_aligned_iou(A, a, B, b), atol=1e-12)


def test_the_published_overlap_by_hand() -> None:
    """Corner by corner, the range over x, y and z: of the corner (1, 3, 9) it is [1, 9]."""
    size = np.array([2.0, 2.0, 2.0])
    near, far = placed(Rotation.identity(), [0, 0, 10]), placed(Rotation.identity(), [0, 0, 12])
    # x and y are -1 or 1, z is 9 or 11, and 11 or 13. The range of a corner goes from the lesser of x and y,
    # which is 1 for one in four, to z: spans of the near box are z + 1 three times and z - 1 once.
    spans_near = [10, 10, 10, 8, 12, 12, 12, 10]
    spans_far = [12, 12, 12, 10, 14, 14, 14, 12]
    shared, union = np.prod(spans_near), np.prod(spans_far)
    assert published_nocs_iou(near, size, far, size) == pytest.approx(shared / union)
    # The boxes touch in one face: nothing is shared, and the published number says a quarter.
    assert shared / union == pytest.approx(0.2430, abs=1e-4)
    assert axis_aligned_iou(near, size, far, size) == 0 == oriented_iou(near, size, far, size)


def test_batches_broadcast() -> None:
    (A, a), (B, b) = random_boxes(4, seed=8), random_boxes(5, seed=9)
    every = oriented_iou(A[:, None], a[:, None], B, b)
    assert every.shape == (4, 5)
    assert every[2, 3] == oriented_iou(A[2], a[2], B[3], b[3])


def test_what_is_no_box_is_refused() -> None:
    A, a = random_boxes(2, seed=10)
    with pytest.raises(InputError, match="cam_from_b: found shape"):
        oriented_iou(A, a, A[:, :2], a)
    with pytest.raises(InputError, match="sizes_a: found numbers that are no lengths"):
        oriented_iou(A, -a, A, a)
    with pytest.raises(InputError, match="NaN"):
        oriented_iou(A * np.nan, a, A, a)
