"""Sets of pictures of one object with known cameras, drawn by the core; the objects are made up."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
import trimesh
from torch import Tensor

from objpose.geometry import SE3, SO3, Mesh, square_K
from objpose.raster import render_mesh


@dataclass(frozen=True)
class RenderOptions:
    objects: int = 1000  # procedural objects to choose from
    views: int = 64  # pictures of each, drawn when the object is first chosen
    image_size: int = 64  # pixels, square
    distance: tuple[float, float] = (2.6, 3.4)  # object radii from the camera to the centre
    field_of_view_degrees: float = 50.0
    max_elevation_degrees: float = 60.0  # above or below the object's equator
    max_roll_degrees: float = 15.0
    first_seed: int = 0  # of the objects


@dataclass(frozen=True, eq=False)
class RenderedViews:
    """images: (V, 3, S, S) in [0, 1] on grounds of random plain colours.   cam_from_obj: SE3 (V,)."""

    images: Tensor
    cam_from_obj: SE3


class RenderedSets:
    """Draws sets; what was drawn of the last few objects is kept."""

    def __init__(self, options: RenderOptions = RenderOptions(), kept: int = 256) -> None:
        self.options = options
        self.views = lru_cache(maxsize=kept)(self._draw)

    def sample(self, generator: torch.Generator, sets: int, images: int) -> tuple[Tensor, SE3]:
        """Images (B, N, 3, S, S), and cam_from_ref (B, N - 1) from the first camera of a set to its others.

        Lengths are in distances of the first camera from the object's centre.
        """
        pictures, motions = [], []
        for _ in range(sets):
            views = self.views(int(torch.randint(self.options.objects, (), generator=generator)))
            chosen = torch.randperm(len(views.images), generator=generator)[:images]
            cam_from_obj = views.cam_from_obj[chosen]
            motions.append(_unit_motion(cam_from_obj[:1], cam_from_obj[1:]))
            pictures.append(views.images[chosen])
        return torch.stack(pictures), SE3.stack(motions)

    def motions(self, generator: torch.Generator, count: int) -> SE3:
        """cam_from_ref (count,) between random views, as sets hold them, of nothing in particular."""
        first, second = (random_views(generator, replace(self.options, views=count)) for _ in range(2))
        return _unit_motion(first, second)

    def _draw(self, number: int) -> RenderedViews:
        options = self.options
        seed = options.first_seed + number
        generator = torch.Generator().manual_seed(seed)
        cam_from_obj = random_views(generator, options)
        size = options.image_size
        focal = 0.5 * size / math.tan(0.5 * math.radians(options.field_of_view_degrees))
        K = square_K(focal, size)
        mesh = procedural_object(seed)
        drawn = render_mesh(mesh, cam_from_obj, K, size, size, outputs=("color",), supersample=2)
        assert drawn.color is not None  # asked for
        ground = torch.rand(options.views, 1, 1, 3, generator=generator)
        images = torch.where(drawn.mask[..., None], drawn.color, ground)
        return RenderedViews(images.permute(0, 3, 1, 2).contiguous(), cam_from_obj)


def _unit_motion(ref_from_obj: SE3, cam_from_obj: SE3) -> SE3:
    """cam_from_ref in distances of the reference camera from the object's centre."""
    cam_from_ref = cam_from_obj @ ref_from_obj.inverse()
    unit = ref_from_obj.translation.norm(dim=-1, keepdim=True)
    return SE3.from_rotation_translation(cam_from_ref.rotation, cam_from_ref.translation / unit)


def random_views(generator: torch.Generator, options: RenderOptions) -> SE3:
    """cam_from_obj (V,) of cameras that look at the centre, upright but for a small roll."""
    count = options.views

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)

    azimuth, zero = uniform(-math.pi, math.pi), torch.zeros(count)
    elevation = uniform(*(sign * math.radians(options.max_elevation_degrees) for sign in (-1, 1)))
    roll = uniform(*(sign * math.radians(options.max_roll_degrees) for sign in (-1, 1)))
    turns = [SO3.exp(torch.stack(axis, dim=-1)) for axis in (
        (zero, zero, roll), (elevation - 0.5 * math.pi, zero, zero), (zero, zero, azimuth)
    )]  # fmt: skip
    translation = torch.stack([zero, zero, uniform(*options.distance)], dim=-1)
    return SE3.from_rotation_translation(turns[0] @ turns[1] @ turns[2], translation)


def procedural_object(seed: int, subdivisions: int = 4, waves: int = 8, patches: int = 10) -> Mesh:
    """A closed mesh with vertex colours, within 1 m of its origin, different for each seed.

    An icosphere under low waves and unequal axes, painted in patches of plain colours: the nearest of so many
    random directions decides.
    """
    rng = np.random.default_rng(seed)
    ball = trimesh.creation.icosphere(subdivisions=subdivisions, radius=1.0)
    rates, phases = rng.normal(size=(waves, 3)) * 2.0, rng.uniform(0, 2 * math.pi, waves)
    height = 1.0 + 0.06 * np.sin(ball.vertices @ rates.T + phases).sum(1)
    centres = rng.normal(size=(patches, 3))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    patch = (ball.vertices @ centres.T).argmax(1)
    vertices = ball.vertices * height[:, None] * rng.uniform(0.5, 1.0, 3)
    vertices /= np.linalg.norm(vertices, axis=1).max()
    return Mesh(
        vertices.astype(np.float32), ball.faces, rng.uniform(0, 1, (patches, 3))[patch].astype(np.float32)
    )
