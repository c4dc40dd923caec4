"""Photos that matches relate stand about the object's middle, and take others along."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.silhouettes.carried import carried
from objpose.cameras.silhouettes.groups import about_middle, groups_of, horizon_of
from objpose.cameras.silhouettes.growth import Group
from objpose.cameras.silhouettes.silhouette import Silhouette
from objpose.geometry.rigid_matrices import rigid_matrix
from tests.cameras.silhouettes.figures import branched_body, in_orbit_unit, orbit, silhouettes_of

AWAY = 8.0


@pytest.fixture(scope="module")
def scene() -> tuple[list[Silhouette], np.ndarray]:
    cams = orbit(5, AWAY)
    return silhouettes_of(branched_body(), cams, focal=400.0), cams


def elsewhere(cams: np.ndarray, scale: float) -> np.ndarray:
    """The same cameras in another frame of another unit."""
    world_from_other = rigid_matrix(
        Rotation.from_rotvec([0.3, -1.0, 0.4]).as_matrix(), np.array([3.0, 1.0, -2.0])
    )
    moved = cams @ world_from_other
    moved[:, :3, 3] *= scale
    return moved


def test_a_group_in_any_frame_comes_about_the_objects_middle(
    scene: tuple[list[Silhouette], np.ndarray],
) -> None:
    silhouettes, cams = scene
    group = about_middle(silhouettes, dict(enumerate(elsewhere(cams, 0.3))))
    assert group is not None
    true = in_orbit_unit(cams, silhouettes)
    ratios = []
    for other in range(1, 5):
        found, right = (relative_pose(dict(enumerate(some)), 0, other) for some in (group.cams, true))
        np.testing.assert_allclose(found[:3, :3], right[:3, :3], atol=1e-9)
        ratios.append(found[:3, 3] / right[:3, 3])
    np.testing.assert_allclose(ratios, np.full((4, 3), ratios[0][0]), rtol=1e-6)
    assert abs(ratios[0][0] - 1.0) < 0.1
    seen = group.cams[:, :2, 3] / group.cams[:, 2:3, 3]
    off = [np.linalg.norm(at - one.centre) / one.size for at, one in zip(seen, silhouettes, strict=True)]
    assert max(off) < 0.15


def test_all_photos_are_in_groups_the_largest_first(scene: tuple[list[Silhouette], np.ndarray]) -> None:
    silhouettes, cams = scene
    island = dict(enumerate(cams))
    groups = groups_of(silhouettes, [island], {(0, 1), (1, 3)})
    assert [group.photos for group in groups] == [(0, 1, 3), (2,), (4,)]
    assert [group.photos for group in groups_of(silhouettes, [], set())] == [(0,), (1,), (2,), (3,), (4,)]


def test_what_is_level_is_told_by_the_turns_of_a_group(scene: tuple[list[Silhouette], np.ndarray]) -> None:
    _, cams = scene
    quarter = np.eye(4)
    quarter[:2, :2] = [[0.0, -1.0], [1.0, 0.0]]
    np.testing.assert_array_equal(horizon_of([Group((0, 1, 2), cams[:3])]), [1.0, 0.0])
    np.testing.assert_array_equal(horizon_of([Group((0, 1, 2), quarter @ cams[:3])]), [0.0, 1.0])


def test_a_photo_without_an_outline_goes_along_with_those_beside_it(
    scene: tuple[list[Silhouette], np.ndarray],
) -> None:
    _, cams = scene
    island = dict(enumerate(elsewhere(cams, 0.3)))
    links = carried([island], {0, 1, 2}, {(0, 3): 0.5, (1, 3): 0.95, (0, 1): 0.9})
    assert links.keys() == {3, 4}
    assert (links[3].beside, links[3].chance) == (1, 0.95)
    assert links[4].chance == 0.0
    for photo, link in links.items():
        np.testing.assert_allclose(link.cam_beside(dict(enumerate(cams))), cams[photo], atol=1e-9)


def test_one_outline_alone_tells_no_unit(scene: tuple[list[Silhouette], np.ndarray]) -> None:
    assert carried([dict(enumerate(scene[1]))], {2}, {}) == {}
