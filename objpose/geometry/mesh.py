"""Triangle meshes with vertex colours or a texture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import torch
from jaxtyping import Float32, Int64, UInt8
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry.arrays import ArrayLike
from objpose.geometry.devices import HOST, on_device
from objpose.geometry.extent import largest_distance
from objpose.geometry.texture import sample_texture


@dataclass(frozen=True, eq=False)
class SurfaceSamples:
    """Points drawn from a surface.

    points: in the mesh's unit. normals: unit. colors: in [0, 1], or None.
    """

    points: Float32[Tensor, "N 3"]
    normals: Float32[Tensor, "N 3"]
    colors: Float32[Tensor, "N 3"] | None
    face_ids: Int64[Tensor, " N"]


@dataclass(frozen=True, eq=False)
class Mesh:
    """A validated triangle mesh; arrays are converted, and InputError is raised for what cannot be a mesh.

    faces: counter-clockwise from outside. vertex_colors: in [0, 1], or None. uvs: with v up and (0, 0) at the
    bottom left of the texture, as in OpenGL, or None. texture: RGB, or None; it wins over the vertex colours.
    """

    vertices: Float32[Tensor, "V 3"]
    faces: Int64[Tensor, "F 3"]
    vertex_colors: Float32[Tensor, "V 3"] | None = None
    uvs: Float32[Tensor, "V 2"] | None = None
    texture: UInt8[Tensor, "H W 3"] | None = None

    if TYPE_CHECKING:  # what may be given; the fields are what becomes of it

        def __init__(
            self,
            vertices: ArrayLike,
            faces: ArrayLike,
            vertex_colors: ArrayLike | None = None,
            uvs: ArrayLike | None = None,
            texture: ArrayLike | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        set_field(self, "vertices", _checked_rows(self.vertices, "mesh vertices", 3))
        set_field(self, "faces", _checked_faces(self.faces, len(self.vertices)))
        for name, columns in (("vertex_colors", 3), ("uvs", 2)):
            values = getattr(self, name)
            if values is not None:
                set_field(self, name, _checked_rows(values, f"mesh {name}", columns, len(self.vertices)))
        if self.texture is not None:
            set_field(self, "texture", _checked_texture(self.texture, has_uvs=self.uvs is not None))

    @property
    def color_source(self) -> Literal["texture", "vertex", "none"]:
        """Where colours come from."""
        if self.texture is not None:
            return "texture"
        return "none" if self.vertex_colors is None else "vertex"

    def diameter(self) -> float:
        """Largest distance between two vertices, exact; in the mesh's unit."""
        return self._diameter

    @cached_property
    def _diameter(self) -> float:
        return largest_distance(self.vertices[self.faces.unique()].to(HOST))

    def bounds(self) -> Float32[Tensor, "2 3"]:
        """Lowest and highest coordinates."""
        return self._bounds

    @cached_property
    def _bounds(self) -> Tensor:
        used = self.vertices[self.faces.unique()]
        return torch.stack([used.amin(0), used.amax(0)])

    @cached_property
    def corners(self) -> Tensor:
        """(F, 3) int32, the faces as a rasterizer takes them."""
        return self.faces.to(torch.int32)

    def to(self, device: torch.device | str) -> Mesh:
        """The mesh on another device, with its bounds: a device would have to be waited for to find them."""
        self.bounds()
        return on_device(self, torch.device(device))

    def scaled(self, scale: float) -> Mesh:
        """The mesh with its coordinates multiplied by `scale`, for a change of unit."""
        return replace(self, vertices=self.vertices * scale)

    def face_normals(self) -> tuple[Float32[Tensor, "F 3"], Float32[Tensor, " F"]]:
        """Unit normals, and areas; the normal of a face without area is zero."""
        a, b, c = self.vertices[self.faces].unbind(1)
        # float64: the faces of a scan in metres have areas near 1e-8.
        cross = torch.linalg.cross((b - a).double(), (c - a).double())
        length = cross.norm(dim=-1)
        normals = cross / torch.where(length > 0, length, torch.ones_like(length))[:, None]
        return normals.to(torch.float32), (0.5 * length).to(torch.float32)

    def vertex_normals(self) -> Float32[Tensor, "V 3"]:
        """Unit, area-weighted; vertices at one place share theirs, so texture seams stay smooth.

        Zero for vertices of no face with area.
        """
        normals, areas = self.face_normals()
        _, place = torch.unique(self.vertices, dim=0, return_inverse=True)
        # Relative areas, so that tiny meshes do not underflow the normalisation.
        weighted = normals * (areas / areas.max().clamp(min=torch.finfo(torch.float32).tiny))[:, None]
        total = torch.zeros(int(place.max()) + 1, 3, dtype=torch.float64)
        total.index_add_(0, place[self.faces].reshape(-1), weighted.double().repeat_interleave(3, dim=0))
        return torch.nn.functional.normalize(total, dim=-1, eps=1e-30)[place].to(torch.float32)

    def sample_surface(self, n: int, seed: int) -> SurfaceSamples:
        """n points uniform in area, with face normals and bilinear colours; one seed gives one sample."""
        normals, areas = self.face_normals()
        if not areas.sum() > 0:
            raise InputError("mesh", "no face with area", "a surface", "check the faces of the mesh file")
        generator = torch.Generator().manual_seed(seed)
        edges = areas.double().cumsum(0)
        draw = torch.rand(n, generator=generator, dtype=torch.float64) * edges[-1]
        face_ids = torch.searchsorted(edges, draw, right=True).clamp(max=len(edges) - 1)
        root, second = torch.rand(2, n, 1, generator=generator).unbind(0)
        root = root.sqrt()
        barycentric = torch.cat([1 - root, root * (1 - second), root * second], dim=-1)
        points = self._interpolate(self.vertices, face_ids, barycentric)
        return SurfaceSamples(points, normals[face_ids], self._colors(face_ids, barycentric), face_ids)

    def _interpolate(self, values: Tensor, face_ids: Tensor, barycentric: Tensor) -> Tensor:
        return (values[self.faces[face_ids]] * barycentric[..., None]).sum(1)

    def _colors(self, face_ids: Tensor, barycentric: Tensor) -> Tensor | None:
        if self.texture is not None:
            assert self.uvs is not None  # checked when the mesh was made
            return sample_texture(self.texture, self._interpolate(self.uvs, face_ids, barycentric))
        if self.vertex_colors is not None:
            return self._interpolate(self.vertex_colors, face_ids, barycentric)
        return None


