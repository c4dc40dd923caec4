"""What an object looks like from all around, in few pixels: the templates of labelling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from objpose.geometry import centred_K, looking_at, view_rotations
from objpose.objects import ObjectModel
from objpose.objects.store import Making, made_of
from objpose.raster import render_mesh
from objpose.segmentation.cells import SIZE, WINDOW, Cells
from objpose.segmentation.color import color_bins, histograms, hue_and_tone, softened

VIEWS, TURNS = 80, 12  # directions to look from, and turns in the image of each
DISTANCE = 5.0  # of the camera, in diameters


@dataclass(frozen=True, eq=False)
class LabelTemplates:
    """Small views of one object, each centred on its outline.

    metric, outlined: VIEWS * TURNS pictures, the turns of a view one after the other, whose side spans
    WINDOW diameters, or WINDOW longer sides of the outline; depth counts from its median, and is left out of
    the second. histograms: (VIEWS, BINS) softened, and colors: (BINS,) pixels of all views; None for an
    object without colours. areas: (VIEWS,) m^2 across the line of sight.
    """

    metric: Cells
    outlined: Cells
    histograms: np.ndarray | None
    colors: np.ndarray | None
    areas: np.ndarray


def label_templates(model: ObjectModel) -> LabelTemplates:
    """The templates of an object, rendered when first asked for."""
    return made_of(model, Making("label-templates", "", lambda: _rendered(model)))


def _rendered(model: ObjectModel) -> LabelTemplates:
    rotation, centre = view_rotations(VIEWS, TURNS), model.mesh.bounds().mean(0)
    cam_from_obj = looking_at(centre, rotation, DISTANCE * model.diameter)
    rays = cam_from_obj.apply_points(model.surface.cloud.points)
    rays = rays[..., :2] / rays[..., 2:]
    low, high = rays.amin(1), rays.amax(1)
    focal = torch.full((len(low),), SIZE * DISTANCE / WINDOW)
    draw = partial(render_mesh, model.coarse_mesh, cam_from_obj, width=SIZE, height=SIZE, near=model.diameter)
    drawn = draw(centred_K(low, high, focal, SIZE), outputs=("depth", "color"))
    closer = SIZE / (WINDOW * (high - low).amax(1))
    tight = draw(centred_K(low, high, closer, SIZE), outputs=("depth", "color"))
    depth = torch.where(drawn.mask, drawn.depth, torch.nan).flatten(1)
    behind = (depth - depth.nanmedian(1, keepdim=True).values) / model.diameter
    areas = (drawn.depth[::TURNS] / focal[0]).square().sum((1, 2)).numpy()
    if model.color_source == "none":
        metric, outlined = _cells(drawn.mask, behind, None), _cells(tight.mask, None, None)
        return LabelTemplates(metric, outlined, None, None, areas)
    assert drawn.color is not None and tight.color is not None  # asked for
    metric, outlined = _cells(drawn.mask, behind, drawn.color), _cells(tight.mask, None, tight.color)
    counts = _histograms(drawn.color[::TURNS], drawn.mask[::TURNS])
    return LabelTemplates(metric, outlined, softened(counts), counts.sum(0), areas)


def _cells(mask: Tensor, behind: Tensor | None, color: Tensor | None) -> Cells:
    tones = None if color is None else hue_and_tone(color).flatten(1, 2)
    return Cells.masked(mask.flatten(1), behind, tones)


def _histograms(color: Tensor, mask: Tensor) -> np.ndarray:
    owner = torch.arange(len(mask))[:, None, None].expand_as(mask)[mask]
    return histograms(color_bins(color[mask]), owner.numpy(), len(mask))
