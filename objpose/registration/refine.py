"""Direct RGB-D alignment: move the pose until the rendered depth and colour lie on the observed ones.

Point-to-plane depth residuals fix what the shape fixes; colour residuals along the image gradient fix what it
leaves open (a label's turn about a can, a print's slide on a box). As in Park, Zhou, Koltun: Colored Point
Cloud Registration Revisited, ICCV 2017, but against a rendering, so that only what is visible takes part.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from objpose.comparison import NEAR, Crop, Photometric, System, moved_about, twist_row
from objpose.geometry import SE3, Mesh
from objpose.raster import render_mesh
from objpose.robust import LMOptions, LMResult, levenberg_marquardt


@dataclass(frozen=True)
class RefineOptions:
    reach: float = 0.06  # of the diameter: depth differences beyond are outliers
    depth_sigma: float = 0.01  # of the diameter: depth noise and model error of a pixel
    color_weight: float = 0.3  # of a colour residual of one sigma against a depth residual of one sigma


class DirectAlignment:
    """The least-squares problem of one crop; `linearize` and `retract` are what levenberg_marquardt asks for.

    The tangent is a twist about the object's centre, in camera axes: rotation and translation decouple there.
    Only the P pixels of the mask that have depth take part.
    """

    def __init__(self, mesh: Mesh, crop: Crop, diameter: float, options: RefineOptions):
        self.mesh, self.crop, self.options = mesh, crop, options
        self.reach, self.sigma = options.reach * diameter, options.depth_sigma * diameter
        self.has_color = mesh.color_source != "none" and options.color_weight > 0
        self.centre = mesh.bounds().mean(0)
        self.pixels = (crop.mask & (crop.depth > 0)).flatten().nonzero()[:, 0]
        self.rays = crop.camera.rays().reshape(-1, 3)[self.pixels]
        self.depth = crop.depth.flatten()[self.pixels]
        self.color = Photometric(crop, self.pixels) if self.has_color else None

    def retract(self, params: Tensor, step: Tensor) -> Tensor:
        """Poses (B, 7) moved by twists (B, 6) about the object's centre."""
        return moved_about(self.centre, params, step)

    def linearize(self, params: Tensor) -> System:
        """Normal equations at poses (B, 7) = wxyz_xyz; the cost is a sum over the pixels."""
        crop, cam_from_obj = self.crop, SE3(params)
        outputs = ("depth", "normals", "color") if self.has_color else ("depth", "normals")
        render = render_mesh(
            self.mesh, cam_from_obj, crop.K, crop.size, crop.size, outputs=outputs, near=NEAR
        )
        rendered = render.depth.flatten(1)[:, self.pixels]
        arm = rendered[..., None] * self.rays - cam_from_obj.apply(self.centre)[:, None]
        normals = render.normals.flatten(1, 2)[:, self.pixels]
        system, overlap = self._depth_system(rendered, normals, arm)
        if not self.has_color:
            return system
        color = self.color.system(render.color.flatten(1, 2)[:, self.pixels], rendered, arm, overlap)
        return system.plus(color.times(self.options.color_weight**2))

    def _depth_system(self, rendered: Tensor, normals: Tensor, arm: Tensor) -> tuple[System, Tensor]:
        """Point-to-plane residuals under Tukey's biweight of the depth difference; and that weight (B, P)."""
        difference = rendered - self.depth
        inside = (1 - (difference / self.reach).square()).clamp_min(0.0) * (rendered > 0)
        weight = inside.square() / self.sigma**2
        residual = difference * (normals * self.rays).sum(-1)
        jacobian = twist_row(normals, arm)
        weighted = (jacobian * weight[..., None]).mT
        cost = (self.reach / self.sigma) ** 2 / 3 * (1 - inside**3).sum(1)
        return System(weighted @ jacobian, (weighted @ residual[..., None])[..., 0], cost), inside.square()


def refine(
    mesh: Mesh, crop: Crop, cam_from_obj: SE3, diameter: float, iterations: int, options: RefineOptions
) -> LMResult:
    """Align poses (B,) to the crop; params are wxyz_xyz, the normal matrix is about the object's centre."""
    problem = DirectAlignment(mesh, crop, diameter, options)
    settings = LMOptions(max_iterations=iterations, initial_damping=1e-3, step_tolerance=1e-5)
    return levenberg_marquardt(cam_from_obj.wxyz_xyz, problem.linearize, problem.retract, settings)
