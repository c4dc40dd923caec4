"""Where a board stands before a camera, from its corners, and how surely: the reprojection's curvature."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3, Camera, NormalEquations
from objpose.robust import LMOptions, PnPEstimator, RansacOptions, levenberg_marquardt, ransac

MAX_ERROR_PX = 3.0  # of corners of the right pose
STARTS = 4  # of hypotheses refined: a flat board seen small looks nearly alike from two sides
LEAST_SIGMA_PX = 0.02  # no finder of corners is better
NEAR = 1e-6  # metres
POLISH = LMOptions(max_iterations=50, step_tolerance=1e-10)


def board_poses(
    views: Sequence[tuple[Tensor, Tensor]], camera: Camera, names: Sequence[str]
) -> tuple[SE3, Tensor, float]:
    """cam_from_board (N,) of least reprojection, its covariances (N, 6, 6) and the corners' noise in pixels.

    views: for each, points (M, 3), metres in the board's frame, and pixels (M, 2). The covariances are of the
    right perturbation cam_from_board @ exp((v, w)).

    Raises:
        InputError: a view whose corners no pose explains; it is named.
    """
    straight = [(points.double(), _without_lens(pixels.double(), camera)) for points, pixels in views]
    found = [
        _pose(points, pixels, camera.K, name) for (points, pixels), name in zip(straight, names, strict=True)
    ]
    cost = sum(2 * float(equations.cost[0]) for _, equations in found)
    freedom = sum(2 * len(points) - 6 for points, _ in straight)
    sigma = max(LEAST_SIGMA_PX, (cost / max(freedom, 1)) ** 0.5)
    covariances = [sigma**2 * torch.linalg.inv(equations.normal[0]) for _, equations in found]
    return SE3.stack([cam_from_board for cam_from_board, _ in found]), torch.stack(covariances), sigma


def _without_lens(pixels: Tensor, camera: Camera) -> Tensor:
    """Pixels (M, 2) as a pinhole of the same K would have them."""
    return camera.pinhole.project(camera.unproject(pixels, torch.ones_like(pixels[:, 0])))


def _pose(points: Tensor, pixels: Tensor, K: Tensor, name: str) -> tuple[SE3, NormalEquations]:
    estimator = PnPEstimator(pixels, points, K, MAX_ERROR_PX)
    models, _ = ransac(estimator, RansacOptions(keep=STARTS))
    if not len(models):
        raise InputError(
            f"corners of {name}", "no pose that explains any", "a board's corners", "see the photo"
        )

    def linearize(here: Tensor) -> NormalEquations:
        return _equations(SE3(here), points, pixels, K)

    done = levenberg_marquardt(models.double(), linearize, _moved, POLISH)
    best = int(done.cost.argmin())
    error = (2 * float(done.cost[best]) / len(points)) ** 0.5
    if not error < MAX_ERROR_PX:
        cure = "see that the board's size and squares are as stated, and the camera is that of the photo"
        raise InputError(f"corners of {name}", f"{error:.1f} px off", f"below {MAX_ERROR_PX:g} px", cure)
    return SE3(done.params[best]), linearize(done.params[best : best + 1])


def _moved(here: Tensor, step: Tensor) -> Tensor:
    return (SE3(here) @ SE3.exp(step)).normalized().wxyz_xyz


def _equations(cam_from_board: SE3, points: Tensor, pixels: Tensor, K: Tensor) -> NormalEquations:
    """Of B poses in right twists; pixels (M, 2)."""
    seen = cam_from_board.apply_points(points)
    depth = seen[..., 2:].clamp_min(NEAR)
    plane = seen[..., :2] / depth
    residual = plane @ K[:2, :2].mT + K[:2, 2] - pixels
    # A right twist moves a point p of the board to p + v + w x p.
    moves = torch.cat([torch.eye(3).expand(len(points), 3, 3), -_crossing(points)], dim=-1).double()
    moves = cam_from_board.rotation.matrix()[:, None] @ moves
    projected = (moves[..., :2, :] - plane[..., None] * moves[..., 2:, :]) / depth[..., None]
    jacobian = K[:2, :2] @ projected
    normal = (jacobian.mT @ jacobian).sum(1)
    gradient = (jacobian.mT @ residual[..., None])[..., 0].sum(1)
    cost = 0.5 * residual.square().sum((1, 2))
    return NormalEquations(normal, gradient, torch.where((seen[..., 2] > NEAR).all(-1), cost, torch.inf))


def _crossing(points: Tensor) -> Tensor:
    """(M, 3, 3) whose products with w are points x w, negated: [p]x."""
    unit = torch.eye(3, dtype=points.dtype)
    return torch.stack([torch.linalg.cross(points, axis.expand_as(points)) for axis in unit], dim=-1)
