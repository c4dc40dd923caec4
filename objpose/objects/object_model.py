"""Everything the package knows of one object, ready to be found in a frame."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.features import PointCloud
from objpose.geometry import HOST, SE3, Mesh, RestingSides, Symmetry, on_device, resting_sides
from objpose.objects.digest import digest
from objpose.objects.surface import Surface
from objpose.objects.view_sphere import ViewSphere
from objpose.raster import Splats

MESH_ARRAYS = ("vertices", "faces", "vertex_colors", "uvs", "texture")


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Surface points that carry descriptors."""

    cloud: PointCloud  # object frame, metres
    descriptors: Tensor  # (N, D)


@dataclass(frozen=True, eq=False)
class ObjectModel:
    """An onboarded object, as data. Lengths in metres, in the frame of its mesh.

    That is the object's own frame, unless the file has it far from its origin: then the mesh stands about its
    own centre, and `origin` is where that lies in the object's frame. Poses found are of the object's frame.
    What is made of it at first use (templates, splats, views) is asked for from `objpose.objects.store`.
    `to` sends it to a device, and with it what is made of it later. Symmetries stay on the host.
    """

    name: str
    mesh: Mesh  # what is rendered; decimated where the source was heavy
    coarse_mesh: Mesh  # a lighter one, for the many hypotheses seen in few pixels
    diameter: float  # of the source mesh
    symmetry: Symmetry  # poses that nothing can tell apart
    near_symmetry: Symmetry  # of the shape, handles and paint aside: what poses may be mistaken by
    surface: Surface  # points seen from outside
    views: ViewSphere
    keypoints: Keypoints
    source: dict  # what it was made from, and how: file, units, options, digest of what was given
    folder: Path | None = None  # where it is stored
    fitted: Splats | None = None  # to the views that it was onboarded from; None for an object from a mesh
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)  # of the mesh's frame in the object's, metres
    original: ObjectModel | None = None  # on the host, what a model on a device was sent from

    @property
    def on_host(self) -> ObjectModel:
        return self.original or self

    @property
    def device(self) -> torch.device:
        return self.mesh.vertices.device

    def to(self, device: torch.device | str) -> ObjectModel:
        """The same object on a device: mesh, surface, views, keypoints, and fitted splats if it has some.

        Sent once to each device, and kept there as long as this model lives.
        """
        device, host = torch.device(device), self.on_host
        if device == HOST:
            return host
        if device not in host._sent:
            host._sent[device] = host._sent_to(device)
        return host._sent[device]

    @cached_property
    def _sent(self) -> dict[torch.device, ObjectModel]:
        return {}

    def _sent_to(self, device: torch.device) -> ObjectModel:
        mesh = self.mesh.to(device)
        return replace(
            self,
            mesh=mesh,
            coarse_mesh=mesh if self.coarse_mesh is self.mesh else self.coarse_mesh.to(device),
            surface=self.surface.to(device),
            views=on_device(self.views, device),
            keypoints=on_device(self.keypoints, device),
            fitted=None if self.fitted is None else on_device(self.fitted, device),
            original=self,
        )

    def arrays(self) -> dict[str, Tensor]:
        """All of its arrays by name, on the host."""
        if self.original is not None:
            return self.original.arrays()
        coarse = {} if self.coarse_mesh is self.mesh else _mesh_arrays("coarse_mesh", self.coarse_mesh)
        fitted = {} if self.fitted is None else self.fitted.tensors()
        found = {
            **_mesh_arrays("mesh", self.mesh),
            **coarse,
            "symmetry.discrete": self.symmetry.discrete.wxyz_xyz,
            "near_symmetry.discrete": self.near_symmetry.discrete.wxyz_xyz,
            "views.directions": self.views.directions,
            "views.centroids": self.views.centroids,
            **_cloud_arrays("surface", self.surface.cloud),
            **_cloud_arrays("keypoints", self.keypoints.cloud),
            "keypoints.descriptors": self.keypoints.descriptors,
            **{f"fitted.{name}": values.detach() for name, values in fitted.items()},
        }
        return {name: values for name, values in found.items() if values is not None}

    @cached_property
    def content(self) -> str:
        """Digest of all that poses depend on: onboarded from something else or otherwise, it is another."""
        if self.original is not None:
            return self.original.content
        axes, near_axes = (
            [(turn.axis.tolist(), turn.offset.tolist()) for turn in symmetry.continuous]
            for symmetry in (self.symmetry, self.near_symmetry)
        )
        return digest(self.arrays(), json.dumps([self.diameter, axes, near_axes, self.origin]))

    @cached_property
    def keypoint_of_surface(self) -> Tensor:
        """(number of surface points,) index of the keypoint nearest to each; asked of a model on the host."""
        _, nearest = cKDTree(self.keypoints.cloud.points.numpy()).query(self.surface.cloud.points.numpy())
        return torch.from_numpy(nearest)

    @cached_property
    def sides(self) -> RestingSides:
        """What it can stand on, in the object's frame; asked of a model on the host."""
        return resting_sides(self.mesh.vertices.double().numpy() + np.array(self.origin))

    @property
    def color_source(self) -> str:
        return self.mesh.color_source

    def cam_from_obj(self, cam_from_mesh: SE3) -> SE3:
        """Poses (*) of the object's frame from those of the mesh's; in float64 where the two differ."""
        return self._moved(cam_from_mesh, -1.0)

    def cam_from_mesh(self, cam_from_obj: SE3) -> SE3:
        """Poses (*) of the mesh's frame from those of the object's, float32 as it is drawn."""
        return self._moved(cam_from_obj, 1.0).to(torch.float32)

    def _moved(self, cam_from_either: SE3, sign: float) -> SE3:
        if not any(self.origin):
            return cam_from_either
        # The quaternion is brought to length 1 in float64: what float32 lacks of it is centimetres at 100 km.
        cam_from_either = cam_from_either.to(torch.float64).normalized()
        shift = SE3.identity(dtype=torch.float64).wxyz_xyz
        shift[4:] = sign * torch.tensor(self.origin, dtype=torch.float64)
        return cam_from_either @ SE3(shift)

    def save(self, folder: str | Path, replace: bool = False) -> Path:
        """Write it into `folder`, whole or not at all; returns it. See objpose.objects.storage.

        Raises:
            InputError: a folder of something else, and of another object unless `replace`.
        """
        from objpose.objects.storage import save_object

        return save_object(self.on_host, Path(folder), replace)

    @staticmethod
    def load(folder: str | Path) -> ObjectModel:
        """Read a folder written by `save`.

        Raises:
            InputError: it is not one.
        """
        from objpose.objects.storage import load_saved_object

        return load_saved_object(Path(folder))


def _mesh_arrays(prefix: str, mesh: Mesh) -> dict[str, Tensor | None]:
    return {f"{prefix}.{name}": getattr(mesh, name) for name in MESH_ARRAYS}


def _cloud_arrays(prefix: str, cloud: PointCloud) -> dict[str, Tensor | None]:
    return {
        f"{prefix}.points": cloud.points,
        f"{prefix}.normals": cloud.normals,
        f"{prefix}.colors": cloud.colors,
    }
