"""The errors by their definitions, one pair, symmetry and pixel at a time: the oracle of the tests."""

import numpy as np


def moved(transform: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ transform[:3, :3].T + transform[:3, 3]


def projected(transform: np.ndarray, points: np.ndarray, K: np.ndarray) -> np.ndarray:
    image = moved(transform, points) @ K.T
    return image[:, :2] / image[:, 2:]


def fisheye(point: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """FISHEYE624 of one point in the camera frame."""
    k, (p1, p2), (s1, s2, s3, s4) = coefficients[:6], coefficients[6:8], coefficients[8:]
    across = np.hypot(point[0], point[1])
    angle = np.arctan2(across, point[2])
    radius = angle * (1 + sum(k[i] * angle ** (2 * i + 2) for i in range(6)))
    x, y = point[:2] / across * radius
    r2 = x * x + y * y
    return np.array(
        [
            x + 2 * p2 * x * y + p1 * (r2 + 2 * x * x) + s1 * r2 + s2 * r2**2,
            y + 2 * p1 * x * y + p2 * (r2 + 2 * y * y) + s3 * r2 + s4 * r2**2,
        ]
    )


def mssd(est, gt, points, symmetries) -> float:
    return min(
        np.linalg.norm(moved(est, points) - moved(gt @ symmetry, points), axis=1).max()
        for symmetry in symmetries
    )


def mspd(est, gt, points, K, symmetries) -> float:
    return min(
        np.linalg.norm(projected(est, points, K) - projected(gt @ symmetry, points, K), axis=1).max()
        for symmetry in symmetries
    )


def adi(est, gt, points) -> float:
    between = moved(gt, points)[:, None] - moved(est, points)[None]
    return np.linalg.norm(between, axis=2).min(axis=1).mean()


def vsd(depth_est, depth_gt, depth_test, K, diameter, delta, tau) -> float:
    wrong = union = 0
    for v, u in np.ndindex(depth_gt.shape):
        ray = np.linalg.norm([(u - K[0, 2]) / K[0, 0], (v - K[1, 2]) / K[1, 1], 1.0])
        est, gt, test = (depth[v, u] * ray for depth in (depth_est, depth_gt, depth_test))
        sees_gt = gt > 0 and (test == 0 or gt - test <= delta)
        sees_est = est > 0 and (test == 0 or est - test <= delta or sees_gt)
        union += sees_gt or sees_est
        wrong += (sees_gt != sees_est) or (sees_gt and abs(gt - est) / diameter >= tau)
    return wrong / union if union else 1.0
