"""Synthetic RGB-D registration problems with known truth: an object among others on a table, and its mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from objects import BenchmarkObject
from scipy import ndimage
from sensing import Difficulty, measured_depth, rough_mask, seen_color

from objpose import Frame
from objpose.geometry import SE3, SO3, Camera
from objpose.raster import render_mesh

WIDTH, HEIGHT = 640, 480
LEAST_PIXELS = 700  # of the object that are seen
LEAST_VISIBLE = 0.35  # share of its outline
TRIES = 50
CAMERA_SIDE = -np.pi / 2  # direction on the table towards the camera, from where occluders hide most

Fault = Literal["none", "wrong object", "spoilt mask"]


@dataclass(frozen=True)
class SceneOptions:
    difficulty: Difficulty = Difficulty()
    distance: tuple[float, float] = (0.4, 1.2)  # metres, camera to object
    elevation: tuple[float, float] = (20.0, 75.0)  # degrees of the camera above the table
    neighbours: tuple[int, int] = (1, 3)
    fault: Fault = "none"  # what the mask is of, when not of the object


@dataclass(frozen=True, eq=False)
class Scene:
    frame: Frame
    mask: np.ndarray  # (H, W) bool, as a segmenter gives it
    target: BenchmarkObject
    cam_from_obj: SE3  # the truth
    exact_depth: np.ndarray  # (H, W) metres, without noise or holes
    visible: np.ndarray  # (H, W) bool, the object's pixels
    visible_share: float  # of its outline in the frame


class _Layer(NamedTuple):
    """Images of one surface: depth is infinite where it is not."""

    depth: np.ndarray
    normals: np.ndarray
    albedo: np.ndarray


class _Layout(NamedTuple):
    """Things in front of a camera, the one looked for first, the table last."""

    camera: Camera
    cam_from_obj: SE3  # of the first
    layers: list[_Layer]
    nearest: np.ndarray  # (H, W) index of the layer that is seen

    def visible(self, index: int) -> np.ndarray:
        return self.nearest == index

    @property
    def visible_share(self) -> float:
        return self.visible(0).sum() / max(1, np.isfinite(self.layers[0].depth).sum())

    @property
    def shows_target(self) -> bool:
        """Whether enough of it is seen, and the frame's border cuts nothing off."""
        outline = np.isfinite(self.layers[0].depth)
        cut = outline[[0, -1]].any() or outline[:, [0, -1]].any()
        return not cut and self.visible(0).sum() >= LEAST_PIXELS and self.visible_share > LEAST_VISIBLE


def targets_of(objects: list[BenchmarkObject], seeds: range) -> list[BenchmarkObject]:
    """Those of the objects that the scenes of these seeds look for."""
    wanted = {seed % len(objects) for seed in seeds}
    return [objects[index] for index in sorted(wanted)]


def make_scene(objects: list[BenchmarkObject], seed: int, options: SceneOptions = SceneOptions()) -> Scene:
    """The scene of a seed; the object looked for is number `seed` of the objects, going round.

    Layouts that hide the object are drawn again; RuntimeError when none of many will do.
    """
    rng = np.random.default_rng(seed)
    target = objects[seed % len(objects)]
    for _ in range(TRIES):
        others = [objects[i] for i in rng.permutation(len(objects)) if objects[i] is not target]
        things = [target, *others[: rng.integers(options.neighbours[0], options.neighbours[1] + 1)]]
        layout = _laid_out(things, rng, options)
        mask = _mask(layout, rng, options) if layout.shows_target else None
        if mask is not None:
            frame, depth = _sensed(layout, rng, options.difficulty)
            truth, visible = layout.cam_from_obj, layout.visible(0)
            return Scene(frame, mask, target, truth, depth, visible, layout.visible_share)
    raise RuntimeError(f"scene {seed}: {target.name} stays hidden in {TRIES} layouts")


def _laid_out(things: list[BenchmarkObject], rng: np.random.Generator, options: SceneOptions) -> _Layout:
    camera, cam_from_table = _camera(rng, options)
    poses = [cam_from_table @ table_from_obj for table_from_obj in _on_table(things, rng)]
    layers = [_drawn(thing, pose, camera) for thing, pose in zip(things, poses, strict=True)]
    layers.append(_table(camera, cam_from_table, rng))
    return _Layout(camera, poses[0], layers, np.stack([layer.depth for layer in layers]).argmin(0))


