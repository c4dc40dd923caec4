"""Steps of poses: the C++ core and CUDA, under the shim, agree with the twin."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch
from torch import Tensor

from objpose.geometry import Descent, NormalEquations
from objpose.raster.cpu import steps as cpu
from objpose.raster.cuda import steps as cuda
from objpose.raster.twin import steps as twin
from tests.raster.scenes import random_poses

POSES = 9


def equations() -> NormalEquations:
    """Of metres and radians; one pose sees nothing of two directions, one nothing at all."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(POSES, 40, 6, generator=generator) * torch.tensor([900.0] * 3 + [40.0] * 3)
    rows[3, :, 1:3] = 0
    rows[4] = 0
    residual = torch.randn(POSES, 40, 1, generator=generator)
    return NormalEquations(rows.mT @ rows, (rows.mT @ residual)[..., 0], residual.square().sum((1, 2)))


def steps_by(core: ModuleType) -> Tensor:
    system = equations()
    damping = torch.logspace(-6, 2, POSES)
    return core.damped_steps(system.normal, system.gradient, damping)


def moved_by(core: ModuleType) -> Tensor:
    """By nothing, hardly, and by more than half a turn, too."""
    twist = torch.randn(POSES, 6, generator=torch.Generator().manual_seed(1))
    twist[0], twist[1] = 0, 1e-6 * twist[1]
    twist[2, 3:] = torch.tensor([2.0, -3.0, 1.0])
    return core.moved_poses(torch.tensor([0.01, -0.02, 0.03]), random_poses(POSES).wxyz_xyz.float(), twist)


def points_by(core: ModuleType) -> Tensor:
    return core.posed_points(torch.tensor([0.01, -0.02, 0.03]), random_poses(POSES).wxyz_xyz.float())


WORKS = [steps_by, moved_by, points_by]


@pytest.mark.parametrize("work", WORKS)
def test_the_core_agrees_with_the_twin(work) -> None:
    found, expected = work(cpu), work(twin)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
    assert float(expected.abs().max()) > 1e-4


@pytest.mark.parametrize("work", WORKS)
def test_on_the_shim(on_shim: None, work) -> None:
    torch.testing.assert_close(work(cuda), work(twin), rtol=1e-4, atol=1e-6)


def descent_by(core: ModuleType) -> Descent:
    """Costs that fall, rise and are nothing; steps too short to go on; poses that had converged."""
    generator, poses = torch.Generator().manual_seed(2), random_poses(2 * POSES).wxyz_xyz.float()
    system, step = equations(), 1e-3 * torch.randn(POSES, 6, generator=generator)
    there = NormalEquations(*(part.flip(0) for part in system))
    there.cost[0], step[1:3], step[5, 2] = torch.nan, 1e-7, torch.nan
    converged = torch.arange(POSES) % 3 == 0
    here = Descent(poses[:POSES], system, torch.logspace(-9, 9, POSES), converged, converged)
    return core.taken_steps(here, poses[POSES:], there, step, 1e-6)


def assert_same_descent(found: Descent, expected: Descent) -> None:
    """To the last bit."""
    assert 0 < int(expected.accepted.sum()) < POSES and 0 < int(expected.converged.sum()) < POSES
    assert torch.equal(found.accepted, expected.accepted) and torch.equal(found.converged, expected.converged)
    for one, other in zip((found.params, found.damping), (expected.params, expected.damping), strict=True):
        assert torch.equal(one, other)
    for one, other in zip(found.system, expected.system, strict=True):
        assert torch.equal(one, other)


def test_the_core_takes_the_steps_that_the_twin_takes() -> None:
    assert_same_descent(descent_by(cpu), descent_by(twin))


def test_steps_are_taken_on_the_shim(on_shim: None) -> None:
    assert_same_descent(descent_by(cuda), descent_by(twin))


def test_what_is_not_finite_moves_nothing() -> None:
    system, poses = equations(), random_poses(POSES).wxyz_xyz.float()
    normal = system.normal.clone()
    normal[2] = torch.nan
    step = cpu.damped_steps(normal, system.gradient, torch.ones(POSES))
    assert step[2].tolist() == [0.0] * 6 and bool(step.isfinite().all())
    twist = torch.zeros(POSES, 6)
    twist[5, 1] = torch.inf
    torch.testing.assert_close(cpu.moved_poses(torch.zeros(3), poses, twist), poses)
