"""Boxes and points become masks of the objects they mean."""

import numpy as np
import pytest
import torch

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.segmentation import mask_from_box, mask_from_points
from tests.segmentation.tabletop import HEIGHT, WIDTH, overlap, tabletop
from tests.synthetic import onboarded

PLACES = [("printed_box", (-0.06, 0.0, 0.025), 0.2), ("painted_blob", (0.05, 0.0, 0.055), 0.0)]


@pytest.fixture(scope="module")
def scene():
    """A box and a blob that touch."""
    return tabletop(PLACES)


def seen(scene, use_depth: bool) -> Frame:
    return scene.frame if use_depth else Frame(scene.frame.rgb, scene.frame.camera)


def box_around(mask: torch.Tensor, margin: int = 2) -> tuple[int, int, int, int]:
    rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
    left, top = int(columns[0]) - margin, int(rows[0]) - margin
    return left, top, int(columns[-1]) + 1 + margin - left, int(rows[-1]) + 1 + margin - top


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("use_depth", [True, False])
def test_a_box_becomes_the_mask_of_its_object(scene, use_depth, named):
    for (name, _, _), truth in zip(PLACES, scene.masks, strict=True):
        box = box_around(truth)
        mask = mask_from_box(seen(scene, use_depth), box, onboarded(name) if named else None)
        whole = torch.zeros_like(truth)
        whole[box[1] : box[1] + box[3], box[0] : box[0] + box[2]] = True
        # Without depth the green side of the blob is lost on the green table.
        assert overlap(mask, truth) > max(0.85 if use_depth else 0.7, overlap(whole, truth))
        assert not (mask & ~whole).any()


def test_points_become_the_mask_that_holds_them(scene):
    for (name, _, _), truth in zip(PLACES, scene.masks, strict=True):
        row, column = truth.nonzero().double().mean(0).round().tolist()
        points = np.array([[column, row], [column + 3, row], [column, row - 3]])
        mask = mask_from_points(scene.frame, points, onboarded(name))
        assert overlap(mask, truth) > 0.85
        assert mask[points[:, 1].astype(int), points[:, 0].astype(int)].all()


def test_points_alone_find_an_object_that_stands_apart():
    scene = tabletop([("painted_blob", (0.0, 0.0, 0.055), 0.0)])
    row, column = scene.masks[0].nonzero().double().mean(0).round().tolist()
    assert overlap(mask_from_points(scene.frame, np.array([[column, row]])), scene.masks[0]) > 0.85


def test_a_flat_object_is_parted_by_its_colour(scene):
    """A sheet of paper: it has no height above the table, so its depth tells nothing."""
    bare = tabletop([])
    rgb = bare.frame.rgb.clone()
    rgb[100:140, 120:180] = torch.tensor([200, 60, 40], dtype=torch.uint8)
    truth = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    truth[100:140, 120:180] = True
    mask = mask_from_box(Frame(rgb, bare.frame.camera, bare.frame.depth), (112, 94, 76, 52))
    assert overlap(mask, truth) > 0.85


def test_where_nothing_stands_out_the_box_is_the_mask():
    plain = Frame(torch.full((HEIGHT, WIDTH, 3), 90, dtype=torch.uint8), tabletop([]).frame.camera)
    mask = mask_from_box(plain, (40, 30, 60, 50))
    assert int(mask.sum()) == 60 * 50 and mask[30:80, 40:100].all()


def test_a_box_is_clipped_to_the_image(scene):
    mask = mask_from_box(scene.frame, (-20, -10, 60, 50))
    assert mask.shape == scene.frame.size and not mask[40:, :].any() and not mask[:, 40:].any()


@pytest.mark.parametrize(
    ("box", "found"),
    [
        ((10, 10, 0, 5), "10, 10, 0, 5"),
        ((10, 10, 5, -3), "10, 10, 5, -3"),
        ((WIDTH, 0, 5, 5), f"{WIDTH}, 0, 5, 5"),
        ((0, 0, 5), "0, 0, 5"),
        ((float("nan"), 0, 5, 5), "nan"),
    ],
)
def test_a_box_without_pixels_is_an_error(scene, box, found):
    with pytest.raises(InputError, match=f"box: found .*{found}"):
        mask_from_box(scene.frame, box)


@pytest.mark.parametrize(
    "points", [np.zeros((0, 2)), np.zeros((3,)), np.array([[WIDTH, 5]]), np.array([[-1, 5]]), [[np.nan, 1]]]
)
def test_points_outside_the_image_are_an_error(scene, points):
    with pytest.raises(InputError, match="^points: found"):
        mask_from_points(scene.frame, points)


def test_points_on_different_objects_far_apart_are_an_error(scene):
    with pytest.raises(InputError, match="no object on which all of them lie"):
        mask_from_points(scene.frame, np.array([[2, 2], [WIDTH - 3, HEIGHT - 3]]), onboarded("printed_box"))