def _checked_rows(values: ArrayLike, subject: str, columns: int, rows: int | None = None) -> Tensor:
    values = torch.as_tensor(values, dtype=torch.float32)
    expected = (rows if rows is not None else "V", columns)
    if values.ndim != 2 or values.shape[1] != columns or (rows is not None and len(values) != rows):
        found = f"shape {tuple(values.shape)}"
        raise InputError(subject, found, f"shape {expected}", "give one row for each vertex")
    bad = ~torch.isfinite(values).all(dim=1)
    if bad.any():
        first = int(bad.nonzero()[0])
        raise InputError(subject, f"NaN or infinity in row {first}", "finite numbers", "repair the mesh file")
    return values.contiguous()


def _checked_faces(faces: ArrayLike, n_vertices: int) -> Tensor:
    faces = torch.as_tensor(faces)
    if faces.is_floating_point() or faces.ndim != 2 or faces.shape[1] != 3 or len(faces) == 0:
        found = f"{faces.dtype} of shape {tuple(faces.shape)}"
        expected = "integers of shape (F, 3), F > 0"
        raise InputError("mesh faces", found, expected, "give a triangle mesh, not a point cloud")
    faces = faces.to(torch.int64)
    low, high = int(faces.min()), int(faces.max())
    if low < 0 or high >= n_vertices:
        expected = f"indices 0 to {n_vertices - 1}"
        raise InputError("mesh faces", f"indices {low} to {high}", expected, "repair the mesh file")
    return faces.contiguous()


def _checked_texture(texture: ArrayLike, has_uvs: bool) -> Tensor:
    texture = torch.as_tensor(texture)
    if texture.dtype != torch.uint8 or texture.ndim != 3 or texture.shape[2] != 3 or texture.numel() == 0:
        found = f"{texture.dtype} of shape {tuple(texture.shape)}"
        raise InputError("mesh texture", found, "uint8 of shape (H, W, 3)", "convert it to 8-bit RGB")
    if not has_uvs:
        raise InputError("mesh texture", "no uvs", "uvs of shape (V, 2)", "export the mesh with its uvs")
    return texture.contiguous()
