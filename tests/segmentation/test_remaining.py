"""What known objects leave of a picture, and the sizes that a known ground gives, on known tables."""

import numpy as np
import pytest
import torch

from objpose.frame import Frame
from objpose.segmentation import Segmented, segmented
from objpose.segmentation.labels import label_scores, metric_sizes
from objpose.segmentation.proposals import as_candidates, joined
from objpose.segmentation.remaining import remaining
from tests.segmentation.tabletop import CAMERA, Tabletop, overlap, tabletop
from tests.synthetic import onboarded

NAMES = ["printed_box", "painted_blob"]
PLACES = [("printed_box", (-0.06, 0.0, 0.025), 0.2), ("painted_blob", (0.05, 0.0, 0.055), 0.0)]


@pytest.fixture(scope="module")
def touching() -> Tabletop:
    return tabletop(PLACES)


@pytest.fixture(scope="module")
def parts(touching: Tabletop) -> Segmented:
    return segmented(Frame(touching.frame.rgb, CAMERA), [onboarded(name) for name in NAMES])


@pytest.fixture(scope="module")
def table(touching: Tabletop) -> torch.Tensor:
    """(H, W) metres along the axis to the table's plane."""
    normal = touching.cam_from_table.rotation.matrix()[:, 2]
    height = normal @ touching.cam_from_table.translation
    return height / (CAMERA.rays() @ normal)


def covered(parts: Segmented, mask: torch.Tensor) -> np.ndarray:
    """(R,) share of each region that lies in a mask."""
    inside = parts.scene.regions.inside
    return parts.scene.regions.sums(mask.numpy()[inside][:, None].astype(float))[:, 0] / parts.scene.areas


def test_nothing_known_leaves_all_as_it_was(parts: Segmented) -> None:
    left = parts.remaining(torch.zeros(CAMERA.height, CAMERA.width, dtype=torch.bool), None)
    models = [onboarded(name) for name in NAMES]
    before, after = (label_scores(each.scene, each.found[:20], models) for each in (parts, left))
    assert np.array_equal(before, after) and np.array_equal(parts.found.members, left.found.members)


def test_what_is_claimed_is_part_of_nothing_and_the_rest_of_a_heap_stays(
    parts: Segmented, touching: Tabletop
) -> None:
    box, blob = touching.masks
    both = as_candidates(parts.scene, (covered(parts, box | blob) > 0.5)[None])
    alone = as_candidates(parts.scene, (covered(parts, box) > 0.5)[None])
    heap = joined(both, alone)
    smaller, larger = sorted((box, blob), key=lambda mask: int(mask.sum()))
    _, left = remaining(parts.scene, heap, smaller, None, parts.options.proposals)
    assert overlap(parts.scene.mask(left.members[0]), larger) > 0.8
    assert not left.members[:, covered(parts, smaller) > 0.6].any()
    _, left = remaining(parts.scene, heap, box, None, parts.options.proposals)
    assert len(left) < len(heap), "of which most is claimed, that is no candidate any more"


def test_on_a_known_ground_things_have_the_sizes_that_depth_gives(
    touching: Tabletop, parts: Segmented, table: torch.Tensor
) -> None:
    nothing = torch.zeros(CAMERA.height, CAMERA.width, dtype=torch.bool)
    grounded, _ = remaining(parts.scene, parts.found, nothing, table, parts.options.proposals)
    for mask in touching.masks:
        one = as_candidates(parts.scene, (covered(parts, mask) > 0.5)[None])
        [distance], [[area], [width]] = grounded.distances(one.members), metric_sizes(grounded, one)
        depth = touching.frame.depth[mask]
        pixel = depth / CAMERA.fx
        rows, columns = torch.nonzero(mask, as_tuple=True)
        span = max(int(rows.max() - rows.min()), int(columns.max() - columns.min()))
        assert abs(distance / float(depth.mean()) - 1) < 0.15, "it stands a little behind its middle"
        assert abs(area / float(pixel.square().sum()) - 1) < 0.35
        assert abs(width / (span * float(pixel.mean())) - 1) < 0.15


def test_what_is_not_of_its_size_on_the_ground_is_not_the_object(
    parts: Segmented, touching: Tabletop, table: torch.Tensor
) -> None:
    nothing = torch.zeros(CAMERA.height, CAMERA.width, dtype=torch.bool)
    for name, mask in zip(NAMES, touching.masks, strict=True):
        one, scores = as_candidates(parts.scene, (covered(parts, mask) > 0.5)[None]), []
        for times in (1 / 3, 1.0, 3.0):
            scene, _ = remaining(parts.scene, one, nothing, times * table, parts.options.proposals)
            scores.append(float(label_scores(scene, one, [onboarded(name)])[0, 0]))
        assert scores[0] < 0.8 * scores[1] and scores[1] > 0.3 and scores[2] == 0


def test_above_the_horizon_nothing_stands(parts: Segmented, table: torch.Tensor) -> None:
    nothing = torch.zeros(CAMERA.height, CAMERA.width, dtype=torch.bool)
    nowhere = parts.remaining(nothing, torch.full_like(table, torch.inf))
    assert nowhere.detections([onboarded(name) for name in NAMES]) == []


def test_what_a_claim_hides_does_not_speak_against_an_object(parts: Segmented, touching: Tabletop) -> None:
    """Half of the box's region taken for a candidate scores more where another thing hides the other half."""
    box = touching.masks[NAMES.index("printed_box")]
    columns = torch.nonzero(box.any(0))[:, 0]
    half = box.clone()
    half[:, int(columns.float().mean()) :] = False
    one = as_candidates(parts.scene, (covered(parts, half) > 0.5)[None])
    model, nothing = onboarded("printed_box"), torch.zeros_like(box)
    open_air, _ = remaining(parts.scene, one, nothing, None, parts.options.proposals)
    hidden, _ = remaining(parts.scene, one, box & ~half, None, parts.options.proposals)
    assert label_scores(hidden, one, [model])[0, 0] > label_scores(open_air, one, [model])[0, 0]
