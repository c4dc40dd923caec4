"""Many places around a pose, for a frame in which the object went further than its outline's lines reach."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from objpose.geometry import SE3, Camera, Mesh
from objpose.geometry.tangent import moved_about
from objpose.raster import render_mesh
from objpose.tracking.sight import Sight

GRID = 64  # cells of a window's side, in which silhouettes are compared with the colours
TURN = 20.0  # degrees between neighbouring turns: outlines find their way from half of it
ASIDE = 0.6  # diameters to every side
SUREST = 2.0  # nats of a pixel's colour at most: many pixels decide, not the strangest


@dataclass(frozen=True)
class Window:
    """A square of the picture, in GRID x GRID cells."""

    left: int
    top: int
    half: int  # pixels of half a cell's side: each cell is looked at in four places

    @property
    def cell(self) -> int:
        return 2 * self.half

    def K(self, K: Tensor, rgb: Tensor) -> Tensor:
        """(3, 3) float32 of a picture of the cells."""
        side = GRID * self.cell
        camera = Camera(K.double(), rgb.shape[1], rgb.shape[0]).crop(self.left, self.top, side, side)
        return camera.resize(GRID, GRID).K.float()


def places_around(
    mesh: Mesh, centre: Tensor, diameter: float, table: Tensor, sight: Sight, cam_from_mesh: SE3
) -> tuple[Tensor, Tensor]:
    """(B, 7) poses turned every way from one (), each shifted to where its silhouette fits best; nats (B,) of that.

    The whole silhouette is compared, at all shifts at once, with how likely each pixel's colour is the
    object's: outlines know the way from near, and clutter is full of borders. Turns are searched, as by Tian
    et al., Large-displacement 3D object tracking with hybrid non-local optimization, ECCV 2022.

    table: (32, 32, 32) chance of colours, see `Colours`; centre: (3,) metres, mesh frame.
    """
    twists = turns()
    poses = moved_about(centre, cam_from_mesh.wxyz_xyz.expand(len(twists), 7), twists)
    middle = cam_from_mesh.apply(centre)
    pixels = float(sight.K[0, 0] / middle[2])  # of a metre
    window = _window(sight, middle, pixels * diameter * (1 + 2 * ASIDE))
    drawn = render_mesh(mesh, SE3(poses), window.K(sight.K, sight.rgb), GRID, GRID).mask.float()
    fits = _fits(_odds(sight.rgb, table, window), drawn)
    reach = min(GRID // 2 - 1, round(ASIDE * diameter * pixels / window.cell))
    near = fits[:, GRID // 2 - reach : GRID // 2 + reach + 1, GRID // 2 - reach : GRID // 2 + reach + 1]
    nats, index = near.flatten(1).max(1)
    side = 2 * reach + 1
    shift = torch.stack([index % side - reach, index // side - reach], 1) * (window.cell / pixels)
    poses[:, 4:6] += shift
    return poses, nats


def turns() -> Tensor:
    """(27, 6) twists: every way about each axis and none, the smallest first."""
    way = torch.tensor([-1.0, 0.0, 1.0]) * math.radians(TURN)
    turned = torch.cartesian_prod(way, way, way)
    turned = turned[turned.norm(dim=1).argsort(stable=True)]
    return torch.cat([torch.zeros_like(turned), turned], 1)


def _window(sight: Sight, middle: Tensor, side: float) -> Window:
    half = max(1, math.ceil(side / (2 * GRID)))
    column, row = ((middle / middle[2]) @ sight.K.mT)[:2].tolist()
    return Window(round(column) - half * GRID, round(row) - half * GRID, half)


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


def _fits(odds: Tensor, drawn: Tensor) -> Tensor:
    """(B, GRID, GRID) sums of odds within each silhouette (B, GRID, GRID), by its shift; none in the middle."""
    spectrum = torch.fft.rfft2(odds) * torch.fft.rfft2(drawn).conj()
    return torch.fft.fftshift(torch.fft.irfft2(spectrum, s=(GRID, GRID)), dim=(1, 2))
