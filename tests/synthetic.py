"""Scenes with known truth: an object before a wall, with the flaws of depth cameras and segmenters."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from objpose.estimator import PoseEstimate
from objpose.frame import Frame
from objpose.geometry import SE3, SO3, Camera, Mesh
from objpose.objects import ObjectModel
from objpose.onboarding import onboard
from objpose.raster import render_mesh
from tests.geometry.shapes import box, lathe, mug
from tests.kept import made_once

WIDTH, HEIGHT = 320, 240
CAMERA = Camera.from_K([300.0, 0, 160.3, 0, 301.0, 118.6, 0, 0, 1], WIDTH, HEIGHT)
BACKGROUND_DEPTH = 0.9  # metres
WALL = torch.tensor([0.45, 0.42, 0.38])
TILE = 16  # pixels
LEFT, RIGHT = torch.tensor([-0.09, 0.0, 0.0]), torch.tensor([0.09, 0.02, 0.0])  # of two objects side by side


@dataclass(frozen=True, eq=False)
class Scene:
    frame: Frame
    mask: Tensor  # (H, W) bool, what a segmenter would give
    cam_from_obj: SE3  # the truth


@dataclass(frozen=True)
class Flaws:
    noise: float = 0.0  # of a depth, standard deviation, metres
    holes: float = 0.0  # share of the depth that is missing
    border: int = 0  # pixels that the mask is too wide
    neighbour: bool = False  # a ball before the object's edge, half inside the mask
    clutter: bool = False  # tiles of many dull colours on the wall, by seed


CLEAN = Flaws()
REAL = Flaws(noise=0.001, holes=0.1, border=2, neighbour=True)


def printed_box() -> Mesh:
    """A box whose half turns only its print tells apart."""
    solid = box(0.12, 0.08, 0.05)
    quads = solid.faces.reshape(6, 6)[:, [0, 1, 2, 5]]
    cell = torch.tensor([[0.02, 0.02], [0.98, 0.02], [0.98, 0.98], [0.02, 0.98]])
    corner = torch.tensor([[i % 3, i // 3] for i in range(6)])
    uvs = (corner[:, None] + cell) / torch.tensor([3, 2])
    patches = np.random.default_rng(1).integers(30, 226, (8, 12, 3), dtype=np.uint8)
    start = 4 * torch.arange(6)[:, None]
    faces = torch.cat([start + torch.tensor([0, 1, 2]), start + torch.tensor([0, 2, 3])])
    texture = patches.repeat(16, axis=0).repeat(16, axis=1)
    return Mesh(solid.vertices[quads].reshape(-1, 3), faces, uvs=uvs.reshape(-1, 2), texture=texture)


def painted_blob() -> Mesh:
    """A smooth lump without symmetry, in soft colours."""
    turns = np.linspace(-math.pi / 2, math.pi / 2, 24)
    ball = lathe([(0.05 * math.cos(t), 0.05 * math.sin(t)) for t in turns], 48)
    x, y, z = ball.vertices.unbind(-1)
    swell = 1 + 0.3 * torch.sin(40 * x) + 0.2 * torch.cos(60 * y + 1) + 4 * z + 60 * x * y
    waves = torch.stack([torch.sin(50 * y), torch.cos(45 * z), torch.sin(60 * x + 20 * z)], dim=-1)
    return Mesh(ball.vertices * swell[:, None], ball.faces, vertex_colors=0.5 + 0.35 * waves)


def can() -> Mesh:
    """A plain bottle: free to turn about z, but not to be stood on its head."""
    return lathe([(0, -0.06), (0.03, -0.06), (0.03, 0.01), (0.015, 0.04), (0.015, 0.06), (0, 0.06)], 48)


MESHES = {"printed_box": printed_box, "painted_blob": painted_blob, "can": can, "mug": mug}


@functools.cache
def onboarded(name: str) -> ObjectModel:
    """An object of MESHES, onboarded once for all tests, and what is made of it kept for all."""

    def make(folder: Path) -> None:
        onboard(MESHES[name](), name, units="m", out=folder, progress=False)

    return ObjectModel.load(made_once(f"onboarded-{name}", make) / name)


def looking(seed: int, distance: float = 0.45) -> SE3:
    """Some cam_from_obj with the object well inside the image."""
    generator = torch.Generator().manual_seed(seed)
    shift = (torch.rand(3, generator=generator) - 0.5) * 0.1
    return SE3.from_rotation_translation(SO3.random((), generator), shift + torch.tensor([0, 0, distance]))


def make_scene(mesh: Mesh, cam_from_obj: SE3, flaws: Flaws = CLEAN, seed: int = 0) -> Scene:
    """The object before a wall."""
    rng = np.random.default_rng(seed)
    drawn = render_mesh(
        mesh, cam_from_obj, CAMERA.K, WIDTH, HEIGHT, outputs=("depth", "color"), supersample=2
    )
    visible = drawn.mask[0]
    wall = torch.full((HEIGHT, WIDTH), BACKGROUND_DEPTH)
    depth = torch.where(visible, drawn.depth[0], wall)
    behind = _tiles(rng) if flaws.clutter else WALL
    rgb = torch.where(visible[..., None], drawn.color[0], behind)
    mask = _grown(visible, flaws.border)
    if flaws.neighbour:
        before = _ball_at_the_edge(visible, float(drawn.depth[0][visible].min()))
        depth = torch.where(before > 0, before, depth)
        rgb = torch.where((before > 0)[..., None], torch.tensor([0.2, 0.5, 0.25]), rgb)
    depth = depth + flaws.noise * torch.from_numpy(rng.normal(size=depth.shape)).float()
    depth = depth * torch.from_numpy(rng.uniform(size=depth.shape) >= flaws.holes)
    return Scene(Frame((rgb * 255).round().to(torch.uint8), CAMERA, depth), mask, cam_from_obj)


def _tiles(rng: np.random.Generator) -> Tensor:
    """(H, W, 3) of colours."""
    tiles = torch.from_numpy(rng.uniform(0.2, 0.55, (HEIGHT // TILE, WIDTH // TILE, 3))).float()
    return tiles.repeat_interleave(TILE, 0).repeat_interleave(TILE, 1)


def _grown(mask: Tensor, pixels: int) -> Tensor:
    if pixels == 0:
        return mask
    return torch.from_numpy(ndimage.binary_dilation(mask.numpy(), iterations=pixels))


def _ball_at_the_edge(visible: Tensor, nearest: float) -> Tensor:
    """(H, W) depth of a ball centred before the leftmost pixel of the object, 0 elsewhere."""
    row, column = visible.nonzero()[visible.nonzero()[:, 1].argmin()].tolist()
    radius = 0.1 * visible.sum().sqrt() * nearest / CAMERA.fx
    centre = CAMERA.unproject(torch.tensor([float(column), float(row)]), nearest - radius)
    v, u = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    pixel = CAMERA.project(centre)
    across = ((u - pixel[0]) ** 2 + (v - pixel[1]) ** 2).sqrt() * centre[2] / CAMERA.fx
    bulge = (radius**2 - across**2).clamp_min(0).sqrt()
    return torch.where(across < radius, centre[2] - bulge, 0.0)


def surface_error(model: ObjectModel, found: SE3, truth: SE3) -> float:
    """BOP's MSSD, in diameters: the largest displacement of a surface point, under the best symmetry."""
    points = model.surface.cloud.points[::10]
    equals = truth.apply_points(model.symmetry.transforms(model.diameter).apply_points(points))
    return float((found.apply_points(points) - equals).norm(dim=-1).amax(-1).min()) / model.diameter


