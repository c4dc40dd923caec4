"""Keypoints as features see them: which views show them, and that another view finds them again."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.features import FPFHDescriptor, PatchDescriptor, PointCloud
from objpose.frame import Frame
from objpose.geometry import SE3, SO3, Mesh
from objpose.poses.propose.visual_model import VisualModel, VisualOptions, build_visual_model, visual_model
from objpose.poses.propose.visual_target import patch_points, visual_crop
from objpose.poses.propose.visual_views import VisualScale, surface_directions, view_sphere
from tests.geometry.shapes import box
from tests.poses.objects import FEW_VIEWS, seen_by_patches
from tests.synthetic import REAL, looking, make_scene, onboarded

SCALE = VisualScale(cells=16, stride=8)


def samples(mesh: Mesh, count: int) -> PointCloud:
    found = mesh.sample_surface(count, 0)
    return PointCloud(found.points, found.normals)


def test_a_box_shows_the_sides_that_face_the_camera() -> None:
    mesh = box(0.12, 0.08, 0.05)
    cloud = samples(mesh, 400)
    sphere = view_sphere(mesh, cloud, SCALE, 40)
    camera = sphere.cam_from_obj.inverse().translation
    towards = torch.nn.functional.normalize(camera[:, None] - cloud.points, dim=-1)
    cosine = (towards * cloud.normals).sum(-1)
    sure = cosine.abs() > 0.15
    agree = (sphere.visible == (cosine > 0))[sure].float().mean()
    assert float(agree) > 0.99  # but for pixels on edges


def test_what_stands_before_a_point_hides_it() -> None:
    """Two plates, one behind the other: from the front the small one is not seen, from behind it is."""
    large, small = box(0.1, 0.1, 0.004), box(0.04, 0.04, 0.004)
    vertices = torch.cat([large.vertices, small.vertices + torch.tensor([0.0, 0.0, -0.03])])
    mesh = Mesh(vertices, torch.cat([large.faces, small.faces + len(large.vertices)]))
    front = samples(small, 200)
    front = PointCloud(front.points + torch.tensor([0.0, 0.0, -0.03]), front.normals)
    front = front[front.normals[:, 2] > 0.9]
    sphere = view_sphere(mesh, front, SCALE, 60)
    camera = torch.nn.functional.normalize(sphere.cam_from_obj.inverse().translation, dim=-1)
    above = camera[:, 2] > 0.95
    assert bool(above.any()) and not bool(sphere.visible[above].any())
    grazing = (camera[:, 2] > 0.05) & (camera[:, 2] < 0.3)
    assert bool(sphere.visible[grazing].any())


def test_directions_lie_on_the_surface() -> None:
    normals = torch.nn.functional.normalize(torch.randn(500, 3, generator=torch.Generator().manual_seed(0)))
    normals[:2] = torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    directions = surface_directions(normals)
    torch.testing.assert_close(directions.norm(dim=-1), torch.ones(500))
    assert float((directions * normals).sum(-1).abs().max()) < 1e-5


def truly_at(visual: VisualModel, points: Tensor, cam_from_obj: SE3) -> tuple[Tensor, Tensor]:
    """(P, K) whether keypoints lie where scene points (P, 3) are, and (K, 3) their directions there."""
    keypoints = cam_from_obj.apply_points(visual.model.keypoints.cloud.points)
    near = torch.cdist(points, keypoints) < 0.1 * visual.model.diameter
    return near, cam_from_obj.rotation.apply(visual.directions)


@pytest.mark.parametrize("name", ["printed_box", "painted_blob"])
def test_another_view_finds_keypoints_again(name: str) -> None:
    """From anywhere and any way up, far better than chance; and matches tell how the keypoint is turned."""
    visual = seen_by_patches(name)
    found, chance, aligned = [], [], []
    for seed in range(6):
        truth = looking(50 + seed)
        scene = make_scene(visual.model.mesh, truth, REAL, seed)
        distance = float(truth.apply(visual.model.mesh.bounds().mean(0))[2]) - 0.25 * visual.model.diameter
        crop = visual_crop(scene.frame, scene.mask, visual.scale, distance, visual.model.diameter)
        patches = patch_points(crop, PatchDescriptor(), visual.turns)
        near, directions = truly_at(visual, patches.points, truth)
        on_object = near.any(1)  # the mask has a neighbour's pixels too
        gap = torch.cdist(visual.projected(patches.descriptors).transpose(0, 1), visual.visual[None])
        turn, match = gap.min(0).indices, gap.min(0).values.argmin(1)
        hit = near[torch.arange(len(match)), match] & on_object
        found.append(hit[on_object])
        chance.append(near[on_object].float().mean(1))
        keypoint = match[hit]
        normals = truth.rotation.apply(visual.model.keypoints.cloud.normals[keypoint])
        told = patches[hit].directions(normals)[torch.arange(len(keypoint)), turn[hit, keypoint]]
        aligned.append((told * directions[keypoint]).sum(-1) > 0.6)
    assert float(torch.cat(found).float().mean()) > 6 * float(torch.cat(chance).mean())
    assert float(torch.cat(aligned).float().mean()) > 0.8


def test_a_turned_camera_sees_the_same_in_another_turn() -> None:
    """A quarter turn of the picture about its middle shifts the list of turned descriptors by a quarter."""
    model = onboarded("printed_box")
    scene = make_scene(model.mesh, looking(3))
    still = visual_crop(scene.frame, scene.mask, SCALE, 0.42, model.diameter)
    turned = type(still)(
        torch.rot90(still.rgb, -1, (0, 1)),
        torch.rot90(still.depth, -1, (0, 1)),
        torch.rot90(still.mask, -1, (0, 1)),
        still.camera,
    )
    one, other = (patch_points(crop, PatchDescriptor(), 4).descriptors for crop in (still, turned))
    assert len(one) > 50 and len(other) > 50
    # rot90(-1) turns the picture clockwise, which is what the first turn of the list does.
    gap = torch.cdist(one.roll(-1, 1).flatten(1), other.flatten(1))
    assert float(gap.amin(1).median()) < 0.1 * float(gap.median())
    unshifted = torch.cdist(one.flatten(1), other.flatten(1)).amin(1)
    assert float(unshifted.median()) > 0.5 * float(gap.median())


def test_scale_comes_from_depth() -> None:
    """The object twice as far away, half as large in the frame, fills the crop alike."""
    model = onboarded("painted_blob")
    near, far = (SE3.from_rotation_translation(SO3.identity(()), torch.tensor([0, 0, z])) for z in (0.4, 0.8))
    spans = []
    for pose in (near, far):
        scene = make_scene(model.mesh, pose)
        crop = visual_crop(scene.frame, scene.mask, SCALE, float(pose.translation[2]), model.diameter)
        spans.append(float(crop.mask.sum()) ** 0.5)
    assert spans[0] == pytest.approx(spans[1], rel=0.04)


def test_points_of_patches_lie_on_the_object() -> None:
    model, truth = onboarded("painted_blob"), looking(5)
    scene = make_scene(model.mesh, truth)
    crop = visual_crop(scene.frame, scene.mask, SCALE, 0.42, model.diameter)
    patches = patch_points(crop, PatchDescriptor(), 1)
    surface = truth.apply_points(model.surface.cloud.points)
    assert len(patches.points) > 50
    assert float(torch.cdist(patches.points, surface).amin(1).quantile(0.95)) < 0.03 * model.diameter


def test_keypoints_that_few_views_see_are_dropped() -> None:
    mug = onboarded("mug")
    shades = mug.mesh.vertices / mug.diameter + 0.5
    model = replace(mug, mesh=Mesh(mug.mesh.vertices, mug.mesh.faces, vertex_colors=shades))
    share = view_sphere(model.mesh, model.keypoints.cloud, SCALE, 40).visible.float().mean(0)
    options = VisualOptions(views=40, turns=1, least_seen=0.2)
    visual = build_visual_model(model, PatchDescriptor(), FPFHDescriptor(), options)
    assert len(visual.model.keypoints.cloud) == int((share >= 0.2).sum()) < len(model.keypoints.cloud)


def test_one_object_is_seen_once_by_the_same_features() -> None:
    model, few = onboarded("printed_box"), VisualOptions(views=4, turns=1)
    first, again = (visual_model(model, PatchDescriptor(), FPFHDescriptor(), few) for _ in range(2))
    other = visual_model(model, PatchDescriptor(stride=16), FPFHDescriptor(), few)
    assert first is again and other is not first
    assert other.features != first.features


def test_colour_is_asked_for() -> None:
    with pytest.raises(ValueError, match="colour"):
        build_visual_model(onboarded("can"), PatchDescriptor(), FPFHDescriptor(), FEW_VIEWS)


def test_a_frame_border_is_no_obstacle() -> None:
    model, truth = onboarded("printed_box"), looking(1)
    scene = make_scene(model.mesh, truth)
    left = int(scene.mask.any(0).nonzero()[0]) + 20
    frame = Frame(scene.frame.rgb, scene.frame.camera, scene.frame.depth)
    mask = scene.mask.clone()
    mask[:, :left] = False
    patches = patch_points(visual_crop(frame, mask, SCALE, 0.42, model.diameter), PatchDescriptor(), 2)
    assert len(patches.points) > 20 and bool(torch.isfinite(patches.descriptors).all())
