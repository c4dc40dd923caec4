"""Gauss-Newton on the camera: normal equations of splats against images, with no autograd graph."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3, NormalEquations, upload
from objpose.raster.constants import CAUCHY, HUBER, SQUARED
from objpose.raster.meshes.stages import check_size
from objpose.raster.splats.bundles import Comparison, Shading, SplatView
from objpose.raster.splats.render import Splats, background_batch, camera_batch
from objpose.raster.splats.stages import gaussians_of, splat_stage

LOSSES = {"squared": SQUARED, "huber": HUBER, "cauchy": CAUCHY}


@dataclass(frozen=True)
class RobustLoss:
    """`weight` rho(|r| / scale), with rho(x) = x^2/2 near 0.

    Raises:
        InputError: an unknown kind.
    """

    kind: str = "cauchy"  # log(1 + x^2) / 2; "huber": |x| - 1/2 above 1; "squared": x^2 / 2 everywhere
    scale: float = 0.1  # in the units of the residual: what an inlier's residual seldom exceeds
    weight: float = 1.0  # among the kinds of residuals

    def __post_init__(self) -> None:
        if self.kind not in LOSSES:
            raise InputError("loss", repr(self.kind), f"one of {', '.join(LOSSES)}", "see RobustLoss")
        if not self.scale > 0 or not self.weight >= 0:
            found = f"scale {self.scale}, weight {self.weight}"
            raise InputError("loss", found, "a scale above 0 and a weight from 0 up", "see RobustLoss")

    def numbers(self) -> list[float]:
        return [float(LOSSES[self.kind]), float(self.scale), float(self.weight)]


@torch.no_grad()
def splat_normal_equations(
    splats: Splats,
    cam_from_world: SE3,
    K: Tensor,
    target: Tensor,
    *,
    target_depth: Tensor | None = None,
    target_alpha: Tensor | None = None,
    weights: Tensor | None = None,
    color_loss: RobustLoss = RobustLoss("cauchy", 0.1),  # noqa: B008 - frozen
    depth_loss: RobustLoss = RobustLoss("cauchy", 0.01),  # noqa: B008
    alpha_loss: RobustLoss = RobustLoss("cauchy", 0.5),  # noqa: B008
    background: Tensor | None = None,
    antialias: bool = False,
    near: float = 0.01,
) -> NormalEquations:
    """Robust least squares of rendered against given images, in the camera's twist, exact derivatives.

    The cost of a camera is the sum over pixels of weights * (color_loss(|color - target|)
    + depth_loss(alpha |depth - target_depth|) + alpha_loss(alpha - target_alpha)), terms without a target
    left out. The colour residual is the norm over all channels. The depth residual fades with alpha, so that
    it needs no threshold, and is left out where the target is 0. Robust weights enter the normal equations as
    constants (iteratively reweighted least squares).

    Args:
        cam_from_world: (N,) or a single transform.
        K: (3, 3), or (N, 3, 3): pixels, pixel centres at integers.
        target: (N, H, W, C), or (H, W, C) for all cameras; as many channels as the splats have.
        target_depth: (N, H, W) or (H, W) metres, 0 = missing.
        target_alpha: (N, H, W) or (H, W) mask in [0, 1].
        weights: (N, H, W) or (H, W), at least 0; 0 leaves a pixel out.
        background, antialias, near: as in `render_splats`.

    Raises:
        InputError: cameras, K or images that cannot be used.
    """
    height, width, channels = target.shape[-3:]
    check_size(width, height)
    transforms, K = camera_batch(cam_from_world, K, width, height, near, splats.means.device)
    cameras = len(transforms)
    if channels != splats.channels:
        raise InputError("target", f"{channels} channels", splats.channels, "pass what the splats hold")
    depth, alpha, weights = (
        _images(name, values, (cameras, height, width), splats.means)
        for name, values in (("depth", target_depth), ("alpha", target_alpha), ("weights", weights))
    )
    target = _image("target", target, (cameras, height, width, channels), splats.means)
    background = background_batch(background, splats, cameras)
    losses = [number for loss in (color_loss, depth_loss, alpha_loss) for number in loss.numbers()]
    gaussians = gaussians_of(splats.means, splats.wxyz, splats.scales, splats.opacities)
    view = SplatView(transforms, K, width, height, float(near), bool(antialias))
    shading = Shading(*_colors(splats, transforms))
    compared = Comparison(background.float(), target, depth, alpha, weights, losses)
    stage = splat_stage("splat_normal_equations", *gaussians, target)
    return NormalEquations(*stage(gaussians, shading, view, compared))


def _colors(splats: Splats, transforms: Tensor) -> tuple[Tensor, Tensor | None]:
    """Colours (N or 1, G, C); their derivatives (N, G, 3, 3) by the cameras' translation, None if all 0."""
    if splats.colors is not None:
        return splats.colors.float()[None], None
    assert splats.sh is not None  # one of them
    means, sh = splats.means.float(), splats.sh.float()
    return splat_stage("shade_splats_slopes", means, sh)(means, sh, transforms)


def _images(name: str, values: Tensor | None, shape: tuple[int, ...], like: Tensor) -> Tensor | None:
    return None if values is None else _image(name, values, shape, like)


def _image(name: str, values: Tensor, shape: tuple[int, ...], like: Tensor) -> Tensor:
    if tuple(values.shape) not in (shape, shape[1:]):
        raise InputError(name, f"shape {tuple(values.shape)}", shape, "pass images of the target's size")
    return upload(values.to(torch.float32), like.device).expand(shape)
