"""Direct alignment without depth: rendered colours onto those seen, the rendered outline onto the mask's."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from objpose.comparison import NEAR, Crop, Photometric, System, moved_about
from objpose.geometry import SE3, Mesh
from objpose.matching.outline import Outline
from objpose.raster import render_mesh
from objpose.robust import LMOptions, LMResult, levenberg_marquardt


@dataclass(frozen=True)
class AlignOptions:
    outline_sigma: float = 0.015  # of the crop's side: how far a mask's border is off
    outline_weight: float = 4.0  # of a mean squared outline residual against that of a colour residual
    damping: float = 1e-2


class Alignment:
    """The least-squares problem of one crop; `linearize` and `retract` are what levenberg_marquardt asks for.

    reach: of the crop's side, the distance beyond which an outline is not the mask's.
    """

    def __init__(self, mesh: Mesh, crop: Crop, reach: float, options: AlignOptions):
        self.mesh, self.crop, self.options = mesh, crop, options
        self.centre = mesh.bounds().mean(0)
        self.pixels = crop.mask.flatten().nonzero()[:, 0]
        self.rays = crop.camera.rays().reshape(-1, 3)[self.pixels]
        self.outline = Outline(crop, options.outline_sigma * crop.size, reach * crop.size)
        self.color = Photometric(crop, self.pixels) if mesh.color_source != "none" else None

    def retract(self, params: Tensor, step: Tensor) -> Tensor:
        """Poses (B, 7) moved by twists (B, 6) about the object's centre."""
        return moved_about(self.centre, params, step)

    def linearize(self, params: Tensor) -> System:
        """Normal equations at poses (B, 7) = wxyz_xyz; the cost is a mean over the mask and the outline."""
        crop, cam_from_obj = self.crop, SE3(params)
        outputs = ("depth",) if self.color is None else ("depth", "color")
        render = render_mesh(
            self.mesh, cam_from_obj, crop.K, crop.size, crop.size, outputs=outputs, near=NEAR
        )
        pivot = cam_from_obj.apply(self.centre)
        system = self.outline.system(render.depth, pivot).times(self.options.outline_weight)
        if self.color is None:
            return system
        rendered = render.depth.flatten(1)[:, self.pixels]
        arm = rendered[..., None] * self.rays - pivot[:, None]
        color = render.color.flatten(1, 2)[:, self.pixels]
        colored = self.color.system(color, rendered, arm, (rendered > 0).float())
        return system.plus(colored.times(1 / len(self.pixels)))


def align(
    mesh: Mesh, crop: Crop, cam_from_obj: SE3, iterations: int, reach: float, options: AlignOptions
) -> LMResult:
    """Align poses (B,) to the crop; params are wxyz_xyz, the normal matrix is about the object's centre."""
    problem = Alignment(mesh, crop, reach, options)
    settings = LMOptions(max_iterations=iterations, initial_damping=options.damping, step_tolerance=1e-5)
    return levenberg_marquardt(cam_from_obj.wxyz_xyz, problem.linearize, problem.retract, settings)
