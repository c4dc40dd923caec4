"""What an object looks like from all around, as labelling needs it: colours and sizes of its views."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from objpose.geometry import SE3, view_rotations
from objpose.onboarding import ObjectModel
from objpose.raster import render_mesh
from objpose.segmentation.color import color_bins, histograms, softened

COUNT = 42  # views: neighbours are 30 degrees apart
SIZE = 64  # pixels of a view's side
DISTANCE = 4.0  # of the camera, in diameters
FILL = 0.95  # of the view's side taken by the diameter


@dataclass(frozen=True, eq=False)
class ObjectViews:
    """(V,) views of one object."""

    colors: np.ndarray | None  # (V, BINS) softened histograms; None for an object without colours
    areas: np.ndarray  # (V,) m^2 across the line of sight


_KNOWN: WeakKeyDictionary[ObjectModel, ObjectViews] = WeakKeyDictionary()


def object_views(model: ObjectModel) -> ObjectViews:
    """The views of an object, rendered when first asked for."""
    if model not in _KNOWN:
        _KNOWN[model] = _rendered(model)
    return _KNOWN[model]


def _rendered(model: ObjectModel) -> ObjectViews:
    rotation, centre = view_rotations(COUNT, 1), model.mesh.bounds().mean(0)
    distance = DISTANCE * model.diameter
    offset = torch.tensor([0.0, 0.0, distance]) - rotation.apply(centre)
    focal, middle = FILL * SIZE * DISTANCE, (SIZE - 1) / 2
    K = torch.tensor([[focal, 0.0, middle], [0.0, focal, middle], [0.0, 0.0, 1.0]])
    cam_from_obj = SE3.from_rotation_translation(rotation, offset)
    drawn = render_mesh(
        model.mesh,
        cam_from_obj,
        K,
        SIZE,
        SIZE,
        outputs=("depth", "color"),
        supersample=2,
        near=model.diameter,
    )
    areas = (drawn.depth / focal).square().sum((1, 2)).numpy()
    colors = None if model.color_source == "none" else _color_histograms(drawn.color, drawn.mask)
    return ObjectViews(colors, areas)


def _color_histograms(color: Tensor, mask: Tensor) -> np.ndarray:
    owner = torch.arange(len(mask))[:, None, None].expand_as(mask)[mask]
    return softened(histograms(color_bins(color[mask]), owner.numpy(), len(mask)))
