"""Boxes on a table before a camera, found without depth: right but for their distances."""

from __future__ import annotations

import numpy as np

from objpose.estimator.ground.contact import Standing
from objpose.geometry import RestingSides, resting_sides
from tests.geometry.shapes import box

UP = np.array([0.0, -np.cos(0.7), -np.sin(0.7)])  # of the table, which the camera looks down on
HEIGHT = -0.6  # metres: normal . x of the table
SIZES = (0.12, 0.08, 0.05), (0.15, 0.1, 0.06), (0.1, 0.09, 0.04), (0.2, 0.06, 0.08), (0.08, 0.07, 0.12)
ALONG_RAY = 0.006  # metres: error of distances, standard deviation
BESIDE, TURN = 0.001, 0.01  # metres, radians: of all else


def sides(size: tuple[float, float, float]) -> RestingSides:
    return resting_sides(box(*size).vertices.double().numpy())


def on_table(
    rng: np.random.Generator, index: int, raised: float = 0.0, of: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (3, 3) and translation (3,) of a box, of its own size or another's, that lies on a face."""
    size = SIZES[index if of is None else of]
    turn = rng.uniform(0, 2 * np.pi)
    right = np.array([1.0, 0.0, 0.0])
    along = np.stack([right, np.cross(UP, right), UP], 1)
    spin = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    place = along[:, :2] @ [0.18 * (index - 2), rng.uniform(-0.1, 0.1)] + [0, 0, -HEIGHT / np.sin(0.7)]
    return along @ spin, place + UP * (HEIGHT + size[2] / 2 + raised - UP @ place)


def covariance(translation: np.ndarray) -> np.ndarray:
    """(6, 6) of the left perturbation, for errors about the object's middle."""
    ray = translation / np.linalg.norm(translation)
    about = np.zeros((6, 6))
    about[:3, :3] = BESIDE**2 * np.eye(3) + ALONG_RAY**2 * np.outer(ray, ray)
    about[3:, 3:] = TURN**2 * np.eye(3)
    shift = np.eye(6)
    x, y, z = translation
    shift[:3, 3:] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
    return shift @ about @ shift.T


def found(
    rng: np.random.Generator, index: int, raised: float = 0.0, chance: float = 0.9
) -> tuple[Standing, np.ndarray]:
    """A box as it is found, and where it truly is (3,)."""
    rotation, truth = on_table(rng, index, raised)
    size = SIZES[index]
    off = truth / np.linalg.norm(truth) * rng.normal(0, ALONG_RAY)
    diameter = float(np.linalg.norm(size))
    return Standing(sides(size), rotation, truth + off, covariance(truth), chance, diameter), truth
