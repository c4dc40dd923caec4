"""The symmetries of a mesh alone, without the rest of onboarding."""

from __future__ import annotations

from functools import cached_property

from objpose.geometry import Mesh, Symmetry, detect_near_symmetry, detect_symmetry
from objpose.objects.decimation import decimated
from objpose.onboarding.mesh import OnboardOptions, surface_and_views
from objpose.work import within


class MeshSymmetries:
    """The rotations that leave a mesh looking the same, as `onboard` finds them; each kind when asked for.

    mesh: metres. tolerance: of the diameter, by which 97 % of the turned surface may miss the surface.

    Raises:
        InputError: a mesh without a surface.
    """

    def __init__(
        self, mesh: Mesh, tolerance: float = OnboardOptions.symmetry_tolerance, seed: int = 0
    ) -> None:
        options = OnboardOptions(seed=seed)
        with within():
            light = decimated(mesh, options.max_faces, seed)
            self._cloud = surface_and_views(mesh, light, options)[0].cloud
        self.tolerance = tolerance

    @property
    def is_painted(self) -> bool:
        """Whether the mesh has colours."""
        return self._cloud.colors is not None

    @cached_property
    def shape(self) -> Symmetry:
        """Of the shape alone."""
        with within():
            return detect_symmetry(self._cloud.points, self._cloud.normals, None, self.tolerance)

    @cached_property
    def whole(self) -> Symmetry:
        """Of shape and paint; of the shape where the mesh has no paint."""
        if not self.is_painted:
            return self.shape
        cloud = self._cloud
        with within():
            return detect_symmetry(cloud.points, cloud.normals, cloud.colors, self.tolerance)

    @cached_property
    def near(self) -> Symmetry:
        """What most of the shape may be mistaken by, handle or spout aside."""
        with within():
            return detect_near_symmetry(self._cloud.points, self._cloud.normals)
