"""Laws of rasterization that hold whatever the backend."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SE3, SO3, Mesh
from objpose.raster import rasterize, render_mesh
from tests.raster.scenes import HEIGHT, WIDTH, bumpy_sphere, intrinsics, random_poses, triangle_mesh

ALL = ("depth", "normals", "coords", "color", "face_ids")


@pytest.fixture
def restore_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def at_distance(metres: float) -> SE3:
    return SE3.from_rotation_translation(SO3.identity((1,)), [[0.0, 0.0, metres]])


def assert_equal_renders(found, expected, window=(slice(None), slice(None))) -> None:
    for name in ALL:
        assert torch.equal(getattr(found, name), getattr(expected, name)[(slice(None), *window)]), name


def test_any_number_of_threads_gives_the_same_bits(restore_threads: None) -> None:
    renders = []
    for threads in (1, 2, 5):
        torch.set_num_threads(threads)
        renders.append(render_mesh(bumpy_sphere(), random_poses(3), intrinsics(), WIDTH, HEIGHT, outputs=ALL))
    assert_equal_renders(renders[1], renders[0])
    assert_equal_renders(renders[2], renders[0])


def test_a_batch_is_its_single_renders() -> None:
    mesh, poses = bumpy_sphere(), random_poses(4)
    K = torch.stack([intrinsics(focal=focal) for focal in (60.0, 110.0, 160.0, 400.0)])
    batch = render_mesh(mesh, poses, K, WIDTH, HEIGHT, outputs=ALL)
    for i in range(4):
        single = render_mesh(mesh, poses[i : i + 1], K[i], WIDTH, HEIGHT, outputs=ALL)
        for name in ALL:
            assert torch.equal(getattr(single, name)[0], getattr(batch, name)[i])


@pytest.mark.parametrize("corner", [(20, 10), (-7, -5), (80, 60)])
@pytest.mark.parametrize("distance", [0.35, 0.06])
def test_cropping_K_crops_the_render(corner: tuple[int, int], distance: float) -> None:
    """Exactly, also outside the full image and for triangles through the near plane."""
    (x, y), (width, height) = corner, (40, 30)
    mesh, poses, K = bumpy_sphere(), random_poses(2, distance=distance), intrinsics()
    crop_K = K.clone()
    crop_K[:2, 2] -= torch.tensor([x, y])
    crop = render_mesh(mesh, poses, crop_K, width, height, outputs=ALL)
    margin = 100
    wide_K = K.clone()
    wide_K[:2, 2] += margin
    wide = render_mesh(mesh, poses, wide_K, WIDTH + 2 * margin, HEIGHT + 2 * margin, outputs=ALL)
    window = (slice(y + margin, y + margin + height), slice(x + margin, x + margin + width))
    assert_equal_renders(crop, wide, window)


@pytest.mark.parametrize("distance", [0.35, 0.06])
def test_coords_project_to_their_pixel_at_their_depth(distance: float) -> None:
    mesh, poses, K = bumpy_sphere(2), random_poses(3, distance=distance), intrinsics()
    render = render_mesh(mesh, poses, K, WIDTH, HEIGHT, outputs=("coords",))
    points = torch.stack(
        [
            pose.apply_points(coords)
            for pose, coords in zip(
                (poses[i] for i in range(3)), render.coords.reshape(3, -1, 3).unbind(), strict=True
            )
        ]
    ).reshape(3, HEIGHT, WIDTH, 3)
    projected = points.double() @ K.T
    v, u = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    pixel_error = (projected[..., :2] / projected[..., 2:] - torch.stack([u, v], -1))[render.mask]
    # Corners are snapped to 1/256 pixel; points near the camera also feel the rounding of float32.
    assert pixel_error.abs().max() < (0.01 if distance > 0.1 else 0.05)
    torch.testing.assert_close(points[..., 2][render.mask], render.depth[render.mask], rtol=1e-5, atol=1e-6)


def test_interpolation_is_perspective_correct() -> None:
    """On a plane, the inverse of depth is affine in the pixel, and coordinates lie on the plane."""
    plane = Mesh([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], [[0, 1, 2], [0, 2, 3]])
    tilted = SE3.from_rotation_translation(SO3.exp(torch.tensor([[0.9, 0.4, 0.2]])), [[0.0, 0.0, 1.5]])
    render = render_mesh(plane, tilted, intrinsics(), WIDTH, HEIGHT, outputs=("coords", "normals"))
    row = 1 / render.depth[0, HEIGHT // 2, 20:80].double()
    assert render.mask[0, HEIGHT // 2, 20:80].all()
    assert torch.diff(row, n=2).abs().max() < 1e-5
    assert torch.diff(row).abs().min() > 1e-3
    assert render.coords[0, ..., 2].abs().max() < 1e-6
    facing = tilted.rotation.matrix()[0, :, 2]
    torch.testing.assert_close(
        render.normals[render.mask], -facing.sign()[2] * facing.expand(int(render.mask.sum()), 3)
    )


@pytest.mark.parametrize("quarter_turns", range(4))
def test_triangles_that_share_edges_cover_each_pixel_once(quarter_turns: int) -> None:
    """A fan around a pixel centre, its outer corners on pixel centres too: the hardest ties there are."""
    pixels = torch.tensor([(0, 0), (8, 0), (8, 8), (0, 8), (-8, 8), (-8, 0), (-8, -8), (0, -8), (8, -8)])
    turn = torch.linalg.matrix_power(torch.tensor([[0, -1], [1, 0]]), quarter_turns)
    corners = (pixels @ turn).float()
    corners = torch.cat([corners, torch.ones(9, 1)], 1)
    faces = torch.tensor([(0, i, i % 8 + 1) for i in range(1, 9)])
    K = torch.tensor([[1.0, 0, 10], [0, 1.0, 10], [0, 0, 1]])
    covers = torch.stack(
        [
            render_mesh(Mesh(corners, faces[i : i + 1]), SE3.identity((1,)), K, 21, 21).mask[0]
            for i in range(8)
        ]
    )
    count = covers.sum(0)
    assert count.max() == 1
    assert count[3:18, 3:18].min() == 1  # all pixels strictly inside
    assert int(count.sum()) == 16 * 16  # of the outline, the top and left sides
    together = render_mesh(Mesh(corners, faces), SE3.identity((1,)), K, 21, 21)
    assert torch.equal(together.mask[0], count > 0)


def test_closed_surfaces_have_no_holes() -> None:
    """What the camera sees inside the outline of a closed surface is never empty, at any size of triangle."""
    for subdivisions, focal in ((1, 400.0), (3, 110.0), (5, 60.0)):
        mask = render_mesh(
            bumpy_sphere(subdivisions), random_poses(4), intrinsics(focal=focal), WIDTH, HEIGHT
        ).mask
        neighbours = torch.nn.functional.avg_pool2d(mask.float()[:, None], 3, 1, 1)[:, 0] * 9
        assert not (~mask & (neighbours == 8)).any()
        assert mask.any()


def test_a_triangle_through_the_near_plane_is_cut_there() -> None:
    """A floor from behind the camera to far ahead: seen up to the bottom row, never nearer than `near`."""
    floor = triangle_mesh((-50.0, 1.0, -40.0), (50.0, 1.0, -40.0), (0.0, 1.0, 200.0))
    K = torch.tensor([[100.0, 0, 47.5], [0, 100.0, 35.5], [0, 0, 1]])
    depth = render_mesh(floor, SE3.identity((1,)), K, WIDTH, HEIGHT).depth[0]
    rows = torch.arange(HEIGHT)[40:].double()
    expected = 100.0 / (rows - 35.5)  # y = 1 m at row v has depth fy / (v - cy)
    torch.testing.assert_close(depth[40:, 48].double(), expected, rtol=1e-5, atol=0)
    assert (depth[:36] == 0).all()
    cut = render_mesh(floor, SE3.identity((1,)), K, WIDTH, HEIGHT, near=5.0).depth[0]
    torch.testing.assert_close(cut, torch.where(depth >= 5.0, depth, 0.0), rtol=1e-5, atol=0)


def test_what_is_behind_the_camera_is_not_drawn() -> None:
    assert not render_mesh(bumpy_sphere(1), at_distance(-0.4), intrinsics(), WIDTH, HEIGHT).mask.any()


def test_degenerate_triangles_draw_nothing_and_harm_nothing() -> None:
    good = [(-0.1, -0.1, 0.0), (0.1, -0.1, 0.0), (0.0, 0.1, 0.0)]
    point, line = [(0.05, 0.05, 0.0)] * 3, [(-0.2, 0.0, 0.0), (0.0, 0.0, 0.0), (0.2, 0.0, 0.0)]
    edge_on = [(0.0, 0.0, -0.1), (0.0, 0.0, 0.1), (0.0, 0.0, 0.3)]
    arguments = (at_distance(0.5), intrinsics(), WIDTH, HEIGHT)
    assert not render_mesh(triangle_mesh(*point, *line, *edge_on), *arguments).mask.any()
    alone = render_mesh(triangle_mesh(*good), *arguments, outputs=ALL)
    assert_equal_renders(render_mesh(triangle_mesh(*good, *point, *line), *arguments, outputs=ALL), alone)


def test_the_nearest_surface_wins_in_any_order() -> None:
    layers = [(x, y, z) for z in (0.0, 0.1, 0.2) for x, y in ((-0.2, -0.2), (0.2, -0.2), (0.0, 0.2))]
    forward = render_mesh(triangle_mesh(*layers), at_distance(0.5), intrinsics(), WIDTH, HEIGHT)
    backward = render_mesh(triangle_mesh(*layers[::-1]), at_distance(0.5), intrinsics(), WIDTH, HEIGHT)
    assert torch.equal(forward.depth, backward.depth)
    torch.testing.assert_close(forward.depth[0, HEIGHT // 2, WIDTH // 2].item(), 0.5)


def test_on_equal_depth_the_first_face_wins() -> None:
    twice = triangle_mesh(*[(-0.1, -0.1, 0.0), (0.1, -0.1, 0.0), (0.0, 0.1, 0.0)] * 2)
    render = render_mesh(twice, at_distance(0.5), intrinsics(), WIDTH, HEIGHT, outputs=("face_ids",))
    assert set(render.face_ids.unique().tolist()) == {-1, 0}


def test_coordinates_beyond_all_reason_draw_no_more_than_the_image() -> None:
    """Clipping loses all its digits at 1e20 m; polygons then have more corners than exact ones could."""
    generator = torch.Generator().manual_seed(0)
    scale = 10.0 ** torch.empty(30_000, 1).uniform_(-2, 30, generator=generator)
    vertices = torch.randn(30_000, 3, generator=generator) * scale
    faces = torch.randint(0, len(vertices), (100_000, 3), generator=generator)
    identity = torch.eye(4, dtype=torch.float64)[None]
    K = torch.tensor([[[100.0, 3.0, 32.0], [0.0, 100.0, 24.0], [0.0, 0.0, 1.0]]], dtype=torch.float64)
    found = rasterize(vertices, faces, identity, K, 64, 48)
    assert bool((found.depth > 0).any()) and bool(found.depth.isfinite().all())
