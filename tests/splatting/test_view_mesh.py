"""From splats to a mesh: closed, in place, of the right outline, with the colours of the views."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.errors import InputError
from objpose.geometry import SE3, Mesh
from objpose.raster import Splats, rasterize, render_mesh
from objpose.splatting import fusion, mesh_splats
from objpose.splatting.atlas import chart_atlas
from objpose.splatting.fusion import fused_mesh
from objpose.splatting.polish import mesh_views
from objpose.splatting.texturing import textured_mesh
from objpose.splatting.view_mesh import view_mesh
from tests.splatting.pictures import blob_splats
from tests.synthetic import MESHES

SIZE, FACES = 96, 2000


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"CELLS": 48, "SIZE": 112, "VIEWS": 80}.items():
        monkeypatch.setattr(fusion, name, value)


@functools.cache
def views(count: int = 14, with_depth: bool = False) -> tuple[list[Crop], SE3]:
    crops, cam_from_obj = mesh_views(MESHES["painted_blob"](), count, SIZE)
    if not with_depth:
        crops = [Crop(c.rgb, torch.zeros_like(c.depth), c.mask, c.inside, c.camera) for c in crops]
    return crops, cam_from_obj


def shrunk_splats() -> Splats:
    mesh = MESHES["painted_blob"]()
    centre = mesh.bounds().mean(0)
    return mesh_splats(Mesh(centre + 0.95 * (mesh.vertices - centre), mesh.faces, mesh.vertex_colors), 1500)


def open_edges(mesh: Mesh) -> int:
    """Edges that do not belong to two faces, once in each direction."""
    edges = mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    one, other = ((e[:, 0] * len(mesh.vertices) + e[:, 1]).sort().values for e in (edges, edges.flip(1)))
    return int((one != other).sum()) + len(one) - len(one.unique())


def signed_volume(mesh: Mesh) -> float:
    """Cubic metres, positive for faces that are counter-clockwise from outside."""
    a, b, c = mesh.vertices[mesh.faces].double().unbind(1)
    return float((a * torch.linalg.cross(b, c)).sum() / 6)


def surface_gap(one: Mesh, other: Mesh) -> Tensor:
    """From points of one surface to the nearest of many of the other."""
    points, many = one.sample_surface(500, seed=0).points, other.sample_surface(30_000, seed=1).points
    return torch.cdist(points, many).amin(1)


def test_splats_become_a_closed_surface_where_they_are() -> None:
    mesh = MESHES["painted_blob"]()
    found = fused_mesh(blob_splats(), *views(), FACES)
    assert open_edges(found) == 0 and len(found.faces) <= FACES
    assert abs(signed_volume(found) / signed_volume(mesh) - 1) < 0.1
    for gap in (surface_gap(found, mesh), surface_gap(mesh, found)):
        assert float(gap.max()) < 0.03 * mesh.diameter()


def test_what_was_measured_wins_over_the_splats() -> None:
    truth = signed_volume(MESHES["painted_blob"]())
    drawn, measured = (
        signed_volume(fused_mesh(shrunk_splats(), *views(with_depth=depth), FACES)) / truth
        for depth in (False, True)
    )
    assert drawn < 0.92 and abs(measured - 1) < 0.04


def test_what_no_view_sees_is_closed_off() -> None:
    """Of half a shell, seen from its outside, the inside is never looked into."""
    mesh, (seen, cam_from_obj) = MESHES["painted_blob"](), views(40)
    splats, centre = blob_splats(), mesh.bounds().mean(0)
    upper = splats[splats.means[:, 2] > centre[2]]
    above = cam_from_obj.inverse().translation[:, 2] > centre[2] + 0.2
    crops = [crop for crop, chosen in zip(seen, above, strict=True) if chosen]
    found = fused_mesh(upper, crops, SE3(cam_from_obj.wxyz_xyz[above]), FACES)
    assert open_edges(found) == 0
    assert signed_volume(found) > 0.4 * signed_volume(mesh)


def test_specks_are_left_out() -> None:
    splats = blob_splats()
    far = splats.means[:1] + torch.tensor([0.0, 0.0, 0.08])
    values = splats.tensors()
    speck = Splats(**{name: torch.cat([value, value[:1]]) for name, value in values.items()} | {
        "means": torch.cat([splats.means, far])
    })  # fmt: skip
    found, alone = (fused_mesh(some, *views(), FACES) for some in (speck, splats))
    assert abs(found.diameter() / alone.diameter() - 1) < 0.03


def test_splats_that_show_nothing_are_refused() -> None:
    splats = blob_splats()
    faint = Splats(splats.means, splats.wxyz, splats.scales, 0 * splats.opacities, splats.colors)
    with pytest.raises(InputError, match="masks and the poses"):
        fused_mesh(faint, *views(), FACES)


@pytest.mark.parametrize("name", ["painted_blob", "printed_box"])
def test_every_face_has_a_place_of_its_own_in_the_picture(name: str) -> None:
    mesh = MESHES[name]()
    atlas = chart_atlas(mesh, mesh.diameter() / 400)
    assert torch.equal(atlas.vertices[atlas.faces], mesh.vertices[mesh.faces])
    plane = torch.cat([atlas.texels, torch.ones(len(atlas.texels), 1)], dim=1)
    eye = torch.eye(4)[None]
    drawn = rasterize(plane, atlas.faces, eye, torch.eye(3)[None], atlas.width, atlas.height).face_ids[0]
    inside = (atlas.texels >= 0) & (atlas.texels <= torch.tensor([atlas.width - 1, atlas.height - 1]))
    assert bool(inside.all())
    column, row = atlas.texels[atlas.faces].mean(1).round().long().unbind(-1)
    first, second = (atlas.texels[atlas.faces][:, i] - atlas.texels[atlas.faces][:, 0] for i in (1, 2))
    large = (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).abs() > 18
    assert bool((drawn[row, column][large] == torch.arange(len(mesh.faces))[large]).all())


def test_the_texture_is_what_the_views_show() -> None:
    """Views of a printed box give the box without colours its print back."""
    box = MESHES["printed_box"]()
    seen, cam_from_obj = mesh_views(box, 20, 160)
    found = textured_mesh(Mesh(box.vertices, box.faces), seen, cam_from_obj)
    unseen, poses = mesh_views(box, 7, 64)
    options = {"outputs": ("color",), "supersample": 2}
    drawn = render_mesh(found, poses, unseen[0].K, 64, 64, **options).color
    truth = torch.stack([view.rgb for view in unseen])
    mask = torch.stack([view.mask for view in unseen])
    plain = (truth[mask] - truth[mask].mean(0)).abs().mean()
    assert float((drawn - truth)[mask].abs().mean()) < 0.25 * float(plain)


def test_outlines_grow_to_those_of_the_masks() -> None:
    """Splats made of a shrunken mesh, views of the true one: the masks win."""
    seen, cam_from_obj = views()
    found = view_mesh(shrunk_splats(), seen, cam_from_obj)
    drawn = render_mesh(found, cam_from_obj, seen[0].K, SIZE, SIZE).mask.sum()
    truth = torch.stack([view.mask for view in seen]).sum()
    assert abs(float(drawn / truth) - 1) < 0.015
    assert found.color_source == "texture"
