"""Mesh, poses and cameras in; depth, masks, normals, coordinates, colours and face ids out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from objpose.errors import InputError
from objpose.geometry import SE3, Mesh
from objpose.raster.pyramid import texture_pyramid
from objpose.raster.stages import Fragments, face_normals, interpolate, rasterize, sample_texture

OUTPUTS = ("depth", "normals", "coords", "color", "face_ids")
PLAIN_COLOR = 0.5  # of a mesh without colours
# Views are shaded in groups whose buffers stay about this large: memory does not grow with their number.
GROUP_PIXELS = 1 << 22


@dataclass(frozen=True, eq=False)
class MeshRender:
    """Images of N poses; what was not asked for is None.

    depth: (N, H, W) z-depth in metres, 0 = empty. normals: (N, H, W, 3) of the triangles, unit, camera frame,
    facing the camera. coords: (N, H, W, 3) surface points in the object frame, metres. color: (N, H, W, 3) in
    [0, 1]. face_ids: (N, H, W) int32, -1 = empty. The others are 0 where the image is empty.
    """

    depth: Tensor
    normals: Tensor | None = None
    coords: Tensor | None = None
    color: Tensor | None = None
    face_ids: Tensor | None = None

    @property
    def mask(self) -> Tensor:
        """(N, H, W) bool: where the object is."""
        return self.depth > 0


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

    Raises InputError for poses, K, sizes or names that cannot be used.
    """
    _check_options(outputs, supersample)
    transforms = _matrices(cam_from_obj, mesh)
    K = _as_batch(K, len(transforms))
    if set(outputs) == {"depth"}:
        arguments = (mesh.vertices, mesh.faces, transforms, K, width, height)
        return MeshRender(rasterize(*arguments, near=near, depth_only=True).depth)
    group = max(1, GROUP_PIXELS // max(1, width * height * supersample**2))
    starts = range(0, max(1, len(transforms)), group)
    return _joined(
        [
            _shade(
                mesh, transforms[i : i + group], K[i : i + group], (width, height), outputs, near, supersample
            )
            for i in starts
        ]
    )


def _shade(
    mesh: Mesh,
    transforms: Tensor,
    K: Tensor,
    size: tuple[int, int],
    outputs: Sequence[str],
    near: float,
    supersample: int,
) -> MeshRender:
    fragments = rasterize(mesh.vertices, mesh.faces, transforms, K, *size, near=near)
    wanted = {}
    if "normals" in outputs:
        wanted["normals"] = face_normals(mesh.vertices, mesh.faces, transforms, fragments.face_ids)
    if "coords" in outputs:
        wanted["coords"] = interpolate(mesh.vertices, mesh.faces, fragments)
    if "color" in outputs:
        wanted["color"] = _color(mesh, fragments)
        if supersample > 1:
            wanted["color"] = _supersampled(
                mesh, transforms, K, size, near, supersample, wanted["color"], fragments.depth > 0
            )
    if "face_ids" in outputs:
        wanted["face_ids"] = fragments.face_ids
    return MeshRender(fragments.depth, **wanted)


def _color(mesh: Mesh, fragments: Fragments) -> Tensor:
    if mesh.color_source == "texture":
        return sample_texture(texture_pyramid(mesh.texture), mesh.uvs, mesh.faces, fragments)
    if mesh.color_source == "vertex":
        return interpolate(mesh.vertex_colors, mesh.faces, fragments)
    return (fragments.face_ids >= 0)[..., None].expand(*fragments.face_ids.shape, 3) * PLAIN_COLOR


def _supersampled(
    mesh: Mesh,
    transforms: Tensor,
    K: Tensor,
    size: tuple[int, int],
    near: float,
    factor: int,
    at_centre: Tensor,
    covered: Tensor,
) -> Tensor:
    """Mean colour of the samples of a pixel that hit the object, for the pixels whose centre does."""
    fine_K = K.clone()
    fine_K[:, :2] *= factor
    fine_K[:, :2, 2] = (K[:, :2, 2] + 0.5) * factor - 0.5
    fine_size = [side * factor for side in size]
    fragments = rasterize(mesh.vertices, mesh.faces, transforms, fine_K, *fine_size, near=near)
    total = avg_pool2d(_color(mesh, fragments).permute(0, 3, 1, 2), factor).permute(0, 2, 3, 1)
    share = avg_pool2d((fragments.face_ids >= 0).float()[:, None], factor).permute(0, 2, 3, 1)
    mean = torch.where(share > 0, total / share, at_centre)
    return torch.where(covered[..., None], mean, 0.0)


def _joined(parts: list[MeshRender]) -> MeshRender:
    if len(parts) == 1:
        return parts[0]
    values = {name: [getattr(part, name) for part in parts] for name in OUTPUTS}
    return MeshRender(**{name: torch.cat(images) for name, images in values.items() if images[0] is not None})


def _check_options(outputs: Sequence[str], supersample: int) -> None:
    unknown = sorted(set(outputs) - set(OUTPUTS))
    if isinstance(outputs, str) or unknown:
        found = repr(outputs) if isinstance(outputs, str) else ", ".join(unknown)
        raise InputError(
            "outputs", found, f"names among {', '.join(OUTPUTS)}", 'pass a tuple such as ("depth", "color")'
        )
    if int(supersample) != supersample or supersample < 1:
        raise InputError("supersample", supersample, "a whole number from 1 up", "1 takes one sample a pixel")


def _matrices(cam_from_obj: SE3, mesh: Mesh) -> Tensor:
    """(N, 4, 4) float64 on the mesh's device."""
    wxyz_xyz = cam_from_obj.wxyz_xyz.detach().to(mesh.vertices.device, torch.float64)
    return SE3(wxyz_xyz.reshape(-1, 7)).matrix()


def _as_batch(K: Tensor, poses: int) -> Tensor:
    K = torch.as_tensor(K, dtype=torch.float64)
    return K.expand(poses, 3, 3) if K.shape == (3, 3) else K
