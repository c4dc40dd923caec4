"""What an object looks like from all around, in few pixels: the templates of labelling."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from objpose.geometry import SE3, view_rotations
from objpose.onboarding import ObjectModel
from objpose.raster import render_mesh
from objpose.segmentation.cells import SIZE, WINDOW, Cells
from objpose.segmentation.color import color_bins, histograms, hue_and_tone, softened

VIEWS, TURNS = 80, 12  # directions to look from, and turns in the image of each
DISTANCE = 5.0  # of the camera, in diameters


@dataclass(frozen=True, eq=False)
class Templates:
    """Small views of one object, each centred on its silhouette.

    cells: VIEWS * TURNS pictures, the turns of a view one after the other; depth counts from its median.
    histograms: (VIEWS, BINS) softened, and colors: (BINS,) pixels of all views; None for an object without
    colours. areas: (VIEWS,) m^2 across the line of sight.
    """

    cells: Cells
    histograms: np.ndarray | None
    colors: np.ndarray | None
    areas: np.ndarray


_KNOWN: WeakKeyDictionary[ObjectModel, Templates] = WeakKeyDictionary()


def templates(model: ObjectModel) -> Templates:
    """The templates of an object, rendered when first asked for."""
    if model not in _KNOWN:
        _KNOWN[model] = _rendered(model)
    return _KNOWN[model]


def _rendered(model: ObjectModel) -> Templates:
    rotation, centre = view_rotations(VIEWS, TURNS), model.mesh.bounds().mean(0)
    offset = torch.tensor([0.0, 0.0, DISTANCE * model.diameter]) - rotation.apply(centre)
    cam_from_obj = SE3.from_rotation_translation(rotation, offset)
    K = _centring(cam_from_obj.apply_points(model.surface.cloud.points))
    drawn = render_mesh(
        model.coarse_mesh, cam_from_obj, K, SIZE, SIZE, outputs=("depth", "color"), near=model.diameter
    )
    mask = drawn.mask
    depth = torch.where(mask, drawn.depth, torch.nan).flatten(1)
    behind = (depth - depth.nanmedian(1, keepdim=True).values) / model.diameter
    areas = (drawn.depth[::TURNS] / K[0, 0, 0]).square().sum((1, 2)).numpy()
    if model.color_source == "none":
        return Templates(Cells.masked(mask.flatten(1), behind, None), None, None, areas)
    cells = Cells.masked(mask.flatten(1), behind, hue_and_tone(drawn.color).flatten(1, 2))
    counts = _histograms(drawn.color[::TURNS], mask[::TURNS])
    return Templates(cells, softened(counts), counts.sum(0), areas)


def _centring(points_cam: Tensor) -> Tensor:
    """(T, 3, 3) K of cameras in whose middle the points (T, N, 3) are."""
    rays = points_cam[..., :2] / points_cam[..., 2:]
    middle = (rays.amin(1) + rays.amax(1)) / 2
    focal = SIZE * DISTANCE / WINDOW
    K = torch.eye(3).repeat(len(points_cam), 1, 1)
    K[:, 0, 0] = K[:, 1, 1] = focal
    K[:, :2, 2] = (SIZE - 1) / 2 - focal * middle
    return K


def _histograms(color: Tensor, mask: Tensor) -> np.ndarray:
    owner = torch.arange(len(mask))[:, None, None].expand_as(mask)[mask]
    return histograms(color_bins(color[mask]), owner.numpy(), len(mask))
