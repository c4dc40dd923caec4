"""Photo sets with known truth: points seen as keypoints, or textured planes drawn as pictures."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.pairs.problem import CameraProblem, pose_problem
from objpose.cameras.placing.options import PlacingOptions
from objpose.cameras.scene.views import View
from objpose.features.local import FeatureMatcher, LocalFeatures, Matches, SiftExtractor, match_pairs
from objpose.features.local.cache import FeatureCache
from objpose.geometry.rigid_matrices import rigid_matrix

WIDTH, HEIGHT, FOCAL = 640, 480, 600.0
K = np.array([[FOCAL, 0.0, (WIDTH - 1) / 2], [0.0, FOCAL, (HEIGHT - 1) / 2], [0.0, 0.0, 1.0]])
DIMENSIONS = 32
OPTIONS = PlacingOptions()


class _Remembered:
    """SIFT of every picture once: tests recover the same photos under many options."""

    def __init__(self, keypoints: int) -> None:
        extractor = SiftExtractor(max_keypoints=keypoints)
        self.name, self._known = extractor.name, FeatureCache(extractor)

    def __call__(self, image: np.ndarray) -> LocalFeatures:
        return self._known(image)


@cache
def few_keypoints(count: int = 400) -> FeatureMatcher:
    return FeatureMatcher(_Remembered(count))


def look_at_origin(azimuth_deg: float, elevation_deg: float = 20.0, distance: float = 4.0) -> np.ndarray:
    """(4, 4) cam_from_world of a camera that looks at the origin, world z up."""
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    centre = distance * np.array(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
    )
    forward = -centre / np.linalg.norm(centre)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    cam_from_world = np.eye(4)
    cam_from_world[:3, :3], cam_from_world[:3, 3] = rotation, -rotation @ centre
    return cam_from_world


def random_motion(seed: int) -> np.ndarray:
    """(4, 4) of a turn and a shift of any direction."""
    rng = np.random.default_rng(seed)
    return rigid_matrix(Rotation.from_rotvec(rng.normal(scale=0.4, size=3)).as_matrix(), rng.normal(size=3))


def make_views(
    cams_from_world: list[np.ndarray],
    seed: int,
    num_points: int = 250,
    clutter: int = 150,
    noise_px: float = 0.5,
    flat: bool = False,
    blur: float = 0.3,
) -> list[View]:
    """Views of random points in a unit ball, or on its plane z = 0, each with clutter.

    blur: noise of the descriptors, relative to what tells points apart: 1 leaves few right matches.
    """
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(num_points, 3))
    points *= rng.uniform(0, 1, (num_points, 1)) ** (1 / 3) / np.linalg.norm(points, axis=1, keepdims=True)
    points[:, 2] *= 0.0 if flat else 1.0
    descriptors = rng.normal(size=(num_points, DIMENSIONS))
    return [
        _view(f"{index}.jpg", cam, points, descriptors, rng, clutter, noise_px, blur)
        for index, cam in enumerate(cams_from_world)
    ]


def _view(
    name: str,
    cam: np.ndarray,
    points: np.ndarray,
    descriptors: np.ndarray,
    rng: np.random.Generator,
    clutter: int,
    noise_px: float,
    blur: float,
) -> View:
    seen = points @ cam[:3, :3].T + cam[:3, 3]
    pixels = seen[:, :2] / seen[:, 2:] * FOCAL + K[:2, 2] + rng.normal(scale=noise_px, size=(len(points), 2))
    described = descriptors + rng.normal(scale=blur, size=descriptors.shape)
    pixels = np.concatenate([pixels, rng.uniform([0, 0], [WIDTH, HEIGHT], (clutter, 2))])
    described = np.concatenate([described, rng.normal(size=(clutter, DIMENSIONS))])
    described /= np.linalg.norm(described, axis=1, keepdims=True)
    features = LocalFeatures(pixels.astype(np.float32), described.astype(np.float32)[None])
    return View(name, WIDTH, HEIGHT, K, features)


def match_views(views: list[View]) -> dict[tuple[int, int], Matches]:
    return match_pairs([view.features for view in views])


def sparsely_joined(views: list[View], first: int, share: float) -> CameraProblem:
    """Of two groups of photos, the second from `first` on, that share that much of their matches."""
    rng = np.random.default_rng(0)
    matches = {
        (a, b): found.select(rng.uniform(size=len(found)) < (share if a < first <= b else 1.0))
        for (a, b), found in match_views(views).items()
    }
    return pose_problem(views, matches, PairOptions())


RING = [look_at_origin(azimuth, elevation) for azimuth, elevation in ((0, 10), (20, 30), (40, 15), (65, 25))]


def unposed(views: list[View]) -> CameraProblem:
    """Matches alone, of no pair a hypothesis."""
    return CameraProblem(views, match_views(views), {})


def make_problem(views: list[View]) -> CameraProblem:
    return pose_problem(views, match_views(views), PairOptions())


def pair_error(b_from_a: np.ndarray, truth: np.ndarray) -> float:
    """Degrees, the larger of the rotation's error and the direction's."""
    turn = Rotation.from_matrix(b_from_a[:3, :3].T @ truth[:3, :3]).magnitude()
    u, v = b_from_a[:3, 3], truth[:3, 3]
    cosine = np.clip(u @ v / max(np.linalg.norm(u) * np.linalg.norm(v), 1e-12), -1.0, 1.0)
    return float(np.degrees(max(turn, np.arccos(cosine))))


def worst_error(cams_from_world: dict[int, np.ndarray], truth: list[np.ndarray]) -> float:
    """Degrees, over all pairs of placed cameras."""
    placed = sorted(cams_from_world)
    return max(
        pair_error(cams_from_world[b] @ np.linalg.inv(cams_from_world[a]), truth[b] @ np.linalg.inv(truth[a]))
        for a in placed
        for b in placed
        if a < b
    )


def draw_corner(cam_from_world: np.ndarray, width: int = 400, height: int = 300, seed: int = 0) -> np.ndarray:
    """(H, W, 3) uint8 picture of a floor and two walls with random texture; focal length 1.1 widths."""
    focal = 1.1 * width
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    rays = np.stack([(columns - (width - 1) / 2) / focal, (rows - (height - 1) / 2) / focal], axis=-1)
    rays = np.concatenate([rays, np.ones_like(rays[..., :1])], axis=-1) @ cam_from_world[:3, :3]
    centre = -cam_from_world[:3, :3].T @ cam_from_world[:3, 3]
    nearest = np.full((height, width), np.inf)
    picture = np.zeros((height, width, 3))
    for axis, texture in enumerate(_textures(seed)):
        distance = (-1.2 - centre[axis]) / rays[..., axis]
        hit = centre + distance[..., None] * rays
        u, v = (np.delete(hit, axis, axis=-1) * 120 + 360).transpose(2, 0, 1).round().astype(np.int64)
        front = (distance > 0) & (distance < nearest)
        nearest = np.where(front, distance, nearest)
        picture[front] = texture[v.clip(0, 719), u.clip(0, 719)][front]
    return picture.round().astype(np.uint8)


def corner_K(width: int = 400, height: int = 300) -> np.ndarray:
    """Of draw_corner."""
    return np.array([[1.1 * width, 0, (width - 1) / 2], [0, 1.1 * width, (height - 1) / 2], [0, 0, 1.0]])


@lru_cache(maxsize=2)
def _textures(seed: int) -> tuple[np.ndarray, ...]:
    """Of the floor and of both walls: most pictures are of one room."""
    rng = np.random.default_rng(seed)
    return tuple(_texture(rng) for _ in range(3))


def _texture(rng: np.random.Generator) -> np.ndarray:
    """(720, 720, 3) noise with detail at several sizes."""
    total = np.zeros((720, 720, 3))
    for size, weight in ((45, 0.5), (120, 0.3), (240, 0.2)):
        coarse = Image.fromarray(rng.integers(0, 256, (size, size, 3), dtype=np.uint8))
        total += weight * np.asarray(coarse.resize((720, 720), Image.Resampling.BICUBIC))
    return np.clip((total - 128) * 1.8 + 128, 0, 255)
