"""Scenes as splats: swept depth against the true one, exposure taken out, pictures from places never seen."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.raster import render_splats
from objpose.splatting import SceneFitOptions, SceneView, fit_scene
from objpose.splatting.exposure import log_gains
from objpose.splatting.losses import psnr
from objpose.splatting.scene_depth import filled, relative_gap, view_depths
from objpose.splatting.scene_start import scene_splats

WIDTH, HEIGHT = 64, 48
CAMERA = Camera.from_K([[70, 0, 31.5], [0, 70, 23.5], [0, 0, 1]], WIDTH, HEIGHT)
PLACES = [-0.3, -0.1, 0.1, 0.3]
QUICK = SceneFitOptions(steps=40, size=WIDTH, start=1500, most=2000, round_steps=20)


def camera_at(x: float, y: float = 0.0) -> SE3:
    """() cam_from_world, looking along z."""
    return SE3.from_rotation_translation(torch.eye(3), torch.tensor([-x, -y, 0.0]))


def true_depth(x: float) -> torch.Tensor:
    """(H, W) of a wall at 2 and a box at 1.4 before its middle, from a camera at x."""
    columns = torch.arange(WIDTH).expand(HEIGHT, WIDTH)
    rows = torch.arange(HEIGHT)[:, None].expand(HEIGHT, WIDTH)
    at_x = (columns - 31.5) / 70 * 1.4 + x
    at_y = (rows - 23.5) / 70 * 1.4
    return torch.where((at_x.abs() < 0.25) & (at_y.abs() < 0.2), 1.4, 2.0)


def photo(x: float, gain: float = 1.0) -> np.ndarray:
    """(H, W, 3) uint8 of that scene, painted by waves of several lengths."""
    depth = true_depth(x)
    points = camera_at(x).inverse().apply(CAMERA.rays() * depth[..., None]).double()
    generator = torch.Generator().manual_seed(0)
    waves = 9 * torch.randn(3, 5, 3, generator=generator, dtype=torch.float64)
    rgb = 0.45 + 0.4 * torch.sin(torch.einsum("hwk,knc->hwnc", points, waves)).mean(2)
    return (rgb.clamp(0.05, 0.9) * gain * 255).round().byte().numpy()


@functools.cache
def scene(gain: float = 1.0) -> tuple[list[SceneView], SE3, torch.Tensor, torch.Tensor]:
    """Views, cameras, points of the surface and who sees them; the second photo has that gain."""
    gains = [1.0, gain, 1.0, 1.0]
    views = [SceneView.of(photo(x, g), CAMERA, None, WIDTH) for x, g in zip(PLACES, gains, strict=True)]
    cams = SE3.stack([camera_at(x) for x in PLACES])
    generator = torch.Generator().manual_seed(1)
    pixels = torch.rand(60, 2, generator=generator) * torch.tensor([WIDTH - 1, HEIGHT - 1])
    columns, rows = pixels.round().long().T
    points = camera_at(0.0).inverse().apply(CAMERA.unproject(pixels.round(), true_depth(0.0)[rows, columns]))
    return views, cams, points, torch.ones(4, 60, dtype=torch.bool)


def test_swept_depth_is_the_true_one_where_it_is_sure() -> None:
    found = view_depths(*scene())
    for x, depth in zip(PLACES, found, strict=True):
        error = (depth.depth / true_depth(x) - 1).abs()
        assert float(depth.sure.float().mean()) > 0.6
        assert float(error[depth.sure].median()) < 0.02
        # A pixel of parallax is 0.14 of the depth.
        assert float((error[depth.sure] < 0.14).float().mean()) > 0.85


def test_points_of_a_view_lie_on_the_surface_that_another_sees() -> None:
    views, cams, _, _ = scene()
    gap = relative_gap(true_depth(-0.1), views[1], cams[1], true_depth(0.1), views[2], cams[2])
    assert bool(torch.isinf(gap).any())  # beyond the border
    assert float((gap[torch.isfinite(gap)].abs() < 1e-4).float().mean()) > 0.9
    nearer = relative_gap(0.8 * true_depth(-0.1), views[1], cams[1], true_depth(-0.1), views[1], cams[1])
    torch.testing.assert_close(nearer, torch.full_like(nearer, -0.2))


def test_gaps_in_a_plane_are_filled_by_the_plane() -> None:
    rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    depth = 1 / (0.4 + 0.004 * columns + 0.002 * rows)
    known = torch.ones(32, 32, dtype=torch.bool)
    known[12:18, 10:18] = False
    found = filled(torch.where(known, depth, 100.0), known)
    assert torch.equal(found[known], depth[known])
    assert float((found / depth - 1).abs().max()) < 0.02
    assert torch.equal(filled(depth, ~known & known), depth)


def test_exposure_is_found_from_shared_points() -> None:
    views, cams, points, seen = scene(gain=0.6)
    gains = log_gains(views, cams, points, seen)
    torch.testing.assert_close(gains.sum(0), torch.zeros(3), atol=1e-5, rtol=0)
    difference = (gains[1] - gains[[0, 2, 3]].mean(0)).exp()
    torch.testing.assert_close(difference, torch.full((3,), 0.6), atol=0.03, rtol=0)
    unseen = log_gains(views, cams, points, torch.zeros_like(seen))
    assert torch.equal(unseen, torch.zeros(4, 3))


def test_splats_start_on_the_surface_and_each_place_once() -> None:
    views, cams, points, seen = scene()
    start = scene_splats(views, cams, view_depths(views, cams, points, seen), 1000)
    assert 500 < len(start) < 2000
    pixels = CAMERA.project(start.means).round().long()
    inside = (pixels >= 0).all(1) & (pixels[:, 0] < WIDTH) & (pixels[:, 1] < HEIGHT)
    column, row = pixels[inside].T
    error = (start.means[inside, 2] / true_depth(0.0)[row, column] - 1).abs()
    assert float((error < 0.14).float().mean()) > 0.8


def test_a_place_never_seen_is_drawn_like_a_photo_from_there() -> None:
    views, cams, points, seen = scene(gain=0.7)
    found = fit_scene(views, cams, points, seen, QUICK)
    drawn = render_splats(found, camera_at(0.0), CAMERA.K, WIDTH, HEIGHT, antialias=True).color
    truth = SceneView.of(photo(0.0), CAMERA, None, WIDTH).rgb[None]
    fitted_gain = (drawn * truth).sum((0, 1, 2)) / drawn.square().sum((0, 1, 2))
    nearest = max(float(psnr(views[index].rgb[None], truth)) for index in (2, 3))
    assert float(psnr(drawn * fitted_gain, truth)) > nearest + 5
    assert len(found) <= QUICK.most and not found.means.requires_grad


def test_what_masks_leave_out_is_empty() -> None:
    _, cams, points, seen = scene()
    boxes = [(true_depth(x) < 1.5).numpy() for x in PLACES]
    views = [SceneView.of(photo(x), CAMERA, box, WIDTH) for x, box in zip(PLACES, boxes, strict=True)]
    in_box = points[:, 2] < 1.5
    found = fit_scene(views, cams, points[in_box], seen[:, in_box], QUICK)
    alpha = render_splats(found, camera_at(0.0), CAMERA.K, WIDTH, HEIGHT, antialias=True).alpha[0]
    box = true_depth(0.0) < 1.5
    assert float(alpha[box].mean()) > 0.85 and float(alpha[~box].mean()) < 0.1


def test_the_same_call_gives_the_same_scene() -> None:
    options = SceneFitOptions(steps=6, size=32, start=200, most=300, round_steps=3)
    first, second = (fit_scene(*scene(), options) for _ in range(2))
    assert torch.equal(first.means, second.means) and torch.equal(first.sh, second.sh)


def test_one_view_is_refused() -> None:
    views, cams, points, seen = scene()
    with pytest.raises(InputError, match="two or more"):
        fit_scene(views[:1], cams[:1], points, seen[:1], QUICK)


def test_masks_that_leave_nothing_are_refused() -> None:
    _, cams, points, seen = scene()
    nothing = np.zeros((HEIGHT, WIDTH), dtype=bool)
    views = [SceneView.of(photo(x), CAMERA, nothing, WIDTH) for x in PLACES]
    with pytest.raises(InputError, match="leave nothing"):
        fit_scene(views, cams, points, seen, QUICK)


def test_views_that_share_no_points_take_part_unsure() -> None:
    views, cams, points, seen = scene()
    alone = seen.clone()
    alone[3] = False
    depths = view_depths(views, cams, points, alone)
    assert not bool(depths[3].sure.any()) and bool(torch.isfinite(depths[3].depth).all())
    assert len(scene_splats(views, cams, depths, 500)) > 0


def test_a_small_view_keeps_the_geometry() -> None:
    small = SceneView.of(photo(0.0), CAMERA, None, WIDTH // 2)
    assert small.rgb.shape == (HEIGHT // 2, WIDTH // 2, 3) and small.mask is None and bool(small.shown.all())
    whole = torch.from_numpy(photo(0.0)).float() / 255
    torch.testing.assert_close(small.rgb[3, 5], whole[6:8, 10:12].mean((0, 1)))
    torch.testing.assert_close(small.camera.rays()[3, 5], CAMERA.rays()[6:8, 10:12].mean((0, 1)))
