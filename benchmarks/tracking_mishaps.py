"""Ten ways in which a tracked thing gets lost, each as a change of a calm clip from one frame on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
import trimesh
from bodies import BenchmarkObject
from prints import painted
from scipy import ndimage
from sensing import Light
from tracking_backgrounds import palette, shifted
from tracking_pictures import Placed, exposed
from tracking_sequences import CAMERA, exposure
from tracking_things import THINGS, centre, thing

from objpose.geometry import SE3, SO3, Mesh

CALM, AFTER = 12, 9  # frames before the mishap and from it on
FRAMES = CALM + AFTER
ARRIVAL = 2  # frames in which a thing that hides the target comes up


class Extra(NamedTuple):
    """A second thing, that is there from the mishap on."""

    mesh: Mesh
    path: SE3  # (n,) cam_from_mesh


@dataclass(frozen=True, eq=False)
class Clip:
    """What each of the frames shows."""

    target: BenchmarkObject
    path: SE3  # (n,) cam_from_obj
    background: np.ndarray
    shifts: np.ndarray  # (n, 2) of the background
    light: Light
    drawn: np.ndarray  # (n,) bool, whether the target is there
    present: np.ndarray  # (n,) bool, whether it can be seen
    gain: np.ndarray  # (n,) of the colours
    blur: np.ndarray  # (n,) pixels, sigma
    extra: Extra | None = None
    cover: tuple[slice, slice] | None = None  # rows and columns that hold other background, of the mishap on
    roll: int = 0  # pixels to the right that the background jumps with the mishap
    told: SE3 | None = None  # a wrong pose that the tracker is told before the mishap's first frame

    def picture(self, index: int) -> np.ndarray:
        """(H, W, 3) colours without the sensor's noise."""
        background = np.roll(self.background, self.roll if index >= CALM else 0, axis=1)
        behind = shifted(background, self.shifts[index], CAMERA.width, CAMERA.height)
        things = [Placed(self.target.mesh, _moments(self.path, index))] if self.drawn[index] else []
        if self.extra is not None and index >= CALM:
            things.append(Placed(self.extra.mesh, _moments(self.extra.path, index)))
        seen = exposed(things, CAMERA, self.light, behind) if things else behind
        if self.cover is not None and index >= CALM:
            seen[self.cover] = behind[::-1, ::-1][self.cover]
        return self.gain[index] * ndimage.gaussian_filter(seen, (self.blur[index], self.blur[index], 0))

    def centres(self) -> torch.Tensor:
        """(n, 3) of the target, camera frame, metres."""
        return self.path.apply(torch.from_numpy(centre(self.target.mesh)))


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
    present = clip.present & (gone < 0.75)
    return replace(clip, path=_shifted(clip.path, shift), present=present)


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


def _moments(path: SE3, index: int) -> SE3:
    """During the exposure of a frame; the mishap itself falls between two exposures."""
    return exposure(path[:CALM], index) if index < CALM else exposure(path[CALM:], index - CALM)


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


def _shifted(path: SE3, shift: np.ndarray) -> SE3:
    return SE3.from_rotation_translation(path.rotation, path.translation + torch.from_numpy(shift))


def _like(mesh: Mesh, tones: np.ndarray) -> torch.Tensor:
    """(V, 3) patches of those colours."""
    vertices = mesh.vertices.double().numpy()
    patch = np.floor((np.sin(90 * vertices).sum(1) + 3) / 6.01 * len(tones)).astype(int)
    return torch.from_numpy(tones[patch]).float()
