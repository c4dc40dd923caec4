"""The pose of an object in a frame, from near, from around, and from anywhere."""

from __future__ import annotations

import functools
import math
from itertools import product

import pytest
import torch

from objpose.geometry import SE3, SO3
from objpose.tracking.evidence import chance
from objpose.tracking.fitting import CLEAR, THINNED, Fit, Fitter, thinned
from objpose.tracking.lifecycle import GONE, SURE
from objpose.tracking.portion import Portion
from objpose.tracking.sight import Sight
from objpose.tracking.wide import SLICES
from tests.synthetic import CAMERA, Flaws, about_centre, looking, make_scene, onboarded, shifted, twists

NAMES = ("printed_box", "painted_blob", "mug")
HOME = looking(1)


def sight_of(name: str, pose: SE3, depth: bool = False, seed: int = 0) -> Sight:
    frame = make_scene(onboarded(name).mesh, pose, Flaws(clutter=True), seed).frame
    return Sight(frame.rgb, frame.depth if depth else None, CAMERA.K.float())


@functools.cache
def knowing(name: str) -> Fitter:
    """What learnt an object's looks at home."""
    fitter = Fitter(onboarded(name))
    for seed in range(3):
        fitter.learn(sight_of(name, HOME, seed=seed), HOME)
    return fitter


def settled(name: str, sight: Sight) -> Fit:
    """From home."""
    return knowing(name).settled(sight, knowing(name).near(sight, HOME), HOME)


