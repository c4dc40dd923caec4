"""What is seen of poses in a crop, by shade and by the trained network; its weights come with the package.

`training/rivals/` made them, from things and photos that it draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

import torch
from safetensors.torch import load
from torch import Tensor
from torch.nn import functional

from objpose.crops import NEAR, Crop
from objpose.geometry import SE3, upload
from objpose.objects import ObjectModel
from objpose.poses.rivals.network import RivalNet, fused
from objpose.poses.rivals.openness import openness
from objpose.poses.rivals.pictures import SIDE, Drawn, Seen, pictures, widened
from objpose.poses.rivals.shading import shade_nats
from objpose.raster import interpolate, rasterize, render_mesh

WEIGHTS = "network.safetensors"  # beside this file


class Seeing(NamedTuple):
    """Of B poses, what is seen in their drawings beside the crop."""

    preferred: Tensor  # (B,) nats for each against the others, by the network
    likely: Tensor  # (B,) log odds of being right, by the network
    shade: Tensor  # (B,) nats, by the photo's brightness


@dataclass(frozen=True, eq=False)
class Looks:
    """Rivals of one object looked at in one crop, both on one device."""

    model: ObjectModel
    crop: Crop

    def at(self, cam_from_obj: SE3) -> Seeing:
        """Poses (B,), where they are."""
        seen, drawn = _seen(self.crop), self._drawn(cam_from_obj)
        with torch.no_grad():
            preferred, likely = _network(self.crop.device)(pictures(seen, drawn))[0].unbind(-1)
        return Seeing(preferred, likely, shade_nats(seen, drawn, self._openness(cam_from_obj)))

    def _drawn(self, cam_from_obj: SE3) -> Drawn:
        model, mesh = self.model, self.model.mesh
        outputs = ("depth", "normals", "color")
        images = render_mesh(mesh, cam_from_obj, self._K, SIDE, SIDE, outputs=outputs, near=NEAR)
        assert images.normals is not None and images.color is not None  # asked for
        middle = cam_from_obj.apply(mesh.bounds().mean(0))[:, 2, None, None]
        normals, color = (image.permute(0, 3, 1, 2)[None] for image in (images.normals, images.color))
        relief = (images.depth - middle) / model.diameter
        return Drawn(relief[None], images.mask.float()[None], normals, color)

    def _openness(self, cam_from_obj: SE3) -> Tensor:
        """(B, S, S) of the places drawn."""
        mesh = self.model.mesh
        poses, K = cam_from_obj.matrix(), self._K.expand(len(cam_from_obj), 3, 3)
        shown = rasterize(mesh.vertices, mesh.corners, poses, K, SIDE, SIDE, near=NEAR)
        values = upload(openness(self.model.on_host.mesh), mesh.vertices.device)
        return interpolate(values, mesh.corners, shown)[..., 0]

    @property
    def _K(self) -> Tensor:
        return self.crop.camera.resize(SIDE, SIDE).K.float()


def prepare_looks(model: ObjectModel) -> None:
    """What the first look at an object would have to wait for: the network, and how open its surface is."""
    _network(model.mesh.vertices.device)
    openness(model.on_host.mesh)


def _seen(crop: Crop) -> Seen:
    """Averaged or widened to SIDE pixels."""
    small = crop.smaller(SIDE)
    rgb = small.rgb.permute(2, 0, 1)[None]
    masks = torch.stack([small.mask, small.unsure]).float()[:, None]
    if small.size < SIDE:
        rgb = widened(rgb, SIDE)
        masks = functional.interpolate(masks, size=(SIDE, SIDE), mode="nearest-exact")
    return Seen(rgb, masks[0], masks[1], small.size)


@cache
def _network(device: torch.device) -> RivalNet:
    network = RivalNet()
    halves = load((resources.files(__package__) / WEIGHTS).read_bytes())
    counters = {name: n for name, n in network.state_dict().items() if name.endswith("num_batches_tracked")}
    # Nothing else may be missing: what is left at random would answer as surely.
    network.load_state_dict(counters | {name: values.float() for name, values in halves.items()})
    return fused(network.eval()).to(memory_format=torch.channels_last).to(device)
