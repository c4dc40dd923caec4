"""An object's own paint and shade, drawn under a pose, drawn onto the frame: what an outline cannot tell."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d

from objpose.geometry import SE3, Camera, NormalEquations
from objpose.objects import ObjectModel
from objpose.raster import Pixels, SeenColors, drawn_color_equations, render_mesh
from objpose.raster.drawn.light import appearance_channels
from objpose.tracking.light import Light
from objpose.tracking.paint import LEAST, cells, colourful
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step

SIDE = 64  # cells along the window in which paint is drawn and seen
ROOM = 1.25  # diameters that the window is wide
COARSE = 0.5  # coarseness from which cells are twice as large: paint finds its place from a cell away
# Neighbouring cells err together, by glints, shade and the coarseness of the mesh: as so many times fewer.
CORRELATION = 3.0
PLACED = 0.5  # how colourful a drawing is, from 0 to 1, from which poses are drawn by it
OUTPUTS = ("depth", "normals", "color")


class DrawnPaint:
    """By the colours of the mesh, up to the light; says nothing of an object that shows but one.

    A mesh without colours is taken for one of a single colour, whose shade shows once the light is known.

    Nothing is remembered from frame to frame but the light, so that nothing drifts, and what turned away
    comes back where it was. `offers` first in each frame, then as every modality.
    """

    def __init__(self, model: ObjectModel, centre: Tensor, light: Light):
        self._mesh, self._centre, self._diameter = model.coarse_mesh, centre, model.diameter
        self._light = light
        self._levels: list[_Level] = []

    def offers(self, sight: Sight, cam_from_mesh: Tensor) -> bool:
        """Take in the frame about the first of poses (B, 7); whether there is something to be drawn by."""
        first = SE3(cam_from_mesh[0])
        window = self._window(sight, first)
        if window is None or not self._is_colourful(window, first):
            return False
        half = _Window(
            avg_pool2d(window.seen.permute(2, 0, 1), 2).permute(1, 2, 0),
            max_pool2d((~window.inside)[None].float(), 2)[0] == 0,
            window.camera.resize(SIDE // 2, SIDE // 2),
        )
        self._levels = [_Level(window), _Level(half)]
        return True

    def look(self, sight: Sight, cam_from_mesh: Tensor, step: Step) -> None:
        """`offers` has taken in the frame."""

    def equations(self, cam_from_mesh: Tensor, step: Step) -> NormalEquations:
        level = self._levels[step.coarseness > COARSE]
        color, depth, _ = self._drawn(SE3(cam_from_mesh), level.K, level.side)
        pivot = SE3(cam_from_mesh).apply(self._centre).contiguous()
        found = drawn_color_equations(color, depth, level.pixels, level.seen, None, pivot)
        return NormalEquations(*(part / CORRELATION for part in found))

    def remember(self, sight: Sight, cam_from_mesh: SE3, share: float) -> None:
        """Learn the light from a pose () that can be trusted, so far as `share`, 0 to 1."""
        window = self._window(sight, cam_from_mesh)
        if window is None:
            return
        paint, depth, normals = self._drawn(cam_from_mesh[None], window.K, SIDE, is_lit=False)
        here = (depth[0] > 0) & window.inside
        self._light.learn(window.seen[here], paint[0][here], normals[0][here], share)

    def _is_colourful(self, window: _Window, cam_from_mesh: SE3) -> bool:
        color, depth, _ = self._drawn(cam_from_mesh[None], window.K, SIDE)
        here = (depth[0] > 0) & window.inside
        return int(here.sum()) >= LEAST and colourful(color[0][here]) >= PLACED

    def _drawn(self, cam_from_mesh: SE3, K: Tensor, side: int, is_lit: bool = True) -> tuple[Tensor, ...]:
        """Colours (B, side, side, 3), depth and normals; the cells at the outline show the background too."""
        drawn = render_mesh(self._mesh, cam_from_mesh, K, side, side, outputs=OUTPUTS)
        assert drawn.color is not None and drawn.normals is not None  # asked for
        border = max_pool2d((drawn.depth <= 0).float()[:, None], 3, 1, 1)[:, 0] > 0
        color = drawn.color * self._light.shade(drawn.normals)[..., None] if is_lit else drawn.color
        return color, torch.where(border, 0.0, drawn.depth), drawn.normals

    def _window(self, sight: Sight, cam_from_mesh: SE3) -> _Window | None:
        """The frame about a pose (); None where it cannot be drawn, or depth is the finer guide."""
        x, y, z = cam_from_mesh.apply(self._centre).tolist()
        if sight.depth is not None or z < self._diameter / 2:
            return None
        fx, fy, cx, cy = (float(sight.K[i, j]) for i, j in ((0, 0), (1, 1), (0, 2), (1, 2)))
        cell = max(1, -(-int(fx * ROOM * self._diameter / z) // SIDE))
        left, top = round(fx * x / z + cx - cell * SIDE / 2), round(fy * y / z + cy - cell * SIDE / 2)
        camera = Camera(sight.K.double(), sight.rgb.shape[1], sight.rgb.shape[0])
        camera = camera.crop(left, top, cell * SIDE, cell * SIDE).resize(SIDE, SIDE)
        return _Window(*cells(sight.rgb, left, top, cell, SIDE), camera)


class _Window:
    """A part of the frame. seen: (S, S, 3) in [0, 1]; inside: (S, S) bool, cells that are in view."""

    def __init__(self, seen: Tensor, inside: Tensor, camera: Camera):
        self.seen, self.inside, self.camera, self.K = seen, inside, camera, camera.K.float()


class _Level:
    """A window as the kernel takes it."""

    def __init__(self, window: _Window):
        self.side, self.K = len(window.seen), window.K
        channels = appearance_channels(window.seen)
        slopes = channels.new_zeros(2, *channels.shape)
        slopes[0, :, 1:-1] = (channels[:, 2:] - channels[:, :-2]) / 2
        slopes[1, 1:-1] = (channels[2:] - channels[:-2]) / 2
        self.pixels = Pixels.of(window.camera, window.inside)
        planes = self.pixels.planes(torch.cat([channels[None], slopes]))  # (3 channels, 3 pictures, P)
        self.seen = SeenColors(planes[:, 0].contiguous(), planes[:, 1:].transpose(0, 1).contiguous())
