"""Surfels lie on the mesh, evenly, in its colours."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from objpose.geometry import SO3
from objpose.raster import render_mesh, render_splats
from objpose.splatting import mesh_splats
from objpose.splatting.thinning import thinned
from tests.synthetic import CAMERA, HEIGHT, MESHES, WIDTH, looking


@pytest.mark.parametrize("dims", [2, 3, 6])
def test_thinning_keeps_what_taking_points_one_by_one_keeps(dims: int) -> None:
    points = np.random.default_rng(dims).uniform(size=(300, dims))
    radius, kept = 0.15 * dims**0.5, []
    for index in range(len(points)):
        if not kept or cdist(points[index : index + 1], points[kept]).min() > radius:
            kept.append(index)
    np.testing.assert_array_equal(thinned(points, radius), kept)


def test_thinning_without_radius_keeps_all() -> None:
    np.testing.assert_array_equal(thinned(np.eye(4), 0.1), np.arange(4))


@pytest.mark.parametrize("name", ["printed_box", "mug"])
def test_surfels_lie_flat_on_the_surface_and_apart(name: str) -> None:
    mesh = MESHES[name]()
    splats = mesh_splats(mesh, 2000)
    assert 1600 < len(splats) < 2600
    samples = mesh.sample_surface(60_000, seed=5)
    distance, nearest = cKDTree(samples.points.numpy()).query(splats.means.numpy())
    assert distance.max() < 0.05 * mesh.diameter()
    normals = SO3(splats.wxyz).apply(torch.tensor([0.0, 0.0, 1.0]).expand(len(splats), 3))
    agreement = (normals * samples.normals[nearest]).sum(-1)
    assert float((agreement > 0.9).float().mean()) > 0.9
    assert float(splats.scales[:, 2].max()) < 0.2 * float(splats.scales[:, :2].min())


def test_a_surfel_facing_straight_down_has_a_rotation() -> None:
    splats = mesh_splats(MESHES["printed_box"](), 500)
    assert torch.isfinite(splats.wxyz).all()
    torch.testing.assert_close(splats.wxyz.norm(dim=-1), torch.ones(len(splats)))


def test_surfels_look_like_the_mesh() -> None:
    mesh, pose = MESHES["painted_blob"](), looking(1)
    splats = render_splats(mesh_splats(mesh, 8000), pose, CAMERA.K, WIDTH, HEIGHT, antialias=True)
    drawn = render_mesh(mesh, pose, CAMERA.K, WIDTH, HEIGHT, outputs=("depth", "color"))
    inner = -torch.nn.functional.max_pool2d(-drawn.mask.float()[:, None], 7, 1, 3)[:, 0] > 0
    assert float((splats.color - drawn.color)[inner].abs().mean()) < 0.04
    assert float((splats.depth - drawn.depth)[inner].abs().median()) < 0.005
    area = float((splats.alpha > 0.5).sum() / drawn.mask.sum())
    assert 0.98 < area < 1.12


def test_one_seed_gives_one_model_and_plain_meshes_are_grey() -> None:
    mesh = MESHES["can"]()
    first, second = mesh_splats(mesh, 300, seed=3), mesh_splats(mesh, 300, seed=3)
    assert torch.equal(first.means, second.means) and torch.equal(first.colors, second.colors)
    torch.testing.assert_close(first.colors, torch.full_like(first.colors, 0.5))
    assert not torch.equal(first.means[:50], mesh_splats(mesh, 300, seed=4).means[:50])
