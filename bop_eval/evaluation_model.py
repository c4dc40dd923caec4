"""An object as the errors need it: mesh, vertices, their hull, symmetries."""

from functools import cached_property

import torch
from torch import Tensor

from objpose.geometry import Mesh
from objpose.geometry.extent import hull_corners
from objpose.io.bop_models import BopModels


class EvaluationModel:
    """One object; its mesh is read when first needed."""

    def __init__(self, models: BopModels, obj_id: int) -> None:
        self._models, self.obj_id = models, obj_id
        models.mesh_path(obj_id)  # an unknown object is refused here
        info = models.infos[obj_id]
        self.diameter = info.diameter
        self.symmetries: Tensor = info.symmetry.transforms(info.diameter).matrix().double()

    @cached_property
    def mesh(self) -> Mesh:
        """Without colours, in metres."""
        return self._models.mesh(self.obj_id, colors=False)

    @cached_property
    def vertices(self) -> Tensor:
        """(V, 3) float64."""
        return self.mesh.vertices.double()

    @cached_property
    def hull(self) -> Tensor:
        """(H, 3) float64, the corners of the convex hull: they bound all distances and projections."""
        return torch.from_numpy(hull_corners(self.vertices.numpy()))
