"""Photos of things with truth: lamps, shadows, what stands before and behind, faults of cameras and masks."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from objpose.frame import Frame
from objpose.geometry import SE3, SO3, Camera, square_K
from objpose.raster import render_mesh
from training.drawn.prints import any_color, any_print
from training.drawn.things import Thing

SPAN = (45.0, 260.0)  # pixels that the thing spans
LEAST_VISIBLE = 0.3  # of its outline
LEAST_PIXELS = 300


class Photo(NamedTuple):
    frame: Frame
    mask: torch.Tensor  # (H, W) bool, as a segmenter gives it
    visible: torch.Tensor  # (H, W) bool, the thing's pixels
    neighbours: torch.Tensor  # (H, W) bool, those of other things
    cam_from_obj: SE3


class Layer(NamedTuple):
    """Images of one thing, (H, W, ...); its depth is infinite where it is not."""

    depth: np.ndarray
    normals: np.ndarray
    albedo: np.ndarray


def photo_of(thing: Thing, others: list[Thing], rng: np.random.Generator) -> Photo | None:
    """The thing turned at random among at most two of the others; None where they hide it."""
    camera, cam_from_obj = _placed(thing, rng)
    layers = [_drawn(thing, cam_from_obj, camera)]
    for index in rng.permutation(len(others))[: rng.integers(3)]:
        layers.append(_drawn(others[index], _beside(cam_from_obj, others[index], rng), camera))
    background = _background(rng, camera)
    nearest = np.stack([layer.depth for layer in [*layers, background]]).argmin(0)
    visible = nearest == 0
    outline = np.isfinite(layers[0].depth).sum()
    if visible.sum() < max(LEAST_PIXELS, LEAST_VISIBLE * outline):
        return None
    row, column = np.indices(nearest.shape)
    images = zip(*[*layers, background], strict=True)
    _, normals, albedo = (np.stack(image)[nearest, row, column] for image in images)
    seen = _developed(_lit(albedo, normals, rng), rng)
    neighbours = ~visible & (nearest < len(layers))
    mask = _rough(visible, neighbours, rng)
    if mask.sum() < LEAST_PIXELS:
        return None
    frame = Frame(np.ascontiguousarray(seen), camera)
    masks = map(torch.from_numpy, (mask, visible, neighbours))
    return Photo(frame, *masks, cam_from_obj)


def _placed(thing: Thing, rng: np.random.Generator) -> tuple[Camera, SE3]:
    """A camera that looks at the thing: crops are turned onto their middle anyway."""
    span, away = np.exp(rng.uniform(*np.log(SPAN))), rng.uniform(2.5, 9.0)
    side, focal = int(1.35 * span) + 24, float(span * away)
    camera = Camera.from_K(square_K(focal, side), side, side)
    rotation = SO3.random((), generator=torch.Generator().manual_seed(int(rng.integers(2**31))))
    at = torch.tensor([0.0, 0.0, away * thing.mesh.diameter()])
    return camera, SE3.from_rotation_translation(rotation, at)


def _beside(cam_from_obj: SE3, other: Thing, rng: np.random.Generator) -> SE3:
    """Near the thing, before it rather than behind."""
    size = other.mesh.diameter()
    shift = torch.from_numpy(rng.normal([0, 0, -0.3], [0.6, 0.6, 0.8]) * size).float()
    rotation = SO3.random((), generator=torch.Generator().manual_seed(int(rng.integers(2**31))))
    return SE3.from_rotation_translation(rotation, cam_from_obj.translation + shift)


def _drawn(thing: Thing, cam_from_obj: SE3, camera: Camera) -> Layer:
    outputs = ("depth", "normals", "color")
    drawn = render_mesh(thing.mesh, cam_from_obj, camera.K, camera.width, camera.height, outputs=outputs)
    assert drawn.normals is not None and drawn.color is not None  # asked for
    depth = drawn.depth[0].numpy()
    return Layer(np.where(depth > 0, depth, np.inf), drawn.normals[0].numpy(), drawn.color[0].numpy())


def _background(rng: np.random.Generator, camera: Camera) -> Layer:
    """A wall or table of one colour with a slight grain, or a print out of focus."""
    side = camera.width
    normal = rng.normal(size=3) * [0.6, 0.6, 0.2] - [0, 0, 1]
    if rng.random() < 0.5:
        albedo = any_color(rng) + rng.uniform(0, 0.06) * rng.normal(size=(side, side, 1))
    else:
        picture = Image.fromarray(any_print(rng)).resize((side, side), Image.Resampling.BICUBIC)
        albedo = ndimage.gaussian_filter(np.array(picture) / 255, (*[rng.uniform(0.5, 6)] * 2, 0))
    normals = np.broadcast_to(normal / np.linalg.norm(normal), (side, side, 3))
    return Layer(np.full((side, side), 1e3), normals, albedo.clip(0, 1))


def _lit(albedo: np.ndarray, normals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) light that comes from the surfaces: one to three lamps, gloss, the edge of a shadow."""
    ambient = rng.uniform(0.2, 0.8)
    light = np.full((*albedo.shape[:2], 1), ambient)
    shine = np.zeros_like(light)
    gloss, sharpness = rng.choice([0.0, 0.15, 0.5]), np.exp(rng.uniform(np.log(8), np.log(80)))
    for share in rng.dirichlet(np.ones(rng.integers(1, 4))):
        lamp = rng.normal(size=3) * [1, 1, 0.6] - [0, 0.5, 1]
        lamp /= np.linalg.norm(lamp)
        lit = _shadow(rng, albedo.shape[:2]) if rng.random() < 0.4 else 1.0
        light += (1 - ambient) * 1.4 * share * lit * np.clip(normals @ lamp, 0, None)[..., None]
        half = lamp - [0, 0, 1]
        toward = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1)[..., None]
        shine += gloss * share * lit * toward**sharpness
    return albedo * light + shine


