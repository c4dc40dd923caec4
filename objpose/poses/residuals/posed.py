"""What residuals work on: an object under many poses, drawn once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Protocol

from torch import Tensor

from objpose.geometry import SE3, NormalEquations
from objpose.raster import MeshRender, posed_points


class Posed:
    """B poses of an object. `draw` renders it under poses in the crop, where residuals ask for that."""

    def __init__(self, cam_from_obj: SE3, centre: Tensor, draw: Callable[[SE3], MeshRender] | None = None):
        self.cam_from_obj, self._draw = cam_from_obj, draw
        # (B, 3) the object's centre, camera frame: twists turn about it
        self.pivot = posed_points(centre, cam_from_obj.wxyz_xyz)

    @cached_property
    def drawn(self) -> MeshRender:
        if self._draw is None:
            raise ValueError("these residuals want the object drawn, which the problem does not")
        return self._draw(self.cam_from_obj)


class Residual(Protocol):
    """One kind of residual between poses and a picture. A new kind is a new file with one such class."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Of render_mesh, that it reads from `Posed.drawn`."""
        ...

    def system(self, posed: Posed) -> NormalEquations:
        """Of B poses, for twists about the object's centre in camera axes."""
        ...
