"""Photos made in batches: crops show the points they claim to, cut as the package cuts; a seed repeats."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
import torch
from torch import Tensor

from objpose.geometry import SO3
from training.mini.clutter import boxes
from training.mini.exposures import FILL, FRAME, SIZE, Photos, cut, photographed
from training.mini.faults import blurred
from training.mini.stock import GrowingStock, Stock, Views, draw_views, framed, make_stock

COUNT, EACH = 5, 4
SPAN = 90.0


@pytest.fixture(scope="module")
def stock() -> Stock:
    return make_stock(COUNT, 7, torch.device("cpu"))


def drawn(stock: Stock) -> tuple[Tensor, Tensor, Tensor, Views]:
    which = torch.arange(COUNT * EACH) % COUNT
    rotations = SO3.random((len(which),), generator=torch.Generator().manual_seed(0)).matrix().float()
    away, span = torch.full((len(which),), 4.0), torch.full((len(which),), SPAN)
    cam_from_obj, K = framed(stock, which, rotations, away, span, FRAME)
    return which, cam_from_obj, K, draw_views(stock, which, cam_from_obj, K, FRAME)


@pytest.fixture(scope="module")
def photos(stock: Stock) -> Photos:
    return photographed(drawn(stock)[3], torch.Generator().manual_seed(0))


def test_outlines_fill_what_they_are_asked_to(stock: Stock):
    low, high = boxes(drawn(stock)[3].mask)
    longer, middle = (high - low).amax(1) + 1, (low + high) / 2
    assert float((longer - SPAN).abs().max()) < 3
    assert float((middle - (FRAME - 1) / 2).abs().max()) < 2


def test_points_are_seen_where_they_are_drawn(stock: Stock):
    _, cam_from_obj, K, views = drawn(stock)
    seen = cam_from_obj[:, :, :3] @ views.points.flatten(2) + cam_from_obj[:, :, 3:]
    pixels = K @ (seen / seen[:, 2:])
    row, column = torch.meshgrid(torch.arange(FRAME), torch.arange(FRAME), indexing="ij")
    offset = pixels[:, :2] - torch.stack([column, row]).flatten(1)
    assert float(offset.abs().amax(1)[views.mask.flatten(1)].max()) < 0.02


def test_the_order_of_things_does_not_matter(stock: Stock):
    which, cam_from_obj, K, views = drawn(stock)
    order = torch.randperm(len(which), generator=torch.Generator().manual_seed(1))
    again = draw_views(stock, which[order], cam_from_obj[order], K[order], FRAME)
    for one, other in zip(views.rows(order), again, strict=True):
        assert torch.equal(one, other)


def test_masks_fill_crops_as_templates_do(photos: Photos):
    low, high = boxes(photos.mask)
    assert float(((high - low).amax(1) + 1 - FILL * SIZE).abs().max()) < 4
    assert float(((low + high) / 2 - (SIZE - 1) / 2).abs().max()) < 3


def test_crops_show_the_points_that_their_windows_name(stock: Stock, photos: Photos):
    """Projected with the frame's camera and carried into the crop, up to the nearest pixel of the frame."""
    _, cam_from_obj, K, _ = drawn(stock)
    seen = cam_from_obj[:, :, :3] @ photos.points.flatten(2) + cam_from_obj[:, :, 3:]
    in_frame = (K @ (seen / seen[:, 2:]))[:, :2]
    in_crop = (in_frame - photos.window[:, :2, None]) / photos.window[:, 2:, None]
    row, column = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    offset = (in_crop - torch.stack([column, row]).flatten(1)).abs().amax(1)
    allowed = (0.52 / photos.window[:, 2:]).expand(-1, SIZE * SIZE)
    shown = photos.visible.flatten(1)
    assert bool((offset <= allowed)[shown].all())
    assert float(shown.float().mean()) > 0.1


def test_masks_are_about_right_and_never_exact(photos: Photos):
    both, either = photos.mask & photos.visible, photos.mask | photos.visible
    share = both.sum((1, 2)) / either.sum((1, 2))
    assert 0.75 < float(share.mean()) < 0.99
    assert float(share.max()) < 1


def test_a_seed_repeats_and_another_differs(stock: Stock, photos: Photos):
    views = drawn(stock)[3]
    again, other = (photographed(views, torch.Generator().manual_seed(seed)) for seed in (0, 1))
    assert torch.equal(photos.image, again.image) and torch.equal(photos.mask, again.mask)
    assert float((photos.image - other.image).abs().mean()) > 0.05


@pytest.mark.slow("starts two processes, each of which imports torch")
def test_processes_make_the_same_things(stock: Stock):
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        other = GrowingStock(COUNT, 7, torch.device("cpu"), pool).whole()
    for one, another in zip(stock.meshes, other.meshes, strict=True):
        assert torch.equal(one.vertices, another.vertices)
    assert all(torch.equal(one, another) for one, another in zip(stock[1:], other[1:], strict=True))


def test_whole_pixels_are_cut_out_as_they_are():
    images = torch.rand(1, 3, FRAME + 32, FRAME + 32, generator=torch.Generator().manual_seed(0))
    window = torch.tensor([[5.0, 9.0, 1.0]])
    torch.testing.assert_close(cut(images, window, "bilinear"), images[:, :, 9 : 9 + SIZE, 5 : 5 + SIZE])


def test_blurs_keep_the_sum_and_have_their_width():
    dot = torch.zeros(2, 1, 64, 64)
    dot[:, :, 30, 33] = 1
    sigma = torch.tensor([[1.0, 2.0], [3.0, 0.8]])
    spread = blurred(dot, sigma, 21)[:, 0]
    torch.testing.assert_close(spread.sum((1, 2)), torch.ones(2))
    axis = torch.arange(64.0)
    columns = (spread.sum(1) * (axis - 33).square()).sum(-1).sqrt()
    rows = (spread.sum(2) * (axis - 30).square()).sum(-1).sqrt()
    torch.testing.assert_close(torch.stack([columns, rows], 1), sigma, atol=0.05, rtol=0)
