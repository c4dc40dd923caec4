"""A coin on the table makes metres; of several round things none is taken until it is said which."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
import torch

from objpose.cameras import Known, Photo, RecoverOptions, recover_cameras
from objpose.cameras.coins.ellipses import Ellipse, find_ellipses
from objpose.cameras.coins.measures import CoinSays, coin_says
from objpose.cameras.known.coins import CoinAt, coin_diameter
from objpose.cameras.scene.views import View
from objpose.errors import InputError, InputWarning
from objpose.features.local import LocalFeatures
from objpose.geometry.rigid_matrices import centre_of
from tests.cameras.coins.coin_scene import CAMS, Disc, photos_of_discs
from tests.cameras.photo_sets import few_keypoints
from tests.cameras.tags.tagged_scene import CAMERA, HEIGHT, WIDTH

COIN, LID = Disc(), Disc((-0.3, 0.2), 0.26)
NONE = LocalFeatures(np.zeros((0, 2), np.float32), np.zeros((1, 0, 4), np.float32))


@cache
def photos(*discs: Disc) -> tuple[Photo, ...]:
    return tuple(photos_of_discs(discs))


@pytest.fixture(scope="module", autouse=True)
def ellipses_once() -> Iterator[None]:
    """Of a photo that several tests ask of: a third of a second each."""
    found: dict[int, tuple[np.ndarray, list[Ellipse]]] = {}

    def remembered(image: np.ndarray) -> list[Ellipse]:
        if id(image) not in found:
            found[id(image)] = image, find_ellipses(image)
        return found[id(image)][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("objpose.cameras.coins.measures.find_ellipses", remembered)
        yield


def says(*discs: Disc, at: CoinAt | None = None, scale: float = 1.0) -> CoinSays:
    """What the first of the discs says under the true cameras; scale: of the world."""
    cams = {index: cam.copy() for index, cam in enumerate(CAMS)}
    for cam in cams.values():
        cam[:3, 3] *= scale
    views = [View(photo.name, WIDTH, HEIGHT, CAMERA.K.numpy(), NONE) for photo in photos(*discs)]
    return coin_says(views, photos(*discs), cams, discs[0].diameter, at)


def pixel_of(disc: Disc, photo: int) -> CoinAt:
    inside = CAMS[photo] @ [*disc.at, 0.0, 1.0]
    [(column, row)] = CAMERA.project(torch.from_numpy(inside[None, :3])).tolist()
    return f"{photo}.png", column, row


@pytest.mark.parametrize("scale", [1.0, 0.2])
def test_its_outer_rim_is_measured_in_any_unit(scale: float) -> None:
    [measure], unused = says(COIN, scale=scale)
    assert unused is None and measure.metres == COIN.diameter
    assert measure.found == pytest.approx(scale * COIN.diameter, rel=0.03)
    assert "round thing at" in measure.what and "4 photos show" in measure.what


def test_of_two_round_things_it_has_to_be_said_which() -> None:
    measures, unused = says(COIN, LID)
    assert measures == [] and "found 2 round things, as at (" in str(unused) and "--coin-at" in str(unused)
    [measure], _ = says(COIN, LID, at=pixel_of(COIN, 2))
    assert measure.found == pytest.approx(COIN.diameter, rel=0.03)
    measures, unused = says(COIN, LID, at=("0.png", 600.0, 20.0))
    assert measures == [] and "found none at (600, 20) of 0.png, but at (" in str(unused)


def test_a_rim_among_print_is_not_trusted() -> None:
    measures, unused = says(Disc(paper=False))
    assert measures == [] and "printed as strongly as its rim" in str(unused)


def test_a_coin_makes_metres_beside_a_length_that_agrees() -> None:
    metres = float(np.linalg.norm(centre_of(CAMS[0]) - centre_of(CAMS[2])))
    known = Known(lengths=(("0.png", "2.png", metres),), coin=COIN.diameter)
    options = RecoverOptions(threads=1, known=known)
    scene = recover_cameras(photos(COIN)[:3], matcher=few_keypoints(), options=options)
    assert scene.is_metric and scene.contradictions == ()
    assert scene.scale.startswith("length between 0.png and 2.png; the round thing at")


def test_what_makes_no_metres_is_told() -> None:
    options = RecoverOptions(threads=1, known=Known(coin="2 euro"))
    with pytest.warns(InputWarning, match="coin: found no round thing that 3 photos show"):
        scene = recover_cameras(photos(COIN)[:2], matcher=few_keypoints(), options=options)
    assert not scene.is_metric and scene.scale == ""


def test_coins_by_name_and_by_diameter() -> None:
    assert coin_diameter("2 Euro") == pytest.approx(0.02575) and coin_diameter("0.12") == 0.12
    with pytest.raises(InputError, match="coin: found '?2 euros'?.*2 euro"):
        coin_diameter("2 euros")
    with pytest.raises(InputError, match="a diameter in metres above 0"):
        Known(coin=0.0)
    with pytest.raises(InputError, match="place of a coin: found no coin"):
        Known(coin_at=("0.png", 3.0, 4.0))
    options = RecoverOptions(known=Known(coin=0.1, coin_at=("x.png", 3.0, 4.0)))
    with pytest.raises(InputError, match="no photo 'x.png'"):
        recover_cameras(photos(COIN)[:2], options=options)
