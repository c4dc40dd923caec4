"""Crops: every pixel is the one its camera says it is."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.crops import Crop, crop_frame, main_part
from objpose.crops.crop import MARGIN
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3, Camera
from tests.synthetic import looking, make_scene, onboarded

WIDTH, HEIGHT = 240, 200
K = [210.0, 0, 118.2, 0, 213.0, 101.7, 0, 0, 1]
PLAIN = Camera.from_K(K, WIDTH, HEIGHT)
BENT = Camera.from_K(K, WIDTH, HEIGHT, distortion=(-0.25, 0.08, 0.002, -0.003))


WIDE = Camera.from_K([130.0, 0, 119.5, 0, 130.0, 99.5, 0, 0, 1], WIDTH, HEIGHT, (0.02, 0, 0, 0), fisheye=True)
FOLDED = Camera.from_K([150.0, 0, 119.5, 0, 150.0, 99.5, 0, 0, 1], WIDTH, HEIGHT, (-1 / 3, 0, 0, 0))


def addressed_frame(camera: Camera) -> Frame:
    """Red and green are the pixel's column and row; depth is 1 m plus a mm per column."""
    row, column = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    rgb = torch.stack([column, row, torch.zeros_like(row)], dim=-1).to(torch.uint8)
    return Frame(rgb, camera, 1 + 0.001 * column.float())


def patch(left: int, top: int, right: int, bottom: int) -> Tensor:
    mask = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    mask[top:bottom, left:right] = True
    return mask


def addresses(crop: Crop) -> Tensor:
    """(S, S, 2) column and row of the frame that the crop's colours tell."""
    return crop.rgb[..., :2] * 255


@pytest.mark.parametrize(
    ("camera", "size", "slack"), [(PLAIN, 500, 1e-3), (PLAIN, 48, 0.5), (PLAIN, 37, 0.5), (BENT, 500, 0.51)]
)
def test_pixels_come_from_where_their_rays_point(camera: Camera, size: int, slack: float) -> None:
    """Also after averaging, up to half a pixel of the frame: means cover whole pixels."""
    crop = crop_frame(addressed_frame(camera), patch(90, 70, 150, 120), size)
    expected = camera.project(crop.camera.rays())
    assert bool(crop.inside.all()) and crop.size <= size
    torch.testing.assert_close(addresses(crop), expected, rtol=0, atol=slack)


@pytest.mark.parametrize("camera", [BENT, WIDE])
@pytest.mark.parametrize("corner", [(4, 4), (190, 4), (4, 160), (195, 165)])
def test_a_crop_far_out_holds_all_of_the_mask(camera: Camera, corner: tuple[int, int]) -> None:
    """A lens moves what is near the image's border: the window is where the straightened mask is."""
    left, top = corner
    mask = patch(left, top, left + 40, top + 30)
    crop = crop_frame(addressed_frame(camera), mask, 500)
    edge = torch.cat([crop.mask[0], crop.mask[-1], crop.mask[:, 0], crop.mask[:, -1]])
    assert not bool(edge.any()) and crop.size <= 200
    # Each address of the mask is there, but for those that fall between the crop's pixels.
    found = addresses(crop)[crop.mask].round().unique(dim=0)
    assert len(found) > 0.7 * int(mask.sum())
    on_mask = crop.mask & crop.inside
    expected = camera.project(crop.camera.rays())[on_mask]
    torch.testing.assert_close(addresses(crop)[on_mask], expected, rtol=0, atol=0.51)


def test_a_mask_where_the_lens_sees_nothing_is_refused() -> None:
    frame = addressed_frame(FOLDED)
    with pytest.raises(InputError, match="0% of its pixels where"):
        crop_frame(frame, patch(0, 0, 8, 8), 100)
    # The rest of the frame serves, and what lies beyond the lens is outside.
    crop = crop_frame(frame, patch(25, 10, 215, 190), 400)
    assert 0 < int(crop.inside.sum()) < crop.inside.numel()


