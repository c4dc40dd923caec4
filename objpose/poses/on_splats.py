"""A coarse pose to a fine one: Levenberg-Marquardt on splats, coarse to fine in resolution."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.crops import Crop, crop_frame, main_part, snapped_mask
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3, upload
from objpose.geometry.normal_equations import chosen
from objpose.poses.align import Alignment, Weighted, align
from objpose.poses.placing import placed
from objpose.poses.residuals import Anchor, SplatResidual, SplatResidualOptions
from objpose.raster import Splats, shade_splats
from objpose.raster.drawn.light import appearance_channels
from objpose.robust import LONGEST, LMOptions, LMResult

SPARE = 3.0  # times as many splats a pixel are kept in a coarse picture as in the finest


@dataclass(frozen=True)
class SplatRefineOptions:
    sizes: tuple[int, ...] = (24, 48, 112)  # pixels of the crop's side, coarse to fine
    steps: tuple[int, ...] = (8, 5, 12)  # at each of them, at most
    placing: int = 3  # of the first level's steps move and do not turn
    anchor: float = 0.26  # radians that a start may well be turned; all but the last level hold to it
    anchor_weight: float = 0.1  # of the squared angle in anchors, in units of the cost
    first_color: float = 0.3  # share of the colour's weight at the first level, where an outline tells more
    damping: float = 1e-2
    still: float = 5e-4  # metres and radians: a smaller step ends a level
    residual: SplatResidualOptions = SplatResidualOptions()

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.steps) or not self.sizes or sorted(self.sizes) != list(self.sizes):
            found = f"sizes {self.sizes}, steps {self.steps}"
            raise InputError("refinement", found, "as many steps as rising sizes", "see SplatRefineOptions")


# For poses that are aligned already: no level so coarse that it would undo what is known.
FINISH = SplatRefineOptions(sizes=(56, 112), steps=(8, 8), placing=0, first_color=1.0)


@dataclass(frozen=True, eq=False)
class Refinement:
    """B refined poses, in the order of the given ones."""

    cam_from_obj: SE3  # (B,)
    cost: Tensor  # (B,) robust residual at the finest resolution, a mean over the mask's pixels
    start_cost: Tensor  # (B,) that of the given poses; never less than `cost`
    converged: Tensor  # (B,) bool: the last steps at the finest resolution stood still
    information: Tensor  # (B, 6, 6) normal matrix about the object's centre, camera axes, of sums over pixels

    @property
    def score(self) -> Tensor:
        """(B,) in (0, 1], more is better."""
        return torch.exp(-self.cost)

    @property
    def covariance(self) -> Tensor:
        """(B, 6, 6) of that twist, if the pixels' residuals were independent and of the size of their scales.

        Neighbouring pixels err alike: take it as the shape of what is uncertain, and scale it by experience.
        """
        return torch.linalg.pinv(self.information.double(), hermitian=True).to(self.information)

    @property
    def best(self) -> int:
        return int(self.cost.argmin())


def refine_splats(
    splats: Splats,
    frame: Frame,
    mask: Tensor,
    cam_from_obj: SE3,
    options: SplatRefineOptions = SplatRefineOptions(),
    covered: Tensor | None = None,
) -> Refinement:
    """Refine poses (B,) of an object known as splats, in its mask (H, W) of an RGB or RGB-D frame.

    The steps of GS2Pose (Mei et al., 2024) without its hundreds of first-order iterations: exact
    derivatives of the rendering and their normal equations, at most `sum(options.steps)` steps. Colour, depth
    where the frame has it, and the outline, settled on the colour edges nearby, take part; see
    `SplatResidual`. A pose whose cost does not fall is returned as it was.

    covered: (H, W) bool, what others' masks claim: the object may go on behind it.

    Raises:
        InputError: a mask that does not fit the frame.
    """
    # An outline two pixels off is a distance some per cent off: masks of segmenters are.
    settled = main_part(snapped_mask(frame.rgb, main_part(frame.checked_mask(mask)), covered))
    crop = crop_frame(frame, settled, options.sizes[-1], covered)
    return refine_crop(splats, crop, cam_from_obj, options)


def refine_crop(
    splats: Splats, crop: Crop, cam_from_obj: SE3, options: SplatRefineOptions = SplatRefineOptions()
) -> Refinement:
    """The same on a crop that is at hand, at most at its own resolution."""
    start, crop = SE3(cam_from_obj.wxyz_xyz.reshape(-1, 7).float()), crop.to(splats.means.device)
    if splats.sh is None or splats.sh.shape[1] == 1:
        return _refined(comparable(splats, start[0]), crop, start, options)
    # Colours depend on where the camera stands: every pose has its own.
    return _joined(
        [
            _refined(comparable(splats, pose), crop, pose[None], options)
            for pose in map(start.__getitem__, range(len(start)))
        ]
    )


def comparable(splats: Splats, cam_from_obj: SE3) -> Splats:
    """The splats with the `appearance_channels` of their colours, as seen from a pose ()."""
    rgb = splats.colors
    if rgb is None:
        assert splats.sh is not None  # one of them
        rgb = shade_splats(splats.means, splats.sh, cam_from_obj.matrix()[None, :3])[0]
    channels = appearance_channels(rgb.clamp(0, 1))
    return Splats(splats.means, splats.wxyz, splats.scales, splats.opacities, channels)


def coarser(splats: Splats, factor: float) -> Splats:
    """Fewer and larger splats for pictures `factor` times smaller: as many a pixel, covering as much."""
    count = min(len(splats), round(SPARE * len(splats) / factor**2))
    if count == len(splats):
        return splats
    chosen = torch.randperm(len(splats), generator=torch.Generator().manual_seed(0))[:count]
    some = splats[upload(chosen, splats.means.device)]
    return replace(some, scales=some.scales * (len(splats) / count) ** 0.5)


def _refined(model: Splats, crop: Crop, start: SE3, options: SplatRefineOptions) -> Refinement:
    poses = start
    for level, (size, steps) in enumerate(zip(options.sizes, options.steps, strict=True)):
        residual = _level(model, crop, size, level == 0, options)
        free = Alignment(residual.centre, [(1.0, residual)])
        if level == 0 and options.placing:
            placing = _settings(options, min(options.placing, steps))
            poses = placed(free, residual, poses, placing)
            steps -= placing.max_iterations
        anchor: Weighted = (1.0, Anchor(start, options.anchor, options.anchor_weight))
        is_last = level == len(options.sizes) - 1
        problem = free if is_last else Alignment(residual.centre, [*free.residuals, anchor])
        result = align(problem, poses, _settings(options, steps))
        poses = SE3(result.params)
    return _no_worse(free, residual.counted, start, result)


def _settings(options: SplatRefineOptions, steps: int) -> LMOptions:
    return LMOptions(steps, options.damping, options.still, longest=LONGEST)


def _level(
    model: Splats, crop: Crop, size: int, is_first: bool, options: SplatRefineOptions
) -> SplatResidual:
    """The residuals at one resolution; a coarse picture tells depth coarsely, and colour hardly."""
    tolerance = options.sizes[-1] / size
    residual = options.residual
    if is_first and len(options.sizes) > 1:
        residual = replace(residual, color_weight=options.first_color * residual.color_weight)
    return SplatResidual(coarser(model, tolerance), crop.smaller(size), residual, tolerance)


def _no_worse(problem: Alignment, pixels: int, start: SE3, result: LMResult) -> Refinement:
    before = problem.linearize(start.wxyz_xyz)
    worse = result.cost > before.cost
    params = chosen(worse, start.wxyz_xyz, result.params)
    information = pixels * chosen(worse, before.normal, result.normal)
    cost = torch.where(worse, before.cost, result.cost)
    return Refinement(SE3(params), cost, before.cost, result.converged & ~worse, information)


def _joined(parts: list[Refinement]) -> Refinement:
    poses = SE3.cat([part.cam_from_obj for part in parts])
    names = ("cost", "start_cost", "converged", "information")
    return Refinement(poses, *(torch.cat([getattr(part, name) for part in parts]) for name in names))
