"""Synthetic RGB-D registration problems with known truth: an object among others on a table, and its mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from bodies import BenchmarkObject
from layouts import Layer, Layout, Setting, Window, drawn, laid_out
from scipy import ndimage
from sensing import Difficulty, Light, any_light, lit, measured_depth, rough_mask, seen_color

from objpose import Frame
from objpose.geometry import SE3

LEAST_PIXELS = 700  # of the object that are seen
LEAST_VISIBLE = 0.35  # share of its outline
TRIES = 50
WINDOW = 0.75  # of the diameter, on every side of the target's middle


class HiddenError(RuntimeError):
    """No layout shows the target."""


Fault = Literal["none", "wrong object", "spoilt mask"]


@dataclass(frozen=True)
class SceneOptions(Setting):
    difficulty: Difficulty = Difficulty()
    neighbours: tuple[int, int] = (1, 3)
    fault: Fault = "none"  # what the mask is of, when not of the object
    least_pixels: int = LEAST_PIXELS


class Look(NamedTuple):
    """Exact images of a window, without noise."""

    color: np.ndarray  # (H, W, 3) in [0, 1]
    depth: np.ndarray  # (H, W) metres
    outline: np.ndarray  # (H, W) bool, the target's pixels


@dataclass(frozen=True, eq=False)
class Scene:
    frame: Frame
    mask: np.ndarray  # (H, W) bool, as a segmenter gives it
    target: BenchmarkObject
    cam_from_obj: SE3  # the truth
    exact_depth: np.ndarray  # (H, W) metres, without noise or holes
    visible: np.ndarray  # (H, W) bool, the object's pixels
    visible_share: float  # of its outline in the frame
    layout: Layout
    light: Light

    @property
    def window(self) -> Window:
        """Rows and columns that hold the target, however it is turned, and some of what is around it."""
        centre = self.cam_from_obj.apply(self.target.mesh.bounds().mean(0)[None])
        column, row = self.frame.camera.project(centre)[0].tolist()
        reach = WINDOW * self.target.diameter * self.frame.camera.fx / float(centre[0, 2]) + 8
        spans = ((row, self.mask.shape[0]), (column, self.mask.shape[1]))
        low_high = [(max(0, int(at - reach)), min(size, int(at + reach) + 1)) for at, size in spans]
        return slice(*low_high[0]), slice(*low_high[1])

    def look(self, cam_from_obj: SE3, blur: float) -> Look:
        """What would be seen in the window, were the target at that pose."""
        window = self.window
        target = Layer(*(image[window] for image in drawn(self.target, cam_from_obj, self.frame.camera)))
        layout = self.layout.within(window).with_target(target, cam_from_obj)
        seen = layout.composed()
        color = np.clip(lit(seen.albedo, seen.normals, self.light, blur), 0, 1)
        return Look(color, seen.depth, layout.visible(0))


def targets_of(objects: list[BenchmarkObject], seeds: range) -> list[BenchmarkObject]:
    """Those of the objects that the scenes of these seeds look for."""
    wanted = {seed % len(objects) for seed in seeds}
    return [objects[index] for index in sorted(wanted)]


def make_scene(objects: list[BenchmarkObject], seed: int, options: SceneOptions = SceneOptions()) -> Scene:
    """The scene of a seed; the object looked for is number `seed` of the objects, going round.

    Layouts that hide the object are drawn again; HiddenError when none of many will do.
    """
    rng = np.random.default_rng(seed)
    target = objects[seed % len(objects)]
    for _ in range(TRIES):
        others = [objects[i] for i in rng.permutation(len(objects)) if objects[i] is not target]
        things = [target, *others[: rng.integers(options.neighbours[0], options.neighbours[1] + 1)]]
        layout = laid_out(things, rng, options)
        mask = _mask(layout, rng, options) if _shows_target(layout, options) else None
        if mask is not None:
            return _seen(target, layout, mask, rng, options.difficulty)
    raise HiddenError(f"scene {seed}: {target.name} stays hidden in {TRIES} layouts")


def _shows_target(layout: Layout, options: SceneOptions) -> bool:
    """Whether enough of it is seen, and the frame's border cuts it off only where that is asked for."""
    enough = layout.visible(0).sum() >= options.least_pixels and layout.visible_share > LEAST_VISIBLE
    return bool(enough and layout.is_cut == options.cut)


def _mask(layout: Layout, rng: np.random.Generator, options: SceneOptions) -> np.ndarray | None:
    """The mask that the scene is given with; None when what it would be of is hidden."""
    things = [layout.visible(i) for i in range(len(layout.layers) - 1)]
    chosen = things[0]
    if options.fault == "wrong object":
        chosen = things[1 + rng.integers(len(things) - 1)]
    elif options.fault == "spoilt mask":
        chosen = _moved(chosen, rng)
    if chosen.sum() < options.least_pixels:
        return None
    neighbours = np.logical_or.reduce(things) & ~chosen
    return rough_mask(chosen, neighbours, rng, options.difficulty)


def _moved(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mask beside where it belongs: part of it may stay right."""
    shift, angle = np.sqrt(mask.sum()) * rng.uniform(0.3, 1.0), rng.uniform(0, 2 * np.pi)
    return ndimage.shift(mask.astype(float), (shift * np.sin(angle), shift * np.cos(angle)), order=0) > 0.5


def _seen(
    target: BenchmarkObject, layout: Layout, mask: np.ndarray, rng: np.random.Generator, level: Difficulty
) -> Scene:
    """What the cameras make of it."""
    depth, normals, albedo = layout.composed()
    light = any_light(rng, level)
    rgb = seen_color(albedo, normals, rng, level, light)
    frame = Frame(rgb, layout.camera, measured_depth(depth, normals, layout.camera.fx, rng, level))
    truth, visible = layout.cam_from_obj, layout.visible(0)
    return Scene(frame, mask, target, truth, depth, visible, layout.visible_share, layout, light)
