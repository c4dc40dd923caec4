"""Splats optimised on posed views look like the object from elsewhere; the laws of starts, growth, losses."""

from __future__ import annotations

import functools

import pytest
import torch

from objpose.crops import Crop
from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.raster import Splats, render_splats, with_degree
from objpose.splatting import FitOptions, fit_splats, polished_splats
from objpose.splatting.density import Density
from objpose.splatting.initial import bounding_ball, initial_splats
from objpose.splatting.losses import psnr, ssim
from objpose.splatting.parameters import Rates, SplatParameters
from objpose.splatting.polish import SIZE as POLISHED_SIZE
from objpose.splatting.polish import mesh_views
from tests.splatting.pictures import blob_splats
from tests.synthetic import MESHES

SIZE = 48
QUICK = FitOptions(steps=120, start=800, most=1000, round_steps=30)


@functools.cache
def views(count: int, with_depth: bool) -> tuple[list[Crop], SE3]:
    crops, cam_from_obj = mesh_views(MESHES["painted_blob"](), count, SIZE)
    if not with_depth:
        crops = [Crop(c.rgb, torch.zeros_like(c.depth), c.mask, c.inside, c.camera) for c in crops]
    return crops, cam_from_obj


def likeness(splats: Splats, crops: list[Crop], cam_from_obj: SE3) -> float:
    drawn = render_splats(splats, cam_from_obj, crops[0].K, SIZE, SIZE, antialias=True).color
    return float(psnr(drawn, torch.stack([crop.rgb for crop in crops])).mean())


@pytest.mark.parametrize("with_depth", [True, False])
def test_views_never_seen_are_drawn_too(with_depth: bool) -> None:
    crops, cam_from_obj = views(12, with_depth)
    unseen = views(7, True)
    centre, radius = bounding_ball(crops, cam_from_obj)
    start = initial_splats(crops, cam_from_obj, centre, radius, QUICK.start)
    found = fit_splats(crops, cam_from_obj, QUICK)
    assert likeness(found, *unseen) > max(19.0, likeness(start, *unseen) + 3)
    assert len(found) <= QUICK.most and not found.means.requires_grad


def test_the_same_call_gives_the_same_splats() -> None:
    crops, cam_from_obj = views(6, True)
    options = FitOptions(steps=12, start=200, most=300, round_steps=5)
    first, second = (fit_splats(crops, cam_from_obj, options) for _ in range(2))
    assert torch.equal(first.means, second.means) and torch.equal(first.sh, second.sh)


def test_polishing_takes_the_outline_to_that_of_the_mesh() -> None:
    mesh = MESHES["painted_blob"]()
    crops, cam_from_obj = mesh_views(mesh, 5, POLISHED_SIZE)
    truth = torch.stack([crop.mask for crop in crops]).sum()
    areas = []
    for steps in (1, 40):
        splats = polished_splats(mesh, 1500, steps)
        alpha = render_splats(
            splats, cam_from_obj, crops[0].K, POLISHED_SIZE, POLISHED_SIZE, antialias=True
        ).alpha
        areas.append(abs(float((alpha > 0.5).sum() / truth) - 1))
    assert areas[1] < 0.7 * areas[0]


def test_the_ball_holds_the_object_and_little_more() -> None:
    mesh = MESHES["painted_blob"]()
    centre, radius = bounding_ball(*views(12, False))
    assert float((centre - mesh.bounds().mean(0)).norm()) < 0.1 * mesh.diameter()
    assert 0.45 < radius / mesh.diameter() < 0.75


@pytest.mark.parametrize("with_depth", [True, False])
def test_the_start_lies_near_the_surface(with_depth: bool) -> None:
    crops, cam_from_obj = views(12, with_depth)
    mesh = MESHES["painted_blob"]()
    start = initial_splats(crops, cam_from_obj, *bounding_ball(crops, cam_from_obj), 800)
    assert 200 < len(start) <= 800
    surface = mesh.sample_surface(4000, seed=0).points
    gap = torch.cdist(start.means, surface).amin(1) / mesh.diameter()
    assert float(gap.mean()) < (0.02 if with_depth else 0.06)


