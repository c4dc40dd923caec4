"""Gaussian splats and cameras in; colours or features, alpha and depth out, differentiable in all of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import HOST, SE3, upload
from objpose.raster.meshes.stages import check_size, check_views, seen_poses
from objpose.raster.splats.harmonics import CONSTANT, COUNTS
from objpose.raster.splats.stages import Screen, blend_splats, project_splats, shade_splats


@dataclass(frozen=True, eq=False)
class Splats:
    """G Gaussians in the world (or object) frame, with colours either the same from everywhere or not.

    means: metres. wxyz: rotations `world_from_splat`, of any length but 0. scales: standard deviations along
    the splat's axes, metres. opacities: in [0, 1]. colors: any number of channels: colours, features. sh: 1,
    4, 9 or 16 spherical harmonics of RGB - 0.5 by the direction from the camera (order and signs of the 3DGS
    file format). Give either `colors` or `sh`.

    Raises:
        InputError: shapes that do not belong together, or several devices.
    """

    means: Float[Tensor, "G 3"]
    wxyz: Float[Tensor, "G 4"]
    scales: Float[Tensor, "G 3"]
    opacities: Float[Tensor, " G"]
    colors: Float[Tensor, "G C"] | None = None
    sh: Float[Tensor, "G harmonics 3"] | None = None

    def __post_init__(self) -> None:
        count = len(self.means)
        wanted = {"means": (count, 3), "wxyz": (count, 4), "scales": (count, 3), "opacities": (count,)}
        for name, shape in wanted.items():
            _check_shape(name, getattr(self, name), shape)
        if (self.colors is None) == (self.sh is None):
            found = "neither" if self.sh is None else "both"
            raise InputError("splats", f"{found} of colors and sh", "one of them", "leave the other None")
        if self.colors is not None:
            _check_shape("colors", self.colors, (count, self.colors.shape[-1]))
        devices = {str(tensor.device) for tensor in self.tensors().values()}
        if len(devices) > 1:
            raise InputError(
                "splats", f"tensors on {', '.join(sorted(devices))}", "one device", "use .to(device)"
            )
        if self.sh is None:
            return
        if self.sh.ndim != 3 or self.sh.shape[1] not in COUNTS:
            raise InputError("sh", f"shape {tuple(self.sh.shape)}", "(G, 1, 4, 9 or 16, 3)", "pad with zeros")
        _check_shape("sh", self.sh, (count, self.sh.shape[1], 3))

    def __len__(self) -> int:
        return len(self.means)

    def __getitem__(self, index: slice | Tensor) -> Splats:
        """The splats at `index`, a slice or a tensor of indices or bools."""
        return Splats(**{name: value[index] for name, value in self.tensors().items()})

    def to(self, *args: Any, **kwargs: Any) -> Splats:
        """Same as `torch.Tensor.to`: another dtype or device."""
        return Splats(**{name: value.to(*args, **kwargs) for name, value in self.tensors().items()})

    @property
    def channels(self) -> int:
        return 3 if self.colors is None else self.colors.shape[1]

    def tensors(self) -> dict[str, Tensor]:
        """What is given, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


def with_degree(splats: Splats, degree: int) -> Tensor:
    """(G, (degree + 1)^2, 3) harmonics of splats with either kind of colours; what lies above is cut off."""
    sh = splats.sh
    if sh is None:
        assert splats.colors is not None  # one of them
        sh = (splats.colors[:, None] - 0.5) / CONSTANT
    count = (degree + 1) ** 2
    padded = sh.new_zeros(len(sh), max(count, sh.shape[1]), 3)
    padded[:, : sh.shape[1]] = sh
    return padded[:, :count]


