"""Known cameras hold, the others are placed relative to them, and what the photos contradict is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from objpose.cameras import Known, Photo, RecoverOptions, recover_cameras
from objpose.cameras.placing.contested import contested_cameras, without_contested
from objpose.cameras.placing.islands import find_islands
from objpose.cameras.placing.options import ContestOptions
from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.geometry.rigid_matrices import centre_of, rigid_matrix, rotation_degrees
from objpose.io import PhotoCamera, write_colmap, write_photo_cameras, write_transforms
from tests.cameras.photo_sets import (
    OPTIONS,
    RING,
    corner_K,
    draw_corner,
    few_keypoints,
    look_at_origin,
    make_problem,
    make_views,
    random_motion,
)

CAMERA = Camera.from_K(corner_K(), 400, 300)
TRUTH = [look_at_origin(40, 30, 3.0), look_at_origin(52, 36, 3.2), look_at_origin(47, 24, 2.8)]
FEW = few_keypoints()
FRAME = random_motion(5)  # the known cameras stand in a frame and a unit of their own
UNIT = 7.0


def in_other_frame(cam: np.ndarray) -> np.ndarray:
    moved = cam @ FRAME
    moved[:3, 3] *= UNIT
    return moved


def photo_camera(index: int, cam: np.ndarray) -> PhotoCamera:
    return PhotoCamera(f"{index}.png", CAMERA, SE3.from_matrix(torch.from_numpy(cam)))


KNOWN = [photo_camera(index, in_other_frame(cam)) for index, cam in enumerate(TRUTH)]


@pytest.fixture(scope="module")
def drawn() -> list[Photo]:
    return [Photo(f"{index}.png", draw_corner(cam)) for index, cam in enumerate(TRUTH)]


def solve(held: dict[int, np.ndarray], views=None) -> tuple:
    problem = replace(make_problem(views or make_views(RING, seed=3)), held=held)
    return problem, find_islands(problem, OPTIONS)[0][0]


def test_the_others_stand_in_the_frame_and_unit_of_the_known() -> None:
    held = {index: in_other_frame(RING[index]) for index in (0, 2)}
    _, grown = solve(held)
    cams = grown.placement.cams_from_world
    assert all(np.array_equal(cams[index], cam) for index, cam in held.items())
    for index in (1, 3):
        truth = in_other_frame(RING[index])
        assert rotation_degrees(cams[index][:3, :3].T @ truth[:3, :3]) < 0.5
        assert np.linalg.norm(centre_of(cams[index]) - centre_of(truth)) < 0.01 * 4.0 * UNIT


def test_a_wrong_camera_among_the_known_is_named_and_holds_nothing() -> None:
    held = {index: RING[index] for index in range(3)}
    held[1] = rigid_matrix(random_motion(1)[:3, :3], np.zeros(3)) @ RING[1]
    problem, grown = solve(held)
    free = find_islands(replace(problem, held={}), OPTIONS)[0][0]
    found = contested_cameras(problem, grown, free, 0.5, ContestOptions())
    assert list(found) == [1]
    assert found[1].constraint == "known camera of 1.jpg" and found[1].sigmas > 3.0
    again = find_islands(without_contested(problem, found), OPTIONS)[0][0].placement.cams_from_world
    assert np.array_equal(again[1], held[1]), "it stands where it is stated to"
    assert rotation_degrees(again[3][:3, :3].T @ RING[3][:3, :3]) < 0.5, "and bends no other"


def test_right_cameras_are_not_contested() -> None:
    problem, grown = solve({index: RING[index] for index in range(3)})
    free = find_islands(replace(problem, held={}), OPTIONS)[0][0]
    assert contested_cameras(problem, grown, free, 0.5, ContestOptions()) == {}
    slack = replace(free, evidence=free.evidence + 1e3)
    assert contested_cameras(problem, grown, slack, 0.5, ContestOptions()) == {}, "they stand as stated"


def test_a_third_photo_right_beside_two_known_ones_is_where_it_is(drawn: list[Photo]) -> None:
    """A lens that nobody told leaves the direction to them open, so it need not be sure."""
    known = Known({one.name: one for one in KNOWN[:2]})
    scene = recover_cameras(drawn, matcher=FEW, options=RecoverOptions(threads=1, known=known))
    found, truth = (one.cam_from_world.matrix().numpy() for one in (scene["2.png"], KNOWN[2]))
    assert np.linalg.norm(centre_of(found) - centre_of(truth)) < 0.02 * UNIT * 3.0
    assert scene["2.png"].confidence > 0.5 and scene.contradictions == ()


def test_two_known_cameras_place_the_third_photo(drawn: list[Photo]) -> None:
    """Intrinsics come with the known cameras; the third photo's are found.

    It stands aside: right beside the others a lens that nobody told would leave the direction to them open.
    """
    known = Known({one.name: one for one in KNOWN[:2]})
    aside = look_at_origin(60, 20, 2.8)
    photos = [*drawn[:2], Photo("2.png", draw_corner(aside))]
    scene = recover_cameras(photos, matcher=FEW, options=RecoverOptions(threads=1, known=known))
    assert scene.contradictions == ()
    assert all(scene[one.name].camera.fx == CAMERA.fx for one in KNOWN[:2])
    for one in KNOWN[:2]:
        assert_near(scene[one.name].cam_from_world, one, 0.5)
    found = scene["2.png"].cam_from_world.matrix().numpy()
    assert np.linalg.norm(centre_of(found) - centre_of(in_other_frame(aside))) < 0.02 * UNIT * 3.0
    assert scene["2.png"].confidence > 0.9
    seen = scene.points.xyz @ found[:3, :3].T + found[:3, 3]
    mine = scene.points.photo == 2
    pixels = scene["2.png"].camera.project(seen[scene.points.point[mine]]).numpy()
    error = np.linalg.norm(pixels - scene.points.pixels[mine], axis=1)
    assert np.median(error) < 1.0, "the points are of the same frame"


def assert_near(found: SE3, stated: PhotoCamera, degrees: float) -> None:
    """Within so many degrees, and as far away as that turn is."""
    ours, theirs = found.matrix().numpy(), stated.cam_from_world.matrix().numpy()
    spread = np.linalg.norm(np.subtract(*(centre_of(in_other_frame(cam)) for cam in TRUTH[:2]))) / 2
    assert rotation_degrees(ours[:3, :3].T @ theirs[:3, :3]) <= degrees
    assert np.linalg.norm(centre_of(ours) - centre_of(theirs)) <= np.radians(degrees) * spread


def test_known_cameras_without_a_sigma_hold(drawn: list[Photo]) -> None:
    known = Known({one.name: one for one in KNOWN[:2]}, camera_sigma_deg=0.0)
    scene = recover_cameras(drawn, matcher=FEW, options=RecoverOptions(threads=1, known=known))
    for one in KNOWN[:2]:
        np.testing.assert_allclose(scene[one.name].cam_from_world.matrix(), one.cam_from_world.matrix())


def test_one_known_camera_gives_the_frame(drawn: list[Photo]) -> None:
    photos = [replace(photo, camera=CAMERA) for photo in drawn]
    known = Known({"1.png": KNOWN[1]})
    scene = recover_cameras(photos, matcher=FEW, options=RecoverOptions(threads=1, known=known))
    np.testing.assert_allclose(
        scene["1.png"].cam_from_world.matrix(), KNOWN[1].cam_from_world.matrix(), atol=1e-9
    )
    turns = [one.cam_from_world.rotation.matrix() for one in (scene["0.png"], KNOWN[0])]
    assert rotation_degrees((turns[0].T @ turns[1]).numpy()) < 1.0


@pytest.mark.parametrize("form", ["cameras.json", "transforms.json", "colmap"])
def test_any_file_of_cameras_is_read(form: str, tmp_path) -> None:
    write = {"cameras.json": write_photo_cameras, "transforms.json": write_transforms, "colmap": write_colmap}
    named = [replace(one, name=f"images/{one.name}") for one in KNOWN[:2]]
    write[form](tmp_path / form, named)
    found = Known(tmp_path / form).cameras_of(["0.png", "1.png", "2.png"])
    assert set(found) == {"0.png", "1.png"}
    for one in KNOWN[:2]:
        np.testing.assert_allclose(
            found[one.name].cam_from_world.matrix(), one.cam_from_world.matrix(), atol=1e-9
        )


def test_known_cameras_of_no_photo_are_named() -> None:
    with pytest.raises(InputError, match="known cameras: found no photo '2.png', expected names of photos"):
        Known({one.name: one for one in KNOWN}).cameras_of(["0.png", "1.png"])
    same = {name: photo_camera(0, TRUTH[0]) for name in ("0.png", "1.png")}
    with pytest.raises(InputError, match="found 2 cameras in one place"):
        Known(same).cameras_of(["0.png", "1.png"])


def test_known_cameras_without_a_place_are_refused() -> None:
    unplaced = PhotoCamera("0.png", CAMERA, None)
    with pytest.raises(InputError, match="1 cameras, none with a place"):
        Known({"0.png": unplaced}).cameras_of(["0.png", "1.png"])


def test_two_known_cameras_of_one_photo_are_refused() -> None:
    both = {"left/0.png": KNOWN[0], "right/0.png": KNOWN[1]}
    with pytest.raises(InputError, match="left/0.png and right/0.png for 0.png"):
        Known(both).cameras_of(["0.png", "1.png"])
