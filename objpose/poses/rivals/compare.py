"""Rival poses of one object compared where their renderings differ: log likelihoods, odds of pairs, shares.

Two rivals agree nearly everywhere, and what they share cancels: depth, outline and print of each are turned
into nats, pixel by pixel, and only differences are left.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.crops import NEAR, Crop
from objpose.geometry import SE3, Mesh, download
from objpose.poses.rivals.color import Prints, print_odds, prints
from objpose.poses.rivals.correlation import believed, effective
from objpose.poses.rivals.depth import depth_evidence, depth_sigma, differing, in_view
from objpose.poses.rivals.outline import outline_evidence
from objpose.raster import MeshRender, render_mesh

SAME = 0.02  # of the diameter: what stands for the noise without depth
TELL_NOISE = 8  # first poses, the best of which tells the noise of the depth
ROUNDS = 4  # of looking for the best, against which the others are weighed
AGREES = 4.0  # sigmas of depth within which a pixel shows what is drawn there


@dataclass(frozen=True)
class Weights:
    """What the nats of each kind are worth; what neighbouring pixels share, `effective` counts out."""

    depth: float
    outline: float
    color: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """Of poses of a mesh in a crop: by depth and prints, or by outlines and prints without depth."""

    mesh: Mesh
    crop: Crop
    diameter: float
    weights: Weights
    with_depth: bool

    def log_odds(self, cam_from_obj: SE3, further: Tensor | None = None) -> Tensor:
        """(B,) nats, 0 at most, of poses (B,) against the best of them, each on what tells these two apart.

        On the host. One of the first TELL_NOISE must be near enough to tell the noise. further: (B,) nats, on
        the host, of what judges poses as a whole: believed as far as two of them differ in what is seen.
        """
        return torch.zeros(1) if len(cam_from_obj) == 1 else self.odds_of(self.drawn(cam_from_obj), further)

    def odds_of(self, render: MeshRender, further: Tensor | None = None) -> Tensor:
        """(B,) the same of what poses show, drawn in this crop."""
        sigma, nats = self._shape(render.depth)
        found = self._prints(render, sigma)
        best, odds = 0, torch.zeros(len(nats))
        for _ in range(ROUNDS):
            tells = differing(render.depth, render.depth[best], sigma)
            gained = (tells * (nats - nats[best])).sum((1, 2))
            differ = count = tells.sum((1, 2), dtype=torch.float32)
            odds = gained * effective(count)
            if further is not None:
                differ = self._in_view(tells, render.depth, best, sigma).sum((1, 2), dtype=torch.float32)
            if found is not None:
                by_print, printed = print_odds(found, best)
                odds, differ = odds + self.weights.color * by_print, differ + printed
            odds, differ = download(odds, differ)
            if further is not None:
                odds = odds + believed(differ) * (further - further[best])
            if float(odds.max()) <= 0:
                break
            best = int(odds.argmax())
        return odds - odds.max()

    def _in_view(self, tells: Tensor, drawn: Tensor, best: int, sigma: Tensor | float) -> Tensor:
        """(B, S, S) of the places where drawings differ in shape from the best one's, those that are seen."""
        if not self.with_depth:
            return tells.masked_fill(self.crop.unsure, False)
        return in_view(tells, drawn, drawn[best], self.crop, torch.as_tensor(sigma))

    def drawn(self, cam_from_obj: SE3) -> MeshRender:
        """Depth, and colours if the mesh has some, of poses (B,) in the crop."""
        has_color = self.mesh.color_source != "none"
        outputs = ("depth", "color") if has_color else ("depth",)
        size = self.crop.size
        return render_mesh(self.mesh, cam_from_obj, self.crop.K, size, size, outputs=outputs, near=NEAR)

    def _shape(self, drawn: Tensor) -> tuple[Tensor | float, Tensor]:
        """Metres by which drawings must differ; and (B, S, S) nats of depth, or of outlines without."""
        crop, weights = self.crop, self.weights
        if not self.with_depth:
            return SAME * self.diameter, weights.outline * outline_evidence(drawn, crop)
        sigma = depth_sigma(drawn[:TELL_NOISE], crop, self.diameter)
        return sigma, weights.depth * depth_evidence(drawn, crop, self.diameter, sigma)

    def _prints(self, render: MeshRender, sigma: Tensor | float) -> Prints | None:
        """The prints to compare, if the mesh has colours."""
        if render.color is None:
            return None
        shown = (render.depth > 0) & self.crop.mask
        if self.with_depth:
            missing = self.crop.depth == 0
            shown &= ((self.crop.depth - render.depth).abs() < AGREES * sigma) | missing
        return prints(render.color, shown, self.crop)
