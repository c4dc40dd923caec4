"""A body under all turns about its near-axis: which of them the frame cannot tell from the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from differences import difference
from lookalike_pairs import aligner, perturbed
from lookalike_scenes import kinds, level_of, make_sized_scene, onboarded
from scenes import HiddenError, Scene

from objpose import ObjectModel
from objpose.crops import Crop
from objpose.geometry import SE3, ContinuousSymmetry

TURNS = 32  # whole sections of turned bodies, that facets meet facets


@dataclass(frozen=True, eq=False)
class Orbit:
    """All turns of one object about its near-axis, and its flips, in one scene."""

    kind: str
    object_seed: int
    size: float  # pixels
    scene: Scene
    model: ObjectModel
    crop: Crop  # in which the method compares rivals
    start: SE3  # () one of the turns, perturbed and aligned: where a judge starts from
    axis: ContinuousSymmetry  # object frame
    flips: SE3  # (F,) obj_from_obj, the identity first
    angles: np.ndarray  # (TURNS,) radians, 0 first; the truth is at flip 0, angle 0
    counts: np.ndarray  # (F, TURNS) pixels in which truth @ rotation(angle) @ flip differs from the truth
    evidence: np.ndarray  # (F, TURNS) nats, of `differences.Difference`

    def poses(self) -> SE3:
        """(F, TURNS) cam_from_obj."""
        turns = self.axis.rotations(torch.from_numpy(self.angles))
        return self.scene.cam_from_obj @ (turns[None] @ self.flips[:, None])


def orbits(object_seeds: list[int], count: int, method: str, folder: Path | None = None) -> Iterator[Orbit]:
    """So many, kind by kind in turn, each in a scene of its own."""
    seed = 0
    while count:
        object_seed = object_seeds[seed % len(object_seeds)]
        things = kinds(object_seed)
        seed += 1
        if not things[seed % len(things)].near_symmetry.continuous:
            continue
        try:
            orbit = make_orbit(object_seed, seed, method, folder)
        except HiddenError:  # too small to be seen in enough pixels
            continue
        count -= 1
        yield orbit


def make_orbit(object_seed: int, seed: int, method: str, folder: Path | None = None) -> Orbit:
    rng = np.random.default_rng([object_seed, seed, TURNS])
    scene, size = make_sized_scene(object_seed, seed, rng)
    near = scene.target.near_symmetry
    angles = np.arange(TURNS) * (2 * np.pi / TURNS)
    turns = near.continuous[0].rotations(torch.from_numpy(angles))
    poses = scene.cam_from_obj @ (turns[None] @ near.discrete[:, None])
    counts, evidence = _compared(scene, poses, level_of(size), method == "rgbd")
    model = onboarded(scene.target, object_seed, folder)
    crop, aligned = aligner(scene, model, method)
    chosen = poses[int(rng.integers(len(poses))), int(rng.integers(TURNS))]
    start = aligned(perturbed(chosen[None], model, size, rng))[0]
    return Orbit(
        scene.target.name, object_seed, size, scene, model, crop, start,
        near.continuous[0], near.discrete, angles, counts, evidence,
    )  # fmt: skip


def _compared(scene: Scene, poses: SE3, level, with_depth: bool) -> tuple[np.ndarray, np.ndarray]:
    """Counts and evidence (F, TURNS) of the differences of poses from the first."""
    look = partial(scene.look, blur=level.blur)
    truth, focal = look(scene.cam_from_obj), scene.frame.camera.fx
    shape = poses.wxyz_xyz.shape[:2]
    found = [difference(truth, look(pose), focal, level, with_depth) for row in poses for pose in row]
    counts, evidence = np.array([(apart.count, apart.evidence) for apart in found]).T
    return counts.astype(int).reshape(shape), evidence.reshape(shape)
