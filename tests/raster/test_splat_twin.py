"""The plain-torch twins of the splat ops: gradients in float64, and what they mean."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import sph_harm_y
from torch.autograd import gradcheck

from objpose.errors import InputError
from objpose.geometry import SE3, SO3
from objpose.raster.splats.bundles import Gaussians, SplatView
from objpose.raster.splats.harmonics import harmonics
from objpose.raster.twin import splat_images
from objpose.raster.twin import splats as splat_twin
from tests.raster.scenes import random_poses
from tests.raster.splat_scenes import cameras, gaussians, projected, random_splats


def unit_vectors(count: int) -> torch.Tensor:
    values = torch.randn(count, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.normalize(values)


@pytest.mark.parametrize("antialias", [False, True])
def test_gradients_of_projection(antialias: bool) -> None:
    splats = random_splats(6).to(torch.float64)
    transforms, K, *size = cameras(2)
    inputs = [t.requires_grad_() for t in (*gaussians(splats), transforms)]

    def screen(*inputs: torch.Tensor) -> torch.Tensor:
        *splats, transforms = inputs
        view = SplatView(transforms, K, *size, 0.01, antialias)
        return splat_twin.project_splats(Gaussians(*splats), view)[0]

    assert (screen(*inputs)[..., 5] > 0).sum() > 6  # and some that are not seen
    assert gradcheck(screen, inputs)


@pytest.mark.parametrize("coefficients", [1, 4, 9, 16])
def test_gradients_of_shading(coefficients: int) -> None:
    splats = random_splats(5, coefficients=coefficients).to(torch.float64)
    transforms = cameras(2)[0]
    inputs = [t.requires_grad_() for t in (splats.means, splats.sh, transforms)]
    assert gradcheck(splat_twin.shade_splats, inputs)


def test_gradients_of_blending() -> None:
    splats = random_splats(8, channels=2, size=0.06).to(torch.float64)
    screen, extent = projected(splats, cameras(2))
    size = (6, 5)
    screen[..., :2] *= torch.tensor(size) / torch.tensor([45, 30])
    background = torch.rand(2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    inputs = [t.detach().requires_grad_() for t in (screen, splats.colors[None], background)]

    def images(screen: torch.Tensor, *shading: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return splat_twin.blend_splats(screen, extent, *shading, *size)[0]

    assert gradcheck(images, inputs)


@pytest.mark.parametrize("antialias", [False, True])
def test_the_cameras_gradient_is_the_difference(monkeypatch: pytest.MonkeyPatch, antialias: bool) -> None:
    """Through all stages, along each number of the twist, where splats have no rim that jumps."""
    monkeypatch.setattr(splat_images, "MIN_ALPHA", 1e-9)
    monkeypatch.setattr(splat_images, "MIN_TRANSMITTANCE", 0.0)
    splats, poses = random_splats(40, coefficients=9).to(torch.float64), random_poses(2).to(torch.float64)
    _, K, *size = cameras(2)
    generator = torch.Generator().manual_seed(0)
    weights = torch.rand(2, size[1], size[0], 5, generator=generator, dtype=torch.float64)

    def loss(twist: torch.Tensor) -> torch.Tensor:
        transforms = (SE3.exp(twist) @ poses).matrix()[:, :3]
        view = SplatView(transforms, K, *size, 0.01, antialias)
        screen, extent = splat_twin.project_splats(gaussians(splats), view)
        colors = splat_twin.shade_splats(splats.means, splats.sh, transforms)
        background = torch.full((2, 3), 0.3, dtype=torch.float64)
        (color, alpha, depth, _), _ = splat_twin.blend_splats(screen, extent, colors, background, *size)
        images = torch.cat([color, alpha[..., None], depth[..., None]], -1)
        return (images * weights).flatten(1).sum(1)

    twist = torch.zeros(2, 6, dtype=torch.float64, requires_grad=True)
    [gradient] = torch.autograd.grad(loss(twist).sum(), twist)
    for k in range(6):
        step = torch.zeros(2, 6, dtype=torch.float64)
        step[:, k] = 1e-5
        difference = (loss(step) - loss(-step)) / 2e-5
        torch.testing.assert_close(gradient[:, k], difference, rtol=1e-5, atol=1e-6 * gradient.norm().item())


def test_the_centre_is_where_the_pinhole_puts_it() -> None:
    splats = random_splats().to(torch.float64)
    view = cameras(2)
    screen, extent = projected(splats, view)
    points = splats.means @ view[0][..., :3].mT + view[0][..., 3:].mT
    pixels = points @ view[1].mT
    seen = extent[..., 0] > 0
    assert seen.any()
    torch.testing.assert_close(screen[seen][:, :2], (pixels[..., :2] / pixels[..., 2:])[seen])
    torch.testing.assert_close(screen[seen][:, 6], points[..., 2][seen])


def test_the_covariance_is_that_of_samples() -> None:
    """Points drawn from a small Gaussian, projected one by one, scatter as the conic and the low-pass say."""
    splats = random_splats(1, size=0.002).to(torch.float64)
    view = cameras(1)
    screen, _ = projected(splats, view)
    generator = torch.Generator().manual_seed(0)
    local = torch.randn(200_000, 3, dtype=torch.float64, generator=generator) * splats.scales
    points = splats.means + SO3(splats.wxyz).normalized().apply(local)
    pixels = (points @ view[0][0, :, :3].T + view[0][0, :, 3]) @ view[1][0].T
    scatter = (pixels[:, :2] / pixels[:, 2:]).T.cov() + 0.3 * torch.eye(2, dtype=torch.float64)
    a, b, c = screen[0, 0, 2:5]
    covariance = torch.linalg.inv(torch.stack([a, b, b, c]).reshape(2, 2))
    torch.testing.assert_close(covariance, scatter, rtol=0.02, atol=0.005)


def test_harmonics_are_orthonormal() -> None:
    """Over the sphere, by a product rule that is exact for polynomials of this degree."""
    heights, weights = (torch.tensor(values) for values in np.polynomial.legendre.leggauss(8))
    angles = torch.arange(16, dtype=torch.float64) * (2 * math.pi / 16)
    z, angle = (grid.flatten() for grid in torch.meshgrid(heights, angles, indexing="ij"))
    radius = (1 - z * z).sqrt()
    directions = torch.stack([radius * angle.cos(), radius * angle.sin(), z], -1)
    values = harmonics(directions, 16)
    area = weights.repeat_interleave(16) * (2 * math.pi / 16)
    torch.testing.assert_close((values.T * area) @ values, torch.eye(16, dtype=torch.float64))


def test_harmonics_are_the_closed_forms() -> None:
    """Real and imaginary parts of SciPy's, which have the Condon-Shortley sign too."""
    directions = unit_vectors(20)
    x, y, z = directions.unbind(1)
    polar, azimuth = z.acos().numpy(), torch.atan2(y, x).numpy()
    values = harmonics(directions, 16)
    for degree in range(4):
        for m in range(-degree, degree + 1):
            complex_value = torch.from_numpy(sph_harm_y(degree, abs(m), polar, azimuth))
            part = complex_value.imag if m < 0 else complex_value.real
            expected = part * (math.sqrt(2) if m else 1.0)
            torch.testing.assert_close(values[:, degree * (degree + 1) + m], expected)


def test_harmonics_come_by_whole_degrees() -> None:
    directions = unit_vectors(3)
    for count in (1, 4, 9):
        assert torch.equal(harmonics(directions, count), harmonics(directions, 16)[:, :count])
    with pytest.raises(InputError, match="1, 4, 9 or 16"):
        harmonics(directions, 5)
