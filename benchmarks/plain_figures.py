"""Photo sets of plaster figures without texture, with exact cameras and exact masks.

    python benchmarks/plain_figures.py OUT --seeds 0:8 [--photos 16]

Writes OUT/plain_SEED, a set as benchmarks/cameras.py takes it, and its masks in OUT/plain_SEED/masks. A
smooth body without symmetry (a torso, a head, limbs, folds) stands on a plain table before a plain wall; the
photos go round it at differing heights and distances, with a hand's roll, under lamps that stand still.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import trimesh
from PIL import Image
from scipy import ndimage

from objpose.geometry import SE3, SO3, Camera, Mesh
from objpose.io import PhotoCamera, write_photo_cameras
from objpose.raster import render_mesh

WIDTH, HEIGHT = 640, 480
RADII = np.linspace(0.02, 0.30, 141)  # metres from the middle, at which the body's field is looked at
LEVEL = 0.5  # of the field on the surface
NOISE, BLUR = 0.012, 0.7  # of a pixel's colour in [0, 1]; pixels


def make_set(folder: Path, seed: int, photos: int) -> None:
    """Write the photos of a seed, their masks, and cameras.json."""
    rng = np.random.default_rng([83, seed])
    body, lamps = figure(rng), _lamps(rng)
    focal = rng.uniform(600, 900)
    K = torch.tensor([[focal, 0, WIDTH / 2 - 0.5], [0, focal, HEIGHT / 2 - 0.5], [0, 0, 1]]).double()
    camera, ground = Camera.from_K(K, WIDTH, HEIGHT), rng.uniform(0.2, 0.6, 3)
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    cameras = []
    for index in range(photos):
        cam_from_world = _viewpoint(body, focal, 360.0 * index / photos, rng)
        picture, mask = _photo(body, camera, cam_from_world, lamps, ground, rng)
        name = f"{index:02d}.jpg"
        Image.fromarray(picture).save(folder / name, quality=92)
        Image.fromarray(mask).save(folder / "masks" / f"{index:02d}.png")
        cameras.append(PhotoCamera(name, camera, cam_from_world))
    write_photo_cameras(folder / "cameras.json", cameras)


def figure(rng: np.random.Generator) -> Mesh:
    """Ellipsoids that run into each other, and folds; what is seen from the middle, so that it is closed."""
    middles, sizes = _parts(rng)
    sphere = trimesh.creation.icosphere(subdivisions=6)
    rays = np.asarray(sphere.vertices)
    inside = np.zeros((len(RADII), len(rays)))
    for middle, size in zip(middles, sizes, strict=True):
        off = (RADII[:, None, None] * rays - middle) / size
        inside += np.exp(-np.log(2.0) * (off**2).sum(-1))
    last = len(RADII) - 1 - (inside[::-1] > LEVEL).argmax(0)
    here, there = (np.take_along_axis(inside, (last + step)[None], 0)[0] for step in (0, 1))
    radius = RADII[last] + (RADII[1] - RADII[0]) * (here - LEVEL) / (here - there)
    waves = rng.normal(size=(6, 3)) * rng.uniform(15, 45, (6, 1))
    folds = np.sin(radius[:, None] * rays @ waves.T + rng.uniform(0, 6.3, 6)).mean(1)
    vertices = rays * (radius * (1 + rng.uniform(0.02, 0.05) * folds))[:, None]
    return Mesh(vertices - [0, 0, vertices[:, 2].min()], sphere.faces)


def _parts(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(P, 3) middles and half sizes, metres, of a torso, a head, a foot, and limbs or lumps on any side."""
    middles = [np.zeros(3), [*rng.normal(scale=0.02, size=2), rng.uniform(0.08, 0.12)], [0, 0, -0.09]]
    sizes = [
        rng.uniform([0.03, 0.03, 0.05], [0.06, 0.06, 0.09]),
        rng.uniform(0.025, 0.045, 3),
        [0.06, 0.05, 0.02],
    ]
    for _ in range(rng.integers(3, 7)):
        way = rng.normal(size=3) * [1, 1, 0.8]
        middles.append(rng.uniform(0.05, 0.10) * way / np.linalg.norm(way))
        sizes.append(rng.uniform(0.015, 0.04, 3))
    return np.array(middles), np.array(sizes)


