"""Things on a table in front of a camera: where they stand, and their exact images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from bodies import BenchmarkObject
from scipy import ndimage

from objpose.geometry import SE3, SO3, Camera
from objpose.raster import render_mesh

WIDTH, HEIGHT = 640, 480
FARTHEST = 2.0  # metres to a target whose size in pixels is given
CAMERA_SIDE = -np.pi / 2  # direction on the table towards the camera, from where occluders hide most


Window = tuple[slice, slice]  # rows and columns


@dataclass(frozen=True)
class Setting:
    distance: tuple[float, float] = (0.4, 1.2)  # metres, camera to object
    elevation: tuple[float, float] = (20.0, 75.0)  # degrees of the camera above the table
    size: float | None = None  # pixels that the target's diameter spans; it decides the distance then
    above: bool = False  # one of the others lies on the target
    cut: bool = False  # the frame's border cuts the target


class Layer(NamedTuple):
    """Images of one surface: depth is infinite where it is not."""

    depth: np.ndarray
    normals: np.ndarray
    albedo: np.ndarray


class Layout(NamedTuple):
    """Things in front of a camera, the one looked for first, the table last."""

    camera: Camera
    cam_from_obj: SE3  # of the first
    layers: list[Layer]
    nearest: np.ndarray  # (H, W) index of the layer that is seen

    def visible(self, index: int) -> np.ndarray:
        return self.nearest == index

    @property
    def visible_share(self) -> float:
        return self.visible(0).sum() / max(1, np.isfinite(self.layers[0].depth).sum())

    @property
    def is_cut(self) -> bool:
        """Whether the frame's border cuts off some of the target."""
        outline = np.isfinite(self.layers[0].depth)
        return bool(outline[[0, -1]].any() or outline[:, [0, -1]].any())

    def composed(self) -> Layer:
        """What is seen of all: their exact images."""
        row, column = np.indices(self.nearest.shape)
        images = zip(*self.layers, strict=True)
        return Layer(*(np.stack(image)[self.nearest, row, column] for image in images))

    def within(self, window: Window) -> Layout:
        """The part in a window; the camera stays the whole image's."""
        layers = [Layer(*(image[window] for image in layer)) for layer in self.layers]
        return Layout(self.camera, self.cam_from_obj, layers, self.nearest[window])

    def with_target(self, target: Layer, cam_from_obj: SE3) -> Layout:
        """The same with the target's images replaced."""
        return Layout.of(self.camera, cam_from_obj, [target, *self.layers[1:]])

    @staticmethod
    def of(camera: Camera, cam_from_obj: SE3, layers: list[Layer]) -> Layout:
        return Layout(camera, cam_from_obj, layers, np.stack([layer.depth for layer in layers]).argmin(0))


def spread_out(
    things: list[BenchmarkObject], rng: np.random.Generator, setting: Setting
) -> tuple[Layout, list[SE3]]:
    """Things side by side, none in another, the first nearest to the middle; and cam_from_obj of each."""
    camera, cam_from_table = _camera(rng, setting, things[0].diameter)
    poses = []
    for thing, place in zip(things, _places(things, rng), strict=True):
        rotation, foot = _stood(thing, rng)
        table_from_obj = SE3.from_rotation_translation(rotation, place - foot)
        poses.append(cam_from_table @ table_from_obj)
    layers = [drawn(thing, pose, camera) for thing, pose in zip(things, poses, strict=True)]
    layers.append(_table(camera, cam_from_table, rng))
    return Layout.of(camera, poses[0], layers), poses


def laid_out(things: list[BenchmarkObject], rng: np.random.Generator, setting: Setting) -> Layout:
    camera, cam_from_table = _camera(rng, setting, things[0].diameter)
    on_table = _on_table(things, rng)
    if setting.above:
        on_table[1] = _laid_on(things[0], on_table[0], things[1], on_table[1], rng)
    if setting.cut:
        cam_from_table = _aside(camera, cam_from_table, things[0].diameter, rng)
    poses = [cam_from_table @ table_from_obj for table_from_obj in on_table]
    layers = [drawn(thing, pose, camera) for thing, pose in zip(things, poses, strict=True)]
    layers.append(_table(camera, cam_from_table, rng))
    return Layout.of(camera, poses[0], layers)


def _camera(rng: np.random.Generator, setting: Setting, diameter: float) -> tuple[Camera, SE3]:
    """A camera that looks nearly at the table's origin, where a thing of that diameter (metres) stands.

    The table's z points up. Small sizes in pixels are had by a wide lens, that the table reaches so far.
    """
    focal = rng.uniform(520, 640)
    if setting.size is not None:
        focal = min(focal, FARTHEST * setting.size / diameter)
    K = torch.tensor([[focal, 0, WIDTH / 2 - 0.5], [0, focal, HEIGHT / 2 - 0.5], [0, 0, 1]]).double()
    tilt = torch.tensor([np.pi / 2 + np.deg2rad(rng.uniform(*setting.elevation)), 0.0, 0.0])
    roll = torch.tensor([0.0, 0.0, rng.normal(scale=0.1)])
    rotation = SO3.exp(roll.float()) @ SO3.exp(tilt.float())
    offset = np.array([rng.normal(scale=0.03), rng.normal(scale=0.03), rng.uniform(*setting.distance)])
    if setting.size is not None:
        offset *= focal * diameter / setting.size / offset[2]
    cam_from_table = SE3.from_rotation_translation(rotation, torch.from_numpy(offset).float())
    return Camera.from_K(K, WIDTH, HEIGHT), cam_from_table


