"""Circles in space that the ellipses of several placed photos show.

An ellipse is a cone of rays; two planes cut it in a circle (Forsyth et al., "Invariant descriptors for
3D object recognition and pose", TPAMI 1991), each with its middle on a known ray and a radius that grows
with the distance. Where the middles of two photos' circles meet, with one radius and one plane, a circle
stands; further photos show it or do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from objpose.cameras.coins.ellipses import Ellipse
from objpose.cameras.scene.views import View
from objpose.geometry.rigid_matrices import centre_of

LEAST_PHOTOS = 3  # that show a circle: two ellipses meet by chance
GAP = 0.2  # radii that the rays of two middles may pass each other by
LIKE = 0.12  # share that two radii may differ by
TILT_DEG = 20.0  # that two planes may differ by
PARALLAX_DEG = 4.0  # between the rays, below which they do not say how far it is
BOUNDS = 4.0, 2.5, 1.5, 1.5  # pixels, root mean square, that an edge may be off a circle, from fit to fit
ONE = 0.7  # radii apart within which two circles have one middle


class Circle(NamedTuple):
    """middle: (3,) world; normal: (3,) unit; radius: world units; shown: the ellipse by photo."""

    middle: np.ndarray
    normal: np.ndarray
    radius: float
    shown: Mapping[int, Ellipse]


class _Cuts(NamedTuple):
    """Circles that ellipses of one photo may be, two of each: of (N,) ellipses, in the world's axes."""

    ellipse: np.ndarray  # (2N,)
    ray: np.ndarray  # (2N, 3) unit, to the middle
    normal: np.ndarray  # (2N, 3) unit, towards the camera
    radius: np.ndarray  # (2N,) at a distance of one


def find_circles(
    views: Sequence[View],
    cams_from_world: Mapping[int, np.ndarray],
    ellipses: Mapping[int, Sequence[Ellipse]],
) -> list[Circle]:
    """Those that `LEAST_PHOTOS` photos show, each once, those that most photos show first.

    cams_from_world: (4, 4) by photo; ellipses: of the same photos. Those within a larger one are left out: a
    coin has rims, and pictures.
    """
    rays = {photo: [_rays(views[photo], one) for one in ellipses[photo]] for photo in cams_from_world}
    cuts = {photo: _cuts(cams_from_world[photo], rays[photo]) for photo in cams_from_world if rays[photo]}
    found: list[Circle] = []
    photos = sorted(cuts)
    for index, a in enumerate(photos):
        for b in photos[index + 1 :]:
            for rough in _meeting(cams_from_world[a], cuts[a], cams_from_world[b], cuts[b]):
                circle = _confirmed(rough, views, cams_from_world, ellipses, rays)
                if circle is not None:
                    found.append(circle)
    found.sort(key=lambda one: -len(one.shown))
    return _outermost([one for i, one in enumerate(found) if not any(_same(one, o) for o in found[:i])])


def _rays(view: View, one: Ellipse) -> np.ndarray:
    """(M, 2) of its edge at depth one."""
    return (view.on_pinhole(one.edge) - view.K[:2, 2]) / view.K.diagonal()[:2]


def _cuts(cam_from_world: np.ndarray, rays: Sequence[np.ndarray]) -> _Cuts:
    found = [(index, *cut) for index, one in enumerate(rays) for cut in _cut(one)]
    turn = cam_from_world[:3, :3]
    ray, normal = (np.array([one[part] for one in found]).reshape(-1, 3) @ turn for part in (1, 2))
    return _Cuts(np.array([one[0] for one in found]), ray, normal, np.array([one[3] for one in found]))


