"""Gaussian splats in the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from objpose.geometry import SO3
from objpose.raster import Splats
from objpose.raster.splats.harmonics import CONSTANT

if TYPE_CHECKING:
    from viser import ViserServer


def show_splats(server: ViserServer, splats: Splats) -> None:
    """Put splats into the scene, each in the colour of its constant harmonic."""
    assert splats.sh is not None  # as files have them
    axes = SO3(splats.wxyz).matrix() * splats.scales[:, None]
    server.scene.add_gaussian_splats(
        "/splats",
        splats.means.numpy(),
        (axes @ axes.mT).numpy(),
        (splats.sh[:, 0] * CONSTANT + 0.5).clamp(0, 1).numpy(),
        splats.opacities[:, None].numpy(),
    )
