"""Scenes for the choice between look-alikes: objects that have rivals, in any size in the image."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from bodies import BenchmarkObject
from lookalike_objects import lookalike_set
from objects import object_set
from scenes import Scene, SceneOptions, make_scene
from sensing import Difficulty

from objpose import ObjectModel, onboard
from objpose.objects import is_object

SIZES = 20.0, 200.0  # pixels that an object's diameter spans
LEAST_PIXELS = 70  # of the object that are seen
SMALL = 60.0  # pixels: the masks of smaller objects err by less


@cache
def kinds(object_seed: int) -> list[BenchmarkObject]:
    """Those objects of both sets that have a rival at all."""
    things = object_set(object_seed) + lookalike_set(object_seed)
    return [thing for thing in things if not thing.near_symmetry.is_trivial and _has_rivals(thing)]


def make_sized_scene(object_seed: int, seed: int, rng: np.random.Generator) -> tuple[Scene, float]:
    """A scene, and the pixels that its target's diameter spans."""
    size = float(np.exp(rng.uniform(*np.log(SIZES))))
    options = SceneOptions(size=size, difficulty=level_of(size), neighbours=(0, 3), least_pixels=LEAST_PIXELS)
    return make_scene(kinds(object_seed), seed, options), size


def level_of(size: float) -> Difficulty:
    """How the scene of an object of so many pixels is measured."""
    share = min(1.0, size / SMALL)
    return Difficulty(border=1.5 * share, spill=6.0 * share)


def onboarded(thing: BenchmarkObject, object_seed: int, folder: Path | None = None) -> ObjectModel:
    name = f"{thing.name.replace(' ', '_')}_{object_seed}"
    if folder is not None and is_object(folder / name):
        return _loaded(folder / name)
    return onboard(thing.mesh, name, "m", out=folder, symmetry=thing.symmetry)


def _has_rivals(thing: BenchmarkObject) -> bool:
    near = thing.near_symmetry
    return bool(near.continuous and not thing.symmetry.continuous) or len(near.discrete) > len(
        thing.symmetry.discrete
    )


@cache
def _loaded(folder: Path) -> ObjectModel:
    return ObjectModel.load(folder)
