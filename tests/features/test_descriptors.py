"""What descriptors of points may depend on, and what not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.features import ColorDescriptor, FPFHDescriptor, FusedDescriptor, PointCloud, log_chroma
from objpose.features.geometric import fpfh, pair_angles
from objpose.features.neighbours import neighbours
from objpose.geometry import SE3, SO3
from tests.synthetic import onboarded


@pytest.fixture(scope="module")
def cloud() -> PointCloud:
    return onboarded("painted_blob").keypoints.cloud


@pytest.fixture(scope="module")
def diameter() -> float:
    return onboarded("painted_blob").diameter


def moved(cloud: PointCloud, seed: int) -> PointCloud:
    generator = torch.Generator().manual_seed(seed)
    motion = SE3.from_rotation_translation(SO3.random((), generator), torch.randn(3, generator=generator))
    return PointCloud(motion.apply_points(cloud.points), motion.rotation.apply(cloud.normals), cloud.colors)


def share_found(query: Tensor, base: Tensor) -> float:
    """How many rows of query have their own row of base as the nearest."""
    return float((torch.cdist(query, base).argmin(1) == torch.arange(len(base))).float().mean())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("descriptor", [FPFHDescriptor(), ColorDescriptor()], ids=["fpfh", "color"])
def test_descriptors_do_not_change_under_rigid_motion(
    descriptor, seed: int, cloud: PointCloud, diameter: float
) -> None:
    """But for the few neighbours that rounding moves across a radius or the border of a bin."""
    still, turned = descriptor(cloud, diameter), descriptor(moved(cloud, seed), diameter)
    change = (still - turned).norm(dim=-1)
    spread = (still - still.mean(0)).norm(dim=-1).mean()
    assert float(change.mean()) < 0.01 * spread
    assert share_found(turned, still) > 0.98


def test_descriptors_scale_with_the_object(cloud: PointCloud, diameter: float) -> None:
    larger = PointCloud(cloud.points * 1.5, cloud.normals, cloud.colors)
    for descriptor in (FPFHDescriptor(), ColorDescriptor()):
        still, scaled = descriptor(cloud, diameter), descriptor(larger, 1.5 * diameter)
        assert share_found(scaled, still) > 0.98


def test_each_scale_of_fpfh_has_unit_length(cloud: PointCloud, diameter: float) -> None:
    values = FPFHDescriptor()(cloud, diameter)
    lengths = values.reshape(len(cloud), -1, 33).norm(dim=-1)
    assert values.shape == (len(cloud), 66)
    torch.testing.assert_close(lengths, torch.ones_like(lengths))


@pytest.mark.parametrize("gain", [0.7, 0.85, 1.15])
def test_colour_descriptors_forgive_the_strength_of_the_light(
    gain: float, cloud: PointCloud, diameter: float
) -> None:
    lit = replace(cloud, colors=(gain * cloud.colors).clamp(max=1.0))
    still, changed = (ColorDescriptor()(one, diameter) for one in (cloud, lit))
    spread = (still - still.mean(0)).norm(dim=-1).mean()
    assert float((still - changed).norm(dim=-1).mean()) < 0.15 * spread


def test_colour_descriptors_see_another_paint(cloud: PointCloud, diameter: float) -> None:
    repainted = replace(cloud, colors=cloud.colors[:, [2, 0, 1]])
    still, changed = (ColorDescriptor()(one, diameter) for one in (cloud, repainted))
    spread = (still - still.mean(0)).norm(dim=-1).mean()
    assert float((still - changed).norm(dim=-1).mean()) > 0.5 * spread


def test_one_colour_everywhere_says_nothing(cloud: PointCloud, diameter: float) -> None:
    plain = replace(cloud, colors=torch.tensor([0.2, 0.5, 0.4]).expand(len(cloud), 3))
    values = ColorDescriptor()(plain, diameter)
    torch.testing.assert_close(values, values[:1].expand_as(values), rtol=0, atol=1e-5)
    torch.testing.assert_close(values[:, 4:], torch.zeros(len(cloud), 2), rtol=0, atol=1e-5)


def test_grey_has_no_chroma() -> None:
    grey = torch.linspace(0, 1, 11)[:, None].expand(-1, 3)
    assert torch.equal(log_chroma(grey), torch.zeros(11, 2))
    red, green, blue = log_chroma(0.2 + 0.6 * torch.eye(3)).unbind(0)
    assert red[0] > 0 and green[0] < 0 < green[1] and blue[1] < 0


def test_colour_descriptors_need_colours(cloud: PointCloud, diameter: float) -> None:
    with pytest.raises(ValueError, match="needs a point cloud with colours"):
        ColorDescriptor()(replace(cloud, colors=None), diameter)


def test_fusion_sets_the_halves_side_by_side(cloud: PointCloud, diameter: float) -> None:
    fused = FusedDescriptor(appearance_weight=0.25)
    geometric, appearance = FPFHDescriptor()(cloud, diameter), ColorDescriptor()(cloud, diameter)
    both = fused(cloud, diameter, use_color=True)
    assert torch.equal(both, torch.cat([geometric, 0.25 * appearance], dim=-1))
    assert torch.equal(fused(cloud, diameter, use_color=False), geometric)
    assert torch.equal(fused(replace(cloud, colors=None), diameter, use_color=False), geometric)


@pytest.mark.parametrize("scale", [0.10, 0.20])
def test_the_histograms_are_those_of_open3d(scale: float) -> None:
    """The peer that objects onboarded before were described by."""
    o3d = pytest.importorskip("open3d")
    model = onboarded("painted_blob")
    seen, radius = model.keypoints.cloud, scale * model.diameter
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(seen.points.double().numpy()))
    cloud.normals = o3d.utility.Vector3dVector(seen.normals.double().numpy())
    search = o3d.geometry.KDTreeSearchParamHybrid(radius=radius, max_nn=100)
    expected = torch.from_numpy(o3d.pipelines.registration.compute_fpfh_feature(cloud, search).data.T.copy())
    near = neighbours(seen.points, radius, 100)
    found = fpfh(near, pair_angles(seen, near.rows))
    # Angles on the edge of a bin fall to either side.
    same = (found - expected.float()).abs().amax(1) < 1e-2
    assert float(same.float().mean()) > 0.95
