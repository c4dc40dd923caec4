"""Direct alignment: its derivatives against central differences of the rendering, and its convergence."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from scipy import ndimage
from torch import Tensor

from objpose.crops import Crop, crop_frame
from objpose.geometry import SE3, solve_damped
from objpose.objects import ObjectModel
from objpose.poses.align import Alignment, align
from objpose.poses.residuals import DepthResidual, Photometric
from objpose.poses.rgbd import RefineOptions, aligned
from objpose.raster import render_mesh
from objpose.raster.drawn.light import appearance_channels
from objpose.robust import LMResult
from tests.synthetic import REAL, about_centre, looking, make_scene, onboarded, surface_error, twists

DEFAULTS = RefineOptions()
BORDER = 5  # pixels beside the outline, and its inner folds, where a rendering jumps


def own_crop(model: ObjectModel, cam_from_obj: SE3, size: int = 96) -> Crop:
    """What the pose itself shows, in the camera of a crop: a problem whose residuals vanish at the truth."""
    scene = make_scene(model.mesh, cam_from_obj)
    crop = crop_frame(scene.frame, scene.mask, size)
    drawn = render_mesh(model.mesh, cam_from_obj, crop.K, crop.size, crop.size, outputs=("depth", "color"))
    return replace(crop, rgb=drawn.color[0], depth=drawn.depth[0], mask=drawn.mask[0])


def smooth_part(crop: Crop) -> Crop:
    """The crop with the mask drawn back from every jump of depth."""
    depth = crop.depth.numpy()
    spread = ndimage.maximum_filter(depth, 2 * BORDER + 1) - ndimage.minimum_filter(depth, 2 * BORDER + 1)
    inner = ndimage.binary_erosion(crop.mask.numpy(), iterations=BORDER) & (spread < 0.03)
    return replace(crop, mask=torch.from_numpy(inner))


def problem_of(model: ObjectModel, crop: Crop, color_weight: float = RefineOptions.color_weight) -> Alignment:
    return aligned(model.mesh, crop, model.diameter, 1, RefineOptions(color_weight=color_weight)).problem


def refined(model: ObjectModel, crop: Crop, start: SE3, options: RefineOptions = DEFAULTS) -> LMResult:
    how = aligned(model.mesh, crop, model.diameter, 12, options)
    return align(how.problem, start, how.options)


def differences(model: ObjectModel, crop: Crop, problem: Alignment, params: Tensor, image: str) -> Tensor:
    """(P, C, 6) central differences of a rendered image along the problem's own tangent, in its pixels.

    Steps of tenths of a pixel: corners are snapped to hundredths.
    """
    steps = torch.cat([torch.full((3,), 3e-4), torch.full((3,), 3e-3)])
    moves = torch.cat([torch.diag(steps), -torch.diag(steps)])
    poses = SE3(problem.retract(params.expand(12, 7), moves))
    outputs = ("depth", "color") if image == "color" else ("depth",)
    drawn = render_mesh(model.mesh, poses, crop.K, crop.size, crop.size, outputs=outputs)
    values = drawn.depth[..., None] if image == "depth" else appearance_channels(drawn.color)
    pixels = problem.residuals[0][1].pixels
    forward, backward = pixels.planes(values).chunk(2, dim=1)
    return ((forward - backward) / (2 * steps[:, None])).permute(2, 0, 1)


def in_diameters(matrix: Tensor, diameter: float) -> Tensor:
    """A normal matrix or gradient with shifts counted in diameters, so that all entries are comparable."""
    scale = torch.tensor([diameter] * 3 + [1.0] * 3)
    return matrix * scale if matrix.ndim == 1 else matrix * scale[:, None] * scale


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug", "can"])
def test_depth_derivatives_are_those_of_the_rendering(name: str) -> None:
    """A pixel's depth changes by n . motion / n . ray; the residual is that times n . ray."""
    model, truth = onboarded(name), looking(11)
    crop = smooth_part(own_crop(model, truth))
    problem = problem_of(model, crop, color_weight=0.0)
    [(_, residual)] = problem.residuals
    assert isinstance(residual, DepthResidual)
    params = about_centre(model, truth, twists(1, 0.01 * model.diameter, 0.02)).wxyz_xyz
    found = problem.linearize(params)

    drawn = render_mesh(model.mesh, SE3(params), crop.K, crop.size, crop.size, outputs=("normals",))
    slant = (residual.pixels.planes(drawn.normals)[:, 0] * residual.pixels.rays).sum(0)
    off = residual.pixels(drawn.depth)[0] - residual.measured.depth
    jacobian = differences(model, crop, problem, params, "depth")[:, 0] * slant[:, None]
    _, sigma, reach = residual.measured
    weight = (1 - (off / reach).square()).clamp_min(0.0).square() / sigma**2
    steady = (jacobian.norm(dim=-1) < 10).float() * weight  # but for pixels that a step takes over a fold
    normal = in_diameters((jacobian * steady[:, None]).mT @ jacobian, model.diameter)
    gradient = in_diameters((jacobian * steady[:, None]).mT @ (off * slant), model.diameter)
    expected_normal = in_diameters(found.normal[0], model.diameter)
    expected_gradient = in_diameters(found.gradient[0], model.diameter)
    assert residual.pixels.size > 300
    assert float((normal - expected_normal).norm() / expected_normal.norm()) < 0.03
    assert float((gradient - expected_gradient).norm() / expected_gradient.norm()) < 0.05
    assert float(torch.cosine_similarity(gradient, expected_gradient, dim=0)) > 0.99


