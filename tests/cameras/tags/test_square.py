"""What a square says of one camera and of two, and of photos that hang on nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras.scene.relative import project
from objpose.cameras.scene.views import View
from objpose.cameras.tags.evidence import TagEvidence
from objpose.cameras.tags.options import TagOptions
from objpose.cameras.tags.placed import place_tags
from objpose.cameras.tags.ring import placed_by_tags
from objpose.cameras.tags.seen import SeenTags
from objpose.cameras.tags.square import misfit_of_squares, squares_before
from objpose.features.local import LocalFeatures
from objpose.geometry.rigid_matrices import inverse_matrix, rigid_matrix, rotation_degrees
from tests.cameras.photo_sets import HEIGHT, WIDTH, K, look_at_origin, random_motion, worst_error
from tests.cameras.tags.tagged_scene import SQUARE, Tag

OPTIONS = TagOptions()
CAMS = [
    look_at_origin(azimuth, elevation, 2.0) for azimuth, elevation in ((0, 40), (30, 55), (70, 35), (150, 45))
]
TAGS = [Tag(3, (-0.3, 0.1), 0.2, 1), Tag(7, (0.3, -0.2), 0.2), Tag(11, (0.0, 0.35), 0.1, 2)]
STANDING = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # what turns a tag on the table upright


def tags_of(
    corners: dict[int, np.ndarray], shown: dict[int, list[int]], noise_px: float = 0.2
) -> TagEvidence:
    """Of tags with corners (4, 3) in the world, the ids that each of CAMS shows."""
    rng, views, keypoints = np.random.default_rng(0), [], {}
    for index, cam in enumerate(CAMS):
        pixels = [project(cam, corners[number]) * K[0, 0] + K[:2, 2] for number in shown[index]]
        pixels = np.concatenate(pixels) + rng.normal(scale=noise_px, size=(4 * len(pixels), 2))
        features = LocalFeatures(pixels.astype(np.float32), np.zeros((1, len(pixels), 0), np.float32))
        views.append(View(f"{index}.png", WIDTH, HEIGHT, K, features))
        keypoints[index] = {number: 4 * row + np.arange(4) for row, number in enumerate(shown[index])}
    return TagEvidence(views, SeenTags(keypoints), OPTIONS)


CORNERS = {tag.number: tag.corners for tag in TAGS}
EVERY = tags_of(CORNERS, {index: [3, 7, 11] for index in range(4)})


@pytest.mark.parametrize("seed", range(4))
def test_the_right_square_is_among_those_before_a_camera(seed: int) -> None:
    cam_from_tag = random_motion(seed)
    cam_from_tag[:3, 3] = [0.3, -0.2, 4.0]
    cam_from_tag[:3, :3] = cam_from_tag[:3, :3] @ np.diag([1.0, -1.0, -1.0])  # it faces the camera
    found = squares_before(project(cam_from_tag, SQUARE))
    assert 1 <= len(found) <= 2
    np.testing.assert_allclose(found[0], cam_from_tag, atol=1e-5)


def test_two_photos_see_one_square_by_the_right_motion_alone() -> None:
    b_from_a = CAMS[1] @ inverse_matrix(CAMS[0])
    rays = [np.stack([project(cam, tag.corners) for tag in TAGS]) for cam in CAMS[:2]]
    starts = np.stack([squares_before(one)[0] for one in rays[0]])
    longer = b_from_a.copy()
    longer[:3, 3] *= 7.0  # its length is free
    for motion in (b_from_a, longer):
        assert misfit_of_squares(motion, starts, *rays, 8).max() < 1e-10
    turned = rigid_matrix(random_motion(0)[:3, :3], np.zeros(3)) @ b_from_a
    assert misfit_of_squares(turned, starts, *rays, 8).min() > (5 / K[0, 0]) ** 2


def test_evidence_is_for_the_right_motion_and_against_none() -> None:
    b_from_a = CAMS[1] @ inverse_matrix(CAMS[0])
    right = EVERY.nats(0, 1, b_from_a)
    assert right > 2.5 * OPTIONS.nats
    assert EVERY.nats(1, 0, inverse_matrix(b_from_a)) == pytest.approx(right, rel=0.05)
    turned = rigid_matrix(random_motion(0)[:3, :3], np.zeros(3)) @ b_from_a
    assert EVERY.nats(0, 1, turned) == 0.0
    asked = [rotation_degrees(one[:3, :3] @ b_from_a[:3, :3].T) for one in EVERY.motions(0, 1)]
    assert min(asked) < 1.5


def test_a_tag_at_the_same_pixels_says_nothing() -> None:
    same = TagEvidence([EVERY.views[0]] * 2, SeenTags({0: EVERY.seen.of(0), 1: EVERY.seen.of(0)}), OPTIONS)
    assert same.motions(0, 1) == [] and same.nats(0, 1, np.eye(4)) == 0.0


def test_photos_hang_together_by_a_chain_of_tags() -> None:
    large = {tag.number: replace(tag, size=0.5).corners for tag in TAGS}
    chain = tags_of(large, {0: [3], 1: [3, 7], 2: [7, 11], 3: [11]})
    [cams] = placed_by_tags(chain)
    assert sorted(cams) == [0, 1, 2, 3] and worst_error(cams, CAMS) < 5.0
    [cams] = placed_by_tags(EVERY)
    assert worst_error(cams, CAMS) < 1.0


def test_tags_that_share_no_photo_make_two_groups() -> None:
    apart = tags_of(CORNERS, {0: [3], 1: [3], 2: [7], 3: [7]})
    assert sorted(sorted(cams) for cams in placed_by_tags(apart)) == [[0, 1], [2, 3]]


def test_a_placed_tag_is_as_large_as_it_is() -> None:
    placed = place_tags(EVERY, dict(enumerate(CAMS)))
    for tag in TAGS:
        assert placed[tag.number].side == pytest.approx(tag.size, rel=0.02)
        np.testing.assert_allclose(placed[tag.number].points, tag.corners, atol=0.01)


def test_one_tag_that_moved_does_not_bend_the_others() -> None:
    upright = {**CORNERS, 7: TAGS[1].corners @ STANDING.T + [0.0, 0.3, 0.2]}
    still = tags_of(CORNERS, {index: [3, 7, 11] for index in range(4)})
    moved = tags_of(upright, {index: [3, 7, 11] for index in range(4)})
    mixed = TagEvidence([*still.views[:3], moved.views[3]], still.seen, OPTIONS)
    [cams] = placed_by_tags(mixed)
    assert len(cams) == 4 and worst_error(cams, CAMS) < 2.0
