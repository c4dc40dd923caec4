"""A network that knows where an object is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from objpose.geometry import SE3
from objpose.nocs import NocsFrame, Prediction
from objpose.nocs.bins import BINS
from objpose.nocs.view import SIZE, answer_pixels
from objpose.poses.query import Query
from objpose.raster import render_mesh
from tests.synthetic import onboarded

NAME = "painted_blob"


class Knowing(nn.Module):
    """Answers as a network that knows the truth, but for a share of pixels that it takes for others."""

    def __init__(self, query: Query, cam_from_obj: SE3, wrong: float = 0.0) -> None:
        super().__init__()
        mesh = onboarded(NAME).mesh
        rotation = query.query_from_cam @ cam_from_obj.rotation
        shift = query.query_from_cam.apply(cam_from_obj.translation)
        pixels = answer_pixels(query.size)
        K = query.K.clone()
        K[:2] /= 2
        K[:2, 2] -= 0.25  # pixel 0 of an answer is pixel 0.5 of the crop
        assert pixels[0, 0].tolist() == [0.5, 0.5]
        pose = SE3.from_rotation_translation(rotation, shift)
        drawn = render_mesh(mesh, pose, K, len(pixels), len(pixels), outputs=("coords",))
        assert drawn.coords is not None
        coordinates = NocsFrame.of(mesh).normalised(drawn.coords).permute(0, 3, 1, 2)
        generator = torch.Generator().manual_seed(0)
        at_random = torch.rand(1, 1, *pixels.shape[:2], generator=generator) < wrong
        elsewhere = torch.rand(coordinates.shape, generator=generator) - 0.5
        self.answer = _sure(torch.where(at_random, elsewhere, coordinates), drawn.mask)

    def forward(self, crops: Tensor) -> Prediction:
        assert crops.shape == (1, 4, SIZE, SIZE)
        return self.answer


def _sure(coordinates: Tensor, mask: Tensor) -> Prediction:
    middles = torch.linspace(-0.5, 0.5, BINS)[:, None, None]
    share = (1 - (coordinates[:, :, None] - middles).abs() * (BINS - 1)).clamp_min(1e-12)
    return Prediction(share.log(), 20 * mask[:, None].float() - 10)
