"""Outline residuals: their gradient against finite differences, their reach, and what each side weighs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.geometry import SE3, Camera, moved_about
from objpose.poses.residuals import Outline
from objpose.raster import render_mesh
from objpose.raster.constants import OUTSIDE_WEIGHT
from tests.poses.objects import crop_of
from tests.synthetic import about_centre, looking, onboarded, twists

SIZE, RADIUS = 96, 30.0
CAMERA = Camera.from_K([400.0, 0, 47.5, 0, 400.0, 47.5, 0, 0, 1], SIZE, SIZE)
PIVOT = torch.tensor([[0.0, 0.0, 0.5]])


def disc(radius: float, column: float = 47.5, row: float = 47.5) -> Tensor:
    v, u = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    return (u - column) ** 2 + (v - row) ** 2 < radius**2


def disc_crop() -> Crop:
    mask = disc(RADIUS)
    everywhere = torch.ones_like(mask)
    return Crop(torch.zeros(SIZE, SIZE, 3), torch.zeros(SIZE, SIZE), mask, everywhere, CAMERA)


def rendered(mask: Tensor, depth: float = 0.5) -> Tensor:
    return depth * mask[None].float()


def outline_of(name: str, truth: SE3) -> Outline:
    crop = crop_of(onboarded(name).mesh, truth)
    return Outline(crop, sigma=0.015 * crop.size, reach=0.2 * crop.size)


def depth_of(name: str, pose: SE3, like: Outline) -> Tensor:
    size = like.border.distance.shape[0]
    return render_mesh(onboarded(name).mesh, pose, like.border.K, size, size, outputs=("depth",)).depth


def carried_cost(residual: Outline, depth: Tensor, pose: SE3, centre: Tensor, twist: Tensor) -> Tensor:
    """The cost were the outline's pixels drawn on the object: they move with the twist, none come or go."""
    outline, pixels = residual.border, (depth[0] > 0).nonzero()
    inner = torch.nn.functional.pad(depth[0] > 0, (1, 1, 1, 1), value=True)
    row, column = pixels.unbind(-1)
    four = torch.stack(
        [
            inner[row, column + 1],
            inner[row + 2, column + 1],
            inner[row + 1, column],
            inner[row + 1, column + 2],
        ]
    )
    row, column = pixels[~four.all(0)].unbind(-1)
    points = (depth[0, row, column][:, None] * outline.rays[row, column]).double()
    moved = SE3(moved_about(centre.double(), pose.wxyz_xyz.double()[None], twist[None]))[0]
    points = moved.apply_points(pose.to(torch.float64).inverse().apply_points(points))
    pixels = ((points / points[:, 2:]) @ outline.K.double().mT)[:, :2]
    off = pixels - torch.stack([column, row], dim=-1)
    down, right = outline.slope[row, column].double().unbind(-1)
    off_border = (outline.distance[row, column] + off[:, 0] * right + off[:, 1] * down) / outline.sigma
    limit = outline.reach / outline.sigma
    share = torch.where(off_border > 0, OUTSIDE_WEIGHT, 1.0)
    worst = limit**2 / 6
    return (share * worst * (1 - (1 - (off_border / limit).square()).clamp_min(0) ** 3)).mean()


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug"])
def test_the_gradient_is_that_of_the_cost_of_a_carried_outline(name: str) -> None:
    """Where no pixel enters or leaves the outline: central differences of the cost, pixel by pixel."""
    model, truth = onboarded(name), looking(11)
    outline, centre = outline_of(name, truth), model.mesh.bounds().mean(0)
    pose = about_centre(model, truth, twists(1, 0.05 * model.diameter, 0.1))[0]
    depth = depth_of(name, pose[None], outline)
    found = outline.compared(depth, pose.apply(centre)[None])
    steps = 1e-6 * torch.eye(6, dtype=torch.float64)
    cost = [
        [carried_cost(outline, depth, pose, centre, sign * step) for step in steps] for sign in (1.0, -1.0)
    ]
    slope = torch.tensor([(ahead - behind) / 2e-6 for ahead, behind in zip(*cost, strict=True)])
    assert float(found.cost) == pytest.approx(
        float(carried_cost(outline, depth, pose, centre, 0 * steps[0])), rel=1e-4
    )
    scale = torch.tensor([model.diameter] * 3 + [1.0] * 3)
    gap = (found.gradient[0] - slope) * scale
    assert float(gap.norm()) < 0.01 * float((slope * scale).norm())


@pytest.mark.parametrize("name", ["painted_blob", "mug"])
def test_the_gradient_points_where_the_rendered_cost_rises(name: str) -> None:
    """Steps of a pixel and more, the outline drawn anew: shifts across the view and turns within it."""
    model, truth = onboarded(name), looking(11)
    outline, centre = outline_of(name, truth), model.mesh.bounds().mean(0)
    pose = about_centre(model, truth, twists(1, 0.05 * model.diameter, 0.1))[0]
    found = outline.compared(depth_of(name, pose[None], outline), pose.apply(centre)[None]).gradient[0]
    axes = [0, 1, 5]
    moves = torch.diag(torch.tensor([0.02 * model.diameter] * 3 + [0.05] * 3))[axes]
    moved = SE3(moved_about(centre, pose.wxyz_xyz.expand(6, 7), torch.cat([moves, -moves])))
    forward, backward = outline.compared(depth_of(name, moved, outline), moved.apply(centre)).cost.chunk(2)
    step = moves.amax(-1)
    expected = forward - backward
    assert float(torch.cosine_similarity(found[axes] * step, expected, dim=0)) > 0.9


