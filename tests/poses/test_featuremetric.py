"""Featuremetric alignment: derivatives against finite differences, convergence, and poses gone astray."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.features import FeatureMap
from objpose.geometry import SE3, NormalEquations, solve_damped
from objpose.poses.align import Alignment
from objpose.poses.propose.patches import align_features
from objpose.poses.residuals import Featuremetric, Posed
from objpose.poses.residuals.featuremetric import SHAPE
from objpose.robust import barron
from tests.poses.objects import template_as_query, templates_of
from tests.synthetic import about_centre, onboarded, surface_error, twists

TEMPLATE = 57
WORST = (SHAPE - 2) / SHAPE  # Barron's loss of a residual without end


def problem_of(name: str, template: int, poses: int = 1) -> tuple[Alignment, SE3]:
    """In float64, of a template seen as it is; and its pose."""
    query, patches, truth = template_as_query(name, template)
    templates = templates_of(name)
    chosen = torch.full((poses,), template)
    residual = Featuremetric(templates, chosen, patches, query)
    for member in ("points", "descriptors", "map", "K"):
        setattr(residual, member, getattr(residual, member).double())
    return Alignment(templates.views.centre.double(), [(1.0, residual)]), truth


def beside(name: str, truth: SE3, count: int, shift: float, turn: float, seed: int = 0) -> SE3:
    model = onboarded(name)
    return about_centre(model, truth, twists(count, shift * model.diameter, turn, seed))


@pytest.mark.parametrize("name", ["painted_blob", "printed_box"])
def test_the_gradient_is_that_of_the_cost(name: str) -> None:
    """Central differences in float64, through the solver's own step."""
    problem, truth = problem_of(name, TEMPLATE, poses=12)
    for start in beside(name, truth, 4, 0.03, 0.08).wxyz_xyz.double():
        found = problem.linearize(start.expand(12, 7)).gradient[0]
        moves = 1e-7 * torch.eye(6, dtype=torch.float64)
        cost = problem.linearize(problem.retract(start.expand(12, 7), torch.cat([moves, -moves]))).cost
        forward, backward = cost.chunk(2)
        expected = (forward - backward) / 2e-7
        assert float(found.norm()) > 1e-3
        torch.testing.assert_close(found, expected, rtol=2e-4, atol=2e-6)


def test_the_normal_matrix_is_that_of_the_residuals() -> None:
    """Residuals by the map's own sampling, their Jacobian by central differences, Barron's weights."""
    problem, truth = problem_of("painted_blob", TEMPLATE)
    [(_, residual)] = problem.residuals
    start = beside("painted_blob", truth, 1, 0.03, 0.08).wxyz_xyz.double()
    maps = FeatureMap(residual.map[None], residual.stride, residual.origin, 0.0)

    def residuals(params: Tensor) -> Tensor:
        seen = SE3(params).apply_points(residual.points[0])
        pixels = ((seen / seen[..., 2:]) @ residual.K.mT)[..., :2]
        return maps.sample(pixels)[0] - residual.descriptors[0]

    moves = 1e-6 * torch.eye(6, dtype=torch.float64)
    columns = [
        (residuals(problem.retract(start, m[None])) - residuals(problem.retract(start, -m[None]))) / 2e-6
        for m in moves
    ]
    jacobian = torch.stack(columns, dim=-1)
    weight = barron(residuals(start).square().sum(-1) / residual.scale**2, SHAPE)[1]
    weight = weight / (len(weight) * residual.scale**2)
    expected = torch.einsum("p,pdi,pdj->ij", weight, jacobian, jacobian)
    torch.testing.assert_close(problem.linearize(start).normal[0], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["painted_blob", "printed_box"])
def test_alignment_comes_home_on_the_templates_own_view(name: str) -> None:
    model, templates = onboarded(name), templates_of(name)
    for template in (11, TEMPLATE, 301):
        query, patches, truth = template_as_query(name, template)
        start = beside(name, truth, 6, 0.03, 0.06)
        chosen = torch.full((6,), template)
        result = align_features(templates, chosen, patches, query, start, 15)
        before = torch.tensor([surface_error(model, pose, truth) for pose in start])
        after = torch.tensor([surface_error(model, pose, truth) for pose in SE3(result.params)])
        assert float(after.median()) < 0.4 * float(before.median())


