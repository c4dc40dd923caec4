"""Mini-scenes of arbitrary frames and scales are put together, their wrong alternatives left."""

from __future__ import annotations

import math

import pytest
import torch

from objpose.cameras.scene_merging import MiniScene, merge_scenes
from objpose.geometry import SE3, SO3, umeyama


def make_world(n: int, seed: int) -> tuple[SE3, torch.Generator]:
    generator = torch.Generator().manual_seed(seed)
    rotation = SO3.random((n,), generator, dtype=torch.float64)
    return SE3.from_rotation_translation(rotation, torch.randn(n, 3, generator=generator).double()), generator


def random_motion(generator: torch.Generator, count: tuple[int, ...] = ()) -> SE3:
    rotation = SO3.random(count, generator, dtype=torch.float64)
    return SE3.from_rotation_translation(rotation, torch.randn(*count, 3, generator=generator).double())


def make_scene(
    motion: SE3, cameras: list[int], scale: float, generator: torch.Generator, noise_degrees: float = 0.0
) -> SE3:
    """cam_from_scene (m,) in a frame of its own, `scale` scene units a world unit."""
    cam_from_scene = motion[cameras] @ random_motion(generator)
    turns = math.radians(noise_degrees) * torch.randn(len(cameras), 3, generator=generator).double()
    rotation = SO3.exp(turns) @ cam_from_scene.rotation
    centres = scale * cam_from_scene.inverse().translation
    return SE3.from_rotation_translation(rotation, -rotation.apply(centres))


def centre_errors(found: SE3, motion: SE3) -> torch.Tensor:
    found, truth = found.inverse().translation.double(), motion.inverse().translation
    scale, aligned = umeyama(found, truth)
    return (aligned.apply_points(scale * found) - truth).norm(dim=1)


@pytest.mark.parametrize("noise_degrees", [0.0, 1.0])
def test_scenes_with_two_alternatives_each(noise_degrees: float) -> None:
    motion, generator = make_world(7, 0)
    scenes, scales, right = [], [], []
    for start in range(7):
        cameras, scale = [(start + step) % 7 for step in range(4)], 0.5 + start
        true = make_scene(motion, cameras, scale, generator, noise_degrees)
        alternatives = [true, random_motion(generator, (4,))]
        right.append(start % 2)
        scales.append(scale)
        scenes.append(
            MiniScene(
                torch.tensor(cameras),
                SE3.stack(alternatives if start % 2 == 0 else alternatives[::-1]),
                torch.tensor([0.5, 0.5]),
            )
        )
    merged = merge_scenes(7, scenes)[0]
    assert merged.alternative.tolist() == right
    assert all(bool(inlier.all()) for inlier in merged.inlier)
    tolerance = 1e-4 if noise_degrees == 0 else 0.1
    assert float(centre_errors(merged.cam_from_world, motion).max()) < tolerance
    world_scale = merged.scale.double() * torch.tensor(scales).double()
    assert float(world_scale.std() / world_scale.mean()) < tolerance
    assert bool(merged.scale_known.all())


def test_one_camera_out_of_place_spoils_nothing() -> None:
    motion, generator = make_world(5, 1)
    every = [make_scene(motion, list(range(5)), scale, generator) for scale in (1.0, 2.0, 3.0)]
    broken = every[0].wxyz_xyz.clone()
    broken[2] = random_motion(generator).wxyz_xyz
    scenes = [
        MiniScene(torch.arange(5), SE3(wxyz_xyz)[None], torch.tensor([0.9]))
        for wxyz_xyz in (broken, every[1].wxyz_xyz, every[2].wxyz_xyz)
    ]
    merged = merge_scenes(5, scenes)[0]
    assert merged.inlier[0].tolist() == [True, True, False, True, True]
    assert float(centre_errors(merged.cam_from_world, motion).max()) < 1e-3


def test_a_single_shared_camera_fixes_no_scale() -> None:
    motion, generator = make_world(5, 2)
    scenes = [
        MiniScene(
            torch.tensor(cameras), make_scene(motion, cameras, 1.0, generator)[None], torch.tensor([0.9])
        )
        for cameras in ([0, 1, 2], [2, 3, 4])
    ]
    merged = merge_scenes(5, scenes)[0]
    assert merged.scale_known.tolist() == [False, False]
    assert merged.components.tolist() == [0] * 5
    relative = merged.cam_from_world.rotation[4] @ merged.cam_from_world.rotation[0].inverse()
    truth = (motion.rotation[4] @ motion.rotation[0].inverse()).to(torch.float32)
    assert float((relative @ truth.inverse()).angle()) < 1e-3
