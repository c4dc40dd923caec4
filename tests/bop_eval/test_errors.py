"""The errors against their definitions, on every shape of batch, and at their corner cases."""

import numpy as np
import pytest
import torch
from scipy.spatial import ConvexHull

from bop_eval.errors import ad, add, adi, cus, fisheye624, mspd, mssd, proj, re, spheres_meet_in_image, te
from objpose.errors import InputError
from objpose.geometry import SE3, SO3, ContinuousSymmetry, Symmetry
from tests.bop_eval import naive

K = np.array([[600.0, 0, 320], [0, 620, 240], [0, 0, 1]])
DIAMETER = 0.3


def transforms(count: int, seed: int, spread: float = 0.05) -> np.ndarray:
    """Poses (count, 4, 4) about a metre before the camera."""
    generator = torch.Generator().manual_seed(seed)
    rotations = SO3.random((count,), generator).matrix().double()
    translations = torch.tensor([0.0, 0, 1]) + spread * torch.randn(count, 3, generator=generator)
    return SE3.from_rotation_translation(rotations, translations.double()).matrix().numpy()


def near(gt: np.ndarray, seed: int, angle: float = 0.2) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    spread = torch.tensor([0.02] * 3 + [angle] * 3)
    twist = torch.randn(len(gt), 6, generator=generator, dtype=torch.float64) * spread
    return gt @ SE3.exp(twist).matrix().numpy()


def points(count: int = 400, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 3)) * 0.05 + [0.02, 0.0, -0.01]


