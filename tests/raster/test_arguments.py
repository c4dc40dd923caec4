"""What cannot be drawn is refused by name before a core reads it: a GPU that reads beyond memory is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.raster import (
    Fragments,
    Pyramid,
    Screen,
    blend_splats,
    face_normals,
    interpolate,
    project_splats,
    rasterize,
    render_splats,
    sample_texture,
    shade_splats,
    splat_normal_equations,
    texture_pyramid,
)
from tests.raster.scenes import bumpy_sphere, intrinsics, random_poses, stage_arguments
from tests.raster.splat_scenes import cameras, random_splats

SIZE = (24, 18)
ELSEWHERE = torch.device("meta")  # a device that every torch has; its tensors have no memory
MESH, SPLATS = bumpy_sphere(1), random_splats(10, coefficients=4)
VERTICES, FACES, POSES, K = stage_arguments(MESH, random_poses(2), intrinsics(*SIZE, focal=30.0))
FRAGMENTS, PYRAMID = rasterize(VERTICES, FACES, POSES, K, *SIZE), texture_pyramid(MESH.texture)
SHAPE = (SPLATS.means, SPLATS.wxyz, SPLATS.scales, SPLATS.opacities)
CAMERAS, SPLAT_K, *SPLAT_SIZE = cameras(2)
SCREEN = project_splats(*SHAPE, CAMERAS, SPLAT_K, *SPLAT_SIZE)
COLORS, BACKGROUND = torch.rand(1, 10, 3), torch.rand(2, 3)


def elsewhere(tensor: Tensor) -> Tensor:
    return tensor.to(ELSEWHERE)


def fragments(**changes: Tensor) -> Fragments:
    return FRAGMENTS._replace(**changes)


def pyramid(**changes: Tensor) -> Pyramid:
    return PYRAMID._replace(**changes)


def screen(**changes: Tensor) -> Screen:
    return SCREEN._replace(**changes)


def named(vertex: int) -> Tensor:
    faces = MESH.faces.clone()
    faces[3, 1] = vertex
    return faces


DEPTH_ALONE = rasterize(VERTICES, FACES, POSES, K, *SIZE, depth_only=True)
REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "faces that are not whole": (
        lambda: rasterize(VERTICES, FACES.float(), POSES, K, *SIZE),
        "faces: found torch.float32, expected integers",
    ),
    "an index that 32 bits would make a right one": (
        lambda: rasterize(VERTICES, named(2**32 + 1), POSES, K, *SIZE),
        "faces name vertex 4294967297 of 42",
    ),
    "faces of another mesh": (
        lambda: interpolate(VERTICES[:40], FACES, FRAGMENTS),
        "faces name vertex 41 of 40",
    ),
    "faces of four corners": (
        lambda: rasterize(VERTICES, torch.zeros(2, 4, dtype=torch.int64), POSES, K, *SIZE),
        r"faces: found shape \(2, 4\), expected \(any, 3\)",
    ),
    "vertices of two numbers": (
        lambda: rasterize(VERTICES[:, :2], FACES, POSES, K, *SIZE),
        r"vertices: found shape \(42, 2\), expected \(any, 3\)",
    ),
    "fragments on another device": (
        lambda: interpolate(VERTICES, FACES, fragments(face_ids=elsewhere(FRAGMENTS.face_ids))),
        "fragments.face_ids: found a tensor on meta, expected one on cpu.*move it there",
    ),
    "barycentrics on another device": (
        lambda: interpolate(VERTICES, FACES, fragments(bary=elsewhere(FRAGMENTS.bary))),
        "fragments.bary: found a tensor on meta",
    ),
    "face ids of 64 bits": (
        lambda: interpolate(VERTICES, FACES, fragments(face_ids=FRAGMENTS.face_ids.long())),
        "fragments.face_ids: found torch.int64, expected torch.int32",
    ),
    "barycentrics of 64 bits": (
        lambda: interpolate(VERTICES, FACES, fragments(bary=FRAGMENTS.bary.double())),
        "fragments.bary: found torch.float64, expected torch.float32",
    ),
    "fragments of depth alone": (
        lambda: interpolate(VERTICES, FACES, DEPTH_ALONE),
        r"fragments.bary: found shape \(0,\)",
    ),
    "footprints of another size": (
        lambda: sample_texture(PYRAMID, MESH.uvs, FACES, fragments(footprint=FRAGMENTS.footprint[:1])),
        "fragments.footprint: found shape",
    ),
    "texels on another device": (
        lambda: sample_texture(pyramid(texels=elsewhere(PYRAMID.texels)), MESH.uvs, FACES, FRAGMENTS),
        "pyramid.texels: found a tensor on meta",
    ),
    "levels larger than the texels": (
        lambda: sample_texture(pyramid(sizes=PYRAMID.sizes * 2), MESH.uvs, FACES, FRAGMENTS),
        "pyramid: found levels of .* texels",
    ),
    "normals of fewer poses": (
        lambda: face_normals(VERTICES, FACES, POSES[:1], FRAGMENTS.face_ids),
        r"face_ids: found shape \(2, 18, 24\), expected \(1, any, any\)",
    ),
    "splats of fewer rotations": (
        lambda: project_splats(SHAPE[0], SHAPE[1][:5], *SHAPE[2:], CAMERAS, SPLAT_K, *SPLAT_SIZE),
        r"wxyz: found shape \(5, 4\), expected \(10, 4\)",
    ),
    "opacities on another device": (
        lambda: project_splats(*SHAPE[:3], elsewhere(SHAPE[3]), CAMERAS, SPLAT_K, *SPLAT_SIZE),
        "opacities: found a tensor on meta",
    ),
    "splats on two devices": (
        lambda: replace(SPLATS, sh=elsewhere(SPLATS.sh)),
        "splats: found tensors on cpu, meta, expected one device",
    ),
    "cameras of four rows": (
        lambda: project_splats(*SHAPE, torch.eye(4).expand(2, 4, 4), SPLAT_K, *SPLAT_SIZE),
        r"cam_from_world: found shape \(2, 4, 4\), expected \(any, 3, 4\)",
    ),
    "harmonics of two coefficients": (
        lambda: shade_splats(SPLATS.means, torch.rand(10, 2, 3), CAMERAS),
        r"sh: found shape \(10, 2, 3\)",
    ),
    "harmonics of fewer splats": (
        lambda: shade_splats(SPLATS.means, SPLATS.sh[:4], CAMERAS),
        r"sh: found shape \(4, 4, 3\), expected \(10, 4, 3\)",
    ),
    "a background of fewer cameras": (
        lambda: blend_splats(SCREEN, COLORS, BACKGROUND[:1], *SPLAT_SIZE),
        r"background: found shape \(1, 3\), expected \(2, 3\)",
    ),
    "boxes of fewer splats": (
        lambda: blend_splats(screen(extent=SCREEN.extent[:, :3]), COLORS, BACKGROUND, *SPLAT_SIZE),
        r"screen.extent: found shape \(2, 3, 2\)",
    ),
    "a screen of 64 bits": (
        lambda: blend_splats(screen(values=SCREEN.values.double()), COLORS, BACKGROUND, *SPLAT_SIZE),
        "screen.values: found torch.float64",
    ),
    "an image without pixels": (lambda: blend_splats(SCREEN, COLORS, BACKGROUND, 0, 4), "image size"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_name(case: str) -> None:
    call, message = REFUSED[case]
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize("near", [1e-45, 1e-7, 0.0, -1.0, float("nan")])
def test_a_near_plane_where_float32_ends_is_refused(near: float) -> None:
    """At 1e-45 m, surfaces nearer than 1e-38 m vanished: 1/depth is infinite there."""
    poses = SE3.identity((2,))
    calls = (
        lambda: rasterize(VERTICES, FACES, POSES, K, *SIZE, near=near),
        lambda: project_splats(*SHAPE, CAMERAS, SPLAT_K, *SPLAT_SIZE, near=near),
        lambda: render_splats(SPLATS, poses, SPLAT_K, *SPLAT_SIZE, near=near),
        lambda: splat_normal_equations(SPLATS, poses, SPLAT_K, torch.rand(9, 9, 3), near=near),
    )
    for call in calls:
        with pytest.raises(InputError, match="near: found .*, expected at least 1e-06 m"):
            call()


def test_the_nearest_near_plane_draws_what_lies_behind_it() -> None:
    poses = torch.eye(4, dtype=torch.float64)[None, :3].clone()
    corners = torch.tensor([[-1.0, -1, 0], [1, -1, 0], [0, 1, 1]]) * 1e-6
    poses[:, 2, 3] = 1e-6
    found = rasterize(corners, torch.tensor([[0, 1, 2]]), poses, K[:1], *SIZE, near=1e-6)
    assert (found.face_ids == 0).any()
    assert bool((found.depth[found.face_ids == 0] >= 0.999e-6).all()) and float(found.depth.max()) < 2.001e-6