def test_the_masks_own_outline_costs_nothing_and_pulls_nowhere() -> None:
    found = Outline(disc_crop(), 1.5, 10.0).compared(rendered(disc(RADIUS)), PIVOT)
    assert float(found.cost) == 0.0 and float(found.gradient.abs().max()) == 0.0
    assert float(found.normal.abs().max()) > 0


def test_a_larger_and_a_smaller_outline_are_drawn_to_the_mask() -> None:
    """Too near is pushed away, too far drawn near; and beyond the mask counts by OUTSIDE_WEIGHT."""
    outline = Outline(disc_crop(), 1.5, 10.0)
    larger, smaller = (outline.compared(rendered(disc(RADIUS + off)), PIVOT) for off in (4.0, -4.0))
    assert float(larger.gradient[0, 2]) < 0 < float(smaller.gradient[0, 2])
    assert float(larger.cost / smaller.cost) == pytest.approx(OUTSIDE_WEIGHT, rel=0.1)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_shifted_outline_is_drawn_back(axis: int) -> None:
    outline = Outline(disc_crop(), 1.5, 10.0)
    shift = [47.5 + 4.0 * (axis == 0), 47.5 + 4.0 * (axis == 1)]
    gradient = outline.compared(rendered(disc(RADIUS, *shift)), PIVOT).gradient[0, :3]
    assert float(gradient[axis]) > 0
    assert float(gradient[1 - axis].abs()) < 0.1 * float(gradient[axis])


def test_outlines_out_of_reach_are_left_alone() -> None:
    outline = Outline(disc_crop(), 1.5, 5.0)
    found = outline.compared(rendered(disc(RADIUS - 12)), PIVOT)
    assert float(found.gradient.abs().max()) == 0.0 == float(found.normal.abs().max())
    limit = 5.0 / 1.5
    assert float(found.cost) == pytest.approx(limit**2 / 6)


def test_an_occluded_side_pulls_no_farther_than_the_reach() -> None:
    """The mask lacks a quarter: the outline there is out of reach, and the rest stays where it is."""
    crop = disc_crop()
    cut = crop.mask.clone()
    cut[:, :32] = False
    whole, hidden = (Outline(replace(crop, mask=m), 1.5, 6.0) for m in (crop.mask, cut))
    shifted = rendered(disc(RADIUS, column=50.5))
    one, other = (o.compared(shifted, PIVOT) for o in (whole, hidden))
    assert float(one.gradient[0, 0]) > 0 and float(other.gradient[0, 0]) > 0
    home = hidden.compared(rendered(disc(RADIUS)), PIVOT)
    assert float(home.gradient[0, 0].abs()) < 0.35 * float(other.gradient[0, 0])


def test_what_the_frame_does_not_cover_says_nothing() -> None:
    crop = disc_crop()
    seen = torch.ones_like(crop.inside)
    seen[:, 60:] = False
    beyond = Outline(replace(crop, mask=crop.mask & seen, inside=seen), 1.5, 10.0)
    found = beyond.compared(rendered(disc(RADIUS)), PIVOT)
    pushed = beyond.compared(rendered(disc(RADIUS) | disc(RADIUS, column=60.0) & ~seen), PIVOT)
    torch.testing.assert_close(found.gradient, pushed.gradient, rtol=0, atol=1e-3)


def test_an_outline_behind_another_mask_is_pulled_nowhere() -> None:
    """A quarter is covered: home stays home, and what is drawn there may lie anywhere."""
    crop = disc_crop()
    covered = torch.zeros_like(crop.mask)
    covered[:, :32] = True
    hidden = Outline(replace(crop, mask=crop.mask & ~covered, covered=covered), 1.5, 10.0)
    home = hidden.compared(rendered(disc(RADIUS)), PIVOT)
    assert float(home.gradient.abs().max()) == 0.0 == float(home.cost)
    longer = hidden.compared(rendered(disc(RADIUS) | disc(RADIUS, column=30.0) & covered), PIVOT)
    torch.testing.assert_close(longer.gradient, home.gradient, rtol=0, atol=1e-3)
    short = hidden.compared(rendered(disc(RADIUS) & ~disc(8.0, column=34.0)), PIVOT)
    assert float(short.cost) > 0.0  # within the mask the object must be, at an occluder too


def test_an_object_that_fills_the_crop_has_no_outline_at_its_edge() -> None:
    crop = disc_crop()
    full = Outline(replace(crop, mask=torch.ones_like(crop.mask)), 1.5, 10.0)
    found = full.compared(torch.full((1, SIZE, SIZE), 0.5), PIVOT)
    assert float(found.gradient.abs().max()) == 0.0


def test_an_empty_rendering_costs_the_most_and_pulls_nowhere() -> None:
    """Else a step that leads the object out of the picture would seem the best of all."""
    outline = Outline(disc_crop(), 1.5, 5.0)
    out_of_reach = outline.compared(rendered(disc(RADIUS - 12)), PIVOT)
    found = outline.compared(torch.zeros(1, SIZE, SIZE), PIVOT)
    assert float(found.gradient.abs().max()) == 0.0 == float(found.normal.abs().max())
    assert float(found.cost) >= 0.999 * float(out_of_reach.cost)


def test_poses_are_measured_one_by_one() -> None:
    outline = Outline(disc_crop(), 1.5, 10.0)
    masks = [disc(RADIUS + 3), disc(0.0), disc(RADIUS, 44.0), disc(RADIUS - 12)]
    depth = torch.cat([rendered(mask, 0.4 + 0.1 * i) for i, mask in enumerate(masks)])
    together = outline.compared(depth, PIVOT.expand(4, 3))
    for i in range(4):
        alone = outline.compared(depth[i : i + 1], PIVOT)
        for whole, part in zip(together, alone, strict=True):
            torch.testing.assert_close(whole[i], part[0], rtol=1e-4, atol=1e-2)
