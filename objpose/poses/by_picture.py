"""Poses aligned by a picture alone: rendered colours on those seen, outlines on the mask's and on edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from objpose.crops import Crop, main_part, snapped_mask
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3, Mesh
from objpose.poses.align import Aligned, Alignment, Weighted
from objpose.poses.residuals import Edges, Outline, Photometric
from objpose.poses.rivals import RGB_EVIDENCE
from objpose.raster import Pixels
from objpose.robust import LMOptions

LEAST_PIXELS = 64  # of a mask: fewer show no object


@dataclass(frozen=True)
class Level:
    """One of the crops, coarse to fine, in which hypotheses are aligned and judged."""

    size: int  # pixels of the crop's side at most
    steps: int  # of alignment
    reach: float  # of the crop's side: outlines farther off are not the mask's


@dataclass(frozen=True)
class AlignOptions:
    outline_sigma: float = 0.015  # of the crop's side: how far a mask's border is off
    outline_weight: float = 4.0  # of a mean squared outline residual against that of a colour residual
    edge_reach: float = 0.0105  # of the crop's side: how far outlines are off edges, at last
    edge_band: float = 0.05  # of the crop's side: edges farther off the mask's border are not the object's
    edge_weight: float = 8.0  # of a mean log likelihood of edges, in the same units
    damping: float = 1e-2


def aligned(
    mesh: Mesh,
    crop: Crop,
    level: Level,
    options: AlignOptions = AlignOptions(),
    further: Sequence[Weighted] = (),
) -> Aligned:
    """By rendered colours on those seen, and by the rendered outline on the mask's."""
    small = crop.smaller(level.size)
    residuals = [*_residuals(mesh, small, level, options), *further]
    problem = Alignment(mesh.bounds().mean(0), residuals, mesh, small)
    settings = LMOptions(level.steps, initial_damping=options.damping, step_tolerance=1e-5)
    return Aligned(problem, settings, float(small.on_host.mask.sum()))


def picture_edges(crop: Crop, options: AlignOptions = AlignOptions()) -> Edges:
    """Those that outlines are drawn to, at last."""
    return Edges(crop, options.edge_band * crop.size, options.edge_reach * crop.size)


def on_edges(
    mesh: Mesh,
    crop: Crop,
    edges: Edges,
    level: Level,
    options: AlignOptions = AlignOptions(),
    further: Sequence[Weighted] = (),
) -> Aligned:
    """And the outline on the picture's edges: one per cent too wide is a distance one per cent too short."""
    return aligned(mesh, crop, level, options, [(options.edge_weight, edges), *further])


def edge_evidence(mesh: Mesh, crop: Crop, edges: Edges) -> Callable[[SE3], Tensor]:
    """Of aligned poses (B,): (B,) nats, how well their outlines lie on the picture's own edges."""
    outlines = Alignment(mesh.bounds().mean(0), [(RGB_EVIDENCE.edges, edges)], mesh, crop)
    return lambda poses: -outlines.linearize(poses.wxyz_xyz).cost


def _residuals(mesh: Mesh, crop: Crop, level: Level, options: AlignOptions) -> list[Weighted]:
    outline = Outline(crop, options.outline_sigma * crop.size, level.reach * crop.size)
    residuals: list[Weighted] = [(options.outline_weight, outline)]
    if (colors := photometric(mesh, crop)) is not None:
        residuals.append((1 / colors.pixels.size, colors))
    return residuals


def photometric(mesh: Mesh, crop: Crop) -> Photometric | None:
    """Of the colours in the mask; None for a mesh without."""
    if mesh.color_source == "none":
        return None
    return Photometric(crop, Pixels.of(crop.camera, crop.on_host.mask, crop.device))


def settled_mask(frame: Frame, mask: Tensor, covered: Tensor | None, name: str) -> Tensor:
    """The mask (H, W) without specks, its border on the colour edges; InputError where too little is left."""
    snapped = snapped_mask(frame.rgb, main_part(mask), covered)
    found = int(snapped.sum())
    if found < LEAST_PIXELS:
        cure = "check the segmentation, or come closer"
        raise InputError(f"mask of {name}", f"{found} pixels", f"at least {LEAST_PIXELS}", cure)
    return main_part(snapped)
