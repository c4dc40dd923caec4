"""Direct alignment without depth: a disturbed pose comes closer, and never costs more than before."""

from __future__ import annotations

import pytest
import torch

from objpose.crops import Crop
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses.align import Aligned, align
from objpose.poses.by_picture import Level
from objpose.poses.by_picture import aligned as by_picture
from objpose.robust import LMResult
from tests.poses.objects import crop_of
from tests.synthetic import about_centre, looking, onboarded, surface_error, twists

LEVEL = Level(112, 8, 0.15)


def alignment(model: ObjectModel, crop: Crop) -> Aligned:
    return by_picture(model.mesh, crop, LEVEL)


def aligned(model: ObjectModel, crop: Crop, start: SE3) -> LMResult:
    how = alignment(model, crop)
    return align(how.problem, start, how.options)


def errors(model: ObjectModel, poses: SE3, truth: SE3) -> torch.Tensor:
    """The distance along the view is what one picture tells worst: here it is that of the truth."""
    ratio = truth.translation[2] / poses.translation[:, 2]
    same_depth = SE3.from_rotation_translation(poses.rotation, poses.translation * ratio[:, None])
    return torch.tensor([surface_error(model, pose, truth) for pose in same_depth])


@pytest.mark.parametrize("name", ["painted_blob", "printed_box"])
def test_a_disturbed_pose_comes_closer(name: str) -> None:
    model, truth = onboarded(name), looking(15)
    start = about_centre(model, truth, twists(8, 0.05 * model.diameter, 0.12))
    result = aligned(model, crop_of(model.mesh, truth), start)
    before, after = errors(model, start, truth), errors(model, SE3(result.params), truth)
    assert float(after.median()) < 0.4 * float(before.median())
    assert float((after < before).float().mean()) >= 0.75


@pytest.mark.parametrize("name", ["mug", "can"])
def test_an_outline_alone_leads_home_too(name: str) -> None:
    model, truth = onboarded(name), looking(15)
    start = about_centre(model, truth, twists(8, 0.05 * model.diameter, 0.05))
    result = aligned(model, crop_of(model.mesh, truth), start)
    before, after = errors(model, start, truth), errors(model, SE3(result.params), truth)
    assert float(after.median()) < 0.6 * float(before.median())


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug"])
def test_the_cost_never_rises(name: str) -> None:
    """And the cost, normal matrix and pose that come back belong together."""
    model, truth = onboarded(name), looking(16)
    crop = crop_of(model.mesh, truth)
    start = about_centre(model, truth, twists(8, 0.1 * model.diameter, 0.4))
    problem = alignment(model, crop).problem
    before, result = problem.linearize(start.wxyz_xyz), aligned(model, crop, start)
    after = problem.linearize(result.params)
    assert bool((result.cost <= before.cost).all()) and bool((result.cost < before.cost).any())
    torch.testing.assert_close(after.cost, result.cost, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(after.normal, result.normal, rtol=1e-2, atol=float(result.normal.max()) * 1e-4)


@pytest.mark.parametrize("name", ["painted_blob", "mug"])
def test_a_pose_out_of_the_picture_costs_more_than_the_truth_and_stays(name: str) -> None:
    """With nothing rendered there is nothing to pull, and no reward for vanishing."""
    model, truth = onboarded(name), looking(16)
    crop = crop_of(model.mesh, truth)
    gone = SE3.exp(torch.tensor([3.0, 0, 0, 0, 0, 0])) @ truth
    near = about_centre(model, truth, twists(1, 0.1 * model.diameter, 0.3))
    poses = SE3.cat([truth[None], near, gone[None]])
    cost = alignment(model, crop).problem.linearize(poses.wxyz_xyz).cost
    assert float(cost[0]) < float(cost[1]) < float(cost[2])
    result = aligned(model, crop, poses)
    assert bool(result.params.isfinite().all())
    torch.testing.assert_close(SE3(result.params[2]).matrix(), gone.matrix())
