"""Edge residuals: outlines are drawn to the edges beside them, and to no others' masks."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.geometry import SE3, Camera, moved_about
from objpose.poses.by_picture import aligned, on_edges, picture_edges
from objpose.poses.residuals import Edges
from objpose.poses.rgb import RGBOptions
from objpose.raster import render_mesh
from tests.poses.objects import crop_of
from tests.synthetic import about_centre, looking, onboarded, twists

SIZE, RADIUS = 96, 30.0
CAMERA = Camera.from_K([400.0, 0, 47.5, 0, 400.0, 47.5, 0, 0, 1], SIZE, SIZE)
PIVOT = torch.tensor([[0.0, 0.0, 0.5]])
BAND, REACH = 8.0, 2.0


def disc(radius: float, column: float = 47.5, row: float = 47.5) -> Tensor:
    v, u = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    return (u - column) ** 2 + (v - row) ** 2 < radius**2


def disc_crop(contrast: float = 0.4) -> Crop:
    mask = disc(RADIUS)
    rgb = 0.3 + contrast * mask[..., None].float().expand(SIZE, SIZE, 3)
    return Crop(rgb, torch.zeros(SIZE, SIZE), mask, torch.ones_like(mask), CAMERA)


def rendered(mask: Tensor, depth: float = 0.5) -> Tensor:
    return depth * mask[None].float()


def test_an_outline_on_its_edges_costs_least_and_is_pulled_nowhere() -> None:
    edges = Edges(disc_crop(), BAND, REACH)
    home = edges.compared(rendered(disc(RADIUS)), PIVOT)
    away = [edges.compared(rendered(disc(RADIUS + off)), PIVOT) for off in (-3.0, 3.0)]
    assert float(home.cost) < min(float(other.cost) for other in away)
    pulls = min(float(other.gradient[0, 2].abs()) for other in away)
    assert float(home.gradient[0, :3].abs().max()) < 0.15 * pulls


def test_a_larger_and_a_smaller_outline_are_drawn_to_the_edges() -> None:
    """Too near is pushed away, too far drawn near."""
    edges = Edges(disc_crop(), BAND, REACH)
    larger, smaller = (edges.compared(rendered(disc(RADIUS + off)), PIVOT) for off in (3.0, -3.0))
    assert float(larger.gradient[0, 2]) < 0 < float(smaller.gradient[0, 2])


@pytest.mark.parametrize("axis", [0, 1])
def test_a_shifted_outline_is_drawn_back(axis: int) -> None:
    edges = Edges(disc_crop(), BAND, REACH)
    place = [47.5 + 3.0 * (axis == 0), 47.5 + 3.0 * (axis == 1)]
    gradient = edges.compared(rendered(disc(RADIUS, *place)), PIVOT).gradient[0, :3]
    assert float(gradient[axis]) > 0
    assert float(gradient[1 - axis].abs()) < 0.1 * float(gradient[axis])


def test_without_edges_nothing_is_pulled_and_nothing_gained() -> None:
    found = Edges(disc_crop(0.0), BAND, REACH).compared(rendered(disc(RADIUS + 2)), PIVOT)
    assert float(found.gradient.abs().max()) == 0.0 == float(found.cost)
    empty = Edges(disc_crop(), BAND, REACH).compared(torch.zeros(1, SIZE, SIZE), PIVOT)
    assert float(empty.gradient.abs().max()) == 0.0 == float(empty.cost)


def test_edges_of_what_hides_the_object_pull_nothing() -> None:
    """Where another mask lies, and where the mask ends far from the drawn outline."""
    crop = disc_crop()
    hiding = torch.zeros_like(crop.mask)
    hiding[:, :40] = True
    rgb = torch.where(hiding[..., None], 0.9, crop.rgb)
    cut = replace(crop, rgb=rgb, mask=crop.mask & ~hiding)
    known = Edges(replace(cut, covered=hiding), BAND, REACH)
    home = known.compared(rendered(disc(RADIUS)), PIVOT)
    longer = known.compared(rendered(disc(RADIUS) | disc(RADIUS, column=44.0) & hiding), PIVOT)
    guessed = Edges(cut, BAND, REACH).compared(rendered(disc(RADIUS)), PIVOT)
    away = Edges(cut, BAND, REACH).compared(rendered(disc(RADIUS, column=50.5)), PIVOT)
    for found in (home, longer):
        assert float(found.gradient[0, :3].norm()) < 0.06 * float(away.gradient[0, 0])
    assert float(guessed.gradient[0, 0].abs()) < 0.35 * float(away.gradient[0, 0])


@pytest.mark.parametrize("name", ["painted_blob", "mug"])
def test_the_gradient_points_where_the_rendered_cost_rises(name: str) -> None:
    model, truth = onboarded(name), looking(11)
    crop, centre = crop_of(model.mesh, truth), model.mesh.bounds().mean(0)
    edges = Edges(crop, 0.2 * crop.size, REACH)
    pose = about_centre(model, truth, twists(1, 0.02 * model.diameter, 0.03))[0]

    def compared(poses: SE3) -> tuple[Tensor, Tensor]:
        depth = render_mesh(model.mesh, poses, crop.K, crop.size, crop.size, outputs=("depth",)).depth
        found = edges.compared(depth, poses.apply(centre))
        return found.cost, found.gradient

    axes = [0, 1, 2]
    moves = torch.diag(torch.tensor([0.02, 0.02, 0.04]) * model.diameter)
    moves = torch.cat([moves, torch.zeros(3, 3)], dim=1)
    forward, _ = compared(SE3(moved_about(centre, pose.wxyz_xyz.expand(3, 7), moves)))
    backward, _ = compared(SE3(moved_about(centre, pose.wxyz_xyz.expand(3, 7), -moves)))
    _, gradient = compared(pose[None])
    step = moves.amax(-1)
    assert float(torch.cosine_similarity(gradient[0, axes] * step, forward - backward, dim=0)) > 0.9


def test_a_careless_mask_misleads_less_where_the_picture_has_edges() -> None:
    """The mask is a pixel too wide all around: the object seems nearer by three per cent."""
    model, options = onboarded("painted_blob"), RGBOptions()
    centre = model.mesh.bounds().mean(0)
    for seed in (1, 2, 3):
        truth = looking(seed)
        crop = crop_of(model.mesh, truth, 160)
        wide = torch.nn.functional.max_pool2d(crop.mask[None, None].float(), 3, 1, 1)[0, 0] > 0
        careless = replace(crop, mask=wide)
        start = about_centre(model, truth, twists(1, 0.03 * model.diameter, 0.03, seed))
        edges = picture_edges(careless, options.align)
        moves = (
            on_edges(model.mesh, careless, edges, options.last, options.align),
            aligned(model.mesh, careless, options.last),
        )
        found = SE3.cat([move(start) for move in moves])
        off = (found.apply(centre).norm(dim=-1) / truth.apply(centre).norm() - 1).abs()
        assert float(off[1]) > 0.02
        assert float(off[0]) < 0.6 * float(off[1])
