"""Templates: cameras that look at the object, patches that lie on it."""

from __future__ import annotations

import pytest
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.features import PatchDescriptor
from objpose.geometry import Mesh
from objpose.objects import TemplateSet
from objpose.objects import template_views as template_views_module
from objpose.objects import templates as templates_module
from objpose.objects.template_views import TemplateViews, ViewOptions, template_views
from objpose.objects.templates import (
    THUMBNAIL,
    TemplateOptions,
    build_templates,
    covered,
    thumbnails,
)
from objpose.raster import render_mesh
from objpose.work import within
from tests.geometry.shapes import box, moved
from tests.synthetic import MESHES

OPTIONS = TemplateOptions(ViewOptions(directions=12, turns=5, cells=12), components=16, words=64)
SIZE = 96
NAMES = ["painted_blob", "printed_box", "mug"]


@pytest.fixture(scope="module")
def sets() -> dict[str, TemplateSet]:
    return {name: build_templates(MESHES[name](), PatchDescriptor(), OPTIONS, False) for name in NAMES}


def far_off() -> Mesh:
    """A long box whose centre is far from its mesh's origin."""
    return moved(box(0.3, 0.05, 0.02), (0.5, -0.2, 0.1))


def drawn(mesh: Mesh, views: TemplateViews) -> Tensor:
    """(T, S, S) masks."""
    size = views.size
    return render_mesh(mesh, views.cam_from_obj, views.K, size, size, outputs=("depth",)).mask


@pytest.mark.parametrize("make", [*(MESHES[name] for name in NAMES), far_off])
def test_views_fill_their_images_about_the_middle(make) -> None:
    mesh = make()
    masks = drawn(mesh, template_views(mesh, SIZE, OPTIONS.views))
    assert len(masks) == 12 * 5
    for across in (masks.any(1), masks.any(2)):
        first, last = across.float().argmax(1), SIZE - 1 - across.flip(1).float().argmax(1)
        torch.testing.assert_close((first + last) / 2, torch.full((60,), (SIZE - 1) / 2), rtol=0, atol=1.6)
    sides = torch.stack([masks.any(axis).sum(1) for axis in (1, 2)], dim=-1)
    longer = torch.full((60,), OPTIONS.views.fill * SIZE)
    torch.testing.assert_close(sides.amax(1).float(), longer, rtol=0, atol=2.5)


