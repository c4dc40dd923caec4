"""Over-segmentation and merging: partitions, trees and their laws on pictures with known edges."""

import numpy as np
import pytest
from scipy import ndimage

from objpose.segmentation.merging import merge_tree
from objpose.segmentation.regions import Borders, find_borders, watershed
from objpose.segmentation.salience import parted, salience

SHAPE = (60, 80)


def walls(rng: np.random.Generator) -> np.ndarray:
    """A relief of noise with a strong wall around a rectangle and a weaker one through its middle."""
    relief = 0.05 * rng.random(SHAPE)
    relief[15, 20:61] = relief[45, 20:61] = relief[15:46, 20] = relief[15:46, 60] = 1.0
    relief[16:45, 40] = 0.4
    return relief


@pytest.fixture
def relief() -> np.ndarray:
    return walls(np.random.default_rng(3))


def test_every_pixel_of_the_domain_belongs_to_one_connected_region(relief):
    domain = np.random.default_rng(4).random(SHAPE) > 0.1
    regions = watershed(relief, domain)
    assert ((regions.labels >= 0) == domain).all()
    assert regions.areas().sum() == domain.sum() and (regions.areas() > 0).all()
    pieces = [ndimage.label(regions.labels == region)[1] for region in range(regions.count)]
    assert pieces == [1] * regions.count


def test_no_region_crosses_a_wall(relief):
    labels = watershed(relief, np.ones(SHAPE, dtype=bool)).labels
    inside = np.zeros(SHAPE, dtype=bool)
    inside[16:45, 21:60] = True
    outside = ~inside
    outside[14:47, 19:62] = False
    assert not np.intersect1d(labels[inside], labels[outside]).size


def test_sums_are_those_of_the_pixels(relief):
    domain = np.random.default_rng(4).random(SHAPE) > 0.1
    regions = watershed(relief, domain)
    sums = regions.sums(np.stack([relief[domain], np.ones(domain.sum())], axis=-1))
    expected = [relief[regions.labels == region].sum() for region in range(regions.count)]
    np.testing.assert_allclose(sums[:, 0], expected)
    np.testing.assert_array_equal(sums[:, 1], regions.areas())


def test_borders_count_each_touching_pair_of_pixels_once(relief):
    regions = watershed(relief, np.ones(SHAPE, dtype=bool))
    borders = find_borders(regions, [relief])
    labels = regions.labels
    across = (labels[:, 1:] != labels[:, :-1]).sum() + (labels[1:] != labels[:-1]).sum()
    assert borders.length.sum() == across
    assert (borders.pairs[:, 0] < borders.pairs[:, 1]).all()
    assert len(np.unique(borders.pairs, axis=0)) == len(borders.pairs)


def test_a_tree_joins_disjoint_parts_up_to_everything(relief):
    regions = watershed(relief, np.ones(SHAPE, dtype=bool))
    tree = merge_tree(regions.areas(), find_borders(regions, [relief]), np.ones(1))
    nodes = np.arange(2 * regions.count - 1)
    members = tree.membership(nodes)
    assert len(tree.height) == len(nodes) and members[-1].all()
    for node, (first, second) in enumerate(tree.children, start=tree.leaves):
        assert not (members[first] & members[second]).any()
        assert (members[node] == (members[first] | members[second])).all()
    np.testing.assert_array_equal(tree.gathered(regions.areas(), np.add), members @ regions.areas())


def test_the_halves_and_the_whole_of_a_walled_rectangle_are_nodes(relief):
    regions = watershed(relief, np.ones(SHAPE, dtype=bool))
    tree = merge_tree(regions.areas(), find_borders(regions, [relief]), np.ones(1))
    members = tree.membership(np.arange(len(tree.height)))
    for left, right in ((21, 40), (41, 60), (21, 60)):
        truth = np.zeros(SHAPE, dtype=bool)
        truth[16:45, left:right] = True
        masks = members[:, regions.labels.ravel()].reshape(-1, *SHAPE)
        overlaps = (masks & truth).sum((1, 2)) / (masks | truth).sum((1, 2))
        assert overlaps.max() > 0.85


def test_weak_borders_vanish_before_strong_ones():
    """A chain of four equal regions: 0 -weak- 1 -strong- 2 -weaker- 3."""
    borders = Borders(np.array([[0, 1], [1, 2], [2, 3]]), np.full(3, 10), np.array([[3.0], [9.0], [2.0]]))
    tree = merge_tree(np.full(4, 25), borders, np.ones(1))
    assert [sorted(pair) for pair in tree.children.tolist()] == [[2, 3], [0, 1], [4, 5]]
    assert tree.height[4] < tree.height[5] < tree.height[6]
    assert np.isinf(tree.ceiling[6]) and tree.ceiling[4] == tree.ceiling[5] == tree.height[6]


def test_what_does_not_touch_is_not_merged():
    borders = Borders(np.array([[0, 1]]), np.array([5]), np.array([[1.0]]))
    tree = merge_tree(np.array([10, 10, 10]), borders, np.ones(1))
    assert len(tree.children) == 1 and np.isinf(tree.ceiling[[2, 3]]).all()
    assert tree.membership(np.array([2, 3])).tolist() == [[False, False, True], [True, True, False]]


def test_what_is_walled_off_from_the_border_stands_out(relief):
    regions = watershed(relief, np.ones(SHAPE, dtype=bool))
    borders = find_borders(regions, [relief])
    standing_out = salience(regions, borders, edge_map=0)
    image = standing_out[regions.labels]
    assert image[20:40, 25:35].min() > 0.9 and image[:10].max() < 0.1
    kept = parted(borders, standing_out > 0.5)
    assert 0 < len(kept.pairs) < len(borders.pairs)
    assert ((standing_out[kept.pairs[:, 0]] > 0.5) == (standing_out[kept.pairs[:, 1]] > 0.5)).all()


def test_an_empty_domain_has_no_regions():
    regions = watershed(np.zeros(SHAPE), np.zeros(SHAPE, dtype=bool))
    borders = find_borders(regions, [np.zeros(SHAPE)])
    assert regions.count == 0 and len(borders.pairs) == 0
    assert len(merge_tree(regions.areas(), borders, np.ones(1)).height) == 0
