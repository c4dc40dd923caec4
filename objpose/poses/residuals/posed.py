"""What residuals work on: an object under many poses, drawn once for all of them, and pixels of a crop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from torch import Tensor

from objpose.crops import Crop
from objpose.geometry import SE3, NormalEquations, on_device
from objpose.raster import MeshRender


class Posed:
    """B poses of an object. `draw` renders it under poses in the crop, where residuals ask for that."""

    def __init__(self, cam_from_obj: SE3, centre: Tensor, draw: Callable[[SE3], MeshRender] | None = None):
        self.cam_from_obj, self._draw = cam_from_obj, draw
        self.pivot = cam_from_obj.apply(
            centre
        )  # (B, 3) the object's centre, camera frame: twists turn about it

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


@dataclass(frozen=True, eq=False)
class Pixels:
    """P pixels of a crop."""

    index: Tensor  # (P,) into the flattened picture
    rays: Tensor  # (3, P) with z = 1
    K: Tensor  # (3, 3)

    @staticmethod
    def of(crop: Crop, where: Tensor) -> Pixels:
        """Those of a crop where `where` (S, S) bool, on the host, holds; where the crop is."""
        index = where.flatten().nonzero()[:, 0]
        pixels = Pixels(index, crop.camera.rays().reshape(-1, 3)[index].T.contiguous(), crop.K)
        return on_device(pixels, crop.device)

    def __len__(self) -> int:
        return len(self.index)

    def __call__(self, images: Tensor) -> Tensor:
        """(B, P) values of pictures (B, S, S)."""
        return images.flatten(1).index_select(1, self.index)

    def planes(self, images: Tensor) -> Tensor:
        """(C, B, P) values of pictures (B, S, S, C): numbers of one kind side by side are quickest."""
        return images.flatten(1, 2).index_select(1, self.index).permute(2, 0, 1).contiguous()

    def surface(self, posed: Posed) -> tuple[Tensor, Tensor]:
        """(B, P) drawn depth, metres, 0 = empty; (3, B, P) from the object's centre to the surface there."""
        depth = self(posed.drawn.depth)
        return depth, depth * self.rays[:, None] - posed.pivot.T[..., None]
