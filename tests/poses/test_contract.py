"""One contract of least squares: the gradient of every residual is that of its cost, and J^T W J its normal.

Every residual is checked through the solver's own step, by central differences. Where a residual compares a
rendering, its rendering is carried along with the twist in place of drawn anew: pixels neither come nor go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest
import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.geometry import SE3, SO3, Camera, NormalEquations
from objpose.poses.align import Alignment
from objpose.poses.on_splats import comparable
from objpose.poses.residuals import (
    Anchor,
    DepthResidual,
    Featuremetric,
    Outline,
    Photometric,
    Posed,
    Residual,
    SplatResidual,
    SplatResidualOptions,
)
from objpose.raster import MeshRender, Pixels
from tests.poses.objects import template_as_query, templates_of
from tests.splatting import pictures

SIZE, DEPTH = 64, 0.5
CAMERA = Camera.from_K([220.0, 0, 31.5, 0, 230.0, 31.5, 0, 0, 1], SIZE, SIZE)
CENTRE = torch.tensor([0.01, -0.02, 0.5])
HOME = SE3.identity((1,)).wxyz_xyz.double()


@dataclass(frozen=True)
class Case:
    problem: Alignment
    params: Tensor  # (1, 7)
    step: float  # of the differences
    close: float  # of the gradient's length: what the differences may be off


def painted(u: Tensor, v: Tensor) -> Tensor:
    waves = [torch.sin(0.11 * u + 0.05 * v), torch.cos(0.13 * v - 0.4), torch.sin(0.09 * (u + v))]
    return 0.5 + 0.3 * torch.stack(waves, dim=-1)


def grid() -> tuple[Tensor, Tensor]:
    v, u = torch.meshgrid(torch.arange(SIZE).double(), torch.arange(SIZE).double(), indexing="ij")
    return u, v


def facing_crop() -> Crop:
    """A painted plane that faces the camera, at DEPTH."""
    everywhere = torch.ones(SIZE, SIZE, dtype=torch.bool)
    inner = torch.zeros_like(everywhere)
    inner[8:-8, 8:-8] = True
    return Crop(painted(*grid()).float(), torch.full((SIZE, SIZE), DEPTH), inner, everywhere, CAMERA)


def carried_plane(cam_from_obj: SE3) -> MeshRender:
    """The plane z = DEPTH of the object frame, its paint as in `facing_crop`, under poses (B,), exactly."""
    rays = CAMERA.rays().double()
    pose = cam_from_obj.to(torch.float64)
    rotation = pose.rotation.matrix()
    normal = rotation[..., 2]
    height = DEPTH + (normal * pose.translation).sum(-1)
    depth = height[:, None, None] / torch.einsum("hwc,bc->bhw", rays, normal)
    points = pose.inverse().apply_points((depth[..., None] * rays).flatten(1, 2).squeeze(0))
    pixels = ((points / points[..., 2:]) @ CAMERA.K.T)[..., :2].view(*depth.shape, 2)
    color = painted(*pixels.unbind(-1))
    normals = -normal[:, None, None].expand(*depth.shape, 3)
    return MeshRender(depth, normals, color=color)


def plane_case(residual: Residual, twist: list[float], step: float, close: float) -> Case:
    problem = Alignment(CENTRE.double(), [(1.0, residual)])
    problem.draw = lambda poses: _stacked([carried_plane(pose[None]) for pose in poses])
    params = problem.retract(HOME, torch.tensor([twist], dtype=torch.float64))
    return Case(problem, params, step, close)


def _stacked(drawn: list[MeshRender]) -> MeshRender:
    names = ("depth", "color", "normals")
    return MeshRender(**{name: torch.cat([getattr(one, name) for one in drawn]) for name in names})


def depth_case() -> Case:
    """Off along the view alone: there a point's distance from the plane is its difference of depth."""
    residual = DepthResidual(facing_crop(), sigma=0.005, reach=0.03)
    return plane_case(residual, [0.0, 0.0, 0.004, 0.0, 0.0, 0.0], 1e-5, 1e-3)


def photometric_case() -> Case:
    crop = facing_crop()
    residual = Photometric(crop, Pixels.of(crop.camera, crop.mask))
    return plane_case(residual, [0.0006, -0.0004, 0.0, 0.0, 0.0, 0.004], 1e-5, 0.1)


def outline_case() -> Case:
    """A disc within a larger one: its outline, carried with the twist over the map of distances."""
    u, v = grid()
    mask = (u - 31.5) ** 2 + (v - 31.5) ** 2 < 20**2
    drawn = ((u - 33.0) ** 2 + (v - 31.0) ** 2 < 17**2) * DEPTH
    outline = CarriedOutline(replace(facing_crop(), mask=mask), drawn.float()[None])
    return Case(Alignment(CENTRE.double(), [(1.0, outline)]), HOME, 1e-6, 1e-3)