HALF_TURNS = torch.tensor([[0.0] * 6, [0, 0, 0, 0, 0, torch.pi], [0, 0, 0, torch.pi, 0, 0]])
SYMMETRIES = {
    "none": Symmetry.none(),
    "discrete": Symmetry(SE3.exp(HALF_TURNS)),
    "continuous": Symmetry(
        SE3.identity((1,)), (ContinuousSymmetry(torch.tensor([0.0, 0, 1]), torch.tensor([0.01, 0, 0])),)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SYMMETRIES)
def test_mssd_and_mspd_by_definition(name: str) -> None:
    gt = transforms(4, 1)
    est = near(gt, 2)
    symmetries = SYMMETRIES[name].transforms(DIAMETER).matrix().double().numpy()
    cloud = points()
    found = mssd(est, gt, cloud, symmetries), mspd(est, gt, cloud, K, symmetries)
    for i in range(len(gt)):
        np.testing.assert_allclose(found[0][i], naive.mssd(est[i], gt[i], cloud, symmetries), rtol=1e-9)
        np.testing.assert_allclose(found[1][i], naive.mspd(est[i], gt[i], cloud, K, symmetries), rtol=1e-9)


def test_mssd_needs_the_hull_only() -> None:
    gt, cloud = transforms(8, 3), points(2000)
    est = near(gt, 4, angle=1.0)
    hull = cloud[ConvexHull(cloud).vertices]
    symmetries = SYMMETRIES["continuous"].transforms(DIAMETER).matrix().double()
    torch.testing.assert_close(
        mssd(est, gt, hull, symmetries), mssd(est, gt, cloud, symmetries), rtol=1e-12, atol=0
    )


def test_a_symmetric_turn_is_no_error() -> None:
    gt = transforms(3, 5)
    symmetries = SYMMETRIES["continuous"].transforms(DIAMETER).matrix().double()
    est = torch.from_numpy(gt) @ symmetries[[7, 100, 301]]
    assert mssd(est, gt, points(), symmetries).max() < 1e-7
    assert mspd(est, gt, points(), K, symmetries).max() < 1e-3
    assert mssd(est, gt, points()).min() > 0.01


def test_the_same_pose_has_error_zero() -> None:
    gt = transforms(5, 6)
    for error in (mssd(gt, gt, points()), mspd(gt, gt, points(), K), add(gt, gt, points()), te(gt, gt)):
        assert (error == 0).all()
    assert re(gt, gt).max() < 1e-7 and adi(gt, gt, points()).max() < 1e-12


def test_fisheye_by_definition() -> None:
    rng = np.random.default_rng(0)
    coefficients = rng.normal(size=12) * 0.02
    seen = rng.normal(size=(30, 3)) + [0, 0, 0.5]  # some behind the camera: the lens sees over 180 degrees
    found = fisheye624(torch.from_numpy(seen.T)[None], torch.from_numpy(coefficients)[None])[0].T
    np.testing.assert_allclose(found, [naive.fisheye(point, coefficients) for point in seen], rtol=1e-9)


def test_fisheye_on_the_axis_is_a_pinhole() -> None:
    near_axis = torch.tensor([[0.0, 1e-5], [0.0, 2e-5], [1.0, 1.0]], dtype=torch.float64)[None]
    found = fisheye624(near_axis, torch.full((1, 12), 0.1, dtype=torch.float64))[0]
    torch.testing.assert_close(found[:, 0], torch.zeros(2, dtype=torch.float64))
    torch.testing.assert_close(found[:, 1], near_axis[0, :2, 1], rtol=1e-4, atol=0)


@pytest.mark.parametrize("name", SYMMETRIES)
def test_mspd_through_a_fisheye(name: str) -> None:
    gt, cloud = transforms(2, 13), points(60)
    est = near(gt, 14)
    lenses = np.random.default_rng(1).normal(size=(2, 12)) * 0.02
    symmetries = SYMMETRIES[name].transforms(DIAMETER).matrix().double().numpy()
    found = mspd(est, gt, cloud, K, symmetries, fisheye=lenses)
    for i in range(2):
        errors = []
        for symmetry in symmetries:
            seen = [
                np.array([naive.fisheye(point, lenses[i]) for point in naive.moved(pose, cloud)])
                for pose in (est[i], gt[i] @ symmetry)
            ]
            errors.append(np.linalg.norm((seen[0] - seen[1]) @ K[:2, :2].T, axis=1).max())
        np.testing.assert_allclose(found[i], min(errors), rtol=1e-9)


def test_add_adi_and_proj_by_definition() -> None:
    gt = transforms(3, 7)
    est, cloud = near(gt, 8), points(150)
    for i in range(len(gt)):
        between = np.linalg.norm(naive.moved(est[i], cloud) - naive.moved(gt[i], cloud), axis=1).mean()
        np.testing.assert_allclose(add(est, gt, cloud)[i], between, rtol=1e-12)
        np.testing.assert_allclose(adi(est, gt, cloud)[i], naive.adi(est[i], gt[i], cloud), rtol=1e-9)
        pixels = naive.projected(est[i], cloud, K) - naive.projected(gt[i], cloud, K)
        mean = np.linalg.norm(pixels, axis=1).mean()
        np.testing.assert_allclose(proj(est, gt, cloud, K)[i], mean, rtol=1e-12)
    torch.testing.assert_close(ad(est, gt, cloud, is_symmetric=True), adi(est, gt, cloud))
    torch.testing.assert_close(ad(est, gt, cloud, is_symmetric=False), add(est, gt, cloud))
    assert (adi(est, gt, cloud) <= add(est, gt, cloud)).all()


@pytest.mark.parametrize("degrees", [0.0, 1e-6, 0.5, 90.0, 179.999999, 180.0])
def test_rotational_error_is_exact_at_both_ends(degrees: float) -> None:
    axis = torch.tensor([1.0, 2, -3], dtype=torch.float64)
    omega = np.deg2rad(degrees) * axis / axis.norm()
    gt = torch.from_numpy(transforms(1, 9))[0]
    est = gt @ SE3.exp(torch.cat([torch.zeros(3, dtype=torch.float64), omega])).matrix()
    assert re(est, gt).item() == pytest.approx(degrees, abs=1e-8)


def test_translational_error() -> None:
    est, gt = np.eye(4), np.eye(4)
    est[:3, 3] = [0.3, 0, 0.4]
    assert te(est, gt).item() == pytest.approx(0.5)


def test_batches_broadcast_to_all_pairs() -> None:
    est, gt, cloud = transforms(3, 10), transforms(2, 11), points(50)
    for error in (mssd, add, adi):
        every = error(est[:, None], gt[None], cloud)
        assert every.shape == (3, 2)
        torch.testing.assert_close(every[2, 1], error(est[2], gt[1], cloud))
    assert mspd(est[:, None], gt[None], cloud, K).shape == (3, 2)
    assert mssd(est[0, :3], gt[0, :3], cloud).shape == ()
    assert mssd(est[:0], gt[:0], cloud).shape == (0,)


def test_a_point_in_the_plane_of_the_camera_is_infinitely_wrong() -> None:
    gt = transforms(1, 12)
    est = np.eye(4)[None]
    assert mspd(est, gt, np.array([[0.0, 0, 0], [0.1, 0, 0.1]]), K).item() == np.inf


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(InputError, match="estimates: found shape"):
        mssd(np.eye(3), np.eye(4), points())
    with pytest.raises(InputError, match="points: found shape"):
        mssd(np.eye(4), np.eye(4), np.zeros((0, 3)))


def test_cus_is_the_complement_of_the_overlap() -> None:
    est, gt = np.zeros((3, 4, 4), bool), np.zeros((3, 4, 4), bool)
    est[0, :2], gt[0, 1:3] = True, True
    est[1], gt[1] = True, True
    np.testing.assert_allclose(cus(est, gt), [1 - 4 / 12, 0.0, 1.0])


def test_spheres_meet_by_their_projections() -> None:
    gt = torch.eye(4).double()[None, :3].repeat(4, 1, 1)
    gt[:, 2, 3] = 1.0
    est = gt.clone()
    est[1, 0, 3] = 0.199  # sum of the projected radii: 0.1 / 1 + 0.1 / 1
    est[2, 0, 3] = 0.2
    est[3, 2, 3] = 0.0
    assert spheres_meet_in_image(est, gt, 0.1).tolist() == [True, True, False, False]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_same_on_a_gpu() -> None:
    gt, cloud = torch.from_numpy(transforms(5, 15)), torch.from_numpy(points())
    est = torch.from_numpy(near(gt.numpy(), 16))
    symmetries = SYMMETRIES["continuous"].transforms(DIAMETER).matrix().double()
    for error in (
        lambda est: mssd(est, gt, cloud, symmetries),
        lambda est: mspd(est, gt, cloud, K, symmetries),
        lambda est: add(est, gt, cloud),
        lambda est: adi(est, gt, cloud),
        lambda est: proj(est, gt, cloud, K),
    ):
        there = error(est.cuda())
        assert there.is_cuda
        torch.testing.assert_close(there.cpu(), error(est), rtol=1e-9, atol=1e-12)
