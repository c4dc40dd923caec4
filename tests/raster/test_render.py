"""`render_mesh`: colours, supersampling, what is asked for and what is refused."""

from __future__ import annotations

import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, SO3, Mesh
from objpose.raster import render_mesh, texture_pyramid
from objpose.raster.meshes import render as render_module
from tests.raster.scenes import HEIGHT, WIDTH, bumpy_sphere, intrinsics, random_poses

FACING = SE3.from_rotation_translation(SO3.identity((1,)), [[0.0, 0.0, 1.0]])


def square(texture: torch.Tensor | None = None, colors: torch.Tensor | None = None) -> Mesh:
    """One metre wide, its texture upright in the image: v up is -y of the camera."""
    corners = torch.tensor([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]])
    uvs = torch.tensor([[0.0, 1], [1, 1], [1, 0], [0, 0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    return Mesh(
        corners, faces, vertex_colors=colors, uvs=uvs if texture is not None else None, texture=texture
    )


def square_camera(pixels: int) -> torch.Tensor:
    """The square at 1 m fills an image of this size, edge to edge."""
    centre = (pixels - 1) / 2
    return torch.tensor([[pixels, 0, centre], [0, pixels, centre], [0, 0, 1]], dtype=torch.float64)


def test_a_texture_seen_pixel_for_texel_comes_back() -> None:
    texture = torch.randint(
        0, 256, (16, 16, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    color = render_mesh(square(texture), FACING, square_camera(16), 16, 16, outputs=("color",)).color[0]
    torch.testing.assert_close(color, texture.float() / 255, rtol=0, atol=2e-3)


def test_a_texture_seen_from_afar_is_its_mean() -> None:
    """Without mip levels a pixel would show one of the 64 x 64 texels behind it."""
    texture = torch.randint(
        0, 256, (256, 256, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    color = render_mesh(square(texture), FACING, square_camera(4), 4, 4, outputs=("color",)).color[0]
    blocks = texture.float().reshape(4, 64, 4, 64, 3).mean((1, 3)) / 255
    torch.testing.assert_close(color[1:3, 1:3], blocks[1:3, 1:3], rtol=0, atol=0.02)


def test_pyramid_levels_are_means_and_are_kept() -> None:
    texture = torch.randint(
        0, 256, (12, 20, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    texels, sizes = texture_pyramid(texture)
    assert sizes.tolist() == [[12, 20], [6, 10], [3, 5], [1, 2], [1, 1]]
    assert len(texels) == int(sizes.long().prod(1).sum())
    torch.testing.assert_close(texels[-1].float(), texture.float().mean((0, 1)), rtol=0, atol=2.0)
    assert texture_pyramid(texture).texels is texels


def test_vertex_colors_are_interpolated_and_plain_meshes_are_grey() -> None:
    colors = torch.tensor([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    image = render_mesh(square(colors=colors), FACING, square_camera(8), 8, 8, outputs=("color",)).color[0]
    ramp = (torch.arange(8) + 0.5) / 8
    torch.testing.assert_close(image[..., 0], ramp.expand(8, 8))
    torch.testing.assert_close(image[..., 1], ramp[:, None].expand(8, 8))
    plain = render_mesh(square(), FACING, square_camera(8), 8, 8, outputs=("color",)).color
    assert torch.equal(plain, torch.full((1, 8, 8, 3), render_module.PLAIN_COLOR))


@pytest.mark.parametrize("supersample", [2, 3])
def test_supersampling_changes_colors_only(supersample: int) -> None:
    mesh, poses, outputs = (
        bumpy_sphere(),
        random_poses(2),
        ("depth", "normals", "coords", "color", "face_ids"),
    )
    plain = render_mesh(mesh, poses, intrinsics(), WIDTH, HEIGHT, outputs=outputs)
    fine = render_mesh(mesh, poses, intrinsics(), WIDTH, HEIGHT, outputs=outputs, supersample=supersample)
    for name in ("depth", "normals", "coords", "face_ids"):
        assert torch.equal(getattr(plain, name), getattr(fine, name))
    assert not torch.equal(plain.color, fine.color)
    assert (fine.color[~fine.mask] == 0).all()
    # No darkening where background lies behind part of a pixel: means are over the object's own samples.
    white = Mesh(mesh.vertices, mesh.faces, vertex_colors=torch.ones_like(mesh.vertices))
    color = render_mesh(
        white, poses, intrinsics(), WIDTH, HEIGHT, outputs=("color",), supersample=supersample
    ).color
    torch.testing.assert_close(color[fine.mask], torch.ones(int(fine.mask.sum()), 3))


def test_only_what_is_asked_for() -> None:
    render = render_mesh(bumpy_sphere(1), random_poses(1), intrinsics(), WIDTH, HEIGHT)
    assert (render.normals, render.coords, render.color, render.face_ids) == (None,) * 4
    assert render.mask.dtype == torch.bool


def test_empty_pixels_hold_zeros_and_no_face() -> None:
    outputs = ("depth", "normals", "coords", "color", "face_ids")
    render = render_mesh(bumpy_sphere(1), random_poses(2), intrinsics(), WIDTH, HEIGHT, outputs=outputs)
    empty = ~render.mask
    assert empty.any() and render.mask.any()
    for name in ("depth", "normals", "coords", "color"):
        assert (getattr(render, name)[empty] == 0).all()
    assert torch.equal(render.face_ids >= 0, render.mask)


def test_groups_of_views_join_seamlessly(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = (bumpy_sphere(1), random_poses(5), intrinsics(), WIDTH, HEIGHT)
    whole = render_mesh(*arguments, outputs=("color", "coords"))
    monkeypatch.setattr(render_module, "GROUP_PIXELS", 2 * WIDTH * HEIGHT)
    grouped = render_mesh(*arguments, outputs=("color", "coords"))
    for name in ("depth", "color", "coords"):
        assert torch.equal(getattr(whole, name), getattr(grouped, name))


@pytest.mark.parametrize("outputs", [("depth",), ("depth", "normals", "coords", "color", "face_ids")])
def test_no_poses_and_no_faces(outputs: tuple[str, ...]) -> None:
    none = render_mesh(bumpy_sphere(1), random_poses(0), intrinsics(), WIDTH, HEIGHT, outputs=outputs)
    assert none.depth.shape == none.mask.shape == (0, HEIGHT, WIDTH)
    for name in set(outputs) - {"depth", "face_ids"}:
        assert getattr(none, name).shape == (0, HEIGHT, WIDTH, 3)


def test_a_single_pose_is_a_batch_of_one() -> None:
    pose = random_poses(1)
    single = render_mesh(bumpy_sphere(1), pose[0], intrinsics(), WIDTH, HEIGHT)
    assert torch.equal(single.depth, render_mesh(bumpy_sphere(1), pose, intrinsics(), WIDTH, HEIGHT).depth)


BAD_K = {
    "no focal length": [[0, 0, 10], [0, 100, 10], [0, 0, 1]],
    "not a pinhole": [[100, 0, 10], [0, 100, 10], [0, 0.1, 1]],
    "not finite": [[100, 0, float("nan")], [0, 100, 10], [0, 0, 1]],
    "another shape": [[100, 0], [0, 100]],
    "a principal point at infinity": [[100, 0, 1e6], [0, 100, 10], [0, 0, 1]],
}


@pytest.mark.parametrize("name", BAD_K)
def test_bad_K_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="^K: found"):
        render_mesh(bumpy_sphere(1), random_poses(2), torch.tensor(BAD_K[name]), WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outputs": ("depth", "colour")}, "outputs: found colour"),
        ({"outputs": "depth"}, "outputs: found 'depth'"),
        ({"supersample": 0}, "supersample: found 0"),
        ({"near": 0.0}, "near: found 0.0"),
        ({"width": 0}, "image size: found 0 x 72"),
        ({"height": 2.5}, "image size: found 96 x 2.5"),
    ],
)
def test_bad_options_are_refused(options: dict, message: str) -> None:
    arguments = {"width": WIDTH, "height": HEIGHT} | options
    with pytest.raises(InputError, match=message):
        render_mesh(bumpy_sphere(1), random_poses(1), intrinsics(), **arguments)


def test_poses_that_are_not_finite_are_refused() -> None:
    poses = SE3(torch.full((1, 7), float("nan")))
    with pytest.raises(InputError, match="cam_from_obj: found values not finite"):
        render_mesh(bumpy_sphere(1), poses, intrinsics(), WIDTH, HEIGHT)