def _cut(rays: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Ray to the middle, normal, radius at a distance of one: both circles of a cone of rays (M, 2)."""
    values, axes = np.linalg.eigh(_cone(rays))
    if values[1] < 0.0:  # two of one sign: the third is the cone's axis
        values, axes = -values[::-1], axes[:, ::-1]
    low, mid, high = values
    if not low < 0.0 < mid:
        return []
    found = []
    for sign in (1.0, -1.0):
        normal = np.sqrt((high - mid) / (high - low)) * axes[:, 2]
        normal = normal + sign * np.sqrt((mid - low) / (high - low)) * axes[:, 0]
        middle = axes @ ((axes.T @ normal) / values)  # the pole of the plane's horizon
        middle *= np.sign(middle[2]) / np.linalg.norm(middle)
        normal = -np.sign(normal @ middle) * normal
        found.append((middle, normal, float(_radii(rays, middle, normal).mean())))
    return found


def _cone(rays: np.ndarray) -> np.ndarray:
    """(3, 3) symmetric, of least squares through rays (M, 2), which are centred and scaled for it."""
    middle, spread = rays.mean(0), rays.std()
    x, y = ((rays - middle) / spread).T
    coefficients = np.linalg.svd(np.stack([x * x, x * y, y * y, x, y, np.ones_like(x)], axis=1))[2][-1]
    a, b, c, d, e, f = coefficients
    cone = np.array([[a, b / 2, d / 2], [b / 2, c, e / 2], [d / 2, e / 2, f]])
    scale = np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, spread]]) / spread
    return scale.T @ cone @ scale


def _radii(rays: np.ndarray, middle: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """(M,) distances from a middle at which rays (M, 2) meet its plane; inf where they miss it."""
    ahead = np.concatenate([rays, np.ones((len(rays), 1))], axis=1)
    along = ahead @ normal
    reach = np.divide(middle @ normal, along, out=np.full(len(rays), np.inf), where=np.abs(along) > 1e-9)
    return np.where(reach > 0, np.linalg.norm(ahead * reach[:, None] - middle, axis=1), np.inf)


def _meeting(cam_a: np.ndarray, a: _Cuts, cam_b: np.ndarray, b: _Cuts) -> list[Circle]:
    """Circles where cuts of two photos meet, best first, not yet held against any photo."""
    origin, apart = centre_of(cam_a), centre_of(cam_b) - centre_of(cam_a)
    cosine = a.ray @ b.ray.T
    sine2 = np.maximum(1.0 - cosine**2, 1e-12)
    to_a, to_b = (a.ray @ apart)[:, None], (b.ray @ apart)[None]
    reach_a, reach_b = (to_a - cosine * to_b) / sine2, (cosine * to_a - to_b) / sine2
    gap = np.linalg.norm(
        reach_a[..., None] * a.ray[:, None] - reach_b[..., None] * b.ray[None] - apart, axis=2
    )
    radius_a, radius_b = reach_a * a.radius[:, None], reach_b * b.radius[None]
    unlike = np.abs(np.log(np.maximum(radius_a, 1e-12) / np.maximum(radius_b, 1e-12)))
    fits = (reach_a > 0) & (reach_b > 0) & (sine2 > np.sin(np.radians(PARALLAX_DEG)) ** 2)
    fits &= (gap < GAP * radius_a) & (unlike < LIKE)
    fits &= np.abs(a.normal @ b.normal.T) > np.cos(np.radians(TILT_DEG))
    rows, columns = np.nonzero(fits)
    order = np.argsort(unlike[rows, columns])
    return [
        Circle(origin + reach_a[i, j] * a.ray[i], a.normal[i], float(radius_a[i, j]), {})
        for i, j in zip(rows[order], columns[order], strict=True)
    ]


def _confirmed(
    rough: Circle,
    views: Sequence[View],
    cams: Mapping[int, np.ndarray],
    ellipses: Mapping[int, Sequence[Ellipse]],
    rays: Mapping[int, Sequence[np.ndarray]],
) -> Circle | None:
    """Fitted to the edges of all photos that show it; None where fewer than `LEAST_PHOTOS` do."""
    circle = rough
    for bound in BOUNDS:
        shown = {
            photo: best
            for photo, cam in cams.items()
            if (best := _nearest(circle, cam, views[photo].focal, rays[photo], bound)) is not None
        }
        if len(shown) < LEAST_PHOTOS:
            return None
        circle = _fitted(circle, [(cams[p], rays[p][row], views[p].focal) for p, row in shown.items()])
    return circle._replace(shown={photo: ellipses[photo][row] for photo, row in shown.items()})


def _nearest(
    circle: Circle, cam: np.ndarray, focal: float, rays: Sequence[np.ndarray], bound: float
) -> int | None:
    """The ellipse of a photo whose edge lies on the circle, within `bound` pixels."""
    middle = cam[:3, :3] @ circle.middle + cam[:3, 3]
    reach = circle.radius / max(middle[2], 1e-9)
    there = middle[:2] / max(middle[2], 1e-9)
    near = [row for row, one in enumerate(rays) if np.linalg.norm(one.mean(0) - there) < 0.5 * reach]
    off = {row: float(np.sqrt((_off(circle, cam, rays[row], focal) ** 2).mean())) for row in near}
    best = min(off, key=off.__getitem__, default=None)
    return best if best is not None and off[best] < bound else None


def _off(circle: Circle, cam: np.ndarray, rays: np.ndarray, focal: float) -> np.ndarray:
    """(M,) pixels, as if it stood upright, that rays (M, 2) pass a circle by."""
    middle = cam[:3, :3] @ circle.middle + cam[:3, 3]
    radii = _radii(rays, middle, cam[:3, :3] @ circle.normal)
    return np.minimum(np.abs(radii - circle.radius) * focal / max(middle[2], 1e-9), 1e3)


def _fitted(circle: Circle, seen: Sequence[tuple[np.ndarray, np.ndarray, float]]) -> Circle:
    """Of least squares; seen: camera (4, 4), rays (M, 2) and focal length of each photo."""
    across = np.linalg.svd(circle.normal[None])[2][1:]

    def moved(step: np.ndarray) -> Circle:
        normal = circle.normal + step[3:5] @ across
        return Circle(
            circle.middle + circle.radius * step[:3],
            normal / np.linalg.norm(normal),
            circle.radius * float(np.exp(step[5])),
            {},
        )

    def misfit(step: np.ndarray) -> np.ndarray:
        now = moved(step)
        return np.concatenate([_off(now, cam, rays, focal) for cam, rays, focal in seen])

    return moved(least_squares(misfit, np.zeros(6), loss="soft_l1").x)


def _same(one: Circle, other: Circle) -> bool:
    near = np.linalg.norm(one.middle - other.middle) < ONE * other.radius
    return bool(near and abs(np.log(one.radius / other.radius)) < LIKE)


def _outermost(circles: Sequence[Circle]) -> list[Circle]:
    """Less those within a larger one."""
    return [
        one
        for one in circles
        if not any(np.linalg.norm(other.middle - one.middle) + one.radius < other.radius for other in circles)
    ]