@pytest.mark.parametrize("size", [500, 60, 45])
def test_depth_is_picked_not_mixed_and_from_no_farther_than_half_a_pixel(size: int) -> None:
    crop = crop_frame(addressed_frame(PLAIN), patch(90, 70, 150, 120), size)
    column = (crop.depth - 1) / 0.001
    torch.testing.assert_close(column, column.round(), rtol=0, atol=1e-3)
    scale = PLAIN.fx / crop.camera.fx
    off = (column - PLAIN.project(crop.camera.rays())[..., 0]).abs()
    assert float(off.max()) <= 0.5 * scale + 1e-3


def test_points_of_the_crop_lie_on_the_object() -> None:
    model, pose = onboarded("painted_blob"), looking(3)
    scene = make_scene(model.mesh, pose)
    crop = crop_frame(scene.frame, scene.mask, 500)
    points = SE3(pose.wxyz_xyz).inverse().apply_points(crop.points()[crop.mask])
    nearest = torch.cdist(points, model.surface.cloud.points).amin(1)
    assert float(nearest.mean()) < 0.02 * model.diameter
    assert int(crop.mask.sum()) == int(scene.mask.sum())


def test_the_mask_keeps_its_margin_and_the_crop_is_square() -> None:
    crop = crop_frame(addressed_frame(PLAIN), patch(90, 90, 150, 110), 500)
    rows, columns = crop.mask.nonzero().unbind(-1)
    side = 60
    assert crop.rgb.shape == (crop.size, crop.size, 3)
    assert int(columns.min()) >= MARGIN * side - 1 and int(rows.min()) >= MARGIN * side - 1
    assert crop.size - 1 - int(columns.max()) >= MARGIN * side - 1
    assert int(crop.mask.sum()) == 60 * 20


def test_what_the_frame_does_not_cover_is_empty() -> None:
    crop = crop_frame(addressed_frame(PLAIN), patch(0, 0, 30, 30), 500)
    assert not bool(crop.inside.all()) and bool(crop.inside[crop.mask].all())
    assert bool((crop.depth[~crop.inside] == 0).all() and (crop.rgb[~crop.inside] == 0).all())
    torch.testing.assert_close(
        addresses(crop)[crop.inside], PLAIN.project(crop.camera.rays())[crop.inside], rtol=0, atol=1e-3
    )


@pytest.mark.parametrize("place", [(0, 0), (WIDTH - 1, HEIGHT - 1), (120, 100)])
def test_a_mask_of_one_pixel_can_be_cropped(place: tuple[int, int]) -> None:
    mask = patch(*place, place[0] + 1, place[1] + 1)
    crop = crop_frame(addressed_frame(PLAIN), mask, 64)
    assert int(crop.mask.sum()) == 1
    torch.testing.assert_close(
        addresses(crop)[crop.mask][0], torch.tensor(place, dtype=torch.float32), rtol=0, atol=1e-3
    )


def test_a_crop_is_never_enlarged() -> None:
    crop = crop_frame(addressed_frame(PLAIN), patch(90, 70, 120, 100), 500)
    assert crop.smaller(crop.size) is crop and crop.smaller(1000) is crop
    small = crop.smaller(20)
    assert small.size == 20 and small.rgb.shape == (20, 20, 3) and small.depth.shape == (20, 20)


def test_specks_are_no_part_of_the_mask_but_halves_are() -> None:
    left, right = patch(40, 40, 80, 100), patch(100, 40, 130, 100)
    specks = patch(5, 5, 8, 8) | patch(230, 190, 236, 194)
    assert torch.equal(main_part(left | right | specks), left | right)
    assert torch.equal(main_part(specks[:20]), specks[:20])


def test_of_an_object_of_few_pixels_a_speck_is_what_lies_far_off() -> None:
    object_, beside, far = patch(40, 40, 52, 46), patch(58, 41, 63, 46), patch(150, 120, 155, 125)
    assert torch.equal(main_part(object_ | beside | far), object_ | beside)
    # Two parts of one size may be two halves, wherever they lie.
    assert torch.equal(main_part(beside | far), beside | far)
    assert not main_part(torch.zeros_like(far)).any()