def test_views_that_leave_no_object_are_refused() -> None:
    crops, cam_from_obj = views(6, False)
    with pytest.raises(InputError, match="two or more"):
        fit_splats(crops[:1], cam_from_obj[:1], QUICK)
    with pytest.raises(InputError, match="one direction"):
        fit_splats(crops[:1] * 3, cam_from_obj[[0, 0, 0]], QUICK)
    with pytest.raises(InputError, match="found 0 points that all views agree on, expected at least 16"):
        wrong = SE3(cam_from_obj.wxyz_xyz[[3, 5, 1, 0, 2, 4]])
        centre, radius = bounding_ball(crops, cam_from_obj)
        initial_splats([_emptied(crop) for crop in crops], wrong, centre + 5 * radius, radius, 100)


def _emptied(crop: Crop) -> Crop:
    mask = torch.zeros_like(crop.mask)
    mask[:2, :2] = True
    return Crop(crop.rgb, crop.depth, mask, crop.inside, crop.camera)


def test_ssim_is_one_for_equals_and_less_for_others() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(2, 20, 24, 3, generator=generator)
    torch.testing.assert_close(ssim(images, images), torch.ones(2))
    other = torch.rand(2, 20, 24, 3, generator=generator)
    assert bool((ssim(images, other) < 0.5).all())
    torch.testing.assert_close(ssim(images, other), ssim(other, images))


def test_psnr_of_a_constant_difference() -> None:
    image = torch.full((1, 4, 4, 3), 0.5)
    torch.testing.assert_close(psnr(image, image + 0.1), torch.tensor([20.0]))
    weight = torch.zeros(1, 4, 4)
    weight[0, 0, 0] = 1
    spoilt = image.clone()
    spoilt[0, 1:] = 1.0
    torch.testing.assert_close(psnr(spoilt, image + 0.1, weight), torch.tensor([20.0]))


def test_parameters_are_the_splats_and_new_ones_keep_momenta() -> None:
    splats = blob_splats()
    parameters = SplatParameters(splats, 1, Rates(), 0.06)
    there = parameters.splats()
    torch.testing.assert_close(there.means, splats.means)
    torch.testing.assert_close(there.scales, splats.scales)
    torch.testing.assert_close(there.opacities, splats.opacities, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(there.sh[:, 0] * 0.28209479177387814 + 0.5, splats.colors)
    there.means.square().sum().backward()
    parameters.optimizer.step()
    before = parameters.optimizer.state[parameters.values["means"]]["exp_avg"].clone()
    kept = torch.tensor([5, 2])
    parameters.replace(kept, {name: value[:1].detach() for name, value in parameters.values.items()})
    after = parameters.optimizer.state[parameters.values["means"]]["exp_avg"]
    assert len(parameters) == 3
    torch.testing.assert_close(after, torch.cat([before[kept], torch.zeros(1, 3)]))


def test_degrees_are_cut_or_padded() -> None:
    splats = blob_splats()
    assert with_degree(splats, 2).shape == (len(splats), 9, 3)
    shaded = Splats(splats.means, splats.wxyz, splats.scales, splats.opacities, sh=with_degree(splats, 2))
    torch.testing.assert_close(with_degree(shaded, 0), with_degree(splats, 0))


def test_growth_follows_the_pull_and_stops_at_the_most() -> None:
    splats = blob_splats()[:100]
    parameters = SplatParameters(splats, 0, Rates(), 0.06)
    density = Density(torch.zeros(3), 0.06, 105, torch.Generator().manual_seed(0))
    gradient, extent = torch.zeros(1, 100, 7), torch.ones(1, 100, 2)
    gradient[0, :20, 0] = 1.0
    density.watch(gradient, extent)
    density.act(parameters, grow=True)
    assert len(parameters) == 105
    twins = torch.cdist(parameters.values["means"][100:].detach(), splats.means[:20]).amin(1)
    assert float(twins.max()) < 0.01


def test_faint_and_far_splats_go() -> None:
    splats = blob_splats()[:10]
    opacities, means = splats.opacities.clone(), splats.means.clone()
    opacities[3], means[7] = 0.001, torch.tensor([1.0, 0, 0])
    spoilt = Splats(means, splats.wxyz, splats.scales, opacities, splats.colors)
    parameters = SplatParameters(spoilt, 0, Rates(), 0.06)
    density = Density(torch.zeros(3), 0.06, 100, torch.Generator().manual_seed(0))
    density.watch(torch.zeros(1, 10, 7), torch.ones(1, 10, 2))
    density.act(parameters, grow=False)
    torch.testing.assert_close(parameters.values["means"].detach(), means[[0, 1, 2, 4, 5, 6, 8, 9]])
