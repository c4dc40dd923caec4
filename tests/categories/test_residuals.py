"""Residuals in pose, size and shape: their derivatives, and what they say of the truth."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.categories.fit import ROUNDS, residuals_of
from objpose.categories.instances import Instances
from objpose.categories.observation import observe
from objpose.categories.residuals import ResidualOptions, Residuals
from objpose.categories.shape_model import shape_model
from objpose.geometry import SE3
from tests.categories.drawn_views import view

EVERYTHING = ResidualOptions()
STEPS = 2e-4, 2e-2  # metres and radians; latents


def instances_near(
    category: str, seed: int, options: ResidualOptions = EVERYTHING
) -> tuple[Instances, Residuals]:
    """Four, near the truth of a drawn view."""
    seen = view(category, seed, turn=0.7)
    observation = observe(seen.frame, seen.mask, category, 128)
    generator = torch.Generator().manual_seed(seed)
    model = shape_model(category)
    extents = seen.size.log() - model.latent_mean[:3]
    latent = torch.linalg.lstsq(model.latent_scale[:3], extents).solution
    twist = 0.02 * torch.randn(4, 6, generator=generator)
    turned = SE3.exp(torch.cat([torch.zeros(4, 3), twist[:, 3:]], 1)).rotation @ seen.cam_from_obj.rotation
    poses = SE3.from_rotation_translation(turned, seen.cam_from_obj.translation + 0.1 * twist[:, :3])
    latents = latent + 0.1 * torch.randn(4, model.dim, generator=generator)
    residuals = residuals_of(observation, ROUNDS[1], options, generator)
    return Instances(model, poses, latents), residuals


@pytest.mark.parametrize("category", ["bottle", "box", "cup"])
def test_the_gradient_is_that_of_the_cost(category: str) -> None:
    """By central differences of the cost of the surface and of the category, along each unknown.

    Where what is nearest changes on the way the cost jumps: so most entries have to agree, not all.
    """
    instances, residuals = instances_near(category, 1, ResidualOptions(free=0.0))
    gradient = residuals(instances).gradient

    def cost(step: Tensor) -> Tensor:
        return residuals(instances.moved(step)).cost

    found = torch.zeros_like(gradient)
    for unknown in range(gradient.shape[1]):
        length = STEPS[0] if unknown < 6 else STEPS[1]
        step = torch.zeros_like(gradient)
        step[:, unknown] = length
        found[:, unknown] = (cost(step) - cost(-step)) / (2 * length)
    kinds = gradient.split([3, 3, gradient.shape[1] - 6], dim=1)  # metres, radians, latents
    scale = torch.cat([part.norm(dim=1, keepdim=True).expand_as(part) for part in kinds], 1)
    assert ((found - gradient).abs() < 0.1 * scale).float().mean() > 0.8


def test_a_step_of_the_solver_lowers_the_cost() -> None:
    instances, residuals = instances_near("bowl", 2)
    here = residuals(instances)
    step = torch.linalg.solve(here.normal + torch.eye(here.normal.shape[-1]), -here.gradient)
    assert (residuals(instances.moved(0.5 * step)).cost < here.cost).all()


def test_under_the_table_there_is_nothing() -> None:
    """Sunk through the table by 2 cm it costs more than where it stands."""
    instances, residuals = instances_near("can", 3)
    up = residuals.observation.planes[0, :3]
    sunk = torch.zeros(4, 6 + instances.model.dim)
    sunk[:, :3] = -0.02 * up
    assert (residuals(instances.moved(sunk)).cost > residuals(instances).cost).all()


def test_what_is_in_the_way_is_pushed_out_of_it() -> None:
    """Of a box that hangs 2 cm beside its mask, by what is free alone."""
    instances, residuals = instances_near("box", 1, ResidualOptions(surface=0.0))
    aside = torch.zeros(4, 6 + instances.model.dim)
    aside[:, 0] = 0.02
    moved = instances.moved(aside)
    here = residuals(moved)
    back = torch.zeros_like(aside)
    back[:, :3] = -0.002 * torch.nn.functional.normalize(here.gradient[:, :3], dim=1)
    assert (back[:, 0] < 0).all()
    assert (residuals(moved.moved(back)).cost < here.cost).all()
