"""Mesh, poses and cameras in; depth, masks, normals, coordinates, colours and face ids out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float32, Int32
from torch import Tensor
from torch.nn.functional import avg_pool2d

from objpose.errors import InputError
from objpose.geometry import HOST, SE3, Mesh, resized_pixels
from objpose.raster.meshes.pyramid import texture_pyramid
from objpose.raster.meshes.stages import Fragments, face_normals, interpolate, rasterize, sample_texture
from objpose.raster.paint.bundles import PLAIN_COLOR

OUTPUTS = ("depth", "normals", "coords", "color", "face_ids")
# Views are shaded in groups of about so many pixels: the buffers between the stages do not grow with their
# number, and stay small enough for the allocator to keep them from group to group.
GROUP_PIXELS = 1 << 20


@dataclass(frozen=True, eq=False)
class MeshRender:
    """Images of N poses; what was not asked for is None.

    depth: z-depth in metres, 0 = empty. normals: of the triangles, unit, camera frame, facing the camera.
    coords: surface points in the object frame, metres. color: in [0, 1]. face_ids: -1 = empty. The others are
    0 where the image is empty.
    """

    depth: Float32[Tensor, "N H W"]
    normals: Float32[Tensor, "N H W 3"] | None = None
    coords: Float32[Tensor, "N H W 3"] | None = None
    color: Float32[Tensor, "N H W 3"] | None = None
    face_ids: Int32[Tensor, "N H W"] | None = None

    @property
    def mask(self) -> Bool[Tensor, "N H W"]:
        """Where the object is."""
        return self.depth > 0

    def joined(self, other: MeshRender) -> MeshRender:
        """With the images of another of the same size behind its own; what either lacks is None."""
        rest = [_joined(getattr(self, name), getattr(other, name)) for name in OUTPUTS[1:]]
        return MeshRender(torch.cat([self.depth, other.depth]), *rest)


def _joined(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    return None if one is None or other is None else torch.cat([one, other])


def render_mesh(
    mesh: Mesh,
    cam_from_obj: SE3,
    K: Tensor,
    width: int,
    height: int,
    *,
    outputs: Sequence[str] = ("depth",),
    near: float = 0.01,
    supersample: int = 1,
) -> MeshRender:
    """Draw a mesh under N poses, each with its own pinhole camera, so that crops cost only their pixels.

    Every value is that of the surface at the pixel's centre. Colours come from the texture (trilinear), the
    vertex colours, or plain grey. The result is the same on any number of threads.

    Args:
        cam_from_obj: (N,) or a single transform.
        K: (3, 3), or (N, 3, 3): pixels, pixel centres at integers.
        outputs: names among "depth", "normals", "coords", "color", "face_ids"; depth and mask come always.
        near: metres; what lies nearer is cut away.
        supersample: colours are means over this many samples per pixel and axis (those that hit the object).

    Raises:
        InputError: poses, K, sizes or names that cannot be used.
    """
    _check_options(outputs, supersample)
    transforms = _matrices(cam_from_obj)
    views = _Views(transforms, _as_batch(K, len(transforms)), width, height, near)
    if set(outputs) == {"depth"}:
        return MeshRender(views.rasterize(mesh, depth_only=True).depth)
    groups = views.split(GROUP_PIXELS // supersample**2)
    if len(groups) == 1:
        return _shade(mesh, views, outputs, supersample)
    return _gathered((_shade(mesh, group, outputs, supersample) for group in groups), len(transforms))


class _Views(NamedTuple):
    transforms: Tensor  # (N, 3, 4) cam_from_obj
    K: Tensor  # (N, 3, 3)
    width: int
    height: int
    near: float

    def rasterize(self, mesh: Mesh, depth_only: bool = False) -> Fragments:
        return rasterize(mesh.vertices, mesh.corners, *self[:4], near=self.near, depth_only=depth_only)

    def split(self, pixels: int) -> list[_Views]:
        """Groups of about so many pixels, at least one."""
        size = max(1, pixels // max(1, self.width * self.height))
        starts = range(0, max(1, len(self.transforms)), size)
        return [_Views(self.transforms[i : i + size], self.K[i : i + size], *self[2:]) for i in starts]

    def finer(self, factor: int) -> _Views:
        """The same views with `factor` x `factor` pixels in place of each."""
        K = self.K.clone()
        K[:, :2] *= factor
        K[:, :2, 2] = resized_pixels(self.K[:, :2, 2], factor)
        return _Views(self.transforms, K, self.width * factor, self.height * factor, self.near)


def _shade(mesh: Mesh, views: _Views, outputs: Sequence[str], supersample: int) -> MeshRender:
    fragments = views.rasterize(mesh)
    wanted = {}
    if "normals" in outputs:
        wanted["normals"] = face_normals(mesh.vertices, mesh.corners, views.transforms, fragments.face_ids)
    if "coords" in outputs:
        wanted["coords"] = interpolate(mesh.vertices, mesh.corners, fragments)
    if "color" in outputs:
        color = _color(mesh, fragments)
        wanted["color"] = (
            color if supersample == 1 else _supersampled(mesh, views, supersample, fragments, color)
        )
    if "face_ids" in outputs:
        wanted["face_ids"] = fragments.face_ids
    return MeshRender(fragments.depth, **wanted)


def _color(mesh: Mesh, fragments: Fragments) -> Tensor:
    if mesh.texture is not None and mesh.uvs is not None:
        return sample_texture(texture_pyramid(mesh.texture), mesh.uvs, mesh.corners, fragments)
    if mesh.vertex_colors is not None:
        return interpolate(mesh.vertex_colors, mesh.corners, fragments)
    return (fragments.face_ids >= 0)[..., None].expand(*fragments.face_ids.shape, 3) * PLAIN_COLOR


def _supersampled(mesh: Mesh, views: _Views, factor: int, centres: Fragments, at_centre: Tensor) -> Tensor:
    """Mean colour of a pixel's samples that hit the object, for the pixels whose centre does."""
    samples = views.finer(factor).rasterize(mesh)
    total = avg_pool2d(_color(mesh, samples).permute(0, 3, 1, 2), factor).permute(0, 2, 3, 1)
    share = avg_pool2d((samples.face_ids >= 0).float()[:, None], factor).permute(0, 2, 3, 1)
    mean = torch.where(share > 0, total / share, at_centre)
    return torch.where((centres.face_ids >= 0)[..., None], mean, 0.0)


