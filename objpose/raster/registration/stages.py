"""The public stages of registration.

Frames and units: metres, OpenCV camera axes; poses are cam_from_obj as wxyz_xyz. Numbers are float32.
"""

from __future__ import annotations

from types import ModuleType

from torch import Tensor

from objpose.raster.backends import backend_for
from objpose.raster.registration.bundles import SurfaceIndex


def register_points(
    index: SurfaceIndex,
    points: Tensor,
    normals: Tensor,
    cam_from_obj: Tensor,
    steps: int,
    start: float,
    end: float,
) -> Tensor:
    """Poses (B, 7) after Gauss-Newton steps of point-to-plane ICP (Chen and Medioni 1992), all in one kernel.

    Pairs farther apart than a distance that shrinks from `start` to `end` (metres) are left out, by Tukey's
    weight; no step is longer than that.

    Args:
        points: (N, 3) of the scene, camera frame, with unit normals (N, 3).
        cam_from_obj: (B, 7).
    """
    return _core(points).register_points(index, points, normals, cam_from_obj, steps, start, end)


def surface_agreement(
    index: SurfaceIndex,
    points: Tensor,
    normals: Tensor,
    cam_from_obj: Tensor,
    most: float,
    similarity: Tensor | None = None,
) -> Tensor:
    """(B,) in [0, 1], mean over ALL scene points of their agreement with the surface under poses (B, 7).

    A point agrees by 1 - (distance / most)^2 (metres), when its normal does too, times the similarity
    (N, number of surface points) of the pair where one is given.
    """
    return _core(points).surface_agreement(index, points, normals, cam_from_obj, most, similarity)


def seen_through(probes: Tensor, depth: Tensor, K: Tensor, cam_from_obj: Tensor, slack: float) -> Tensor:
    """(B,) share of points of the object beyond which a camera saw, under poses (B, 7): none can be there.

    Args:
        probes: (P, 3) object frame.
        depth: (H, W) metres, 0 = missing.
        K: (3, 3) pixels.
        slack: metres by which depth must lie behind a point.
    """
    return _core(probes).seen_through(probes, depth, K, cam_from_obj, slack)


def _core(points: Tensor) -> ModuleType:
    core: ModuleType = backend_for(points.device).registration
    return core