def furthest(name: str, found: SE3, pose: SE3) -> float:
    """Of its surface, in diameters."""
    points = onboarded(name).surface.cloud.points[::10]
    return float((found.apply(points) - pose.apply(points)).norm(dim=-1).max()) / onboarded(name).diameter


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("depth", "close"), [(False, 0.08), (True, 0.01)])
def test_what_moved_a_little_is_found_and_what_is_not_is_not_trusted(
    name: str, depth: bool, close: float
) -> None:
    """By a centimetre and six degrees, told by no motion."""
    off, chances = [], []
    for seed in range(6):
        there = about_centre(onboarded(name), HOME, twists(1, 0.01, 0.1, seed)[0])
        fit = settled(name, sight_of(name, there, depth, seed))
        off.append(furthest(name, fit.cam_from_mesh, there))
        chances.append(chance(fit.odds))
    found = [one < close for one in off]
    assert sum(found) >= 5
    assert all((likely > SURE) == right for likely, right in zip(chances, found, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_gone_is_not_trusted(name: str) -> None:
    away = SE3.from_rotation_translation(HOME.rotation, HOME.translation + torch.tensor([5.0, 0, 0]))
    for depth in (False, True):
        fit = settled(name, sight_of(name, away, depth))
        assert chance(fit.odds) < (GONE if depth else SURE)


def test_what_jumped_is_found_around_where_near_fails() -> None:
    """By half a diameter aside, turned by 25 degrees."""
    near, around, better = [], [], []
    for name, seed in product(NAMES, range(4)):
        model, generator = onboarded(name), torch.Generator().manual_seed(seed)
        axis = torch.nn.functional.normalize(torch.randn(3, generator=generator), dim=0)
        aside = 0.5 * model.diameter * torch.tensor([math.cos(2 * seed + 1), math.sin(2 * seed + 1), 0.0])
        there = about_centre(model, HOME, torch.cat([aside, math.radians(25) * axis]))
        sight = sight_of(name, there, seed=seed)
        first, second = settled(name, sight), knowing(name).around(sight, HOME[None])
        near.append(furthest(name, first.cam_from_mesh, there))
        around.append(furthest(name, second.cam_from_mesh, there))
        better.append(second.odds > first.odds)
    assert sum(off < 0.2 for off in around) >= 9 and sum(off < 0.2 for off in near) <= 3
    assert sum(better) >= 10


def test_what_is_clear_is_settled_as_it_is_and_what_is_not_does_not_get_worse() -> None:
    for seed in range(4):
        there = about_centre(onboarded("printed_box"), HOME, twists(1, 0.02, 0.25 * seed, seed)[0])
        sight, fitter = sight_of("printed_box", there, seed=seed), knowing("printed_box")
        near = fitter.near(sight, HOME)
        after = fitter.settled(sight, near, HOME)
        assert after is near if chance(near.odds) >= CLEAR else after.odds >= near.odds


def test_portions_of_a_search_find_between_them_what_jumped() -> None:
    """Turned by 25 degrees: none does all of it, and what is to be beaten by far is not drawn to the end."""
    there = about_centre(onboarded("mug"), HOME, torch.tensor([-0.05, 0.03, 0, 0, 0.4, 0.15]))
    sight = sight_of("mug", there)
    fits = [knowing("mug").around(sight, HOME[None], Portion(index, 4)) for index in range(4)]
    best = max(fits, key=lambda fit: fit.odds)
    assert furthest("mug", best.cam_from_mesh, there) < 0.1
    whole = knowing("mug").around(sight, HOME[None])
    hopeless = knowing("mug").around(sight, HOME[None], least=whole.odds + 100)
    assert hopeless.odds <= whole.odds


def test_around_several_the_likeliest_is_taken() -> None:
    there = about_centre(onboarded("mug"), HOME, torch.tensor([-0.05, 0.03, 0, 0, 0.3, 0.1]))
    elsewhere = shifted(HOME, torch.tensor([0.5, 0.0, 0.0]))
    sight = sight_of("mug", there)
    fit = knowing("mug").around(sight, SE3.stack([elsewhere, HOME]))
    assert furthest("mug", fit.cam_from_mesh, there) < 0.1


@pytest.mark.parametrize("seed", range(4))
def test_what_is_lost_is_found_anywhere_within_its_part_of_the_frames(seed: int) -> None:
    """Another corner, another way round, nearer or further; outlines alone may know it other ways too."""
    rotation = SO3.random((), torch.Generator().manual_seed(seed))
    there = SE3.from_rotation_translation(rotation, torch.tensor([-0.12, 0.06, 0.42 + 0.03 * seed]))
    sight = sight_of("mug", there)
    fits = [knowing("mug").anywhere(sight, 0.45, Portion(part)) for part in range(SLICES)]
    best = min(fits, key=lambda fit: furthest("mug", fit.cam_from_mesh, there))
    assert furthest("mug", best.cam_from_mesh, there) < 0.2 and chance(best.odds) > SURE


def test_the_chance_knows_when_a_fit_is_right() -> None:
    """From starts that are ever further off; what is said to be right, is."""
    said, right = [], []
    for seed in range(12):
        there = about_centre(onboarded("printed_box"), HOME, twists(1, 0.008 * seed, 0.12 * seed, seed)[0])
        fit = settled("printed_box", sight_of("printed_box", there, seed=seed))
        said.append(chance(fit.odds) > SURE)
        right.append(furthest("printed_box", fit.cam_from_mesh, there) < 0.1)
    assert 2 <= sum(right) < 12
    assert all(is_right for is_right, is_said in zip(right, said, strict=True) if is_said)


def test_information_tells_what_is_known_and_grows_with_depth() -> None:
    with_depth, without = (
        knowing("mug").near(sight_of("mug", HOME, depth), HOME).information.double()
        for depth in (True, False)
    )
    for information in (with_depth, without):
        torch.testing.assert_close(information, information.mT)
        assert torch.linalg.eigvalsh(information).min() > 0
    along = [float(torch.linalg.inv(information)[2, 2]) for information in (with_depth, without)]
    assert along[0] < along[1]  # how far it is


def test_what_is_learnt_anew_forgets() -> None:
    fitter = Fitter(onboarded("printed_box"))
    assert not fitter.knows_colours
    sight = sight_of("printed_box", HOME)
    fitter.learn(sight, HOME)
    expected = fitter.region.colours.table.clone()
    assert fitter.knows_colours
    fitter.learn(Sight(255 - sight.rgb, None, sight.K), HOME, 0.9)
    assert (fitter.region.colours.table - expected).abs().max() > 0.3
    fitter.learn(sight, HOME, 0.1, anew=True)
    torch.testing.assert_close(fitter.region.colours.table, expected)


def test_a_frame_that_is_not_learnt_changes_nothing() -> None:
    fitter, sight = knowing("mug"), sight_of("mug", HOME)
    before = fitter.region.colours.table.clone()
    first = fitter.near(sight, HOME)
    fitter.around(sight, HOME[None])
    fitter.anywhere(sight, 0.4, Portion(3))
    assert torch.equal(fitter.region.colours.table, before)
    assert torch.equal(fitter.near(sight, HOME).cam_from_mesh.wxyz_xyz, first.cam_from_mesh.wxyz_xyz)


def test_thinned_views_hold_some_of_the_points() -> None:
    views = knowing("mug").views
    few = thinned(views)
    assert torch.equal(few.directions, views.directions) and torch.equal(few.centre, views.centre)
    for name in ("contour_points", "contour_normals", "contour_reach", "contour_front", "surface_points"):
        assert torch.equal(getattr(few, name), getattr(views, name)[:, ::THINNED])
        assert getattr(few, name).is_contiguous()
