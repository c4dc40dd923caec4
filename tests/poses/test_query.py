"""The query view: the camera that looks straight at the object, whatever the frame's camera does."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.frame import Frame
from objpose.geometry import SE3, SO3, Camera
from objpose.poses.query import Query, query_view
from tests.poses.objects import TALL_PIXELS

WIDTH, HEIGHT, SIZE, FILL = 320, 240, 96, 0.7
CAMERAS = {
    "pinhole": Camera.from_K([300.0, 0, 160.3, 0, 301.0, 118.6, 0, 0, 1], WIDTH, HEIGHT),
    "tall pixels": TALL_PIXELS,
    "lens": Camera.from_K(
        [260.0, 0, 160, 0, 262.0, 120, 0, 0, 1], WIDTH, HEIGHT, (-0.25, 0.08, 0.002, -0.001)
    ),
}
PLACES = {"centre": (0.0, 0.0, 0.5), "corner": (-0.14, -0.09, 0.45), "side": (0.15, 0.01, 0.5)}
RADIUS = 0.05


def ball(rays: Tensor, centre: Tensor) -> Tensor:
    """(H, W) bool: rays (H, W, 3) that meet the ball of RADIUS."""
    along = rays @ centre
    return (along > 0) & (along.square() > rays.square().sum(-1) * (centre.square().sum() - RADIUS**2))


def ramp(camera: Camera) -> Frame:
    """A frame whose red tells the column and whose green the row."""
    rgb = torch.zeros(HEIGHT, WIDTH, 3)
    rgb[..., 0] = torch.arange(WIDTH) * (255 / WIDTH)
    rgb[..., 1] = torch.arange(HEIGHT)[:, None] * (255 / HEIGHT)
    return Frame(rgb.round().to(torch.uint8), camera)


def ball_query(camera: Camera, place: tuple[float, float, float]) -> tuple[Query, Tensor]:
    centre = torch.tensor(place)
    return query_view(ramp(camera), ball(camera.rays(), centre), SIZE, FILL), centre


def box_of(mask: Tensor) -> tuple[float, float, float, float]:
    """Left, right, top, bottom edges, pixels."""
    rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
    left, right, top, bottom = (float(x) for x in (columns[0], columns[-1], rows[0], rows[-1]))
    return left - 0.5, right + 0.5, top - 0.5, bottom + 0.5


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("camera", CAMERAS)
def test_the_view_shows_what_its_own_camera_would(camera: str, place: str) -> None:
    """A ball drawn by formula in either camera, lens distortion and all, is the same picture.

    With unequal focal lengths this is pitfall (d) of FoundPose's code, which takes their mean.
    """
    query, centre = ball_query(CAMERAS[camera], PLACES[place])
    rays = Camera.from_K(query.K, SIZE, SIZE).rays()
    expected = ball(rays, query.query_from_cam.apply(centre))
    union = (expected | query.mask).sum()
    assert int((expected ^ query.mask).sum()) < 0.04 * int(union)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("camera", CAMERAS)
def test_the_mask_fills_the_view_from_its_middle(camera: str, place: str) -> None:
    """Round as the ball is: tall pixels and the lens are gone (pitfall d)."""
    query, _ = ball_query(CAMERAS[camera], PLACES[place])
    left, right, top, bottom = box_of(query.mask)
    assert max(right - left, bottom - top) == pytest.approx(FILL * SIZE, abs=2.5)
    assert right - left == pytest.approx(bottom - top, abs=4.0)
    assert (left + right) / 2 == pytest.approx((SIZE - 1) / 2, abs=1.5)
    assert (top + bottom) / 2 == pytest.approx((SIZE - 1) / 2, abs=1.5)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("camera", CAMERAS)
def test_each_pixel_shows_the_pixel_of_the_frame_on_its_ray(camera: str, place: str) -> None:
    query, _ = ball_query(CAMERAS[camera], PLACES[place])
    rays = Camera.from_K(query.K, SIZE, SIZE).rays()
    pixels = CAMERAS[camera].project(query.query_from_cam.inverse().apply(rays))[query.mask]
    expected = pixels / torch.tensor([WIDTH, HEIGHT])
    torch.testing.assert_close(query.rgb[query.mask][:, :2], expected, rtol=0, atol=0.005)


@pytest.mark.parametrize("camera", CAMERAS)
def test_poses_relative_to_the_view_become_poses_relative_to_the_frame(camera: str) -> None:
    query, centre = ball_query(CAMERAS[camera], PLACES["corner"])
    generator = torch.Generator().manual_seed(0)
    cam_from_obj = SE3.from_rotation_translation(SO3.random((4,), generator), centre.expand(4, 3))
    points = 0.05 * torch.randn(30, 3, generator=generator)
    seen = query.query_from_cam.apply(cam_from_obj.apply_points(points))
    query_from_obj = SE3.from_rotation_translation(
        query.query_from_cam @ cam_from_obj.rotation, query.query_from_cam.apply(cam_from_obj.translation)
    )
    torch.testing.assert_close(query_from_obj.apply_points(points), seen, rtol=0, atol=1e-6)
    back = query.cam_from_obj(query_from_obj)
    torch.testing.assert_close(back.apply_points(points), cam_from_obj.apply_points(points))


@pytest.mark.parametrize("shape", [(12, 60), (60, 12), (40, 40), (1, 1), (1, 50)])
def test_the_longer_side_decides(shape: tuple[int, int]) -> None:
    height, width = shape
    mask = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    mask[100 : 100 + height, 130 : 130 + width] = True
    query = query_view(ramp(CAMERAS["pinhole"]), mask, SIZE, 0.6)
    left, right, top, bottom = box_of(query.mask)
    assert max(right - left, bottom - top) == pytest.approx(0.6 * SIZE, abs=2)
    ratio = min(height, width) / max(height, width)
    assert min(right - left, bottom - top) == pytest.approx(0.6 * SIZE * ratio, abs=2)


def test_what_the_frame_does_not_cover_is_black_and_not_the_objects() -> None:
    mask = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    mask[:80, :60] = True
    white = Frame(torch.full((HEIGHT, WIDTH, 3), 255, dtype=torch.uint8), CAMERAS["pinhole"])
    query = query_view(white, mask, SIZE, FILL)
    rays = Camera.from_K(query.K, SIZE, SIZE).rays()
    pixels = CAMERAS["pinhole"].project(query.query_from_cam.inverse().apply(rays))
    beyond = (pixels < -1.5).any(-1)
    assert int(beyond.sum()) > 500
    assert not bool(query.mask[beyond].any()) and float(query.rgb[beyond].max()) == 0.0
    assert float(query.rgb[(pixels > 1.5).all(-1)].min()) > 0.99


def test_fine_patterns_are_averaged_not_picked() -> None:
    """A large object is seen at less than its size: stripes of one pixel become grey."""
    rgb = torch.zeros(HEIGHT, WIDTH, 3, dtype=torch.uint8)
    rgb[:, ::2] = 255
    mask = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    mask[20:220, 60:260] = True
    query = query_view(Frame(rgb, CAMERAS["pinhole"]), mask, 96, 0.96)
    assert float(query.rgb[query.mask].std()) < 0.25  # 0.5 were it picked
