"""Bodies of known shape before cameras of known place, and the masks that they show."""

from __future__ import annotations

import numpy as np
import trimesh

from objpose.cameras.scene.views import View
from objpose.cameras.silhouettes.options import SilhouetteOptions
from objpose.cameras.silhouettes.silhouette import Silhouette, silhouette_of
from objpose.features.local import LocalFeatures
from objpose.geometry import SE3, Mesh
from objpose.geometry.rigid_matrices import rigid_matrix
from objpose.raster import render_mesh

WIDTH, HEIGHT = 320, 240
NO_FEATURES = LocalFeatures(np.zeros((0, 2), np.float32), np.zeros((1, 0, 2), np.float32))


def convex_body() -> trimesh.Trimesh:
    body = trimesh.creation.icosphere(subdivisions=3)
    body.apply_scale([1.0, 0.7, 1.3])
    return body


def branched_body() -> trimesh.Trimesh:
    """A trunk, a head, and two arms of different length on different sides: nothing about it is symmetric."""
    parts = [([0, 0, 0], [0.5, 0.4, 1.0]), ([0.1, 0, 1.1], [0.35, 0.3, 0.35])]
    parts += [([0.7, 0.2, 0.2], [0.6, 0.15, 0.15]), ([-0.2, 0.6, -0.4], [0.12, 0.5, 0.2])]
    meshes = []
    for middle, size in parts:
        part = trimesh.creation.icosphere(subdivisions=3)
        part.apply_scale(size)
        part.apply_translation(middle)
        meshes.append(part)
    return trimesh.util.concatenate(meshes)


def camera_about(around_deg: float, above_deg: float, away: float) -> np.ndarray:
    """(4, 4) cam_from_world, upright, that looks at the origin from so far."""
    around, above = np.radians([around_deg, above_deg])
    out = np.array([np.cos(above) * np.cos(around), np.cos(above) * np.sin(around), np.sin(above)])
    right = np.array([-np.sin(around), np.cos(around), 0.0])
    return rigid_matrix(np.stack([right, np.cross(-out, right), -out]), np.array([0.0, 0.0, away]))


def orbit(count: int, away: float, seed: int = 0) -> np.ndarray:
    """(N, 4, 4) all round, at differing heights."""
    rng = np.random.default_rng(seed)
    return np.stack(
        [camera_about(360.0 * i / count + rng.uniform(-9, 9), rng.uniform(5, 45), away) for i in range(count)]
    )


def masks_of(body: trimesh.Trimesh, cams: np.ndarray, focal: float) -> list[np.ndarray]:
    mesh = Mesh(body.vertices, body.faces)
    K = view_of(focal).camera.K
    drawn = render_mesh(mesh, SE3.from_matrix(cams), K, WIDTH, HEIGHT)
    return list(drawn.mask.numpy())


def view_of(focal: float) -> View:
    K = np.array([[focal, 0.0, (WIDTH - 1) / 2], [0.0, focal, (HEIGHT - 1) / 2], [0.0, 0.0, 1.0]])
    return View("photo.png", WIDTH, HEIGHT, K, NO_FEATURES)


def silhouettes_of(body: trimesh.Trimesh, cams: np.ndarray, focal: float) -> list[Silhouette]:
    found = [silhouette_of(view_of(focal), mask, SilhouetteOptions()) for mask in masks_of(body, cams, focal)]
    assert all(one is not None for one in found)
    return [one for one in found if one is not None]


def in_orbit_unit(cams: np.ndarray, silhouettes: list[Silhouette]) -> np.ndarray:
    """The same cameras, the object's size for a unit."""
    scaled = cams.copy()
    scaled[:, :3, 3] /= np.exp(
        np.mean(np.log([cam[2, 3] * one.size for cam, one in zip(cams, silhouettes, strict=True)]))
    )
    return scaled
