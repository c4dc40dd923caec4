"""Many places of an object at once, by its whole silhouette: around a pose, or anywhere in the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from objpose.geometry import SE3, SO3, Camera, Mesh, looking_at, rotation_grid, turn_onto
from objpose.geometry.tangent import moved_about
from objpose.raster import render_mesh
from objpose.tracking.portion import ALL, Portion
from objpose.tracking.sight import Sight

GRID = 64  # cells of a window's side, in which silhouettes are compared with the colours
TURN = 20.0  # degrees between neighbouring turns: outlines find their way from half of it
ASIDE = 0.6  # diameters to every side
SUREST = 2.0  # nats of a pixel's colour at most: many pixels decide, not the strangest
WAYS = 720  # that an object may be round, some 20 degrees apart
SLICES = 8  # whole searches in which all of them are tried: none of them waits long


@dataclass(frozen=True)
class Window:
    """A square of the picture, in GRID x GRID cells."""

    left: int
    top: int
    half: int  # pixels of half a cell's side: each cell is looked at in four places

    @property
    def cell(self) -> int:
        return 2 * self.half

    @staticmethod
    def about(column: float, row: float, side: float) -> Window:
        """At least `side` pixels wide."""
        half = max(1, math.ceil(side / (2 * GRID)))
        return Window(round(column) - half * GRID, round(row) - half * GRID, half)

    def K(self, sight: Sight) -> Tensor:
        """(3, 3) float32 of a picture of the cells."""
        side = GRID * self.cell
        camera = Camera(sight.K.double(), sight.rgb.shape[1], sight.rgb.shape[0])
        return camera.crop(self.left, self.top, side, side).resize(GRID, GRID).K.float()


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """Of one object. centre: (3,) metres, mesh frame; table: (32, 32, 32) chance of colours, see `Colours`.

    Silhouettes are compared, at all shifts at once, with how likely each pixel's colour is the object's:
    outlines know the way from near only, and clutter is full of borders.
    """

    mesh: Mesh
    centre: Tensor
    diameter: float
    table: Tensor

    def around(self, sight: Sight, cam_from_mesh: SE3, portion: Portion = ALL) -> tuple[Tensor, Tensor]:
        """(B, 7) poses turned every way from one (), each shifted to where it fits best; nats (B,) of that.

        Turns are searched, all else is found: Tian et al., Large-displacement 3D object tracking with hybrid
        non-local optimization, ECCV 2022.
        """
        twists = portion.of(turns())
        poses = moved_about(self.centre, cam_from_mesh.wxyz_xyz.expand(len(twists), 7), twists)
        middle = cam_from_mesh.apply(self.centre)
        column, row = ((middle / middle[2]) @ sight.K.mT)[:2].tolist()
        size = float(sight.K[0, 0] / middle[2]) * self.diameter
        window = Window.about(column, row, size * (1 + 2 * ASIDE))
        shift, nats = self._placed(sight, poses, window, round(ASIDE * size / window.cell))
        poses[:, 4:6] += shift * middle[2] / sight.K.diagonal()[:2]
        return poses, nats

    def anywhere(self, sight: Sight, depth: float, portion: Portion) -> tuple[Tensor, Tensor]:
        """(B, 7) poses of a SLICES-th part of all views, `depth` metres away; nats (B,)."""
        height, width = sight.rgb.shape[:2]
        views = Portion(portion.index, SLICES * portion.count)
        before = looking_at(self.centre, SO3(views.of(rotation_grid(WAYS).wxyz)), depth)
        window = Window.about((width - 1) / 2, (height - 1) / 2, max(width, height))
        middle = sight.K.clone()
        middle[:2, 2] = torch.tensor([window.left, window.top]) + GRID * window.half - 0.5
        shift, nats = self._placed(Sight(sight.rgb, None, middle), before.wxyz_xyz, window, GRID // 2 - 1)
        pixels = middle[:2, 2] + shift
        rays = torch.cat([(pixels - sight.K[:2, 2]) / sight.K.diagonal()[:2], torch.ones(len(shift), 1)], 1)
        turned = turn_onto(rays)  # about the camera, which then sees the same
        poses = SE3.from_rotation_translation(turned @ before.rotation, turned.apply(before.translation))
        return poses.wxyz_xyz.contiguous(), nats

    def _placed(self, sight: Sight, poses: Tensor, window: Window, reach: int) -> tuple[Tensor, Tensor]:
        """(B, 2) pixels that poses' silhouettes are shifted by to fit best, `reach` cells at most; nats."""
        drawn = render_mesh(self.mesh, SE3(poses), window.K(sight), GRID, GRID).mask.float()
        spectrum = torch.fft.rfft2(_odds(sight.rgb, self.table, window)) * torch.fft.rfft2(drawn).conj()
        fits = torch.fft.fftshift(torch.fft.irfft2(spectrum, s=(GRID, GRID)), dim=(1, 2))
        reach = min(reach, GRID // 2 - 1)
        near = slice(GRID // 2 - reach, GRID // 2 + reach + 1)
        nats, index = fits[:, near, near].flatten(1).max(1)
        side = 2 * reach + 1
        return torch.stack([index % side - reach, index // side - reach], 1) * float(window.cell), nats


@lru_cache(maxsize=1)
def turns() -> Tensor:
    """(27, 6) twists: every way about each axis and none, the smallest first."""
    way = torch.tensor([-1.0, 0.0, 1.0]) * math.radians(TURN)
    turned = torch.cartesian_prod(way, way, way)
    turned = turned[turned.norm(dim=1).argsort(stable=True)]
    return torch.cat([torch.zeros_like(turned), turned], 1)


def _odds(rgb: Tensor, table: Tensor, window: Window) -> Tensor:
    """(GRID, GRID) nats for the object a cell; 0 where it is out of the picture."""
    places = window.half * torch.arange(2 * GRID) + window.half // 2
    rows, columns = window.top + places, window.left + places
    row_in, column_in = (rows >= 0) & (rows < rgb.shape[0]), (columns >= 0) & (columns < rgb.shape[1])
    levels = rgb[rows[row_in]][:, columns[column_in]].long() >> 3
    red, green, blue = levels.unbind(-1)
    nats = torch.logit(table[red, green, blue], 1e-3).clamp(-SUREST, SUREST)
    odds = torch.zeros(2 * GRID, 2 * GRID)
    odds[row_in.nonzero(), column_in.nonzero().T] = nats
    return avg_pool2d(odds[None], 2)[0]
