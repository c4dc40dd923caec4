"""Which candidate may be which object: by colour, by metric size, by how well its border closes."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from objpose.onboarding import ObjectModel
from objpose.segmentation.color import color_bins, histograms, softened
from objpose.segmentation.partition import Partition
from objpose.segmentation.proposals import Candidates
from objpose.segmentation.views import object_views

OVERSIZE = 0.15  # of the diameter, and of a view's area: what more than the object's size is forgiven
PLAIN = 0.5  # agreement in colour of anything with an object whose colours are unknown
COLOR_POWER = 3.0  # similar histograms have coefficients near one another: their powers are apart
HIDDEN_POWER = 0.5  # of the visible share: what is mostly hidden is less likely found
CONTRAST_SHARE = 0.3  # of the score that a candidate's border decides


def label_scores(scene: Partition, found: Candidates, models: list[ObjectModel]) -> np.ndarray:
    """(P, M) in [0, 1]: how well each candidate fits each object, under its best view."""
    colors = softened(found.members.astype(np.float32) @ region_colors(scene))
    border = (1 - CONTRAST_SHARE) + CONTRAST_SHARE * found.scores
    scores = [_fit(scene, found, colors, model) for model in models]
    return np.stack(scores, axis=1) * border[:, None]


def region_colors(scene: Partition) -> np.ndarray:
    """(R, BINS) pixels of each region by colour."""
    inside = scene.regions.inside
    rgb: Tensor = scene.rgb[inside]
    return histograms(color_bins(rgb), scene.regions.labels[inside], scene.regions.count)


def _fit(scene: Partition, found: Candidates, colors: np.ndarray, model: ObjectModel) -> np.ndarray:
    """(P,) the best over the object's views of colour times size."""
    views = object_views(model)
    if views.colors is None:
        similar = np.full((len(found), len(views.areas)), PLAIN)
    else:
        similar = (colors @ views.colors.T) ** COLOR_POWER
    if not scene.has_depth:
        return similar.max(1)
    return (similar * _size_fit(scene, found, model)).max(1)


def _size_fit(scene: Partition, found: Candidates, model: ObjectModel) -> np.ndarray:
    """(P, V) in [0, 1]: 0 for what is larger than the object, less than 1 for what is smaller."""
    area = found.members @ scene.metric_area
    share = area[:, None] / object_views(model).areas
    oversize = np.maximum(found.widths[:, None] / model.diameter - 1, 0.0)
    excess = np.maximum(np.maximum(share - 1, 0.0), oversize) / OVERSIZE
    return np.exp(-0.5 * excess**2) * np.minimum(share, 1.0) ** HIDDEN_POWER
