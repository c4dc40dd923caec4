"""Splats and cameras that the splat tests share."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, SO3
from objpose.raster import Splats
from objpose.raster.splats.bundles import Gaussians, SplatView
from objpose.raster.twin import splats as splat_twin
from tests.raster.scenes import intrinsics, random_poses

SIZE = (45, 30)  # no multiple of a tile


def random_splats(
    count: int = 120, seed: int = 0, channels: int = 3, coefficients: int = 0, size: float = 0.01
) -> Splats:
    """Splats of uneven shapes around the origin, most of them on a sphere of 0.1 m."""
    generator = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    means = torch.nn.functional.normalize(normal(count, 3)) * (0.08 + 0.03 * random(count, 1))
    shape = (means, normal(count, 4), size * (0.2 + random(count, 3)), 0.1 + 0.85 * random(count))
    if coefficients:
        return Splats(*shape, sh=0.4 * normal(count, coefficients, 3))
    return Splats(*shape, random(count, channels))


def one_splat(**changes: object) -> Splats:
    """A round, half transparent red splat of 1 cm in the origin."""
    values = {
        "means": [[0.0, 0.0, 0.0]],
        "wxyz": [[1.0, 0.0, 0.0, 0.0]],
        "scales": [[0.01, 0.01, 0.01]],
        "opacities": [0.5],
        "colors": [[1.0, 0.0, 0.0]],
    }
    return Splats(**{name: torch.tensor(value) for name, value in {**values, **changes}.items()})


def facing(distance: float = 0.35) -> SE3:
    """A camera that looks at the origin along z."""
    return SE3.from_rotation_translation(SO3.identity((1,)), [[0.0, 0.0, distance]])


def gaussians(splats: Splats) -> Gaussians:
    return Gaussians(splats.means, splats.wxyz, splats.scales, splats.opacities)


def cameras(count: int = 2, seed: int = 0, distance: float = 0.35) -> tuple[Tensor, Tensor, int, int]:
    """What a `SplatView` begins with."""
    poses = random_poses(count, seed, distance)
    K = torch.stack([intrinsics(*SIZE, focal=60.0 + 5 * i) for i in range(count)]) if count else None
    K = torch.empty(0, 3, 3, dtype=torch.float64) if K is None else K
    return poses.to(dtype=torch.float64).matrix()[:, :3].contiguous(), K, *SIZE


def projected(splats: Splats, view: tuple, antialias: bool = False) -> tuple[Tensor, Tensor]:
    return splat_twin.project_splats(gaussians(splats), SplatView(*view, 0.01, antialias))


def assert_near(found: Tensor, expected: Tensor, tolerance: float = 1e-5, allowed: int = 0) -> None:
    """Equal up to the tolerance times the largest value, but for `allowed` numbers.

    Alphas at their threshold of 1/255 may be left out by one side and not by the other.
    """
    assert found.shape == expected.shape and found.dtype == expected.dtype
    assert bool(found.isfinite().all())
    scale = max((abs(value) for value in expected.flatten().tolist()), default=0.0)
    far = (found - expected).abs() > tolerance * max(scale, 1e-12)
    assert int(far.sum()) <= allowed, f"{int(far.sum())} of {far.numel()} differ"
