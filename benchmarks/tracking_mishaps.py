"""Ten ways in which a tracked thing gets lost, each as a change of a calm clip from one frame on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
import trimesh
from prints import painted
from tracking_backgrounds import palette
from tracking_clip import CALM, FRAMES, Clip, Extra
from tracking_sequences import CAMERA
from tracking_things import THINGS, centre, thing

from objpose.geometry import SE3, SO3, Mesh

ARRIVAL = 2  # frames in which a thing that hides the target comes up
LEAST_IN_VIEW = 0.1  # share of the target below which it counts as not to be seen


def jump(clip: Clip, rng: np.random.Generator) -> Clip:
    """Fast motion: between two frames it is carried to the view's other side and turned."""
    return replace(clip, path=_moved(clip, _far_side(clip), np.radians(rng.uniform(50, 120)), rng))


def hand(clip: Clip, rng: np.random.Generator) -> Clip:
    """A thing of a hand's colour hides all of it."""
    ball = trimesh.creation.icosphere(subdivisions=3, radius=0.75 * clip.target.diameter)
    tones = np.array([0.78, 0.56, 0.44]) * rng.uniform(0.7, 1.1)
    skin = painted(ball, lambda at: np.clip(tones + 0.03 * np.sin(60 * at.sum(1, keepdims=True)), 0, 1))
    return _hidden(clip, skin)


def out_of_view(clip: Clip, rng: np.random.Generator) -> Clip:
    """It leaves across the nearer side within a few frames."""
    at = clip.centres()
    side = np.sign(float(at[CALM, 0])) or 1.0
    gone = np.clip(np.arange(FRAMES) - CALM + 1, 0, 4) / 4
    reach = CAMERA.width / CAMERA.fx * float(at[CALM, 2]) + clip.target.diameter
    shift = np.stack([side * reach * gone, 0 * gone, 0 * gone], axis=1)
    path = _shifted(clip.path, shift)
    return replace(clip, path=path, present=clip.present & (_share_in_view(clip, path) > LEAST_IN_VIEW))


def lookalike(clip: Clip, rng: np.random.Generator) -> Clip:
    """Another thing in its colours takes its place, or passes before it and takes it along."""
    names = [name for name in THINGS if name != clip.target.name]
    other = thing(names[rng.integers(len(names))])
    tones = palette(clip.target.mesh)
    mesh = Mesh(other.mesh.vertices, other.mesh.faces, vertex_colors=_like(other.mesh, tones))
    if rng.random() < 0.5:
        return _hidden(clip, mesh.scaled(1.5 * clip.target.diameter / other.diameter))
    same_place = _about(mesh, clip.path.rotation, clip.centres())
    return replace(_vanished(clip), extra=Extra(mesh, same_place))


def heavy_blur(clip: Clip, rng: np.random.Generator) -> Clip:
    """The picture is blurred beyond use while the thing goes elsewhere."""
    blur = np.where(np.arange(FRAMES) >= CALM, rng.uniform(14, 22), 0.0)
    return replace(jump(clip, rng), blur=blur)


def light_off(clip: Clip, rng: np.random.Generator) -> Clip:
    gain = np.where(np.arange(FRAMES) >= CALM, rng.uniform(0.0, 0.02), clip.gain)
    return replace(clip, gain=gain, present=clip.present & (np.arange(FRAMES) < CALM))


def removed(clip: Clip, rng: np.random.Generator) -> Clip:
    """What was behind it is seen."""
    return _vanished(clip)


def cover(clip: Clip, rng: np.random.Generator) -> Clip:
    """A still piece of clutter lies over all of it."""
    column, row = CAMERA.project(clip.centres())[CALM].round().int().tolist()
    reach = int(0.8 * CAMERA.fx * clip.target.diameter / float(clip.centres()[CALM, 2])) + 30
    rows = slice(max(0, row - reach), row + reach)
    columns = slice(max(0, column - reach), column + reach)
    return replace(_vanished(clip), cover=(rows, columns))