class CarriedOutline(Outline):
    """An outline drawn once: its pixels move with the object."""

    def __init__(self, crop: Crop, drawn: Tensor):
        super().__init__(crop, sigma=1.5, reach=12.0)
        self.drawn = drawn

    def system(self, posed: Posed) -> NormalEquations:
        there = [self._carried(pose) for pose in posed.cam_from_obj]
        cost = torch.stack([self._cost(pixels) for pixels in there])
        exact = self.compared(self.drawn, CENTRE[None])
        count = len(posed.pivot)
        return NormalEquations(exact.normal.expand(count, 6, 6), exact.gradient.expand(count, 6), cost)

    def _carried(self, pose: SE3) -> Tensor:
        inner = -torch.nn.functional.max_pool2d(-self.drawn[None], (3, 1), 1, (1, 0))
        inner = torch.minimum(inner, -torch.nn.functional.max_pool2d(-self.drawn[None], (1, 3), 1, (0, 1)))[
            0, 0
        ]
        row, column = ((self.drawn[0] > 0) & (inner == 0)).nonzero().unbind(-1)
        points = DEPTH * self.border.rays[row, column].double()
        moved = pose.apply_points(points)
        off = ((moved / moved[:, 2:]) @ self.border.K.double().T)[:, :2] - torch.stack([column, row], dim=-1)
        down, right = self.border.slope[row, column].double().unbind(-1)
        return self.border.distance[row, column].double() + off[:, 0] * right + off[:, 1] * down

    def _cost(self, distance: Tensor) -> Tensor:
        residual, limit = distance / self.border.sigma, self.border.reach / self.border.sigma
        share = torch.where(residual > 0, 0.5, 1.0)
        return (share * limit**2 / 6 * (1 - (1 - (residual / limit) ** 2).clamp_min(0) ** 3)).mean()


def featuremetric_case() -> Case:
    query, patches, truth = template_as_query("painted_blob", 57)
    templates = templates_of("painted_blob")
    residual = Featuremetric(templates, torch.full((12,), 57), patches, query)
    for member in ("points", "descriptors", "map", "K"):
        setattr(residual, member, getattr(residual, member).double())
    problem = Alignment(templates.views.centre.double(), [(1.0, residual)])
    twist = torch.tensor([[0.003, -0.002, 0.004, 0.05, -0.03, 0.04]], dtype=torch.float64)
    return Case(problem, problem.retract(truth.wxyz_xyz[None].double(), twist), 1e-7, 1e-3)


def anchor_case() -> Case:
    turned = SO3.exp(torch.tensor([[0.2, -0.1, 0.15]], dtype=torch.float64))
    start = SE3.from_rotation_translation(SO3.exp([[0.4, 1.0, -0.3]]), torch.tensor([[0.0, 0.0, 0.5]]))
    at = SE3.from_rotation_translation(start.rotation.to(torch.float64) @ turned, start.translation.double())
    start = SE3(start.wxyz_xyz.expand(12, 7))
    return Case(Alignment(CENTRE.double(), [(1.0, Anchor(start, 0.3, 0.5))]), at.wxyz_xyz, 1e-6, 1e-5)


class SameLight(SplatResidual):
    """Where light and weights stay as they are at one pose: the solver fits and counts them anew."""

    def __init__(self, *args: object, at: SE3):
        super().__init__(*args)
        posed = Posed(at, self.centre)
        self.kept: dict = {}
        self.system(posed)

    def relit(self, color: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
        light = self.kept.setdefault("light", super().relit(color, alpha))
        return tuple(part[:1].expand(len(color), *part.shape[1:]) for part in light)

    def outside(self, depth: Tensor) -> Tensor:
        return self.kept.setdefault("outside", super().outside(depth))[:1].expand(depth.shape)


def splat_case(with_depth: bool) -> Case:
    splats = pictures.blob_splats()
    crop = pictures.picture(splats, pictures.TRUTH, with_depth)
    at = pictures.disturbed(splats, 2.0, 0.002)[None]
    # Beyond the mask colours are compared with themselves, which only the given pose's are.
    options = SplatResidualOptions(outside_weight=0.0)
    residual = SameLight(comparable(splats, pictures.TRUTH), crop, options, at=at)
    problem = Alignment(residual.centre, [(1.0, residual)])
    return Case(problem, at.wxyz_xyz, 3e-4, 0.05)


CASES: dict[str, Callable[[], Case]] = {
    "depth": depth_case,
    "colour": photometric_case,
    "outline": outline_case,
    "features": featuremetric_case,
    "anchor": anchor_case,
    "splats": partial(splat_case, False),
    "splats and depth": partial(splat_case, True),
}


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_that_of_the_cost(name: str) -> None:
    case = CASES[name]()
    moves = case.step * torch.eye(6).to(case.params)
    there = case.problem.retract(case.params.expand(12, 7), torch.cat([moves, -moves]))
    ahead, behind = case.problem.linearize(there).cost.chunk(2)
    found = case.problem.linearize(case.params.expand(12, 7)).gradient[0]
    expected = (ahead - behind) / (2 * case.step)
    # Shifts in tenths of a metre and turns in radians are of one size.
    scale = torch.tensor([0.1] * 3 + [1.0] * 3).to(found)
    assert float((expected * scale).norm()) > 0
    assert float(((found - expected) * scale).norm()) < case.close * float((expected * scale).norm())


def test_residuals_add_up_by_their_weights() -> None:
    one, other = photometric_case().problem, depth_case().problem
    both = Alignment(one.centre, [(2.0, one.residuals[0][1]), (0.5, other.residuals[0][1])])
    both.draw = one.draw
    at = photometric_case().params
    alone = [problem.linearize(at) for problem in (one, other)]
    for whole, first, second in zip(both.linearize(at), *alone, strict=True):
        torch.testing.assert_close(whole, 2.0 * first + 0.5 * second)
