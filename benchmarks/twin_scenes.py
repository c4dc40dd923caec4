"""Photo sets of a table top with exact cameras, whose packages carry one print on two opposite sides.

    python benchmarks/twin_scenes.py OUT --seeds 0:10 [--photos 12] [--copies 2]

Writes OUT/twin_scene_SEED, a set as benchmarks/cameras.py takes it. Five to eight things stand on a blotchy
floor: cartons and cans whose print comes twice as they turn, others whose sides all differ, some things
without a print, in some scenes a carton twice. Every photo has its own viewpoint, focal length, light,
exposure, blur and noise. With copies nothing stands there but so many equal cartons, turned to each other as
the sides of a polygon are, and a small carton beside them: all but that repeats itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import trimesh
from bodies import bottle_body, turned
from layouts import HEIGHT, WIDTH, Layer
from letters import lettered_atlas, lettered_label, wrapped
from lookalike_objects import bowl, cup, jug
from PIL import Image
from prints import TILE, box_mapped, printed_atlas
from scipy import ndimage
from sensing import Difficulty, Light, seen_color

from objpose.geometry import SE3, SO3, Camera, Mesh
from objpose.io import PhotoCamera, write_photo_cameras
from objpose.raster import render_mesh

FLOOR = 1.3  # metres, half the side of the floor
FLOOR_PIXELS = 1024
TABLE = 0.21  # metres, radius of the disc on which things stand
Thing = tuple[Mesh, float]  # standing on z = 0, and the radius that it takes


def make_set(folder: Path, seed: int, photos: int, copies: int = 0) -> None:
    """Write the photos of a seed, and cameras.json."""
    rng = np.random.default_rng([71, seed, copies] if copies else [71, seed])
    placed = _copies(copies, rng) if copies else _stand(_things(rng), rng)
    floor = _floor(rng)
    folder.mkdir(parents=True, exist_ok=True)
    cameras = []
    for index in range(photos):
        camera, cam_from_world = _viewpoint(rng)
        picture = _photo(placed, floor, camera, cam_from_world, rng)
        name = f"{index:02d}.jpg"
        Image.fromarray(picture).save(folder / name, quality=92)
        cameras.append(PhotoCamera(name, camera, cam_from_world))
    write_photo_cameras(folder / "cameras.json", cameras)


def twin_carton(rng: np.random.Generator) -> Thing:
    """The print of each of two sides comes again on the opposite one, as on most cartons."""
    atlas = _twinned(_any_atlas(rng))
    return _carton(rng, atlas)


def other_carton(rng: np.random.Generator) -> Thing:
    """Every side has its own print."""
    return _carton(rng, _any_atlas(rng))


def twin_can(rng: np.random.Generator) -> Thing:
    """The label comes twice round."""
    label = lettered_label(rng)
    half = label[:, : label.shape[1] // 2]
    return _can(rng, np.concatenate([half, half], axis=1))


def other_can(rng: np.random.Generator) -> Thing:
    return _can(rng, lettered_label(rng))


def bottle(rng: np.random.Generator) -> Thing:
    radius = 0.036 * rng.uniform(0.9, 1.2)
    body = bottle_body(radius, 0.19 * rng.uniform(0.9, 1.2), neck=0.45)
    return wrapped(body, lettered_label(rng)), radius


def plain(rng: np.random.Generator) -> Thing:
    """A cup, a bowl or a jug of one colour."""
    makers = cup, bowl, jug
    thing = makers[rng.integers(len(makers))](rng)
    low, high = thing.mesh.bounds().numpy()
    moved = Mesh(
        thing.mesh.vertices - torch.tensor([0.0, 0.0, low[2]]),
        thing.mesh.faces,
        vertex_colors=thing.mesh.vertex_colors,
    )
    return moved, float(np.abs(np.stack([low, high])[:, :2]).max())


def _things(rng: np.random.Generator) -> list[Thing]:
    """At least one twin carton and one more twin; now and then a carton twice."""
    first = twin_carton(rng)
    second = first if rng.random() < 0.2 else _one_of((twin_carton, twin_can), rng)
    makers = (twin_carton, other_carton, twin_can, other_can, bottle, plain, plain)
    return [first, second, *(_one_of(makers, rng) for _ in range(rng.integers(3, 7)))]


def _one_of(makers: tuple[Callable[[np.random.Generator], Thing], ...], rng: np.random.Generator) -> Thing:
    return makers[rng.integers(len(makers))](rng)


def _any_atlas(rng: np.random.Generator) -> np.ndarray:
    return printed_atlas(rng) if rng.random() < 0.5 else lettered_atlas(rng)


def _twinned(atlas: np.ndarray) -> np.ndarray:
    """The sides of +x and +y once more at -x and -y, so that a half turn about z changes nothing there."""
    atlas = atlas.copy()
    for plus, minus in ((0, 1), (2, 3)):
        here, there = (slice((side % 3) * TILE, (side % 3 + 1) * TILE) for side in (plus, minus))
        up, down = (slice((side // 3) * TILE, (side // 3 + 1) * TILE) for side in (plus, minus))
        atlas[down, there] = atlas[up, here][:, ::-1]
    return atlas


def _carton(rng: np.random.Generator, atlas: np.ndarray) -> Thing:
    shapes = np.array([[0.19, 0.06, 0.28], [0.09, 0.09, 0.2], [0.15, 0.05, 0.1], [0.12, 0.08, 0.17]])
    size = shapes[rng.integers(len(shapes))] * rng.uniform(0.85, 1.15, 3)
    box = trimesh.creation.box(size)
    box.apply_translation([0, 0, size[2] / 2])
    return box_mapped(box.subdivide_to_size(0.05), atlas), float(np.hypot(*size[:2])) / 2


def _can(rng: np.random.Generator, label: np.ndarray) -> Thing:
    radius, height = 0.038 * rng.uniform(0.9, 1.3), 0.12 * rng.uniform(0.7, 1.2)
    body = turned(np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * [radius, height])
    return wrapped(body, label), radius


def _stand(things: list[Thing], rng: np.random.Generator) -> list[tuple[Mesh, SE3]]:
    """Each with its world_from_obj: turned about z, on a free place; what finds none is left away."""
    placed: list[tuple[Mesh, SE3]] = []
    taken: list[tuple[np.ndarray, float]] = []
    for mesh, radius in things:
        for _ in range(100):
            angle, far = rng.uniform(0, 2 * np.pi), TABLE * np.sqrt(rng.random())
            place = far * np.array([np.cos(angle), np.sin(angle)])
            if all(np.linalg.norm(place - other) > radius + wide for other, wide in taken):
                taken.append((place, radius))
                turn = SO3.exp(torch.tensor([0.0, 0.0, rng.uniform(0, 2 * np.pi)]).float())
                at = torch.tensor([*place, 0.0]).float()
                placed.append((mesh, SE3.from_rotation_translation(turn, at)))
                break
    return placed


def _copies(count: int, rng: np.random.Generator) -> list[tuple[Mesh, SE3]]:
    """Equal cartons about the middle, with their world_from_obj, and a small one beside them."""
    carton, radius = other_carton(rng)
    far, start, yaw = radius * rng.uniform(1.3, 1.8), *rng.uniform(0, 2 * np.pi, 2)
    turns = start + 2 * np.pi * np.arange(count) / count
    placed = [(carton, _standing(far, turn, turn + yaw)) for turn in turns]
    small = box_mapped(
        trimesh.creation.box(bounds=[[-0.02, -0.015, 0.0], [0.02, 0.015, 0.04]]), lettered_atlas(rng)
    )
    return [*placed, (small, _standing(far, start + np.pi / count, yaw))]


def _standing(far: float, around: float, yaw: float) -> SE3:
    """world_from_obj so far from the middle."""
    turn = SO3.exp(torch.tensor([0.0, 0.0, yaw]).float())
    place = torch.tensor([far * np.cos(around), far * np.sin(around), 0.0]).float()
    return SE3.from_rotation_translation(turn, place)


def _floor(rng: np.random.Generator) -> Mesh:
    """A square of soft blotches of two or three colours: few corners, as cloth or a worn table."""
    colors = rng.uniform(0.1, 0.8, (3, 3))
    soft = [_blotches(rng, size) for size in (60, 25, 8)]
    amount = 1 / (1 + np.exp(-(soft[0] + 0.6 * soft[1] + 0.3 * soft[2])))[..., None]
    tint = 1 / (1 + np.exp(-2 * _blotches(rng, 40)))[..., None]
    albedo = amount * colors[0] + (1 - amount) * (tint * colors[1] + (1 - tint) * colors[2])
    texture = torch.from_numpy((255 * albedo.clip(0, 1)).astype(np.uint8))
    corners = FLOOR * torch.tensor([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    uvs = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    return Mesh(corners, torch.tensor([[0, 1, 2], [0, 2, 3]]), uvs=uvs, texture=texture)


def _blotches(rng: np.random.Generator, size: float) -> np.ndarray:
    noise = ndimage.gaussian_filter(rng.normal(size=(FLOOR_PIXELS, FLOOR_PIXELS)), size, mode="wrap")
    return noise / noise.std()


def _viewpoint(rng: np.random.Generator) -> tuple[Camera, SE3]:
    """From any side, 20 to 75 degrees above the table, nearly at its middle, slightly rolled."""
    focal = rng.uniform(560, 690)
    K = torch.tensor([[focal, 0, WIDTH / 2 - 0.5], [0, focal, HEIGHT / 2 - 0.5], [0, 0, 1]]).double()
    around, above = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(20, 75))
    tilt = SO3.exp(torch.tensor([np.pi / 2 + above, 0.0, 0.0]).float())
    turn = SO3.exp(torch.tensor([0.0, 0.0, around]).float())
    roll = SO3.exp(torch.tensor([0.0, 0.0, rng.normal(scale=0.15)]).float())
    target = torch.tensor([*rng.normal(scale=0.05, size=2), rng.uniform(0.0, 0.12)]).float()
    rotation = roll @ tilt @ turn
    away = torch.tensor([0.0, 0.0, rng.uniform(0.6, 1.05)]).float()
    return Camera.from_K(K, WIDTH, HEIGHT), SE3.from_rotation_translation(
        rotation, away - rotation.apply(target[None])[0]
    )


def _photo(
    placed: list[tuple[Mesh, SE3]],
    floor: Mesh,
    camera: Camera,
    cam_from_world: SE3,
    rng: np.random.Generator,
) -> np.ndarray:
    """(H, W, 3) uint8."""
    layers = [_drawn(mesh, cam_from_world @ world_from_obj, camera) for mesh, world_from_obj in placed]
    layers.append(_drawn(floor, cam_from_world, camera))
    wall = np.broadcast_to(rng.uniform(0.6, 0.95, 3), (HEIGHT, WIDTH, 3))
    layers.append(Layer(np.full((HEIGHT, WIDTH), 1e6), np.zeros((HEIGHT, WIDTH, 3)), wall))
    nearest = np.stack([layer.depth for layer in layers]).argmin(0)
    row, column = np.indices(nearest.shape)
    _, normals, albedo = (np.stack(image)[nearest, row, column] for image in zip(*layers, strict=True))
    level = Difficulty(blur=rng.uniform(0.4, 1.0), color_sigma=rng.uniform(0.008, 0.025))
    return seen_color(albedo, normals, rng, level, _light(cam_from_world, rng, level))


def _light(cam_from_world: SE3, rng: np.random.Generator, level: Difficulty) -> Light:
    """A lamp somewhere above the table."""
    lamp = rng.normal(size=3)
    lamp[2] = abs(lamp[2]) + 0.5
    toward = cam_from_world.rotation.apply(torch.from_numpy(lamp / np.linalg.norm(lamp)).float()[None])[0]
    gain = np.exp(rng.normal(scale=level.exposure) + rng.normal(scale=0.5 * level.color_cast, size=3))
    return Light(toward.numpy(), rng.uniform(0.35, 0.65), 1.3 * gain)


def _drawn(mesh: Mesh, cam_from_mesh: SE3, camera: Camera) -> Layer:
    outputs = ("depth", "normals", "color")
    drawn = render_mesh(mesh, cam_from_mesh, camera.K, WIDTH, HEIGHT, outputs=outputs)
    depth = drawn.depth[0].numpy()
    return Layer(np.where(depth > 0, depth, np.inf), drawn.normals[0].numpy(), drawn.color[0].numpy())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", default="0:10", help="FIRST:END")
    parser.add_argument("--photos", type=int, default=12)
    parser.add_argument("--copies", type=int, default=0, help="equal cartons, and nothing else to speak of")
    arguments = parser.parse_args()
    for seed in range(*map(int, arguments.seeds.split(":"))):
        make_set(arguments.out / f"twin_scene_{seed}", seed, arguments.photos, arguments.copies)


if __name__ == "__main__":
    main()