def camera_jump(clip: Clip, rng: np.random.Generator) -> Clip:
    """The camera turns by many degrees between two frames: all that is seen moves."""
    x = float(clip.centres()[CALM, 0])
    angle = (-1 if x > 0 else 1) * np.radians(rng.uniform(13, 18))
    turn = SE3.exp(torch.tensor([0.0, 0, 0, 0, angle, 0]).double())
    path = SE3.cat([clip.path[:CALM], turn[None] @ clip.path[CALM:]])
    return replace(clip, path=path, roll=round(CAMERA.fx * np.tan(angle)))


def wrong_start(clip: Clip, rng: np.random.Generator) -> Clip:
    """The tracker is told a pose that is beside the thing and turned."""
    moved = _moved(clip, _far_side(clip) / 2, np.radians(rng.uniform(50, 120)), rng)
    return replace(clip, told=moved[CALM])


MISHAPS: dict[str, Callable[[Clip, np.random.Generator], Clip]] = {
    "jump": jump,
    "hand": hand,
    "out of view": out_of_view,
    "look-alike": lookalike,
    "blur": heavy_blur,
    "light off": light_off,
    "removed": removed,
    "cover": cover,
    "camera": camera_jump,
    "wrong start": wrong_start,
}


def _vanished(clip: Clip) -> Clip:
    before = np.arange(FRAMES) < CALM
    return replace(clip, drawn=clip.drawn & before, present=clip.present & before)


def _hidden(clip: Clip, mesh: Mesh) -> Clip:
    """The mesh comes up before the target and stays there."""
    after = np.arange(FRAMES) - CALM
    away = np.clip(ARRIVAL - after, 0, None)[:, None] * np.array([0.35, 0.1, 0]) * clip.target.diameter
    nearer = 0.75 * clip.centres() + torch.from_numpy(away)
    path = _about(mesh, SO3.identity((FRAMES,), dtype=torch.float64), nearer)
    return replace(clip, extra=Extra(mesh, path), present=clip.present & (after < ARRIVAL))


def _about(mesh: Mesh, rotation: SO3, middles: torch.Tensor) -> SE3:
    """Poses of a mesh whose middle is there."""
    return SE3.from_rotation_translation(rotation, middles - rotation.apply(torch.from_numpy(centre(mesh))))


def _far_side(clip: Clip) -> np.ndarray:
    """(3,) metres from where it is to the other half of the view: at least a diameter away."""
    x, y, z = clip.centres()[CALM].tolist()
    wide = max(0.22 * z, 1.2 * clip.target.diameter)
    return np.array([(-1 if x > 0 else 1) * wide, (-1 if y > 0 else 1) * 0.05 * z, 0.0])


def _moved(clip: Clip, shift: np.ndarray, angle: float, rng: np.random.Generator) -> SE3:
    """The path with all from the mishap on shifted, and turned about the target's middle."""
    axis = rng.normal(size=3)
    turn = SO3.exp(torch.from_numpy(angle * axis / np.linalg.norm(axis)))
    later = clip.path[CALM:]
    middles = clip.centres()[CALM:] + torch.from_numpy(shift)
    return SE3.cat([clip.path[:CALM], _about(clip.target.mesh, turn[None] @ later.rotation, middles)])


def _share_in_view(clip: Clip, path: SE3) -> np.ndarray:
    """(n,) of the target's vertices."""
    pixels = CAMERA.project(path.apply_points(clip.target.mesh.vertices))
    inside = (pixels >= 0) & (pixels < torch.tensor([CAMERA.width, CAMERA.height]))
    return inside.all(-1).double().mean(-1).numpy()


def _shifted(path: SE3, shift: np.ndarray) -> SE3:
    return SE3.from_rotation_translation(path.rotation, path.translation + torch.from_numpy(shift))


def _like(mesh: Mesh, tones: np.ndarray) -> torch.Tensor:
    """(V, 3) patches of those colours."""
    vertices = mesh.vertices.double().numpy()
    patch = np.floor((np.sin(90 * vertices).sum(1) + 3) / 6.01 * len(tones)).astype(int)
    return torch.from_numpy(tones[patch]).float()
