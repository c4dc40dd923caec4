"""Which candidate may be which object: by outline, shape, colour and metric size."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from objpose.objects import ObjectModel
from objpose.segmentation.cells import Cells
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
    Where distances are known most of them are of another size than the object, and all count alike: with
    depth; on a known ground in one of the two scores that are asked there.
    """
    if scene.has_depth:
        return np.ones(len(found))
    power = RARE_POWER if scene.nearest is None else RARE_POWER / 2
    return np.minimum(found.areas / (LARGEST_SHARE * scene.regions.labels.size), 1.0) ** power


def contested(scores: np.ndarray) -> np.ndarray:
    """(P, M) the scores (P, M), each times what it is of the best that any object has in the same place.

    A pixel shows one thing: what is more like another of the objects than like this one is most likely that.
    """
    return scores**2 / np.maximum(scores.max(1, keepdims=True), 1e-9)


def known_colors(model: ObjectModel | None) -> np.ndarray | None:
    """(BINS,) the colours of an object from all sides, where they are known."""
    return None if model is None else label_templates(model).colors


def _object_scores(scene: Partition, found: Candidates, colors: np.ndarray, model: ObjectModel) -> np.ndarray:
    """(P,) scores for one object; on a known ground by outlines of any size, and of the size it has there."""
    known = label_templates(model)
    similar = np.full((len(found), len(known.areas)), PLAIN)
    if known.histograms is not None:
        similar = (colors @ known.histograms.T) ** COLOR_POWER
    if scene.has_depth:
        return _scores_in_size(scene, found, similar, model)
    alike = _scores(scene, found.members, similar, None, known.outlined)
    if scene.nearest is None:
        return alike
    return np.sqrt(alike * _scores_in_size(scene, found, similar, model))


def _scores_in_size(
    scene: Partition, found: Candidates, similar: np.ndarray, model: ObjectModel
) -> np.ndarray:
    """(P,) where distances are known; 0 for what is too large to be the object."""
    known = label_templates(model)
    area, widths = metric_sizes(scene, found)
    fits = (widths < TOO_WIDE * model.diameter) & (area < TOO_LARGE * known.areas.max())
    size = _size_fit(area[fits], widths[fits] / model.diameter, known)
    scores = np.zeros(len(found))
    scores[fits] = _scores(scene, found.members[fits], similar[fits] * size, model.diameter, known.metric)
    return scores


def _scores(
    scene: Partition, members: np.ndarray, similar: np.ndarray, diameter: float | None, drawn: Cells
) -> np.ndarray:
    """(P,) of candidates (P, R) in windows for a diameter, compared as wholes (P, V) and with drawings."""
    if not len(members):
        return np.zeros(0)
    windows, free = cut_windows(scene, members, diameter)
    agreement, visible, _ = match(windows, free, drawn)
    by_cell = (agreement * visible**HIDDEN_POWER).numpy()
    return WHOLE_SHARE * similar.max(1) + (1 - WHOLE_SHARE) * by_cell


def metric_sizes(scene: Partition, found: Candidates) -> tuple[np.ndarray, np.ndarray]:
    """(P,) m^2 and (P,) metres across, where distances are known."""
    if scene.metric_area is not None:
        return found.members @ scene.metric_area, found.widths
    boxes, per_pixel = scene.boxes(found.members), scene.distances(found.members) / scene.camera.fx
    span = np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2])
    return found.areas * per_pixel**2, span * per_pixel


def _size_fit(area: np.ndarray, widths: np.ndarray, known: LabelTemplates) -> np.ndarray:
    """(P, V) in [0, 1]: little for what is larger than the object's view, less than 1 for what is smaller.

    area: (P,) m^2; widths: (P,) in diameters.
    """
    share = area[:, None] / known.areas
    excess = np.maximum(np.maximum(share, widths[:, None]) - 1, 0.0) / OVERSIZE
    return np.exp(-0.5 * excess**2) * np.minimum(share, 1.0) ** HIDDEN_POWER
