"""Rival poses of one object compared where their renderings differ: log likelihoods, odds of pairs, shares.

Two rivals agree nearly everywhere, and what they share cancels: depth, outline and print of each are turned into
nats, pixel by pixel, and only differences are left.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.crops import NEAR, Crop
from objpose.geometry import SE3, Mesh
from objpose.poses.rivals.color import Prints, print_evidence, print_odds, prints
from objpose.poses.rivals.depth import depth_evidence, depth_sigma, differing
from objpose.poses.rivals.outline import outline_evidence
from objpose.raster import MeshRender, render_mesh

SAME = 0.02  # of the diameter: what stands for the noise without depth
TELL_NOISE = 8  # first poses, the best of which tells the noise of the depth
AGREES = 4.0  # sigmas of depth within which a pixel shows what is drawn there


@dataclass(frozen=True)
class Weights:
    """What a nat of each kind is worth, as neighbouring pixels err together and masks are wrong in stretches.

    Fitted on synthetic pairs of look-alikes: benchmarks/lookalikes.py.
    """

    depth: float
    outline: float
    color: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """Of poses of a mesh in a crop."""

    mesh: Mesh
    crop: Crop
    diameter: float
    weights: Weights
    with_depth: bool

    def log_likelihood(self, cam_from_obj: SE3) -> Tensor:
        """(B,) nats of poses (B,), up to a constant; one of the first must be near enough to tell the noise."""
        render = self._drawn(cam_from_obj)
        sigma, nats = self._shape(render.depth)
        tells = differing(render.depth, render.depth[0], sigma)
        total = (tells * (nats - nats[0])).sum((1, 2))
        found = self._prints(render, sigma)
        return total if found is None else total + self.weights.color * print_evidence(found)

    def log_odds(self, cam_from_obj: SE3) -> Tensor:
        """(B,) nats of aligned poses (B,) against the best of them, each on what tells these two apart."""
        render = self._drawn(cam_from_obj)
        sigma, nats = self._shape(render.depth)
        found = self._prints(render, sigma)
        best, odds = 0, torch.zeros(len(nats))
        for _ in range(len(nats)):
            tells = differing(render.depth, render.depth[best], sigma)
            odds = (tells * (nats - nats[best])).sum((1, 2))
            if found is not None:
                odds = odds + self.weights.color * print_odds(found, best)
            if float(odds.max()) <= 0:
                break
            best = int(odds.argmax())
        return odds

    def _drawn(self, cam_from_obj: SE3) -> MeshRender:
        has_color = self.mesh.color_source != "none"
        outputs = ("depth", "color") if has_color else ("depth",)
        size = self.crop.size
        return render_mesh(self.mesh, cam_from_obj, self.crop.K, size, size, outputs=outputs, near=NEAR)

    def _shape(self, drawn: Tensor) -> tuple[float, Tensor]:
        """Metres of depth noise; and (B, S, S) nats of depth and outline."""
        crop, weights = self.crop, self.weights
        if not self.with_depth:
            return SAME * self.diameter, weights.outline * outline_evidence(drawn, crop)
        sigma = depth_sigma(drawn[:TELL_NOISE], crop, self.diameter)
        outline = outline_evidence(drawn, crop, AGREES * sigma)
        return sigma, weights.outline * outline + weights.depth * depth_evidence(
            drawn, crop, self.diameter, sigma
        )

    def _prints(self, render: MeshRender, sigma: float) -> Prints | None:
        """The prints to compare, if the mesh has colours."""
        if render.color is None:
            return None
        shown = (render.depth > 0) & self.crop.mask
        if self.with_depth:
            missing = self.crop.depth == 0
            shown &= ((self.crop.depth - render.depth).abs() < AGREES * sigma) | missing
        return prints(render.color, shown, self.crop)


RGBD_EVIDENCE = Weights(depth=0.04, outline=0.02, color=0.5)
RGB_EVIDENCE = Weights(depth=0.0, outline=0.05, color=0.5)