def test_colour_derivatives_are_those_of_the_rendering() -> None:
    """At the truth the image gradient, along the motion of the surface, is the change of the rendering."""
    model, truth = onboarded("painted_blob"), looking(11)
    crop = smooth_part(own_crop(model, truth))
    with_color, without = (problem_of(model, crop, weight) for weight in (1.0, 0.0))
    assert isinstance(with_color.residuals[1][1], Photometric)
    params = truth.wxyz_xyz[None]
    found = (with_color.linearize(params).normal - without.linearize(params).normal)[0]
    jacobian = differences(model, crop, with_color, params, "color").flatten(0, 1)
    expected, found = (
        in_diameters(jacobian.mT @ jacobian, model.diameter),
        in_diameters(found, model.diameter),
    )
    assert float((found - expected).norm() / expected.norm()) < 0.1


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug", "can"])
def test_nothing_pulls_at_the_truth(name: str) -> None:
    model, truth = onboarded(name), looking(12)
    problem = problem_of(model, own_crop(model, truth))
    beside = about_centre(model, truth, twists(8, 0.01 * model.diameter, 0.03)).wxyz_xyz
    home, away = problem.linearize(truth.wxyz_xyz[None]), problem.linearize(beside)
    pull = in_diameters(home.gradient[0], model.diameter).norm()
    pulls = torch.stack([in_diameters(g, model.diameter).norm() for g in away.gradient])
    assert float(pull) < 0.01 * float(pulls.min())
    assert bool((home.cost < away.cost).all())


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug", "can"])
def test_every_step_leads_downhill(name: str) -> None:
    """A short step of the solver lowers the cost, on a flawed frame too."""
    model, truth = onboarded(name), looking(13)
    scene = make_scene(model.mesh, truth, REAL)
    crop = crop_frame(scene.frame, scene.mask, 96)
    problem = problem_of(model, crop)
    start = about_centre(model, truth, twists(8, 0.02 * model.diameter, 0.04)).wxyz_xyz
    system = problem.linearize(start)
    step = solve_damped(system.normal, system.gradient, 1e-3)
    after = problem.linearize(problem.retract(start, 0.2 * step))
    assert bool((after.cost < system.cost).all())


def test_retraction_turns_about_the_centre() -> None:
    model, truth = onboarded("mug"), looking(14)
    problem = problem_of(model, own_crop(model, truth))
    params = truth.wxyz_xyz.expand(4, 7)
    turned = SE3(problem.retract(params, torch.cat([torch.zeros(4, 3), torch.randn(4, 3)], dim=-1)))
    centre = model.mesh.bounds().mean(0)
    torch.testing.assert_close(turned.apply(centre), truth.apply(centre).expand(4, 3), rtol=0, atol=1e-6)
    still = problem.retract(params, torch.zeros(4, 6))
    torch.testing.assert_close(SE3(still).matrix(), SE3(params).matrix())
    shifted = SE3(problem.retract(params, torch.eye(6)[:3].repeat(2, 1)[:4]))
    torch.testing.assert_close(shifted.rotation.matrix(), truth.rotation.matrix().expand(4, 3, 3))
    torch.testing.assert_close(shifted.translation - truth.translation, torch.eye(3).repeat(2, 1)[:4])


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug", "can"])
def test_alignment_comes_home_on_a_flawed_frame(name: str) -> None:
    model, truth = onboarded(name), looking(15)
    scene = make_scene(model.mesh, truth, REAL, seed=1)
    crop = crop_frame(scene.frame, scene.mask, 112)
    start = about_centre(model, truth, twists(6, 0.025 * model.diameter, 0.06))
    result = refined(model, crop, start)
    before = torch.tensor([surface_error(model, pose, truth) for pose in start])
    after = torch.tensor([surface_error(model, pose, truth) for pose in SE3(result.params)])
    assert float(after.max()) < 0.015
    assert bool((after < before).all())


def test_a_print_fixes_what_the_shape_leaves_open() -> None:
    """On a plain wall of a box only colour tells a slide along it."""
    model = onboarded("printed_box")
    facing = SE3.from_rotation_translation(torch.eye(3), torch.tensor([0.0, 0.0, 0.4]))
    slide = torch.tensor([[0.003, -0.002, 0.0, 0.0, 0.0, 0.02]])
    crop = own_crop(model, facing)
    crop = replace(crop, mask=torch.from_numpy(ndimage.binary_erosion(crop.mask.numpy(), iterations=10)))
    errors = []
    for weight in (0.0, 0.3):
        options = RefineOptions(color_weight=weight)
        result = refined(model, crop, SE3.exp(slide) @ facing, options)
        errors.append(surface_error(model, SE3(result.params)[0], facing))
    blind, seeing = errors
    assert seeing < 0.25 * blind


def test_depth_as_noisy_as_a_fifteenth_of_the_object_leads_home() -> None:
    """Of a thing some metres off: what is larger than usual errors is no outlier then."""
    model, truth = onboarded("painted_blob"), looking(12)
    crop, generator = own_crop(model, truth, 48), torch.Generator().manual_seed(0)
    noise = model.diameter / 15 * torch.randn(crop.depth.shape, generator=generator)
    noisy = replace(crop, depth=(crop.depth + noise) * crop.mask)
    start = about_centre(model, truth, twists(12, 0.15 * model.diameter, 0.1))
    shapes = RefineOptions(color_weight=0.0)
    found = SE3(refined(model, noisy, start, shapes).params)
    errors = torch.tensor([surface_error(model, pose, truth) for pose in found])
    assert float(errors.median()) < 0.06 and float(errors.max()) < 0.12
