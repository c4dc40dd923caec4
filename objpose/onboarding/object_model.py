"""Everything the package knows of one object, ready to be found in a frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.features import DenseFeatures, PointCloud
from objpose.geometry import SE3, Mesh, Symmetry
from objpose.onboarding.surface import Surface
from objpose.onboarding.templates import TemplateSet
from objpose.onboarding.view_sphere import ViewSphere


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Surface points that carry descriptors."""

    cloud: PointCloud  # object frame, metres
    descriptors: Tensor  # (N, D)


@dataclass(frozen=True, eq=False)
class ObjectModel:
    """An onboarded object. Lengths in metres, in the frame of its mesh."""

    name: str
    mesh: Mesh  # what is rendered; decimated where the source was heavy
    coarse_mesh: Mesh  # a lighter one, for the many hypotheses seen in few pixels
    diameter: float  # of the source mesh
    symmetry: Symmetry  # poses that nothing can tell apart
    look_alikes: SE3  # (M,) obj_from_obj: turns that nearly keep the shape, the flips worth testing
    surface: Surface  # points seen from outside
    views: ViewSphere
    keypoints: Keypoints
    source: dict  # what it was made from, and how: file, units, options, version
    folder: Path | None = None  # where it is stored
    _templates: dict[str, TemplateSet] = field(default_factory=dict, repr=False)  # by the features' name

    @cached_property
    def keypoint_of_surface(self) -> Tensor:
        """(number of surface points,) index of the keypoint nearest to each."""
        _, nearest = cKDTree(self.keypoints.cloud.points.numpy()).query(self.surface.cloud.points.numpy())
        return torch.from_numpy(nearest)

    @property
    def color_source(self) -> str:
        return self.mesh.color_source

    def templates(self, features: DenseFeatures, progress: bool = True) -> TemplateSet:
        """The templates for pictures described by `features`.

        Made at first use, in seconds to minutes, and kept in the object's folder where it has one. Not to be
        called from several threads at once.
        """
        if features.name not in self._templates:
            from objpose.onboarding.template_storage import stored_templates

            self._templates[features.name] = stored_templates(self.mesh, features, self.folder, progress)
        return self._templates[features.name]

    def save(self, folder: str | Path) -> Path:
        """Write `folder` (made or replaced as a whole); returns it. See objpose.onboarding.storage."""
        from objpose.onboarding.storage import save_object

        return save_object(self, Path(folder))

    @staticmethod
    def load(folder: str | Path) -> ObjectModel:
        """Read a folder written by `save`. Raises InputError when it is not one."""
        from objpose.onboarding.storage import load_saved_object

        return load_saved_object(Path(folder))
