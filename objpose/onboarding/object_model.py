"""Everything the package knows of one object, ready to be found in a frame."""

from __future__ import annotations

from collections.abc import Callable
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
from objpose.raster import Splats


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Surface points that carry descriptors."""

    cloud: PointCloud  # object frame, metres
    descriptors: Tensor  # (N, D)


@dataclass(frozen=True, eq=False)
class ObjectModel:
    """An onboarded object. Lengths in metres, in the frame of its mesh.

    That is the object's own frame, unless the file has it far from its origin: then the mesh stands about its
    own centre, and `origin` is where that lies in the object's frame. Poses found are of the object's frame.
    """

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
    fitted: Splats | None = None  # to the views that it was onboarded from; None for an object from a mesh
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)  # of the mesh's frame in the object's, metres
    _templates: dict[str, TemplateSet] = field(default_factory=dict, repr=False)  # by the features' name
    _made_splats: dict[str, Splats] = field(default_factory=dict, repr=False)  # by what they were made with

    @cached_property
    def keypoint_of_surface(self) -> Tensor:
        """(number of surface points,) index of the keypoint nearest to each."""
        _, nearest = cKDTree(self.keypoints.cloud.points.numpy()).query(self.surface.cloud.points.numpy())
        return torch.from_numpy(nearest)

    @property
    def color_source(self) -> str:
        return self.mesh.color_source

    def cam_from_obj(self, cam_from_mesh: SE3) -> SE3:
        """Poses (*) of the object's frame from those of the mesh's; in float64 where the two differ."""
        return self._moved(cam_from_mesh, -1.0)

    def cam_from_mesh(self, cam_from_obj: SE3) -> SE3:
        """Poses (*) of the mesh's frame from those of the object's, float32 as it is drawn."""
        return self._moved(cam_from_obj, 1.0).to(torch.float32)

    def _moved(self, pose: SE3, sign: float) -> SE3:
        if not any(self.origin):
            return pose
        # The quaternion is brought to length 1 in float64: what float32 lacks of it is centimetres at 100 km.
        pose = pose.to(torch.float64).normalized()
        shift = SE3.identity(dtype=torch.float64).wxyz_xyz
        shift[4:] = sign * torch.tensor(self.origin, dtype=torch.float64)
        return pose @ SE3(shift)

    def templates(self, features: DenseFeatures, progress: bool = True) -> TemplateSet:
        """The templates for pictures described by `features`.

        Made at first use, in seconds to minutes, and kept in the object's folder where it has one. Not to be
        called from several threads at once.
        """
        if features.name not in self._templates:
            from objpose.onboarding.template_storage import stored_templates

            self._templates[features.name] = stored_templates(self.mesh, features, self.folder, progress)
        return self._templates[features.name]

    def splats(self, made_with: str, make: Callable[[Mesh], Splats]) -> Splats:
        """The object as splats: those fitted to its views, else what `make` gives for its mesh.

        Made at first use and kept in the object's folder where it has one; `made_with` names the maker and
        its settings, and other ones are made anew. Not to be called from several threads at once.
        `objpose.splatting.object_splats` calls it with the maker that refinement wants.
        """
        if self.fitted is not None:
            return self.fitted
        if made_with not in self._made_splats:
            from objpose.onboarding.splat_files import stored_splats

            made = stored_splats(self.folder, made_with, lambda: make(self.mesh))
            self._made_splats[made_with] = made
        return self._made_splats[made_with]

    def save(self, folder: str | Path) -> Path:
        """Write `folder` (made or replaced as a whole); returns it. See objpose.onboarding.storage."""
        from objpose.onboarding.storage import save_object

        return save_object(self, Path(folder))

    @staticmethod
    def load(folder: str | Path) -> ObjectModel:
        """Read a folder written by `save`. Raises InputError when it is not one."""
        from objpose.onboarding.storage import load_saved_object

        return load_saved_object(Path(folder))
