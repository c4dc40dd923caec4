"""Mini-scenes, each in its own frame and scale, become one: alternatives chosen jointly, then Sim(3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.cameras.hypothesis_graph import Edge
from objpose.cameras.synchronisation import RotationSolution, SynchronisationOptions, synchronise_rotations
from objpose.geometry import SE3

# Shares of a scene's spread: where a residual loses half its weight, and the pull of all scenes to one
# spread, which decides only what no shared camera does.
SOFT_RESIDUAL = 0.1
SPREAD_PULL = 1e-3
# The row that fixes the mean spread weighs this much: exact to rounding.
FIXED = 1e3
REWEIGHTINGS = 15
DEFAULTS = SynchronisationOptions()


@dataclass(frozen=True, eq=False)
class MiniScene:
    """A few cameras solved together, with the alternatives that their photos leave (mirrors).

    cameras: (m,) long, numbers in the whole set, m >= 2.   cam_from_scene: SE3 (A, m), an alternative a row.
    weights: (A,) the chance of each alternative to be right, as in Edge.
    """

    cameras: Tensor
    cam_from_scene: SE3
    weights: Tensor


@dataclass(frozen=True, eq=False)
class MergedScenes:
    """One way to put the mini-scenes together."""

    cam_from_world: SE3  # (n,); the mean spread of a component's scenes is 1
    components: Tensor  # (n,) long: cameras that scenes join; unrelated frames between components
    alternative: Tensor  # (S,) long: the alternative taken of each scene, -1 for a scene left out
    inlier: list[Tensor]  # S tensors (m,) bool: which cameras stand in the scene as they stand in the whole
    scale: Tensor  # (S,) world units a scene unit
    scale_known: Tensor  # (S,) bool: the scene shares at least two cameras with others of its component
    score: float  # log-evidence of the rotations, see RotationSolution
    probability: float


def merge_scenes(
    num_cameras: int, scenes: Sequence[MiniScene], options: SynchronisationOptions = DEFAULTS
) -> list[MergedScenes]:
    """Ways to join mini-scenes over their shared cameras, likeliest first; at least one.

    Scenes and cameras are the two kinds of nodes of one graph, whose edges hold cam_from_scene for every
    alternative of the scene: what synchronise_rotations makes of it chooses the alternatives jointly. With
    rotations known, centres, shifts and scales are linear; they are solved together with weights that fall
    with the residual. A scene in which the chosen alternative fits fewer than two cameras is left out.
    """
    edges = [
        Edge(num_cameras + number, int(camera), scene.cam_from_scene.rotation[:, column], scene.weights)
        for number, scene in enumerate(scenes)
        for column, camera in enumerate(scene.cameras)
    ]
    solutions = synchronise_rotations(num_cameras + len(scenes), edges, options)
    return [_merged(num_cameras, scenes, solution) for solution in solutions]


def _merged(num_cameras: int, scenes: Sequence[MiniScene], solution: RotationSolution) -> MergedScenes:
    chosen = solution.chosen.split([len(scene.cameras) for scene in scenes]) if len(scenes) else []
    alternative = torch.tensor([_majority(part) for part in chosen], dtype=torch.long)
    inlier = [(part == taken) & (part >= 0) for part, taken in zip(chosen, alternative, strict=True)]
    joints = _joints(num_cameras, scenes, solution, alternative, inlier)
    centres = torch.zeros(num_cameras, 3, dtype=torch.float64)
    scale = torch.ones(len(scenes), dtype=torch.float64)
    for number in range(int(solution.components.max()) + 1):
        part = joints.of(solution.components[joints.camera] == number)
        if len(part.camera):
            _place(part, centres, scale)
    rotation = solution.rotations[:num_cameras]
    return MergedScenes(
        cam_from_world=SE3.from_rotation_translation(rotation, -rotation.apply(centres.float())),
        components=solution.components[:num_cameras],
        alternative=alternative,
        inlier=inlier,
        scale=scale.float(),
        scale_known=_shared(joints, num_cameras, len(scenes)) >= 2,
        score=solution.score,
        probability=solution.probability,
    )


def _majority(chosen: Tensor) -> int:
    """The hypothesis that at least two edges of a scene chose, and most; -1 for none."""
    chosen = chosen[chosen >= 0]
    counts = torch.bincount(chosen, minlength=1)
    return int(counts.argmax()) if int(counts.max()) >= 2 else -1


@dataclass(frozen=True, eq=False)
class _Joints:
    """Where scenes say that cameras stand, a row for each that is believed: shift + scale * offset."""

    camera: Tensor  # (U,)
    scene: Tensor  # (U,)
    offset: Tensor  # (U, 3) from the scene's mean, turned into the world
    spread: Tensor  # (U,) root mean square of the scene's offsets

    def of(self, rows: Tensor) -> _Joints:
        return _Joints(self.camera[rows], self.scene[rows], self.offset[rows], self.spread[rows])


def _joints(
    num_cameras: int,
    scenes: Sequence[MiniScene],
    solution: RotationSolution,
    alternative: Tensor,
    inlier: list[Tensor],
) -> _Joints:
    parts = []
    for number, scene in enumerate(scenes):
        keep = inlier[number]
        if not bool(keep.any()):
            continue
        scene_from_cam = scene.cam_from_scene[int(alternative[number])][keep].to(torch.float64).inverse()
        world_from_scene = solution.rotations[num_cameras + number].to(torch.float64).inverse()
        centres = world_from_scene.apply(scene_from_cam.translation)
        offset = centres - centres.mean(0)
        spread = offset.square().sum(1).mean().sqrt().clamp(min=1e-12)
        rows = torch.full((len(offset),), number, dtype=torch.long)
        parts.append((scene.cameras[keep].long(), rows, offset, spread.expand(len(offset))))
    empty = torch.empty(0, dtype=torch.long)
    if not parts:
        return _Joints(
            empty, empty, torch.empty(0, 3, dtype=torch.float64), torch.empty(0, dtype=torch.float64)
        )
    return _Joints(*(torch.cat(columns) for columns in zip(*parts, strict=True)))


def _place(joints: _Joints, centres: Tensor, scale: Tensor) -> None:
    """Write the centres and scales of one component: least squares, reweighted by the relative residual."""
    cameras, camera = joints.camera.unique(return_inverse=True)
    numbers, scene = joints.scene.unique(return_inverse=True)
    spread = torch.zeros(len(numbers), dtype=torch.float64).index_copy(0, scene, joints.spread)
    shape = joints.offset / joints.spread[:, None]
    weights = torch.ones(len(camera), dtype=torch.float64)
    for _ in range(REWEIGHTINGS):
        points, shifts, sizes = _solve(camera, scene, shape, weights, len(cameras), len(numbers))
        misfit = (points[camera] - shifts[scene] - sizes[scene][:, None] * shape).norm(dim=1)
        relative = misfit / sizes[scene].abs().clamp(min=SOFT_RESIDUAL)
        weights = 1.0 / (1.0 + (relative / SOFT_RESIDUAL) ** 2)
    centres[cameras] = points - points[0]
    scale[numbers] = sizes / spread


def _solve(
    camera: Tensor, scene: Tensor, shape: Tensor, weights: Tensor, num_cameras: int, num_scenes: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Centres (n, 3), shifts (S, 3) and sizes (S,) with mean 1; the first centre at the origin."""
    rows = torch.arange(len(camera))
    width = 3 * (num_cameras + num_scenes) + num_scenes
    matrix = torch.zeros(len(camera), 3, width, dtype=torch.float64)
    for axis in range(3):
        matrix[rows, axis, 3 * camera + axis] = 1.0
        matrix[rows, axis, 3 * (num_cameras + scene) + axis] = -1.0
        matrix[rows, axis, 3 * (num_cameras + num_scenes) + scene] = -shape[:, axis]
    matrix = matrix * weights.sqrt()[:, None, None]
    sizes = torch.eye(width, dtype=torch.float64)[-num_scenes:]
    fixed = FIXED * torch.cat([torch.eye(width, dtype=torch.float64)[:3], sizes.mean(0, keepdim=True)])
    system = torch.cat([matrix.flatten(0, 1), SPREAD_PULL * sizes, fixed])
    right = torch.zeros(len(system), dtype=torch.float64)
    right[-4 - num_scenes : -4] = SPREAD_PULL
    right[-1] = FIXED
    solved = torch.linalg.lstsq(system, right, driver="gelsd").solution
    points, shifts, sizes = solved.split([3 * num_cameras, 3 * num_scenes, num_scenes])
    return points.reshape(-1, 3), shifts.reshape(-1, 3), sizes


def _shared(joints: _Joints, num_cameras: int, num_scenes: int) -> Tensor:
    """(S,) how many cameras of each scene other scenes hold too."""
    holders = torch.bincount(joints.camera, minlength=num_cameras)
    shared = (holders[joints.camera] > 1).long()
    return torch.zeros(num_scenes, dtype=torch.long).index_add(0, joints.scene, shared)
