"""Motion of a thing in a hand before a camera, as in RBOT: smooth, fast, in view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from objpose.geometry import SE3, SO3

DISTANCE = (0.42, 0.78)  # metres
SIDE = 0.2  # largest offset of the thing's centre from the optical axis, of its distance
FINE = 8  # places of the path a frame, between which it is straight


@dataclass(frozen=True)
class Speed:
    """Of a frame to the next. By default RBOT's: Tjaden et al., PAMI 2018."""

    degrees: float = 7.0  # mean
    most_degrees: float = 15.0
    metres: float = 0.015
    most_metres: float = 0.03


def hand_held(frames: int, centre: np.ndarray, rng: np.random.Generator, speed: Speed = Speed()) -> SE3:
    """(frames,) cam_from_obj, float64, of a thing turned and carried about.

    centre: (3,) of the thing in its own frame, metres: what moves along the path, and what it turns about.
    """
    rotation = _turned(frames, rng, speed)
    place = torch.from_numpy(_carried(frames, rng, speed))
    return SE3.from_rotation_translation(rotation, place - rotation.apply(torch.from_numpy(centre)))


def smooth(frames: int, period: float, rng: np.random.Generator, columns: int = 1) -> np.ndarray:
    """(frames, columns) sums of three waves about as long as `period` frames; within [-1, 1]."""
    lengths = period * rng.uniform(0.6, 1.7, (3, columns))
    phases = rng.uniform(0, 2 * np.pi, (3, columns))
    time = np.arange(frames)[:, None, None]
    waves = np.sin(2 * np.pi * time / lengths + phases)
    return waves.mean(axis=1)


def _turned(frames: int, rng: np.random.Generator, speed: Speed) -> SO3:
    """Turns by smoothly changing amounts about smoothly changing axes, from any start."""
    axes = smooth(frames, 50, rng, 3) + 1e-3
    angles = np.radians(_amounts(frames, speed.degrees, speed.most_degrees, rng))
    steps = SO3.exp(torch.from_numpy(axes / np.linalg.norm(axes, axis=1, keepdims=True) * angles[:, None]))
    turned = [
        SO3.random((), generator=torch.Generator().manual_seed(int(rng.integers(2**31)))).to(torch.float64)
    ]
    for step in range(frames - 1):
        turned.append((steps[step] @ turned[-1]).normalized())
    return SO3(torch.stack([one.wxyz for one in turned]))


def _carried(frames: int, rng: np.random.Generator, speed: Speed) -> np.ndarray:
    """(frames, 3) metres: along a winding path inside of the view, faster and slower."""
    length = 20 * frames
    nearest, farthest = DISTANCE
    waves = smooth(length * FINE, 90 * FINE, rng, 3)
    z = (nearest + farthest) / 2 + (farthest - nearest) / 2 * waves[:, 2]
    path = np.stack([1.6 * SIDE * waves[:, 0] * z, 1.3 * SIDE * waves[:, 1] * z, z], axis=1)
    gone = np.concatenate([[0], np.linalg.norm(np.diff(path, axis=0), axis=1).cumsum()])
    wanted = _amounts(frames, speed.metres, speed.most_metres, rng)[:-1].cumsum()
    wanted = np.concatenate([[0], wanted])
    return np.stack([np.interp(wanted, gone, axis) for axis in path.T], axis=1)


def _amounts(frames: int, mean: float, most: float, rng: np.random.Generator) -> np.ndarray:
    """(frames,) smooth amounts of that mean, none above `most`."""
    waves = np.clip(1 + 1.3 * smooth(frames, 30, rng)[:, 0], 0.1, None)
    for _ in range(20):
        waves = np.clip(waves * mean / waves.mean(), 0, most)
    return waves
