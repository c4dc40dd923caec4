"""The picture of the answer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from objpose.errors import InputError
from objpose.estimator import PoseEstimate
from objpose.frame import Frame
from objpose.geometry import SE3, Camera
from objpose.overlay import OUTLINES, STATUS_COLORS, draw_overlay, draw_states, draw_strip
from objpose.raster import render_mesh
from objpose.tracking import Status, TrackState
from tests.synthetic import CAMERA, HEIGHT, WIDTH, Scene, looking, make_scene, onboarded

NAMES = ["can", "printed_box"]
FAR = 70  # pixels; axes and the label reach no farther beyond the object


def estimate_of(name: str, cam_from_obj: SE3) -> PoseEstimate:
    return PoseEstimate(name, cam_from_obj, 0.9, torch.eye(6), 0.8, 0, ())


def drawn_mask(name: str, cam_from_obj: SE3) -> np.ndarray:
    return render_mesh(onboarded(name).mesh, cam_from_obj, CAMERA.K, WIDTH, HEIGHT).mask[0].numpy()


def overlay(scene: Scene, *estimates: PoseEstimate) -> np.ndarray:
    return draw_overlay(scene.frame, estimates, [onboarded(estimate.object) for estimate in estimates])


@pytest.mark.parametrize("name", NAMES)
def test_an_outline_surrounds_the_object(name: str) -> None:
    scene = make_scene(onboarded(name).mesh, looking(0))
    picture = overlay(scene, estimate_of(name, scene.cam_from_obj))
    mask = drawn_mask(name, scene.cam_from_obj)
    ring = ndimage.binary_dilation(mask) & ~mask
    outlined = (picture == OUTLINES[0]).all(-1)
    assert picture.shape == (HEIGHT, WIDTH, 3) and picture.dtype == np.uint8
    assert outlined[ring].mean() > 0.8  # but for axes and label drawn over it
    assert not outlined[mask].any()
    assert not outlined[~ndimage.binary_dilation(mask, iterations=4)].any()


@pytest.mark.parametrize("name", NAMES)
def test_the_frame_is_untouched_far_from_the_object(name: str) -> None:
    scene = make_scene(onboarded(name).mesh, looking(0))
    picture = overlay(scene, estimate_of(name, scene.cam_from_obj))
    rows, columns = drawn_mask(name, scene.cam_from_obj).nonzero()
    far = np.ones((HEIGHT, WIDTH), bool)
    far[max(rows.min() - FAR, 0) : rows.max() + FAR, max(columns.min() - FAR, 0) : columns.max() + FAR] = (
        False
    )
    assert far.any() and np.array_equal(picture[far], scene.frame.rgb.numpy()[far])
    assert not np.array_equal(picture, scene.frame.rgb.numpy())


def test_without_estimates_it_is_the_frame() -> None:
    scene = make_scene(onboarded("can").mesh, looking(0))
    assert np.array_equal(draw_overlay(scene.frame, [], []), scene.frame.rgb.numpy())


def test_the_frame_itself_is_not_drawn_into() -> None:
    scene = make_scene(onboarded("can").mesh, looking(0))
    before = scene.frame.rgb.clone()
    overlay(scene, estimate_of("can", scene.cam_from_obj))
    assert torch.equal(scene.frame.rgb, before)


def test_each_object_has_its_own_outline() -> None:
    scene = make_scene(onboarded("can").mesh, looking(0))
    poses = [SE3.exp(torch.tensor([x, 0.0, 0, 0, 0, 0])) @ scene.cam_from_obj for x in (-0.1, 0.1)]
    frame = Frame(scene.frame.rgb, CAMERA)
    picture = draw_overlay(
        frame, [estimate_of(n, p) for n, p in zip(NAMES, poses, strict=True)], [onboarded(n) for n in NAMES]
    )
    for outline, name, pose in zip(OUTLINES, NAMES, poses, strict=False):
        mask = drawn_mask(name, pose)
        ring = ndimage.binary_dilation(mask) & ~mask
        assert (picture == outline).all(-1)[ring].mean() > 0.7


def test_what_lies_out_of_view_draws_nothing_inside() -> None:
    scene = make_scene(onboarded("can").mesh, looking(0))
    for shift in ([0.0, 0.0, -0.5], [3.0, 0.0, 0.5]):  # behind the camera, and far beside it
        away = SE3.from_rotation_translation(torch.eye(3), torch.tensor(shift))
        assert np.array_equal(overlay(scene, estimate_of("can", away)), scene.frame.rgb.numpy())


@pytest.mark.parametrize(
    ("lens", "fisheye"), [((-0.3, 0.1, 0.001, 0.0), False), ((0.1, 0.0, 0.0, 0.0), True)]
)
def test_the_object_is_drawn_where_the_lens_puts_it(lens: tuple, fisheye: bool) -> None:
    """Each drawn pixel's ray meets the object, near the image's corner too."""
    model, camera = onboarded("can"), Camera.from_K(CAMERA.K, WIDTH, HEIGHT, lens, fisheye)
    pose = looking(0)
    corner = camera.unproject([60.0, 50.0], pose.translation[2])
    pose = SE3.from_rotation_translation(pose.rotation, corner.float())
    frame = Frame(torch.zeros(HEIGHT, WIDTH, 3, dtype=torch.uint8), camera)
    picture = draw_overlay(frame, [estimate_of("can", pose)], [model])
    outlined = torch.from_numpy((picture == OUTLINES[0]).all(-1))
    pixels = camera.project(pose.apply_points(model.mesh.vertices))
    inside = ((pixels >= 0) & (pixels < torch.tensor([WIDTH, HEIGHT]))).all(-1)
    # The outline lies around the projected vertices, and reaches as far as they do.
    rows, columns = outlined.nonzero().unbind(-1)
    low, high = pixels[inside].amin(0), pixels[inside].amax(0)
    seen = torch.tensor([[columns.min(), rows.min()], [columns.max(), rows.max()]])
    assert float((seen - torch.stack([low, high])).abs().max()) < 5


def state_of(name: str, status: Status, cam_from_obj: SE3 | None) -> TrackState:
    return TrackState(name, status, cam_from_obj, 0.9, None, None, 0.0, "why", 0.0)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.SEARCHING])
def test_a_tracked_object_is_outlined_in_the_colour_of_its_status(status: Status) -> None:
    scene = make_scene(onboarded("can").mesh, looking(0))
    picture = draw_states(scene.frame, [state_of("can", status, scene.cam_from_obj)], [onboarded("can")])
    mask = drawn_mask("can", scene.cam_from_obj)
    ring = ndimage.binary_dilation(mask) & ~mask
    assert (picture == STATUS_COLORS[status]).all(-1)[ring].mean() > 0.7  # but for axes and words over it
    is_filled = (picture != scene.frame.rgb.numpy()).any(-1)[mask].mean() > 0.9
    assert is_filled == (status is not Status.LOST)  # where it was seen last there may be nothing


def test_a_status_without_a_place_is_said_in_the_corner_alone() -> None:
    scene = make_scene(onboarded("can").mesh, looking(0))
    picture = draw_states(scene.frame, [state_of("can", Status.SEARCHING, None)], [onboarded("can")])
    changed = (picture != scene.frame.rgb.numpy()).any(-1)
    assert changed[: HEIGHT // 8].any() and not changed[HEIGHT // 8 :].any()


def test_a_state_of_another_object_is_refused() -> None:
    scene = make_scene(onboarded("can").mesh, looking(0))
    with pytest.raises(InputError, match="also mug"):
        draw_states(scene.frame, [state_of("mug", Status.LOST, None)], [onboarded("can")])


def test_a_strip_shows_its_pictures_in_the_order_of_reading() -> None:
    pictures = [np.full((30, 40, 3), 30 * i, np.uint8) for i in range(6)]
    strip = draw_strip(pictures, ["frame"] * 6)
    height, width = 360 + 4, 480 + 4
    assert strip.shape == (2 * height - 4, 4 * width - 4, 3)
    assert [int(strip[height * (i // 4) + 9, width * (i % 4) + 9, 0]) for i in range(6)] == [
        30 * i for i in range(6)
    ]
    assert (strip[height + 9, 2 * width + 9] == 255).all()  # no seventh
