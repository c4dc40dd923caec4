"""The public stages of splat rendering: project to the screen, shade by direction, blend front to back.

Frames and units: metres, OpenCV camera axes, `x_cam = cam_from_world @ x_world`, pixel centres at integers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.raster.arguments import check_tensor
from objpose.raster.backends import backend_for, needs_op
from objpose.raster.constants import SCREEN_FIELDS
from objpose.raster.meshes.stages import check_near, check_size
from objpose.raster.splats import ops
from objpose.raster.splats.bundles import Gaussians, SplatView
from objpose.raster.splats.harmonics import COUNTS


class Screen(NamedTuple):
    """What splats became on the screens of N cameras; all 0 for a splat that is not seen.

    values: (N, G, 7) centre (column, row) in pixels; conic a, b, c, the inverse of the covariance
    [[a, b], [b, c]] in 1/pixel^2; opacity; depth of the centre in metres. extent: (N, G, 2) half the width
    and height (pixels) of the box outside which alpha stays below 1/255; not differentiable.
    """

    values: Tensor
    extent: Tensor


def project_splats(
    means: Tensor,
    wxyz: Tensor,
    scales: Tensor,
    opacities: Tensor,
    cam_from_world: Tensor,
    K: Tensor,
    width: int,
    height: int,
    *,
    near: float = 0.01,
    antialias: bool = False,
) -> Screen:
    """Gaussians (G, ...) as `Splats` holds them, to the screens of cameras (N, 3, 4) with K (N, 3, 3).

    The covariance on the screen is that of the perspective linearised at the centre, plus a low-pass of 0.3
    pixel^2. Differentiable in all but K.

    Raises:
        InputError: tensors that do not belong together, or a `near` below a micrometre.
    """
    check_size(width, height)
    check_near(near)
    gaussians = gaussians_of(means, wxyz, scales, opacities)
    _check_cameras(cam_from_world, means.device)
    check_tensor("K", K, (len(cam_from_world), 3, 3), K.device)
    camera = (cam_from_world.double(), K.to(means.device, torch.float64))
    view = SplatView(*camera, int(width), int(height), float(near), bool(antialias))
    return Screen(*splat_stage("project_splats", *gaussians, *camera)(gaussians, view))


def shade_splats(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> Tensor:
    """(N, G, 3) colours from 0 up of splats with harmonics (G, 1, 4, 9 or 16, 3) from cameras (N, 3, 4).

    Raises:
        InputError: tensors that do not belong together.
    """
    _check_cameras(cam_from_world, means.device)
    check_tensor("means", means, (None, 3), means.device)
    check_tensor("sh", sh, (len(means), sh.shape[1] if sh.ndim > 1 else None, 3), means.device)
    if sh.shape[1] not in COUNTS:
        raise InputError("sh", f"shape {tuple(sh.shape)}", "(G, 1, 4, 9 or 16, 3)", "pad with zeros")
    arguments = (means.float(), sh.float(), cam_from_world.double())
    return splat_stage("shade_splats", *arguments)(*arguments)


def blend_splats(
    screen: Screen, colors: Tensor, background: Tensor, width: int, height: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Colour (N, H, W, C), alpha, sum of depths weighted as the colours, and median depth (N, H, W).

    Splats are blended in the order of their depths, those of equal depth in their own order. What brings less
    than 1/255 to a pixel is left out, and so is what lies behind where less than 1/10000 of the light comes
    through.

    Args:
        colors: (N, G, C), or (1, G, C) for colours that all cameras share.
        background: (N, C).

    Raises:
        InputError: tensors that do not belong together.
    """
    check_size(width, height)
    device, (cameras, count) = screen.values.device, screen.values.shape[:2]
    check_tensor("screen.values", screen.values, (cameras, count, SCREEN_FIELDS), device, torch.float32)
    check_tensor("screen.extent", screen.extent, (cameras, count, 2), device, torch.float32)
    if colors.ndim != 3 or len(colors) not in (1, cameras) or colors.shape[1] != count:
        expected = f"({cameras} or 1, {count}, C)"
        raise InputError("colors", f"shape {tuple(colors.shape)}", expected, "pass a row for each splat")
    check_tensor("colors", colors, (None, count, None), device)
    check_tensor("background", background, (cameras, colors.shape[2]), device)
    arguments = (screen.values, screen.extent, colors.float(), background.float())
    images, _ = splat_stage("blend_splats", *arguments)(*arguments, int(width), int(height))
    return images


def gaussians_of(means: Tensor, wxyz: Tensor, scales: Tensor, opacities: Tensor) -> Gaussians:
    """As the core takes them; raises InputError for shapes or devices that do not belong together."""
    columns = {"means": (means, 3), "wxyz": (wxyz, 4), "scales": (scales, 3)}
    for name, (tensor, width) in columns.items():
        check_tensor(name, tensor, (len(means), width), means.device)
    check_tensor("opacities", opacities, (len(means),), means.device)
    return Gaussians(means.float(), wxyz.float(), scales.float(), opacities.float())


def _check_cameras(cam_from_world: Tensor, device: torch.device) -> None:
    check_tensor("cam_from_world", cam_from_world, (None, 3, 4), device)


def splat_stage(name: str, *inputs: Tensor) -> Callable[..., Any]:
    """The op where torch traces or records, else the core itself."""
    return getattr(ops if needs_op(*inputs) else backend_for(inputs[0].device).splats, name)
