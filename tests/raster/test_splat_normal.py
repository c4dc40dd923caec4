"""Gauss-Newton on the camera: normal equations against autograd's Jacobian, differences and convergence."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.raster import RobustLoss, render_splats, splat_normal_equations
from objpose.raster.cpu import splats as cpu_splats
from objpose.raster.splats.bundles import Comparison, Shading, SplatView
from objpose.raster.twin import splats as splat_twin
from tests.raster.scenes import intrinsics, random_poses
from tests.raster.splat_scenes import SIZE, assert_near, cameras, gaussians, random_splats

K = intrinsics(*SIZE, focal=60.0)
BACKGROUND = torch.tensor([0.3, 0.1, 0.6])


def images(*channels: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand((2, SIZE[1], SIZE[0], *channels), generator=generator)


@pytest.mark.parametrize("antialias", [False, True])
def test_they_are_those_of_autograds_jacobian(antialias: bool) -> None:
    """J^T J and J^T r with J row by row from reverse-mode autograd through the plain-torch twin."""
    splats, poses = random_splats(40, channels=2), random_poses(1)
    size, target = (12, 9), torch.rand(1, 9, 12, 2, generator=torch.Generator().manual_seed(0))
    view = (intrinsics(*size, focal=16.0)[None], *size)

    def residuals(twist: Tensor) -> Tensor:
        transforms = (SE3.exp(twist) @ poses.to(torch.float64)).matrix()[:, :3]
        seen = SplatView(transforms, *view, 0.01, antialias)
        screen, extent = splat_twin.project_splats(gaussians(splats.to(torch.float64)), seen)
        background = torch.zeros(1, 2)
        color = splat_twin.blend_splats(screen, extent, splats.colors[None].double(), background, *size)[0][0]
        return (color - target).flatten()

    zero = torch.zeros(1, 6, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(residuals, zero)[:, 0]
    found = splat_normal_equations(
        splats, poses, view[0], target, antialias=antialias, color_loss=RobustLoss("squared", 1.0)
    )
    residual = residuals(zero)
    assert_near(found.normal[0], jacobian.T @ jacobian, 1e-4)
    assert_near(found.gradient[0], jacobian.T @ residual, 1e-4)
    assert_near(found.cost[0], residual.square().sum() / 2)


@pytest.mark.parametrize("kinds", [(0, 0, 0), (1, 2, 1), (2, 1, 0)])
@pytest.mark.parametrize("everything", [False, True])
def test_the_core_agrees_with_the_twin(kinds: tuple[int, ...], everything: bool) -> None:
    splats, view = random_splats(coefficients=9), cameras(2)
    colors, slopes = splat_twin.shade_splats_slopes(splats.means, splats.sh, view[0])
    depth, alpha, weights = 0.3 * images(seed=1) + 0.1, images(seed=2), images(seed=3)
    depth[:, ::3], weights[:, :, ::4] = 0, 0
    others = (depth, alpha, weights) if everything else (None, None, None)
    losses = [number for kind in kinds for number in (kind, 0.1 + 0.1 * kind, 1.0 + kind)]
    shading = Shading(colors, slopes if everything else None)
    compared = Comparison(BACKGROUND.expand(2, 3), images(3), *others, losses)
    arguments = (gaussians(splats), shading, SplatView(*view, 0.01, everything), compared)
    found, expected = (core.splat_normal_equations(*arguments) for core in (cpu_splats, splat_twin))
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other, 1e-4)


@pytest.mark.parametrize("kind", ["squared", "huber", "cauchy"])
def test_the_gradient_is_the_difference_of_the_cost(kind: str) -> None:
    splats, poses = random_splats(coefficients=4), random_poses(2)
    truth = render_splats(splats, poses, K, *SIZE, background=BACKGROUND)
    losses = {f"{name}_loss": RobustLoss(kind, 0.1, 2.0) for name in ("color", "depth", "alpha")}
    options = {"target_depth": truth.depth + 0.02, "target_alpha": truth.alpha, "weights": images()}

    def equations(poses: SE3):
        return splat_normal_equations(
            splats, poses, K, truth.color, background=BACKGROUND, **options, **losses
        )

    off = SE3.exp(torch.tensor([0.004, -0.003, 0.006, 0.03, 0.02, -0.04])) @ poses
    found = equations(off)
    for k in range(6):
        step = torch.zeros(6, dtype=torch.float64)
        step[k] = 1e-4
        ahead, behind = (equations(SE3.exp(s) @ off.to(torch.float64)) for s in (step, -step))
        difference = (ahead.cost - behind.cost) / 2e-4
        allowed = 0.01 * found.gradient.norm().item()
        torch.testing.assert_close(found.gradient[:, k], difference, rtol=0.03, atol=allowed)


def test_about_a_centre_they_are_those_of_twists_about_it() -> None:
    splats, poses = random_splats(), random_poses(2).to(torch.float64)
    target, centre = images(3), torch.tensor([[0.02, -0.03, 0.4], [0.0, 0.01, 0.3]], dtype=torch.float64)
    around = splat_normal_equations(splats, poses, K, target)
    found = around.about(centre)
    shift = SE3.from_rotation_translation(torch.eye(3, dtype=torch.float64).expand(2, 3, 3), centre)
    step = 1e-6 * torch.randn(2, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    same = (shift @ SE3.exp(step) @ shift.inverse()).log()
    torch.testing.assert_close((found.gradient * step).sum(1), (around.gradient * same).sum(1))
    for normal, one, other, twist in zip(found.normal, step, same, around.normal, strict=True):
        torch.testing.assert_close(one @ normal @ one, other @ twist @ other)


@pytest.mark.parametrize("with_depth", [False, True])
def test_a_few_steps_find_the_pose(with_depth: bool) -> None:
    splats, pose = random_splats(300, seed=1), random_poses(1, seed=1).to(torch.float64)
    truth = render_splats(splats, pose, K, *SIZE)
    found = SE3.exp(torch.tensor([0.002, -0.003, 0.01, 0.03, -0.04, 0.05], dtype=torch.float64)) @ pose
    start = (found @ pose.inverse()).log().norm()
    for _ in range(12):
        options = {"target_depth": truth.depth, "target_alpha": truth.alpha} if with_depth else {}
        equations = splat_normal_equations(splats, found, K, truth.color, **options)
        damped = equations.normal + 1e-3 * torch.diag_embed(equations.normal.diagonal(dim1=1, dim2=2))
        found = SE3.exp(-torch.linalg.solve(damped, equations.gradient)) @ found
    assert (found @ pose.inverse()).log().norm() < 0.01 * start


def test_pixels_of_no_weight_count_nothing() -> None:
    splats, poses = random_splats(), random_poses(2)
    weights = (images() > 0.5).float()
    spoilt = images(3)
    spoilt[weights == 0] = 1e6
    found = splat_normal_equations(splats, poses, K, spoilt, weights=weights)
    expected = splat_normal_equations(splats, poses, K, images(3), weights=weights)
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    nothing = splat_normal_equations(splats, poses, K, spoilt, weights=torch.zeros(SIZE[1], SIZE[0]))
    assert all(part.abs().max() == 0 for part in nothing)


def test_nothing_to_see_leaves_the_cost_alone() -> None:
    behind = random_poses(1, distance=-0.5)
    equations = splat_normal_equations(random_splats(), behind, K, images(3)[0])
    assert equations.normal.abs().max() == 0 and equations.gradient.abs().max() == 0
    assert equations.cost > 0


def test_what_cannot_be_compared_is_refused() -> None:
    splats, poses = random_splats(), random_poses(2)
    with pytest.raises(InputError, match="target: found 4 channels"):
        splat_normal_equations(splats, poses, K, images(4))
    with pytest.raises(InputError, match="depth: found shape"):
        splat_normal_equations(splats, poses, K, images(3), target_depth=images()[:, 1:])
    with pytest.raises(InputError, match="loss: found 'tukey'"):
        RobustLoss("tukey")
    with pytest.raises(InputError, match="scale 0"):
        RobustLoss(scale=0)