def joined_scene(first: Scene, second: Scene) -> tuple[Frame, Tensor, Tensor]:
    """Two scenes as one frame, what is nearer in front, and the masks of both objects."""
    depths = torch.stack([first.frame.depth, second.frame.depth])
    behind = torch.where(depths > 0, depths, torch.inf).argmin(0).bool()
    rgb = torch.where(behind[..., None], second.frame.rgb, first.frame.rgb)
    frame = Frame(rgb, CAMERA, torch.where(behind, depths[1], depths[0]))
    return frame, first.mask & ~behind, second.mask & (behind | ~first.mask)


def twists(count: int, shift: float, turn: float, seed: int = 0) -> Tensor:
    """(count, 6) of length `shift` metres and `turn` radians."""
    raw = torch.randn(2, count, 3, generator=torch.Generator().manual_seed(seed))
    unit = torch.nn.functional.normalize(raw, dim=-1)
    return torch.cat([shift * unit[0], turn * unit[1]], dim=-1)


def about_centre(model: ObjectModel, cam_from_obj: SE3, twist: Tensor) -> SE3:
    """The pose moved by twists about the object's centre, so that a turn does not carry it away."""
    shift = SE3.from_rotation_translation(torch.eye(3), cam_from_obj.apply(model.mesh.bounds().mean(0)))
    return shift @ SE3.exp(twist) @ shift.inverse() @ cam_from_obj


def shifted(pose: SE3, shift: Tensor) -> SE3:
    return SE3.from_rotation_translation(pose.rotation, torch.tensor([0.0, 0.0, 0.45]) + shift)


def assert_same_estimate(first: PoseEstimate, second: PoseEstimate) -> None:
    """To the last bit."""
    assert torch.equal(first.cam_from_obj.wxyz_xyz, second.cam_from_obj.wxyz_xyz)
    assert torch.equal(first.covariance, second.covariance)
    assert (first.score, first.confidence) == (second.score, second.confidence)
    assert first.ambiguity == second.ambiguity
    for one, other in zip(first.alternatives, second.alternatives, strict=True):
        assert (one.score, one.share) == (other.score, other.share)