def test_the_cost_never_rises_and_a_short_step_lowers_it() -> None:
    problem, truth = problem_of("printed_box", TEMPLATE, poses=8)
    start = beside("printed_box", truth, 8, 0.05, 0.15).wxyz_xyz.double()
    system = problem.linearize(start)
    step = solve_damped(system.normal, system.gradient, 1e-3)
    after = problem.linearize(problem.retract(start, 1e-3 * step))
    assert bool((after.cost < system.cost).all())
    query, patches, _ = template_as_query("printed_box", TEMPLATE)
    chosen = torch.full((8,), TEMPLATE)
    templates = templates_of("printed_box")
    result = align_features(templates, chosen, patches, query, SE3(start.float()), 15)
    assert bool((result.cost <= system.cost.float() + 1e-6).all())


def test_the_truth_of_its_own_view_costs_next_to_nothing() -> None:
    problem, truth = problem_of("painted_blob", TEMPLATE)
    assert float(problem.linearize(truth.wxyz_xyz[None].double()).cost) < 0.01 * WORST


ASTRAY = {
    "behind the camera": (0.0, 0.0, -0.5),
    "in the camera": (0.0, 0.0, 0.0),
    "beside the map": (2.0, 0.0, 0.7),
    "above the map": (0.0, -3.0, 0.7),
}


@pytest.mark.parametrize("case", ASTRAY)
def test_points_that_the_map_does_not_show_cost_the_most_and_pull_nowhere(case: str) -> None:
    problem, truth = problem_of("painted_blob", TEMPLATE)
    lost = SE3.from_rotation_translation(truth.rotation, torch.tensor(ASTRAY[case])).wxyz_xyz[None].double()
    system = problem.linearize(lost)
    assert all(bool(part.isfinite().all()) for part in system)
    if case != "in the camera":
        assert float(system.cost) == pytest.approx(WORST)
        assert float(system.gradient.abs().max()) == 0.0 == float(system.normal.abs().max())


def test_lost_poses_do_not_spoil_the_others() -> None:
    templates = templates_of("painted_blob")
    query, patches, truth = template_as_query("painted_blob", TEMPLATE)
    start = beside("painted_blob", truth, 1, 0.03, 0.06)
    lost = [SE3.from_rotation_translation(truth.rotation, torch.tensor(t))[None] for t in ASTRAY.values()]
    chosen = torch.full((1 + len(lost),), TEMPLATE)
    together = align_features(templates, chosen, patches, query, SE3.cat([start, *lost]), 10)
    alone = align_features(templates, chosen[:1], patches, query, start, 10)
    assert bool(together.params.isfinite().all())
    torch.testing.assert_close(together.params[0], alone.params[0], rtol=1e-3, atol=1e-4)


def test_templates_of_different_sizes_are_aligned_together_as_alone() -> None:
    """Padding to the longest template must count for nothing."""
    templates = templates_of("painted_blob")
    query, patches, truth = template_as_query("painted_blob", TEMPLATE)
    chosen = torch.tensor([TEMPLATE, 11, 399, 200])
    counts = [templates.patches(int(t)).stop - templates.patches(int(t)).start for t in chosen]
    assert len(set(counts)) > 1
    start = beside("painted_blob", truth, 4, 0.03, 0.06).wxyz_xyz

    def system(some: slice) -> NormalEquations:
        posed = Posed(SE3(start[some]), templates.views.centre)
        return Featuremetric(templates, chosen[some], patches, query).system(posed)

    together = system(slice(None))
    for i in range(4):
        alone = system(slice(i, i + 1))
        for whole, part in zip(together, alone, strict=True):
            torch.testing.assert_close(whole[i], part[0], rtol=1e-3, atol=1e-4)
