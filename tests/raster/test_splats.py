"""What holds for every drawing of splats: laws of light, of cameras, and of gradients."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3, SO3
from objpose.raster import Splats, backends, render_splats
from objpose.raster.cpu import library
from tests.raster.scenes import intrinsics, random_poses
from tests.raster.splat_scenes import SIZE, assert_near, facing, one_splat, random_splats

K = intrinsics(*SIZE, focal=60.0)
IMAGES = ("color", "alpha", "depth", "median_depth")


def centred_K(width: int = 21, height: int = 21, focal: float = 200.0) -> Tensor:
    """The optical axis goes through the middle of the middle pixel."""
    return torch.tensor([[focal, 0, width // 2], [0, focal, height // 2], [0, 0, 1]], dtype=torch.float64)


def test_one_splat_is_a_gaussian() -> None:
    """Of variance (focal scale / depth)^2 + 0.3 pixels, with its opacity in the middle."""
    image = render_splats(one_splat(), facing(0.5), centred_K(), 21, 21)
    x = torch.arange(21) - 10.0
    variance = (200 * 0.01 / 0.5) ** 2 + 0.3
    expected = 0.5 * torch.exp(-0.5 * (x[:, None] ** 2 + x**2) / variance)
    expected[expected < 1 / 255] = 0
    torch.testing.assert_close(image.alpha[0], expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(image.color[0, ..., 0], image.alpha[0])
    assert image.color[..., 1:].max() == 0
    torch.testing.assert_close(image.depth[0], torch.where(expected > 0, 0.5, 0.0))
    assert (image.median_depth > 0).sum() <= 1  # only in the middle does alpha reach 1/2


def test_the_front_hides_the_back() -> None:
    """Light of two splats one behind the other: a1 c1 + (1 - a1) a2 c2, whatever order they are given in."""
    for order in (slice(None), torch.tensor([1, 0])):
        splats = one_splat(
            means=[[0.0, 0.0, 0.0], [0.0, 0.0, 0.1]],
            wxyz=[[1.0, 0.0, 0.0, 0.0]] * 2,
            scales=[[0.01] * 3] * 2,
            opacities=[0.6, 0.8],
            colors=[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        )[order]
        image = render_splats(splats, facing(0.5), centred_K(), 21, 21)
        assert_near(image.color[0, 10, 10], torch.tensor([0.6, 0.32, 0.0]))
        assert_near(image.alpha[0, 10, 10], torch.tensor(0.92))
        assert_near(image.depth[0, 10, 10], torch.tensor((0.6 * 0.5 + 0.32 * 0.6) / 0.92))
        assert_near(image.median_depth[0, 10, 10], torch.tensor(0.5))


def test_the_background_shows_where_light_comes_through() -> None:
    splats, poses = random_splats(), random_poses(2)
    black = render_splats(splats, poses, K, *SIZE)
    colors = torch.tensor([[0.2, 0.5, 1.0], [1.0, 0.0, 0.3]])
    for background in (colors[0], colors):
        image = render_splats(splats, poses, K, *SIZE, background=background)
        expected = black.color + (1 - black.alpha[..., None]) * background.reshape(-1, 1, 1, 3)
        torch.testing.assert_close(image.color, expected, rtol=1e-5, atol=1e-6)
        assert torch.equal(image.alpha, black.alpha)


def test_channels_do_not_depend_on_each_other() -> None:
    splats, poses = random_splats(channels=7), random_poses(1)
    together = render_splats(splats, poses, K, *SIZE).color
    for c in range(7):
        alone = dataclasses.replace(splats, colors=splats.colors[:, c : c + 1])
        assert torch.equal(render_splats(alone, poses, K, *SIZE).color[..., 0], together[..., c])


def test_compensation_keeps_a_small_splat_as_bright_from_afar() -> None:
    """Its light falls with the square of the distance, as its area does; without, it falls to a constant."""
    splats = one_splat(scales=[[0.001] * 3])
    light = [
        render_splats(splats, facing(distance), centred_K(), 21, 21, antialias=antialias).alpha.sum()
        for antialias in (True, False)
        for distance in (0.4, 0.8)
    ]
    assert light[0] / light[1] == pytest.approx(4.0, rel=0.1)
    assert light[2] / light[3] < 2.5
    near = [render_splats(one_splat(), facing(0.1), centred_K(), 21, 21, antialias=a) for a in (True, False)]
    torch.testing.assert_close(near[0].alpha, near[1].alpha, rtol=2e-3, atol=1e-3)


def test_turning_camera_and_splats_together_changes_nothing() -> None:
    splats, poses = random_splats(), random_poses(2)
    turn = SE3.from_rotation_translation(SO3.exp(torch.tensor([0.4, -1.0, 2.0])), [0.3, -0.2, 0.5])
    moved = dataclasses.replace(
        splats,
        means=turn.apply(splats.means),
        wxyz=(turn.rotation @ SO3(splats.wxyz)).wxyz,
    )
    expected = render_splats(splats, poses, K, *SIZE)
    found = render_splats(moved, poses @ turn.inverse(), K, *SIZE)
    for name in IMAGES[:3]:
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=1e-3, atol=1e-3)


def test_a_crop_is_a_crop() -> None:
    splats, poses = random_splats(), random_poses(1)
    whole = render_splats(splats, poses, K, *SIZE).color[:, 5:25, 10:40]
    shifted = K.clone()
    shifted[:2, 2] -= torch.tensor([10, 5])
    assert_near(render_splats(splats, poses, shifted, 30, 20).color, whole, 1e-4)


@pytest.mark.parametrize("sh", [False, True])
@pytest.mark.parametrize("antialias", [False, True])
def test_the_cameras_gradient_is_the_difference(sh: bool, antialias: bool) -> None:
    """Of a loss on all images, along each number of the twist.

    As a splat moves, so does its rim, where alpha jumps from 1/255 to 0: some percent that gradients leave
    out (test_splat_twin.py has the same without a rim, and exact).
    """
    splats, poses = random_splats(coefficients=9 if sh else 0, size=0.02), random_poses(2)
    splats.opacities[:] = 0.95
    generator = torch.Generator().manual_seed(0)
    weights = {name: torch.rand((2, SIZE[1], SIZE[0]), generator=generator) for name in IMAGES}
    weights["color"] = torch.rand((2, SIZE[1], SIZE[0], 3), generator=generator)

    def loss(twist: Tensor) -> Tensor:
        image = render_splats(splats, poses, K, *SIZE, antialias=antialias, twist=twist)
        # The depth is weighted by alpha: where a splat comes over the threshold, it jumps.
        total = sum((getattr(image, n) * weights[n]).double().flatten(1).sum(1) for n in ("color", "alpha"))
        return total + (image.depth * image.alpha * weights["depth"]).double().flatten(1).sum(1)

    twist = torch.zeros(2, 6, requires_grad=True)
    [gradient] = torch.autograd.grad(loss(twist).sum(), twist)
    for k in range(6):
        step = torch.zeros(6)
        step[k] = 2e-4
        difference = (loss(step.expand(2, 6)) - loss(-step.expand(2, 6))) / 4e-4
        torch.testing.assert_close(
            gradient[:, k].double(), difference, rtol=0.05, atol=0.02 * gradient.norm().item()
        )


def test_gradients_of_twist_and_transform_are_the_same() -> None:
    splats, poses = random_splats(), random_poses(2)
    twist = torch.zeros(2, 6, requires_grad=True)
    wxyz_xyz = poses.wxyz_xyz.clone().requires_grad_()
    render_splats(splats, poses, K, *SIZE, twist=twist).color.sum().backward()
    render_splats(splats, SE3(wxyz_xyz), K, *SIZE).color.sum().backward()
    torch.testing.assert_close(twist.grad[:, :3], wxyz_xyz.grad[:, 4:], rtol=1e-4, atol=1e-3)


def test_gradient_descent_brings_a_pose_nearer() -> None:
    splats, pose = random_splats(seed=1), random_poses(1, seed=1)
    target = render_splats(splats, pose, K, *SIZE).color
    twist = torch.tensor([[0.002, -0.003, 0.01, 0.03, -0.04, 0.05]], requires_grad=True)
    losses = []
    optimizer = torch.optim.Adam([twist], lr=3e-3)
    for _ in range(80):
        optimizer.zero_grad()
        loss = (render_splats(splats, pose, K, *SIZE, twist=twist).color - target).square().sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.05 * losses[0]


def test_gradients_of_the_screen_can_be_kept() -> None:
    splats = random_splats()
    splats.means.requires_grad_()
    image = render_splats(splats, random_poses(2), K, *SIZE)
    image.screen.values.retain_grad()
    image.color.square().sum().backward()
    gradient = image.screen.values.grad
    assert gradient.shape == (2, len(splats), 7)
    seen = image.screen.extent[..., 0] > 0
    assert gradient[seen][:, :2].abs().sum() > 0 and gradient[~seen].abs().sum() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"opacities": [0.0]},
        {"means": [[0.0, 0.0, -3.0]]},
        {"means": [[5.0, 0.0, 0.0]]},
        {"means": [[float("nan"), 0.0, 0.0]]},
    ],
)
def test_what_is_not_seen_has_no_gradient(changes: dict) -> None:
    splats = one_splat(**changes)
    inputs = [t.requires_grad_() for t in (splats.means, splats.wxyz, splats.scales, splats.opacities)]
    image = render_splats(splats, facing(0.5), K, *SIZE, background=torch.tensor([1.0, 0.5, 0.0]))
    assert image.alpha.max() == 0 and image.depth.max() == 0
    assert torch.equal(image.color[0, 0, 0], torch.tensor([1.0, 0.5, 0.0]))
    gradients = torch.autograd.grad(image.color.sum(), inputs)
    assert all(gradient.abs().sum() == 0 for gradient in gradients)


def test_degenerate_shapes_are_drawn() -> None:
    """Points, lines and flakes seen from the side: at least the low-pass wide, with finite gradients."""
    for scales in ([0.0, 0.0, 0.0], [0.05, 0.0, 0.0], [0.0, 0.05, 0.05]):
        for antialias in (False, True):
            splats = one_splat(scales=[scales])
            inputs = [t.requires_grad_() for t in (splats.means, splats.wxyz, splats.scales)]
            twist = torch.zeros(1, 6, requires_grad=True)
            image = render_splats(splats, facing(0.5), K, *SIZE, antialias=antialias, twist=twist)
            assert antialias or image.alpha.max() > 0.3
            gradients = torch.autograd.grad(image.color.sum() + image.depth.sum(), [*inputs, twist])
            assert all(gradient.isfinite().all() for gradient in gradients)


def test_without_a_core_plain_torch_draws_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    splats, poses = random_splats(30, coefficients=4), random_poses(2)

    def image_and_gradient() -> tuple[Tensor, Tensor]:
        twist = torch.zeros(2, 6, requires_grad=True)
        image = render_splats(splats, poses, K, *SIZE, twist=twist)
        return image.color.detach(), torch.autograd.grad(image.color.square().sum(), twist)[0]

    expected = image_and_gradient()
    for cache in (library.load, backends._backend):
        cache.cache_clear()
    monkeypatch.setattr(library, "library_path", lambda: tmp_path / "libobjpose_raster.so")
    with pytest.warns(RuntimeWarning, match="plain torch"):
        found = image_and_gradient()
    for cache in (library.load, backends._backend):
        cache.cache_clear()
    assert_near(found[0], expected[0])
    assert_near(found[1], expected[1], 1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wxyz": torch.zeros(1, 3)}, "wxyz: found shape"),
        ({"colors": None}, "neither of colors and sh"),
        ({"sh": torch.zeros(1, 4, 3)}, "both of colors and sh"),
        ({"colors": None, "sh": torch.zeros(1, 5, 3)}, "sh: found shape"),
    ],
)
def test_splats_that_do_not_fit_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        dataclasses.replace(one_splat(), **changes)


def test_views_that_cannot_be_drawn_are_refused() -> None:
    splats = one_splat()
    with pytest.raises(InputError, match="background"):
        render_splats(splats, facing(), K, *SIZE, background=torch.zeros(4))
    with pytest.raises(InputError, match="twist"):
        render_splats(splats, facing(), K, *SIZE, twist=torch.zeros(6))
    with pytest.raises(InputError, match="image size"):
        render_splats(splats, facing(), K, 0, 5)
    with pytest.raises(InputError, match="pinhole"):
        render_splats(splats, facing(), -K, *SIZE)


def test_splats_are_picked_and_converted_together() -> None:
    splats = random_splats(10, coefficients=4)
    chosen = splats[torch.arange(10) > 6]
    assert len(chosen) == 3 and torch.equal(chosen.sh, splats.sh[7:])
    assert isinstance(chosen, Splats) and chosen.to(torch.float64).scales.dtype == torch.float64