@dataclass(frozen=True, eq=False)
class SplatRender:
    """Images of N cameras.

    color: background included. alpha: in [0, 1), the soft mask. depth: z-depth in metres, the mean of the
    splats' centres by their share in the pixel, 0 where alpha is 0. median_depth: that of the splat that
    brings alpha past 1/2, 0 where none does. screen: what each splat became on the screen;
    `screen.values.retain_grad()` before a backward pass gives gradients of the screen positions, by which
    splats are densified.
    """

    color: Float32[Tensor, "N H W C"]
    alpha: Float32[Tensor, "N H W"]
    depth: Float32[Tensor, "N H W"]
    median_depth: Float32[Tensor, "N H W"]
    screen: Screen


def render_splats(
    splats: Splats,
    cam_from_world: SE3,
    K: Tensor,
    width: int,
    height: int,
    *,
    background: Tensor | None = None,
    antialias: bool = False,
    near: float = 0.01,
    twist: Tensor | None = None,
) -> SplatRender:
    """Draw splats for N cameras: EWA projection (Zwicker et al. 2001), blending of 3DGS (Kerbl et al. 2023).

    Differentiable in every tensor of `splats`, the background, `cam_from_world.wxyz_xyz` and `twist`. Values
    and gradients are the same on any number of threads of the CPU.

    Args:
        cam_from_world: (N,) or a single transform.
        K: (3, 3), or (N, 3, 3): pixels, pixel centres at integers.
        background: (C,) or (N, C); black where not given.
        antialias: weaken a splat by what the low-pass of the screen adds to its area (Yu et al.,
            "Mip-Splatting", 2024): small splats then grow no brighter from afar. Use one setting for a model.
        near: metres; splats whose centre lies nearer are not drawn.
        twist: (N, 6) tangents (v, w): the cameras are `exp(twist) cam_from_world`.

    Raises:
        InputError: cameras, K, sizes or a background that cannot be used.
    """
    check_size(width, height)
    transforms, K = camera_batch(cam_from_world, K, width, height, near, splats.means.device, twist)
    background = background_batch(background, splats, len(transforms))
    camera = (transforms, K, width, height)
    screen = project_splats(
        splats.means, splats.wxyz, splats.scales, splats.opacities, *camera, near=near, antialias=antialias
    )
    if splats.sh is not None:
        colors = shade_splats(splats.means, splats.sh, transforms)
    else:
        assert splats.colors is not None  # one of them
        colors = splats.colors[None]
    color, alpha, depth_sum, median_depth = blend_splats(screen, colors, background, width, height)
    is_covered = alpha > 0
    depth = torch.where(is_covered, depth_sum / torch.where(is_covered, alpha, 1.0), 0.0)
    return SplatRender(color, alpha, depth, median_depth, screen)


def camera_batch(
    cam_from_world: SE3,
    K: Tensor,
    width: int,
    height: int,
    near: float,
    device: torch.device,
    twist: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """(N, 3, 4) and (N, 3, 3), float64, checked as by `rasterize`; made where the poses are."""
    cam_from_world = SE3(cam_from_world.wxyz_xyz.reshape(-1, 7)).to(torch.float64)
    if twist is not None:
        _check_shape("twist", twist, (len(cam_from_world), 6))
        cam_from_world = SE3.exp(twist.to(cam_from_world.wxyz_xyz)) @ cam_from_world
    K = torch.as_tensor(K, dtype=torch.float64, device=HOST)
    K = K.expand(len(cam_from_world), 3, 3) if K.shape == (3, 3) else K
    transforms = cam_from_world.matrix()[:, :3]
    check_views(transforms.detach(), K, width, height, near)
    return upload(seen_poses(transforms), device), upload(K.contiguous(), device)


def background_batch(background: Tensor | None, splats: Splats, cameras: int) -> Tensor:
    """(N, C)"""
    if background is None:
        return splats.means.new_zeros(cameras, splats.channels)
    background = torch.as_tensor(background).to(splats.means)
    if background.shape == (splats.channels,):
        return background.expand(cameras, -1)
    _check_shape("background", background, (cameras, splats.channels))
    return background


def _check_shape(name: str, values: Tensor, shape: tuple[int, ...]) -> None:
    if tuple(values.shape) != shape:
        raise InputError(name, f"shape {tuple(values.shape)}", shape, "pass one row for each splat or camera")
