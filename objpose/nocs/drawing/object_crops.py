"""Crops of a known object, as a frame and a segmenter would give them, and the coordinates that they show."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, Mesh, Symmetry, upload
from objpose.nocs.coordinates import NocsFrame, NocsSymmetry
from objpose.nocs.drawing.dice import Dice
from objpose.nocs.drawing.scene import Surface, composed, crop_grid, smooth, surface_points
from objpose.nocs.drawing.views import any_views
from objpose.nocs.loss import Target
from objpose.nocs.view import SIZE, STRIDE, network_input
from objpose.raster import render_mesh

SIDE = 128  # pixels of the pictures that crops are cut from
POINTS = 300  # of the surface, which tell how far it reaches
GREY = (0.35, 0.8)  # of what has no colours: real things are not all of one grey


class ObjectCrops:
    """Draws them on a device; `symmetry` is what leaves the object as it is."""

    def __init__(self, mesh: Mesh, symmetry: Symmetry, device: torch.device) -> None:
        self.frame = NocsFrame.of(mesh)
        self.symmetry = NocsSymmetry.of(symmetry, self.frame).to(device)
        self.device = device
        self._points = mesh.sample_surface(POINTS, seed=0).points
        self._mesh = mesh.to(device)

    def __call__(self, count: int, seed: int) -> tuple[Tensor, Target, NocsSymmetry]:
        """(B, 4, S, S) crops as the network takes them, and what they show; by the seed alone."""
        dice = Dice(self.device, seed)
        scene = composed(self._surface(count, dice), dice)
        grid = crop_grid(scene.mask, dice)
        rgb, mask = smooth(scene.picture, grid, SIZE), smooth(scene.mask, grid, SIZE).round()
        coordinates, visible = surface_points(scene.coordinates, scene.visible, grid, SIZE // STRIDE)
        return network_input(rgb, mask), Target(coordinates, visible), self.symmetry

    def _surface(self, count: int, dice: Dice) -> Surface:
        views = any_views(self._points, count, SIDE, dice)
        poses = SE3(upload(views.cam_from_obj.wxyz_xyz, self.device))
        drawn = render_mesh(self._mesh, poses, views.K, SIDE, SIDE, outputs=("coords", "color", "normals"))
        assert drawn.coords is not None and drawn.color is not None and drawn.normals is not None
        mask = drawn.mask[:, None].float()
        coordinates = self.frame.normalised(drawn.coords).permute(0, 3, 1, 2) * mask
        color = drawn.color.permute(0, 3, 1, 2)
        if self._mesh.color_source == "none":
            color = dice.uniform(count, 3, 1, 1, low=GREY[0], high=GREY[1]) * mask
        return Surface(mask, coordinates, drawn.normals.permute(0, 3, 1, 2), color)
