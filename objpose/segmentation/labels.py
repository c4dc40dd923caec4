"""Which candidate may be which object: by outline, shape, colour and metric size."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from objpose.objects import ObjectModel
from objpose.segmentation.color import softened
from objpose.segmentation.label_templates import LabelTemplates, label_templates
from objpose.segmentation.matching import cut_windows, match
from objpose.segmentation.partition import Partition
from objpose.segmentation.proposals import LARGEST_SHARE, Candidates

OVERSIZE = 0.25  # of the diameter, and of a view's area: what more than the object's size is forgiven
TOO_WIDE, TOO_LARGE = 1.6, 1.6  # of the diameter and of the largest view's area: no longer compared
PLAIN = 0.5  # agreement in colour of anything with an object whose colours are unknown
COLOR_POWER = 3.0  # similar histograms have coefficients near one another: their powers are apart
HIDDEN_POWER = 0.5  # of the visible share: what is mostly hidden is less likely found
CONTRAST_SHARE = 0.3  # of the score that a candidate's border decides
WHOLE_SHARE = 0.2  # of the score given by the candidate as a whole, the rest cell by cell
RARE_POWER = 0.125  # of the share of the largest candidate's area, where sizes are not known in metres


def label_scores(scene: Partition, found: Candidates, models: list[ObjectModel]) -> np.ndarray:
    """(P, M) in [0, 1]: how well each candidate fits each object, under its best view."""
    colors = softened(csr_array(found.members, dtype=np.float32) @ scene.colors)
    scores = [_object_scores(scene, found, colors, model) for model in models]
    border = (1 - CONTRAST_SHARE) + CONTRAST_SHARE * found.scores
    return np.stack(scores, axis=1) * border[:, None]


def rarity(scene: Partition, found: Candidates) -> np.ndarray:
    """(P,) from 0 to 1: how much less a small candidate counts than a large one that is as alike an object.

    A picture falls into many more small parts than large ones, and by chance some of the many are like it.
    With depth most of them are of another size than the object, and all count alike.
    """
    if scene.has_depth:
        return np.ones(len(found))
    return np.minimum(found.areas / (LARGEST_SHARE * scene.regions.labels.size), 1.0) ** RARE_POWER


def contested(scores: np.ndarray) -> np.ndarray:
    """(P, M) the scores (P, M), each times what it is of the best that any object has in the same place.

    A pixel shows one thing: what is more like another of the objects than like this one is most likely that.
    """
    return scores**2 / np.maximum(scores.max(1, keepdims=True), 1e-9)


def known_colors(model: ObjectModel | None) -> np.ndarray | None:
    """(BINS,) the colours of an object from all sides, where they are known."""
    return None if model is None else label_templates(model).colors


def _object_scores(scene: Partition, found: Candidates, colors: np.ndarray, model: ObjectModel) -> np.ndarray:
    """(P,) scores for one object."""
    known = label_templates(model)
    similar = np.full((len(found), len(known.areas)), PLAIN)
    if known.histograms is not None:
        similar = (colors @ known.histograms.T) ** COLOR_POWER
    fits, size = np.ones(len(found), dtype=bool), np.ones(1)
    if scene.has_depth:
        area = found.members @ scene.metric_area
        fits = (found.widths < TOO_WIDE * model.diameter) & (area < TOO_LARGE * known.areas.max())
        size = _size_fit(area, found.widths / model.diameter, known)
    scores = np.zeros(len(found))
    if fits.any():
        windows, free = cut_windows(scene, found.members[fits], model.diameter)
        drawn = known.metric if scene.has_depth else known.outlined
        agreement, visible, _ = match(windows, free, drawn)
        by_cell = (agreement * visible**HIDDEN_POWER).numpy()
        scores[fits] = WHOLE_SHARE * (similar * size).max(1)[fits] + (1 - WHOLE_SHARE) * by_cell
    return scores


def _size_fit(area: np.ndarray, widths: np.ndarray, known: LabelTemplates) -> np.ndarray:
    """(P, V) in [0, 1]: little for what is larger than the object's view, less than 1 for what is smaller.

    area: (P,) m^2; widths: (P,) in diameters.
    """
    share = area[:, None] / known.areas
    excess = np.maximum(np.maximum(share, widths[:, None]) - 1, 0.0) / OVERSIZE
    return np.exp(-0.5 * excess**2) * np.minimum(share, 1.0) ** HIDDEN_POWER
