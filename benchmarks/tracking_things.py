"""What is tracked in rendered sequences: textured, plain, symmetric and thin things, two halves of a set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import lookalike_objects
import numpy as np
import objects
import torch
from bodies import BenchmarkObject, known
from PIL import Image

from examples.studio import props, watering_can
from examples.studio.shapes import Part
from objpose import ObjectModel, onboard
from objpose.geometry import Mesh, Symmetry
from objpose.objects import is_object

OCCLUDER = "blob"  # the second thing, that goes round the first


@dataclass(frozen=True)
class Thing:
    """A thing by name; its half decides whether constants may be chosen on its sequences."""

    half: str  # "train" or "held"
    maker: Callable[[np.random.Generator], BenchmarkObject]
    seed: int

    def made(self, name: str) -> BenchmarkObject:
        return replace(self.maker(np.random.default_rng([37, self.seed])), name=name)


def studio(part: Callable[[], Part], texture: Callable[[], Image.Image]) -> BenchmarkObject:
    """One of the props of the example scene, with its print."""
    shape, print_ = part(), np.array(texture().convert("RGB"))
    mesh = Mesh(shape.vertices, shape.faces, uvs=shape.uvs, texture=torch.from_numpy(print_))
    return known("studio", mesh, Symmetry.none())


def _watering_can(rng: np.random.Generator) -> BenchmarkObject:
    return studio(watering_can.watering_can, watering_can.watering_can_texture)


def _book(rng: np.random.Generator) -> BenchmarkObject:
    return studio(props.book, props.book_texture)


THINGS = {
    # textured, plain, symmetric, thin
    "carton": Thing("train", objects.printed_box, 1),
    "teapot": Thing("train", lookalike_objects.teapot, 2),
    "beaker": Thing("train", lookalike_objects.beaker, 3),
    "hammer": Thing("train", objects.hammer, 4),
    "book": Thing("train", _book, 0),
    "bottle": Thing("train", objects.printed_bottle, 10),
    "tin": Thing("train", lookalike_objects.lettered_tin, 11),
    "cup": Thing("train", lookalike_objects.cup, 12),
    "bracket": Thing("train", objects.bracket, 13),
    "watering_can": Thing("held", _watering_can, 0),
    "jug": Thing("held", lookalike_objects.jug, 5),
    "brick": Thing("held", objects.brick, 6),
    "clamp": Thing("held", lookalike_objects.clamp, 7),
    "lettered_can": Thing("held", lookalike_objects.lettered_can, 8),
}


@cache
def thing(name: str) -> BenchmarkObject:
    """A thing of the set, or the occluder."""
    if name == OCCLUDER:
        return Thing("train", objects.blob, 9).made(OCCLUDER)
    return THINGS[name].made(name)


def names(half: str) -> list[str]:
    return [name for name, one in THINGS.items() if one.half == half]


def centre(mesh: Mesh) -> np.ndarray:
    """(3,) middle of its bounding box, metres, float64."""
    return mesh.bounds().double().mean(0).numpy()


@cache
def model_of(made: BenchmarkObject, folder: Path) -> ObjectModel:
    """Onboarded with its known symmetry, and kept in `folder`."""
    if is_object(folder / made.name):
        return ObjectModel.load(folder / made.name)
    return onboard(made.mesh, made.name, "m", out=folder, symmetry=made.symmetry)