@pytest.mark.parametrize("make", [MESHES["mug"], far_off])
def test_cameras_look_at_the_centre_from_one_distance(make) -> None:
    mesh = make()
    views = template_views(mesh, SIZE, OPTIONS.views)
    centre = views.cam_from_obj.apply(mesh.bounds().mean(0))
    expected = torch.tensor([0.0, 0.0, OPTIONS.views.distance * mesh.diameter()])
    torch.testing.assert_close(centre, expected.expand_as(centre), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(views.centre, mesh.bounds().mean(0))


def test_a_turn_of_the_camera_turns_the_view() -> None:
    """Views of one direction show one silhouette, turned: as many pixels to within the sampling."""
    mesh = MESHES["mug"]()
    views = template_views(mesh, SIZE, ViewOptions(directions=12, turns=4, cells=12))
    masks = drawn(mesh, views).view(12, 4, SIZE, SIZE)
    for quarter in range(1, 4):
        turned = masks[:, 0].rot90(-quarter, (1, 2))
        differing = (masks[:, quarter] ^ turned).sum((1, 2)).float()
        assert float((differing / turned.sum((1, 2))).max()) < 0.08


@pytest.mark.parametrize("name", NAMES)
def test_points_lie_on_the_surface_and_project_to_their_pixels(
    sets: dict[str, TemplateSet], name: str
) -> None:
    """With fx and fy as they are, not with their mean as in FoundPose's code (pitfall d)."""
    templates, views = sets[name], sets[name].views
    of_view = torch.arange(len(templates)).repeat_interleave(templates.first_patch.diff())
    seen = views.cam_from_obj[of_view].apply(templates.points)
    pixels = torch.einsum("pij,pj->pi", views.K[of_view], seen / seen[:, 2:])[:, :2]
    torch.testing.assert_close(pixels, templates.pixels, rtol=0, atol=0.01)
    mesh = MESHES[name]()
    corners = mesh.vertices[mesh.faces.long()]
    count = 200_000 // len(corners)
    weights = torch.rand(count, len(corners), 3, generator=torch.Generator().manual_seed(0))
    surface = torch.einsum("nfi,fix->nfx", weights / weights.sum(-1, keepdim=True), corners).reshape(-1, 3)
    distance, _ = cKDTree(surface.numpy()).query(templates.points.numpy())
    assert float(distance.max()) < 0.04 * mesh.diameter()
    assert float(torch.from_numpy(distance).median()) < 0.01 * mesh.diameter()


@pytest.mark.parametrize("name", NAMES)
def test_points_are_the_visible_ones(sets: dict[str, TemplateSet], name: str) -> None:
    """Of the nearest surface: the depth drawn at a patch's pixel is its point's."""
    templates, mesh = sets[name], MESHES[name]()
    views = templates.views
    depth = render_mesh(mesh, views.cam_from_obj, views.K, SIZE, SIZE, outputs=("depth",)).depth
    for template in (0, 7, 33, 59):
        some = templates.patches(template)
        column, row = templates.pixels[some].round().long().unbind(-1)
        found = views.cam_from_obj[template].apply_points(templates.points[some])[:, 2]
        torch.testing.assert_close(depth[template, row, column], found, rtol=0, atol=1e-5)


def test_patches_lie_within_the_silhouette_and_belong_to_their_view(sets: dict[str, TemplateSet]) -> None:
    templates = sets["painted_blob"]
    assert int(templates.first_patch[0]) == 0 and int(templates.first_patch[-1]) == len(templates.points)
    masks = drawn(MESHES["painted_blob"](), templates.views)
    for template in range(len(templates)):
        some = templates.patches(template)
        column, row = templates.pixels[some].round().long().unbind(-1)
        assert some.stop > some.start and bool(masks[template, row, column].all())


def test_histograms_have_unit_length_and_are_those_of_their_patches(sets: dict[str, TemplateSet]) -> None:
    templates = sets["painted_blob"]
    torch.testing.assert_close(templates.histograms.norm(dim=-1), torch.ones(len(templates)))
    some = templates.patches(17)
    count = some.stop - some.start
    alone = templates.words.histogram(templates.descriptors[some], torch.zeros(count, dtype=torch.long), 1)
    torch.testing.assert_close(torch.nn.functional.normalize(alone, dim=-1)[0], templates.histograms[17])


def test_a_view_without_any_patch_has_no_histogram() -> None:
    """A needle: no patch lies whole on it, and nothing becomes infinite (pitfall c is the words' side)."""
    needle = box(0.2, 0.004, 0.004)
    plate = box(0.2, 0.15, 0.002)
    mesh = Mesh(
        torch.cat([needle.vertices, plate.vertices]),
        torch.cat([needle.faces, plate.faces + len(needle.vertices)]),
    )
    templates = build_templates(mesh, PatchDescriptor(), OPTIONS, False)
    counts = templates.first_patch.diff()
    lengths = templates.histograms.norm(dim=-1)
    assert bool((counts == 0).any())
    assert bool((lengths[counts == 0] == 0).all()) and bool(templates.histograms.isfinite().all())
    torch.testing.assert_close(lengths[counts > 0], torch.ones(int((counts > 0).sum())))


def test_the_same_mesh_gives_the_same_templates(sets: dict[str, TemplateSet]) -> None:
    again = build_templates(MESHES["printed_box"](), PatchDescriptor(), OPTIONS, False)
    for name in ("points", "pixels", "descriptors", "histograms", "thumbnails", "first_patch"):
        assert torch.equal(getattr(again, name), getattr(sets["printed_box"], name))


def test_threads_do_not_change_the_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (template_views_module, templates_module):
        monkeypatch.setattr(module, "AT_ONCE", 5)  # several batches, the last one short
    options = TemplateOptions(ViewOptions(directions=6, turns=2, cells=10), components=8, words=16)
    mesh = MESHES["printed_box"]()
    found = []
    for threads in (1, 2):
        with within(threads):
            found.append(build_templates(mesh, PatchDescriptor(), options, False))
    for name in ("points", "pixels", "descriptors", "histograms", "thumbnails", "first_patch"):
        assert torch.equal(*(getattr(templates, name) for templates in found)), name


def test_covered_by_one_pixel_keeps_the_mask() -> None:
    """Pitfall (a) of FoundPose's code: `mask[shift:-shift]` is empty when the shift is zero."""
    mask = torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(0)) > 0.4
    assert torch.equal(covered(mask, 1), mask)


@pytest.mark.parametrize("width", [3, 5])
def test_covered_is_erosion_by_a_square_and_the_image_ends_the_mask(width: int) -> None:
    mask = torch.rand(2, 24, 31, generator=torch.Generator().manual_seed(0)) > 0.1
    mask[:, :12, :14] = True
    half = width // 2
    expected = torch.zeros_like(mask)
    for row in range(half, 24 - half):
        for column in range(half, 31 - half):
            around = mask[:, row - half : row + half + 1, column - half : column + half + 1]
            expected[:, row, column] = around.flatten(1).all(1)
    assert bool(expected.any()) and torch.equal(covered(mask, width), expected)


@pytest.mark.parametrize("size", [80, 96, 160])
def test_thumbnails_hold_coverage_and_mean_colour(size: int) -> None:
    """Of what the mask keeps: neither the background nor the share of it dims the colour."""
    color = torch.full((1, size, size, 3), 0.9)
    mask = torch.zeros(1, size, size, dtype=torch.bool)
    mask[:, size // 4 : 3 * size // 4, size // 4 : 3 * size // 4] = True
    color[mask] = torch.tensor([0.2, 0.4, 0.6])
    small = thumbnails(color, mask)
    assert small.shape == (1, THUMBNAIL, THUMBNAIL, 4) and small.dtype == torch.uint8
    owned = small[0, ..., 3] > 128
    assert bool((small[0, owned][:, :3].float() - torch.tensor([51.0, 102.0, 153.0])).abs().max() <= 1)
    assert float(small[..., 3].float().mean() / 255) == pytest.approx(0.25, abs=0.01)
    assert int(small[0, 0, 0].sum()) == 0


def test_thumbnails_of_templates_are_those_of_their_views(sets: dict[str, TemplateSet]) -> None:
    templates = sets["printed_box"]
    render = templates.views.render(MESHES["printed_box"](), 0)
    assert torch.equal(thumbnails(render.color, render.mask), templates.thumbnails[: len(render.mask)])
