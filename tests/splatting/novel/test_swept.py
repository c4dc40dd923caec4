"""Views that nobody took, swept: like the truth where something is said, silent where nobody saw."""

from __future__ import annotations

import pytest
import torch

from objpose.errors import InputWarning
from objpose.geometry import SE3
from objpose.splatting import KnownViews, NovelViewPrior, SceneFitOptions, SceneView, SweptPrior, fit_scene
from objpose.splatting.losses import psnr
from objpose.splatting.novel import cameras_between
from tests.splatting.test_scene_fit import CAMERA, PLACES, WIDTH, camera_at, photo, scene, true_depth


def known() -> KnownViews:
    return KnownViews(*scene())


def test_a_view_between_photos_is_like_a_photo_from_there() -> None:
    prior = SweptPrior()
    assert isinstance(prior, NovelViewPrior)
    for x in (-0.2, 0.0, 0.2):
        found = prior.view(known(), CAMERA, camera_at(x))
        truth = SceneView.of(photo(x), CAMERA, None, WIDTH).rgb
        said = found.said
        nearest = max(float(psnr(view.rgb[None], truth[None])) for view in known().views)
        assert float(said.float().mean()) > 0.9
        assert float(psnr(found.rgb[None], truth[None], said[None])) > nearest + 8
        error = (found.depth / true_depth(x) - 1).abs()[said]
        assert float((error < 0.1).float().mean()) > 0.8


def test_it_is_the_surer_the_better_it_is() -> None:
    found = SweptPrior().view(known(), CAMERA, camera_at(0.2))
    truth = SceneView.of(photo(0.2), CAMERA, None, WIDTH).rgb
    error = (found.rgb - truth).abs().mean(-1)[found.said]
    sigma = found.sigma[found.said]
    middle = sigma.median()
    assert float(error[sigma <= middle].mean()) < 0.7 * float(error[sigma > middle].mean())


def test_where_nobody_looked_nothing_is_said() -> None:
    away = SE3.exp(torch.tensor([0.0, 0.0, 0.0, 0.0, torch.pi, 0.0]))
    assert not bool(SweptPrior().view(known(), CAMERA, away @ camera_at(0.0)).said.any())
    one = KnownViews(known().views[:1], scene()[1][:1], known().points, known().seen[:1])
    assert not bool(SweptPrior().view(one, CAMERA, camera_at(0.0)).said.any())


def test_cameras_stand_between_photos_that_share_points() -> None:
    found = cameras_between(known(), 20, torch.Generator().manual_seed(0))
    places = torch.stack([pose.inverse().translation for _, pose in found])
    assert len(found) == 20
    assert float(places[:, 0].min()) > PLACES[0] and float(places[:, 0].max()) < PLACES[-1]
    assert float(places[:, 1:].abs().max()) < 0.05
    views, cams, points, seen = scene()
    alone = KnownViews(views, cams, points, torch.zeros_like(seen))
    assert cameras_between(alone, 20, torch.Generator()) == []


def test_between_two_photos_around_an_object_is_around_it() -> None:
    turn = [SE3.exp(torch.tensor([0.0, 0.0, 0.0, 0.0, angle, 0.0])) for angle in (0.0, 1.0)]
    back = SE3.exp(torch.tensor([0.0, 0.0, 2.0, 0.0, 0.0, 0.0]))
    cams = SE3.stack([back @ one for one in turn])
    points = torch.zeros(9, 3)
    orbit = KnownViews(scene()[0][:2], cams, points, torch.ones(2, 9, dtype=torch.bool))
    for _, pose in cameras_between(orbit, 5, torch.Generator().manual_seed(1)):
        found = pose.apply(torch.zeros(3))
        torch.testing.assert_close(found, torch.tensor([0.0, 0.0, 2.0]), atol=1e-5, rtol=0)


def test_a_scene_takes_what_the_prior_says() -> None:
    views, cams, points, seen = scene()
    quick = SceneFitOptions(steps=8, size=32, start=200, most=300, round_steps=4)
    with pytest.warns(InputWarning, match="no two views that share points"):
        fit_scene(views, cams, points, torch.zeros_like(seen), quick, prior=SweptPrior())
    with_, without = (fit_scene(views, cams, points, seen, quick, prior=one) for one in (SweptPrior(), None))
    assert bool(torch.isfinite(with_.means).all()) and not torch.equal(with_.sh, without.sh)