def _gathered(parts: Iterable[MeshRender], count: int) -> MeshRender:
    """Groups of images, copied one after the other into whole arrays of `count`: nothing is held twice."""
    whole: dict[str, Tensor] = {}
    start = 0
    for part in parts:
        stop = start + len(part.depth)
        for name in OUTPUTS:
            images = getattr(part, name)
            if images is not None:
                whole.setdefault(name, images.new_empty((count, *images.shape[1:])))[start:stop] = images
        start = stop
    return MeshRender(**whole)


def _check_options(outputs: Sequence[str], supersample: int) -> None:
    unknown = sorted(set(outputs) - set(OUTPUTS))
    if isinstance(outputs, str) or unknown:
        found = repr(outputs) if isinstance(outputs, str) else ", ".join(unknown)
        raise InputError(
            "outputs", found, f"names among {', '.join(OUTPUTS)}", 'pass a tuple such as ("depth", "color")'
        )
    if int(supersample) != supersample or supersample < 1:
        raise InputError("supersample", supersample, "a whole number from 1 up", "1 takes one sample a pixel")


def _matrices(cam_from_obj: SE3) -> Tensor:
    """(N, 3, 4) float64, where the poses are."""
    poses = SE3(cam_from_obj.wxyz_xyz.detach().double().reshape(-1, 7))
    return torch.cat([poses.rotation.matrix(), poses.translation[..., None]], dim=-1)


def _as_batch(K: Tensor, poses: int) -> Tensor:
    K = torch.as_tensor(K, dtype=torch.float64, device=HOST)
    return K.expand(poses, 3, 3) if K.shape == (3, 3) else K