def _lamps(rng: np.random.Generator) -> list[tuple[np.ndarray, float]]:
    """Directions towards lamps, world frame, and how strong each is."""
    around = rng.uniform(0, 2 * np.pi, 2)
    ways = np.stack([np.cos(around), np.sin(around), rng.uniform(0.5, 1.5, 2)], axis=1)
    return list(zip(ways / np.linalg.norm(ways, axis=1, keepdims=True), (0.5, 0.2), strict=True))


def _viewpoint(body: Mesh, focal: float, around_deg: float, rng: np.random.Generator) -> SE3:
    """From 5 to 45 degrees above, nearly at the middle, filling half to three quarters of the height."""
    around, above = np.radians(around_deg + rng.uniform(-6, 6)), np.radians(rng.uniform(5, 45))
    tilt = SO3.exp(torch.tensor([np.pi / 2 + above, 0.0, 0.0]))
    turn = SO3.exp(torch.tensor([0.0, 0.0, around]))
    roll = SO3.exp(torch.tensor([0.0, 0.0, rng.normal(scale=0.05)]).double())
    rotation = roll @ tilt @ turn
    low, high = body.bounds().double()
    away = focal * float(high[2] - low[2]) / (HEIGHT * rng.uniform(0.5, 0.7))
    target = (low + high) / 2 + torch.from_numpy(rng.normal(scale=0.01, size=3))
    ahead = torch.tensor([0.0, 0.0, away]).double()
    return SE3.from_rotation_translation(rotation, ahead - rotation.apply(target[None])[0])


def _photo(
    body: Mesh,
    camera: Camera,
    cam_from_world: SE3,
    lamps: list[tuple[np.ndarray, float]],
    ground: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 3) uint8, and the mask (H, W) bool."""
    normals = trimesh.Trimesh(body.vertices.numpy(), body.faces.numpy(), process=False).vertex_normals
    light = 0.25 + sum(strength * np.clip(normals @ way, 0, None) for way, strength in lamps)
    painted = Mesh(body.vertices, body.faces, vertex_colors=np.repeat(light[:, None], 3, axis=1).clip(0, 1))
    drawn = render_mesh(
        painted, cam_from_world[None], camera.K, WIDTH, HEIGHT, outputs=("color",), supersample=2
    )
    mask = drawn.mask[0].numpy()
    picture = np.where(mask[..., None], drawn.color[0].numpy(), _ground(body, camera, cam_from_world, ground))
    picture = ndimage.gaussian_filter(picture, (BLUR, BLUR, 0)) + rng.normal(scale=NOISE, size=picture.shape)
    return (255 * picture.clip(0, 1)).astype(np.uint8), mask


def _ground(body: Mesh, camera: Camera, cam_from_world: SE3, color: np.ndarray) -> np.ndarray:
    """(H, W, 3) a table of one colour, darker near the body's foot, that fades into a wall of the same."""
    world_from_cam = cam_from_world.inverse().matrix().numpy()
    rays = camera.rays().numpy() @ world_from_cam[:3, :3].T
    far = -world_from_cam[2, 3] / np.minimum(rays[..., 2], -1e-6)
    place = world_from_cam[:2, 3] + far[..., None] * rays[..., :2]
    off = np.linalg.norm(place - body.bounds().numpy().mean(0)[:2], axis=-1)
    dark = 0.35 * np.exp(-0.5 * (off / 0.06) ** 2)
    return color * (1 - dark * (rays[..., 2] < 0))[..., None]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", default="0:8")
    parser.add_argument("--photos", type=int, default=16)
    arguments = parser.parse_args()
    for seed in range(*map(int, arguments.seeds.split(":"))):
        make_set(arguments.out / f"plain_{seed}", seed, arguments.photos)


if __name__ == "__main__":
    main()
