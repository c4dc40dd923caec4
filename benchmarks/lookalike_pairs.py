"""The truth and one rival, of an object in a scene: what a judge of look-alikes is asked to tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from bodies import SECTIONS, BenchmarkObject
from differences import Difference, difference
from lookalike_scenes import kinds, level_of, make_sized_scene, onboarded
from pose_error import nearest_truth
from scenes import HiddenError, Scene

from objpose import ObjectModel
from objpose.crops import Crop, crop_frame, main_part, snapped_mask
from objpose.geometry import SE3, Symmetry
from objpose.poses import rgb, rgbd
from objpose.poses.align import Aligned
from objpose.poses.observation import SHARPEST

LEAST_TURN = 20.0  # degrees of a rival about a near-axis
RIVAL = 0.13  # of the diameter: a pose nearer to the truth is no rival
DRAWN = 6  # rivals of a scene at most

Wish = Literal["any", "few", "none"]
WISHES: tuple[Wish, ...] = ("any", "few", "none")
FEW = 10, 300  # pixels of a difference that is small but for the most part to be told
# Kinds of which what tells a turn may be out of view.
HIDING = "mug", "lettered can", "lettered tin", "patch bottle", "jug", "cup"


@dataclass(frozen=True, eq=False)
class Pair:
    """Two poses of one object: the truth's neighbour and a rival's, aligned with the frame."""

    kind: str
    object_seed: int
    size: float  # pixels
    scene: Scene
    model: ObjectModel
    crop: Crop  # in which the method compares rivals
    aligned: Aligned  # how it aligns them
    poses: SE3  # (2,) perturbed and aligned, in random order
    exact: SE3  # (2,) before they were perturbed and aligned: the truth itself, and the rival
    truth: int  # which of them is right
    difference: Difference  # of the exact ones


def pairs(object_seeds: list[int], count: int, method: str, folder: Path | None = None) -> Iterator[Pair]:
    """So many pairs, kind by kind in turn, one a scene. `folder` is where objects are kept, if they are.

    A third of them any pairs, a third that differ in few pixels, a third that cannot be told apart.
    """
    seed = 0
    for index in range(count):
        pair = None
        while pair is None:
            object_seed = object_seeds[seed // 2 % len(object_seeds)]
            things, wish = kinds(object_seed), WISHES[index % len(WISHES)]
            if wish != "none" or things[seed % len(things)].name in HIDING:
                pair = make_pair(object_seed, seed, method, wish, folder)
            seed += 1
        yield pair


def make_pair(
    object_seed: int, seed: int, method: str, wish: Wish, folder: Path | None = None
) -> Pair | None:
    """The pair of a seed; None where its scene has none of what is wished for."""
    rng = np.random.default_rng([object_seed, seed])
    try:
        scene, size = make_sized_scene(object_seed, seed, rng)
    except HiddenError:  # too small to be seen in enough pixels
        return None
    rival, differs = _rival(scene, size, wish, method, rng)
    if rival is None:
        return None
    model = onboarded(scene.target, object_seed, folder)
    crop, move = aligner(scene, model, method)
    truth = int(rng.integers(2))
    order = [truth, 1 - truth]  # its own inverse
    exact = SE3.stack([scene.cam_from_obj, rival])[order]
    near = perturbed(exact[order], model, size, rng)[order]
    poses = _still_themselves(scene.target, exact, near, move(near))
    return Pair(scene.target.name, object_seed, size, scene, model, crop, move, poses, exact, truth, differs)


def _rival(
    scene: Scene, size: float, wish: Wish, method: str, rng: np.random.Generator
) -> tuple[SE3, Difference] | tuple[None, None]:
    """A rival that differs from the truth in as many pixels as are wished for, if any of some is."""
    truth, focal, level = scene.cam_from_obj, scene.frame.camera.fx, level_of(size)
    look = partial(scene.look, blur=level.blur)
    differs = partial(difference, look(truth), focal=focal, level=level, with_depth=method == "rgbd")
    for _ in range(DRAWN):
        rival = any_rival(scene.target, truth, rng)
        found = differs(look(rival))
        if _is_wished(wish, found):
            return rival, found
    return None, None


def _is_wished(wish: Wish, found: Difference) -> bool:
    return wish == "any" or (FEW[0] <= found.count <= FEW[1] if wish == "few" else not found.in_view)


def _still_themselves(thing: BenchmarkObject, exact: SE3, near: SE3, aligned: SE3) -> SE3:
    """(2,) the aligned poses; those before, both, where one went over to the other."""
    gaps = [[apart(thing, exact[j], aligned[i]) for j in range(2)] for i in range(2)]
    return aligned if gaps[0][0] < gaps[0][1] and gaps[1][1] < gaps[1][0] else near


def any_rival(thing: BenchmarkObject, cam_from_obj: SE3, rng: np.random.Generator) -> SE3:
    """The pose turned by what nearly keeps the object, far enough to be wrong."""
    while True:
        rival = cam_from_obj @ _any_turn(thing.near_symmetry, rng)
        if apart(thing, cam_from_obj, rival) > RIVAL:
            return rival


def _any_turn(near: Symmetry, rng: np.random.Generator) -> SE3:
    """One of the group. Turns go by whole sections of turned bodies, that facets meet facets."""
    flip = near.discrete[int(rng.integers(len(near.discrete)))]
    if not near.continuous or (len(near.discrete) > 1 and rng.random() < 0.2):
        return flip
    least = int(np.ceil(LEAST_TURN / 360 * SECTIONS))
    angle = 2 * np.pi / SECTIONS * rng.integers(least, SECTIONS - least + 1)
    line = near.continuous[int(rng.integers(len(near.continuous)))]
    return line.rotations(torch.tensor([angle]))[0] @ flip


def apart(thing: BenchmarkObject, first: SE3, second: SE3) -> float:
    return nearest_truth(thing.mesh.vertices, thing.diameter, thing.symmetry, second, first)[1]


def perturbed(cam_from_obj: SE3, model: ObjectModel, size: float, rng: np.random.Generator) -> SE3:
    """Poses (B,) as if the first was found a pixel or so off: all moved and turned with it.

    Farther along the ray, where pixels say less.
    """
    pixel = model.diameter / size
    twist = torch.from_numpy(rng.normal(size=6) * [pixel, pixel, 3 * pixel, *[2 / size] * 3]).float()
    centre = cam_from_obj[0].apply(model.mesh.bounds().mean(0))
    to_centre = SE3.from_rotation_translation(torch.eye(3), centre)
    return (to_centre @ SE3.exp(twist) @ to_centre.inverse())[None] @ cam_from_obj


def aligner(scene: Scene, model: ObjectModel, method: str) -> tuple[Crop, Aligned]:
    """The crop that the method compares in, and how it aligns in a smaller one."""
    mask = main_part(torch.from_numpy(scene.mask))
    if method == "rgbd":
        options = rgbd.RGBDOptions()
        sharp = crop_frame(scene.frame, mask, SHARPEST)
        small = sharp.smaller(options.crop_size)
        return sharp, rgbd.aligned(model.mesh, small, model.diameter, options.refine.steps[1])
    fine = rgb.RGBOptions().fine
    snapped = main_part(snapped_mask(scene.frame.rgb, mask))
    sharp = crop_frame(scene.frame.without_depth(), snapped, SHARPEST)
    return sharp, rgb.aligned(model.mesh, sharp.smaller(fine.size), fine)