def _camera(rng: np.random.Generator, options: SceneOptions) -> tuple[Camera, SE3]:
    """A camera that looks nearly at the table's origin; the table's z points up."""
    focal = rng.uniform(520, 640)
    K = torch.tensor([[focal, 0, WIDTH / 2 - 0.5], [0, focal, HEIGHT / 2 - 0.5], [0, 0, 1]]).double()
    tilt = torch.tensor([np.pi / 2 + np.deg2rad(rng.uniform(*options.elevation)), 0.0, 0.0])
    roll = torch.tensor([0.0, 0.0, rng.normal(scale=0.1)])
    rotation = SO3.exp(roll.float()) @ SO3.exp(tilt.float())
    offset = np.array([rng.normal(scale=0.03), rng.normal(scale=0.03), rng.uniform(*options.distance)])
    cam_from_table = SE3.from_rotation_translation(rotation, torch.from_numpy(offset).float())
    return Camera.from_K(K, WIDTH, HEIGHT), cam_from_table


def _on_table(things: list[BenchmarkObject], rng: np.random.Generator) -> list[SE3]:
    """table_from_obj of each: turned at random, touching the table, first at the origin, others beside."""
    poses, radii = [], []
    for thing in things:
        rotation = SO3.random((), generator=torch.Generator().manual_seed(int(rng.integers(2**31))))
        turned = rotation.apply(thing.mesh.vertices)
        low, high = turned.amin(0), turned.amax(0)
        radii.append(float((high - low)[:2].norm()) / 2)
        gap = 0.0 if not poses else (radii[0] + radii[-1]) * rng.uniform(0.5, 1.0)
        angle = rng.normal(CAMERA_SIDE, 1.2)
        place = torch.tensor([gap * np.cos(angle), gap * np.sin(angle), 0.0]).float()
        centre = torch.cat([(low + high)[:2] / 2, low[2:]])
        poses.append(SE3.from_rotation_translation(rotation, place - centre))
    return poses


def _drawn(thing: BenchmarkObject, cam_from_obj: SE3, camera: Camera) -> _Layer:
    outputs = ("depth", "normals", "color")
    render = render_mesh(thing.mesh, cam_from_obj, camera.K, WIDTH, HEIGHT, outputs=outputs)
    depth = render.depth[0].numpy()
    return _Layer(np.where(depth > 0, depth, np.inf), render.normals[0].numpy(), render.color[0].numpy())


def _table(camera: Camera, cam_from_table: SE3, rng: np.random.Generator) -> _Layer:
    """The plane z = 0 with a blotchy coat; beyond 3 m a wall, so that every pixel has a depth."""
    rays = camera.rays().numpy()
    normal = cam_from_table.rotation.matrix()[:, 2].numpy()
    toward = rays @ normal
    depth = float(normal @ cam_from_table.translation.numpy()) / np.where(toward < -1e-3, toward, -1e-3)
    blotches = ndimage.gaussian_filter(rng.normal(size=(HEIGHT, WIDTH)), rng.uniform(1, 12))
    albedo = np.clip(rng.uniform(0.15, 0.8, 3) + 0.08 * (blotches / blotches.std())[..., None], 0, 1)
    return _Layer(np.minimum(depth, 3.0), np.broadcast_to(normal, rays.shape), albedo)


def _mask(layout: _Layout, rng: np.random.Generator, options: SceneOptions) -> np.ndarray | None:
    """The mask that the scene is given with; None when what it would be of is hidden."""
    things = [layout.visible(i) for i in range(len(layout.layers) - 1)]
    chosen = things[0]
    if options.fault == "wrong object":
        chosen = things[1 + rng.integers(len(things) - 1)]
    elif options.fault == "spoilt mask":
        chosen = _moved(chosen, rng)
    if chosen.sum() < LEAST_PIXELS:
        return None
    neighbours = np.logical_or.reduce(things) & ~chosen
    return rough_mask(chosen, neighbours, rng, options.difficulty)


def _moved(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mask beside where it belongs: part of it may stay right."""
    shift, angle = np.sqrt(mask.sum()) * rng.uniform(0.3, 1.0), rng.uniform(0, 2 * np.pi)
    return ndimage.shift(mask.astype(float), (shift * np.sin(angle), shift * np.cos(angle)), order=0) > 0.5


def _sensed(layout: _Layout, rng: np.random.Generator, level: Difficulty) -> tuple[Frame, np.ndarray]:
    """What the cameras see, and the exact depth."""
    nearest, camera = layout.nearest, layout.camera
    row, column = np.indices(nearest.shape)
    images = zip(*layout.layers, strict=True)
    depth, normals, albedo = (np.stack(image)[nearest, row, column] for image in images)
    rgb = seen_color(albedo, normals, rng, level)
    return Frame(rgb, camera, measured_depth(depth, normals, camera.fx, rng, level)), depth