def _on_table(things: list[BenchmarkObject], rng: np.random.Generator) -> list[SE3]:
    """table_from_obj of each: turned at random, touching the table, first at the origin, others beside."""
    poses, radii = [], []
    for thing in things:
        rotation, foot = _stood(thing, rng)
        low, high = _bounds(rotation, thing)
        radii.append(float((high - low)[:2].norm()) / 2)
        gap = 0.0 if not poses else (radii[0] + radii[-1]) * rng.uniform(0.5, 1.0)
        angle = rng.normal(CAMERA_SIDE, 1.2)
        place = torch.tensor([gap * np.cos(angle), gap * np.sin(angle), 0.0]).float()
        poses.append(SE3.from_rotation_translation(rotation, place - foot))
    return poses


def _stood(thing: BenchmarkObject, rng: np.random.Generator) -> tuple[SO3, torch.Tensor]:
    """Turned at random, and the place (3,) of it so turned that stands on the table, under its middle."""
    rotation = SO3.random((), generator=torch.Generator().manual_seed(int(rng.integers(2**31))))
    low, high = _bounds(rotation, thing)
    return rotation, torch.cat([(low + high)[:2] / 2, low[2:]])


def _bounds(rotation: SO3, thing: BenchmarkObject) -> tuple[torch.Tensor, torch.Tensor]:
    turned = rotation.apply(thing.mesh.vertices)
    return turned.amin(0), turned.amax(0)


def _places(things: list[BenchmarkObject], rng: np.random.Generator) -> torch.Tensor:
    """(n, 3) on the table: cells of a grid, as wide as the largest thing, those in the middle first."""
    width = max(thing.diameter for thing in things)
    side = int(np.ceil(np.sqrt(len(things))))
    cells = (np.stack(np.divmod(np.arange(side * side), side), axis=1) - (side - 1) / 2) * width
    nearest = cells[np.argsort(np.linalg.norm(cells, axis=1), kind="stable")][: len(things)]
    jitter = rng.uniform(-0.1, 0.1, nearest.shape) * width
    return torch.from_numpy(np.pad(nearest + jitter, ((0, 0), (0, 1)))).float()


def _laid_on(
    lower: BenchmarkObject, lower_pose: SE3, upper: BenchmarkObject, pose: SE3, rng: np.random.Generator
) -> SE3:
    """table_from_obj of the upper thing, moved onto the lower one: on its top, off its middle."""
    below, above = (each.apply(thing.mesh.vertices) for thing, each in ((lower, lower_pose), (upper, pose)))
    middle, spread = below.mean(0), (below.amax(0) - below.amin(0))[:2].norm() / 2
    angle, gap = rng.normal(CAMERA_SIDE, 1.0), float(spread) * rng.uniform(0.3, 0.8)
    place = middle[:2] + gap * torch.tensor([np.cos(angle), np.sin(angle)]).float()
    lift = torch.cat([place - above.mean(0)[:2], (below[:, 2].amax() - above[:, 2].amin())[None]])
    return SE3.from_rotation_translation(torch.eye(3), lift) @ pose


def _aside(camera: Camera, cam_from_table: SE3, diameter: float, rng: np.random.Generator) -> SE3:
    """The camera moved sideways, until the table's origin is near one of the frame's borders."""
    at = cam_from_table.translation.clone()
    span = float(camera.fx * diameter / at[2])
    axis, side, inside = int(rng.integers(2)), rng.choice([-1, 1]), rng.uniform(-0.05, 0.4) * span
    half = (WIDTH, HEIGHT)[axis] / 2
    at[axis] = side * (half - inside) * at[2] / camera.fx
    return SE3.from_rotation_translation(cam_from_table.rotation, at)


def drawn(thing: BenchmarkObject, cam_from_obj: SE3, camera: Camera) -> Layer:
    outputs = ("depth", "normals", "color")
    render = render_mesh(thing.mesh, cam_from_obj, camera.K, WIDTH, HEIGHT, outputs=outputs)
    depth = render.depth[0].numpy()
    return Layer(np.where(depth > 0, depth, np.inf), render.normals[0].numpy(), render.color[0].numpy())


def _table(camera: Camera, cam_from_table: SE3, rng: np.random.Generator) -> Layer:
    """The plane z = 0 with a blotchy coat; beyond 3 m a wall, so that every pixel has a depth."""
    rays = camera.rays().numpy()
    normal = cam_from_table.rotation.matrix()[:, 2].numpy()
    toward = rays @ normal
    depth = float(normal @ cam_from_table.translation.numpy()) / np.where(toward < -1e-3, toward, -1e-3)
    blotches = ndimage.gaussian_filter(rng.normal(size=(HEIGHT, WIDTH)), rng.uniform(1, 12))
    albedo = np.clip(rng.uniform(0.15, 0.8, 3) + 0.08 * (blotches / blotches.std())[..., None], 0, 1)
    return Layer(np.minimum(depth, 3.0), np.broadcast_to(normal, rays.shape), albedo)
