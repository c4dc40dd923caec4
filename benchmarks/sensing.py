"""What cameras and a segmenter make of exact images: colour, structured-light depth, a rough mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import ndimage

BASELINE = 0.06  # metres, projector to camera


@dataclass(frozen=True)
class Difficulty:
    """How far measured images are from exact ones; by default a consumer camera, a fair segmenter."""

    disparity_step: float = 0.125  # pixels: disparities are multiples of it
    disparity_sigma: float = 0.08  # pixels; the depth error grows with the square of the distance
    depth_gain: float = 0.002  # sigma of the relative error that all depths of a frame share
    misalignment: float = 0.5  # pixels, sigma of the shift between depth and colour
    color_cast: float = 0.12  # sigma of the log gain of each channel
    exposure: float = 0.25  # sigma of the log of the exposure
    color_sigma: float = 0.015  # of a pixel's noise
    blur: float = 0.7  # pixels, sigma
    border: float = 1.5  # pixels, how far the mask's border wanders
    bites: int = 2  # largest number of discs that the mask lacks
    specks: int = 3  # largest number of spots of the mask far from the object
    spill: float = 6.0  # pixels that the mask may reach into a neighbour, from one side


class Light(NamedTuple):
    """One lamp, and what a camera makes of it."""

    direction: np.ndarray  # (3,) unit, towards the lamp, camera frame
    ambient: float  # share of the light that comes from everywhere
    gain: np.ndarray  # (3,) of the channels


def any_light(rng: np.random.Generator, level: Difficulty) -> Light:
    light = rng.normal(size=3) * [1, 1, 0.5] + [0, -0.7, -1.2]  # most lamps hang above and behind the camera
    ambient = rng.uniform(0.25, 0.6)
    gain = np.exp(rng.normal(scale=level.exposure) + rng.normal(scale=level.color_cast, size=3))
    return Light(light / np.linalg.norm(light), ambient, gain)


def lit(albedo: np.ndarray, normals: np.ndarray, light: Light, blur: float) -> np.ndarray:
    """(H, W, 3) colours under a light, blurred by `blur` pixels, without noise; above 1 where overexposed.

    albedo: (H, W, 3) in [0, 1]; normals: (H, W, 3) in the camera frame.
    """
    shading = light.ambient + (1 - light.ambient) * np.clip(normals @ light.direction, 0, None)
    return ndimage.gaussian_filter(albedo * shading[..., None] * light.gain, (blur, blur, 0))


def seen_color(
    albedo: np.ndarray,
    normals: np.ndarray,
    rng: np.random.Generator,
    level: Difficulty,
    light: Light | None = None,
) -> np.ndarray:
    """(H, W, 3) uint8 under a light, one drawn at random by default; arguments as of `lit`."""
    seen = lit(albedo, normals, light or any_light(rng, level), level.blur)
    seen += rng.normal(scale=level.color_sigma, size=seen.shape)
    return (255 * np.clip(seen, 0, 1)).astype(np.uint8)


def measured_depth(
    depth: np.ndarray, normals: np.ndarray, focal: float, rng: np.random.Generator, level: Difficulty
) -> np.ndarray:
    """(H, W) metres, 0 = missing: noise and steps of disparity; holes at a glance, at edges, in spots."""
    noise = ndimage.gaussian_filter(rng.normal(size=depth.shape), 0.7)
    shift = rng.normal(scale=level.misalignment, size=2)
    seen = ndimage.shift(depth, shift, order=0, mode="nearest") * (1 + rng.normal(scale=level.depth_gain))
    disparity = focal * BASELINE / seen + level.disparity_sigma * noise / noise.std()
    if level.disparity_step:
        disparity = np.round(disparity / level.disparity_step) * level.disparity_step
    facing = np.abs((normals * _directions(depth.shape, focal)).sum(-1))
    glancing = facing < rng.uniform(0.1, 0.25, depth.shape)
    jump = ndimage.maximum_filter(depth, 3) - ndimage.minimum_filter(depth, 3) > 0.02
    spots = ndimage.gaussian_filter(rng.normal(size=depth.shape), 1.5)
    holes = glancing | (jump & (rng.random(depth.shape) < 0.6)) | (spots > 3.2 * spots.std())
    return np.where(holes, 0, focal * BASELINE / np.maximum(disparity, 1e-3)).astype(np.float32)


def rough_mask(
    visible: np.ndarray, neighbours: np.ndarray, rng: np.random.Generator, level: Difficulty
) -> np.ndarray:
    """The mask (H, W) of a segmenter, given what is visible of the object and of its neighbours."""
    inward = ndimage.distance_transform_edt(visible)
    outward = ndimage.distance_transform_edt(~visible)
    wander = ndimage.gaussian_filter(rng.normal(size=visible.shape), rng.uniform(3, 8))
    mask = inward - outward > level.border * (wander / wander.std() + rng.normal())
    mask |= neighbours & (outward < level.spill * rng.random()) & _side(visible, rng)
    size = np.sqrt(visible.sum())
    for _ in range(rng.integers(level.bites + 1)):
        mask &= ~_disc(visible & (inward < 2), rng.uniform(0.05, 0.15) * size, rng)
    for _ in range(rng.integers(level.specks + 1)):
        mask |= _disc(outward > 0.2 * size, rng.uniform(1, 4), rng)
    return mask


def _directions(shape: tuple[int, ...], focal: float) -> np.ndarray:
    """(H, W, 3) unit viewing rays of a camera whose axis meets the middle of the image."""
    row, column = np.indices(shape)
    rays = np.stack([column - shape[1] / 2, row - shape[0] / 2, np.full(shape, focal)], axis=-1)
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


def _side(visible: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The half plane on a random side of the object's middle."""
    row, column = np.indices(visible.shape)
    middle = np.argwhere(visible).mean(0)
    angle = rng.uniform(0, 2 * np.pi)
    return (row - middle[0]) * np.sin(angle) + (column - middle[1]) * np.cos(angle) > 0


def _disc(where: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """A disc around a random pixel of `where`; nothing when there is none."""
    pixels = np.argwhere(where)
    if not len(pixels):
        return np.zeros_like(where)
    row, column = np.indices(where.shape)
    centre = pixels[rng.integers(len(pixels))]
    return (row - centre[0]) ** 2 + (column - centre[1]) ** 2 <= radius**2