def _shadow(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W, 1) in [0, 1]: the lamp is taken away on one side of a soft bent border."""
    row, column = np.indices(shape) / shape[0] - 0.5
    angle, bend = rng.uniform(0, 2 * np.pi), rng.normal(scale=1.0)
    along, across = row * np.cos(angle) + column * np.sin(angle), column * np.cos(angle) - row * np.sin(angle)
    side = along + bend * across**2 - rng.normal(scale=0.2)
    dark = rng.uniform(0.0, 0.6)
    return (dark + (1 - dark) / (1 + np.exp(-side / rng.uniform(0.003, 0.05))))[..., None]


def _developed(light: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) uint8: exposure, white balance, tone, saturation, blur, noise, JPEG."""
    exposure = np.exp(rng.normal(scale=0.3) + rng.normal(scale=0.12, size=3))
    seen = np.clip(light * exposure, 0, None) ** np.exp(rng.normal(scale=0.2))
    grey = seen.mean(-1, keepdims=True)
    seen = grey + rng.uniform(0.6, 1.2) * (seen - grey)
    blur = np.exp(rng.uniform(np.log(0.35), np.log(1.6))) * np.array([*rng.uniform(0.7, 1.3, 2), 0])
    seen = ndimage.gaussian_filter(seen, blur)
    sigma = np.exp(rng.uniform(np.log(0.002), np.log(0.03)))
    noise = rng.normal(size=seen.shape) * sigma * np.sqrt(np.clip(seen, 0.1, 1) * 2)
    picture = (255 * np.clip(seen + noise, 0, 1)).astype(np.uint8)
    return picture if rng.random() < 0.5 else _recompressed(picture, int(rng.integers(35, 96)))


def _recompressed(picture: np.ndarray, quality: int) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=quality)
    return np.array(Image.open(stream))


def _rough(visible: np.ndarray, neighbours: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A wandering border, a spill into neighbours on one side, a bite at times."""
    size = np.sqrt(visible.sum())
    soft = ndimage.gaussian_filter(visible.astype(np.float32), 0.02 * size + 0.5)
    noise = ndimage.gaussian_filter(rng.normal(size=visible.shape), rng.uniform(0.04, 0.12) * size)
    wander = rng.uniform(0, 0.35) * noise / noise.std() + rng.normal(scale=0.12)
    mask = soft + wander * (soft > 0.02) * (soft < 0.98) > 0.5
    if rng.random() < 0.3:
        reach = ndimage.gaussian_filter(visible.astype(np.float32), 0.05 * size)
        mask |= neighbours & (reach > rng.uniform(0.1, 0.5)) & _half(visible, rng)
    if rng.random() < 0.25:
        row, column = np.indices(visible.shape)
        where = np.argwhere(mask)
        middle = where[rng.integers(len(where))]
        mask &= np.hypot(row - middle[0], column - middle[1]) > rng.uniform(0.05, 0.25) * size
    return mask


def _half(visible: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(H, W) bool: one side of a line through the middle of what is visible."""
    row, column = np.indices(visible.shape)
    middle, angle = np.argwhere(visible).mean(0), rng.uniform(0, 2 * np.pi)
    return (row - middle[0]) * np.sin(angle) + (column - middle[1]) * np.cos(angle) > 0
