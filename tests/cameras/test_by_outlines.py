"""A body without texture is placed by its outlines, and photos that matches place are left alone."""

from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from objpose.cameras import Photo, RecoveredScene, recover_cameras
from objpose.cameras.options import RecoverOptions
from objpose.cameras.outlined_island import OutlinedIsland
from objpose.cameras.silhouettes.belief import mirrored, same_pair
from objpose.geometry import Camera
from objpose.geometry.rigid_matrices import rotation_degrees
from tests.cameras.silhouettes.figures import (
    HEIGHT,
    WIDTH,
    branched_body,
    masks_of,
    orbit,
    view_of,
)

FOCAL, AWAY = 420.0, 8.0


def photos_of(cams: np.ndarray, masked: bool) -> list[Photo]:
    """A white body, shaded by where it is alone, before a grey ground."""
    rng, camera = np.random.default_rng(0), Camera.from_K(torch.from_numpy(view_of(FOCAL).K), WIDTH, HEIGHT)
    photos = []
    for index, mask in enumerate(masks_of(branched_body(), cams, FOCAL)):
        image = np.where(mask[..., None], 0.9, 0.35) + rng.normal(scale=0.01, size=(HEIGHT, WIDTH, 3))
        picture = (255 * image.clip(0, 1)).astype(np.uint8)
        photos.append(Photo(f"{index}.png", picture, camera, mask=mask if masked else None))
    return photos


def right_pairs(scene: RecoveredScene, cams: np.ndarray, degrees: float) -> list[bool]:
    placed = [photo.cam_from_world for photo in scene.photos]
    found = [None if one is None else one.matrix().numpy() for one in placed]
    pairs = combinations(range(len(cams)), 2)
    return [
        found[a] is not None
        and found[b] is not None
        and same_pair(np.stack([found[a], found[b]]), cams[[a, b]], 0, 1, degrees)
        for a, b in pairs
    ]


def same_rotations(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether all photos are turned to the first one alike, within 15 degrees."""
    turns = [some[:, :3, :3] @ some[0, :3, :3].T for some in (first, second)]
    return all(rotation_degrees(a.T @ b) < 15.0 for a, b in zip(*turns, strict=True))


def test_outlines_alone_make_no_pair_sure_where_nobody_told_the_focal_lengths() -> None:
    """A photo is as far away as its own focal length is long; what matches are sure of stays."""
    cams = orbit(16, AWAY)
    found = SimpleNamespace(cams=cams[None], cost=np.zeros(1), photos=None)
    search = SimpleNamespace(shown=list(range(16)), coherence=SimpleNamespace(off=lambda *_: 0.1))
    matched = SimpleNamespace(
        grown=SimpleNamespace(placement=SimpleNamespace(cams_from_world={0: cams[0], 1: cams[1]}))
    )

    def chances(groups: dict[int, int]) -> dict[tuple[int, int], float]:
        before = SimpleNamespace(problem=SimpleNamespace(focal_groups=groups), islands=[matched])
        return OutlinedIsland(before, search, found, {(0, 1): 0.97}, RecoverOptions())._pairs(
            np.ones((16, 16))
        )

    assert min(chances({}).values()) > 0.9
    untold = chances(dict.fromkeys(range(16), 0))
    assert untold.pop((0, 1)) > 0.95
    assert max(untold.values()) <= 0.5


@pytest.mark.slow("a whole search over directions of eight photos: half a minute")
def test_a_body_without_texture_is_placed_by_its_outlines() -> None:
    cams = orbit(8, AWAY)
    scene = recover_cameras(photos_of(cams, masked=True))
    assert np.mean(right_pairs(scene, cams, degrees=20.0)) > 0.9
    right, chances = right_pairs(scene, cams, degrees=10.0), [photo.confidence for photo in scene.photos]
    sure = [min(chances[a], chances[b]) >= 0.9 for a, b in combinations(range(len(cams)), 2)]
    assert all(is_right for is_right, is_sure in zip(right, sure, strict=True) if is_sure)


@pytest.mark.slow("a whole search over directions: six CPU seconds")
def test_a_body_before_a_plain_ground_needs_no_masks() -> None:
    scene = recover_cameras(photos_of(orbit(4, AWAY), masked=False))
    assert len(scene.placed) == 4
    assert all(photo.confidence < 0.9 and photo.reason for photo in scene.photos)


@pytest.mark.slow("a whole search over directions of six photos: half a minute")
def test_from_afar_no_photo_is_sure_and_the_mirror_image_is_among_the_alternatives() -> None:
    cams = orbit(6, away=400.0)
    camera = Camera.from_K(torch.from_numpy(view_of(20000.0).K), WIDTH, HEIGHT)
    photos = [
        Photo(f"{index}.png", np.full((HEIGHT, WIDTH, 3), 90, np.uint8), camera, mask=mask)
        for index, mask in enumerate(masks_of(branched_body(), cams, focal=20000.0))
    ]
    scene = recover_cameras(photos)
    assert len(scene.placed) == 6
    answer = np.stack([photo.cam_from_world.matrix().numpy() for photo in scene.placed])
    others = [
        np.stack([cams[photo.name].matrix().numpy() for photo in scene.placed])
        for cams, _ in scene.alternatives
    ]
    assert any(same_rotations(mirrored(answer), other) for other in others)
    assert max(photo.confidence for photo in scene.photos) < 0.9
    assert all(photo.reason for photo in scene.photos if photo.confidence < 0.9 and photo.confidence > 0.0)


def test_three_photos_that_nothing_relates_are_left_out_and_say_so() -> None:
    scene = recover_cameras(photos_of(orbit(3, AWAY), masked=True))
    assert not scene.placed
    assert all(photo.reason for photo in scene.photos)


def test_photos_whose_border_cuts_most_of_the_object_are_not_placed_by_it() -> None:
    cut = []
    for photo in photos_of(orbit(4, AWAY), masked=True):
        mask = np.ones_like(photo.mask)
        mask[: HEIGHT // 3] = False
        cut.append(replace(photo, mask=mask))
    assert not recover_cameras(cut).placed
