"""Relative poses from a homography: what a plane leaves open."""

from __future__ import annotations

import numpy as np

from objpose.geometry.rigid_matrices import rigid_matrix

# Relative spread of the singular values below which the motion is a turn in place.
PURE_TURN = 1e-6


def decompose_homography(homography: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """All motions that a plane's homography of rays allows.

    homography: (3, 3), ray_b ~ homography @ ray_a for points of a plane. Returns up to four (b_from_a (4, 4),
    plane normal in a (3,)), with the translation in units of the plane's distance; one with zero translation
    and normal for a turn in place. Method of Faugeras & Lustman (1988) in the form of Ma, Soatto, Kosecka,
    Sastry (2003), 5.3.
    """
    H = homography / np.linalg.svd(homography, compute_uv=False)[1]
    H = H if np.linalg.det(H) > 0 else -H
    _, values, vectors = np.linalg.svd(H)
    s1, _, s3 = values**2
    if s1 - s3 < PURE_TURN:
        u, _, v = np.linalg.svd(H)
        return [(rigid_matrix(u @ v, np.zeros(3)), np.zeros(3))]
    v1, v2, v3 = vectors if np.linalg.det(vectors) > 0 else -vectors
    along, across = np.sqrt(max(1.0 - s3, 0.0)), np.sqrt(max(s1 - 1.0, 0.0))
    found = []
    for sign in (1.0, -1.0):
        u = (along * v1 + sign * across * v3) / np.sqrt(s1 - s3)
        normal = np.cross(v2, u)
        frame_a = np.stack([v2, u, normal], axis=1)
        frame_b = np.stack([H @ v2, H @ u, np.cross(H @ v2, H @ u)], axis=1)
        rotation = frame_b @ frame_a.T
        translation = (H - rotation) @ normal
        found.append((rigid_matrix(rotation, translation), normal))
        found.append((rigid_matrix(rotation, -translation), -normal))
    return found
