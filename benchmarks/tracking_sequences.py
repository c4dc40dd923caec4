"""Rendered sequences of the RBOT kind with exact poses, kept on disk: made at first use, by seed.

    python benchmarks/tracking_sequences.py [--things carton ...] [--variants regular ...] [--cache FOLDER]

RBOT (Tjaden et al., PAMI 2018): one thing turned and carried before a cluttered background; regular, under
a moving light, with noise besides, and hidden in part by a second thing. All variants share a thing's path.
Sequences are named HALF/THING/VARIANT: constants may be chosen on the half "train" alone.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from bodies import BenchmarkObject
from PIL import Image
from tqdm import tqdm
from tracking_backgrounds import cluttered, drift, palette, shifted
from tracking_cache import CACHE, EDITION, kept
from tracking_light import moving, still
from tracking_motion import hand_held, smooth
from tracking_pictures import Placed, exposed, sensed, sensed_depth
from tracking_things import OCCLUDER, THINGS, centre, thing

from objpose import Frame
from objpose.geometry import SE3, SO3, Camera
from objpose.tracking.benchmark import Recording

CAMERA = Camera.from_K(torch.tensor([[650.048, 0, 324.328], [0, 647.183, 257.323], [0, 0, 1]]), 640, 512)
FRAMES = 200
VARIANTS = ("regular", "light", "noise", "occlusion")
NOISE = {"noise": 13 / 255}  # sigma of a pixel; of the others:
QUIET = 2 / 255
EXPOSURE = 0.25  # of the time between frames
MOMENTS = 3  # of an exposure that are averaged
ORBIT = 0.75  # radius of the occluder's way, of both diameters' mean
DEPTH_STEP = 1e-4  # metres
POINTS = 1000  # of the surface, that errors are measured on


@dataclass(frozen=True, eq=False)
class Scene:
    """What moves in a sequence."""

    target: BenchmarkObject
    cam_from_obj: SE3  # (n,) float64
    other: BenchmarkObject | None
    cam_from_other: SE3 | None

    def placed(self, index: int) -> list[Placed]:
        """All things during the exposure of a frame."""
        found = [Placed(self.target.mesh, exposure(self.cam_from_obj, index))]
        if self.other is not None and self.cam_from_other is not None:
            found.append(Placed(self.other.mesh, exposure(self.cam_from_other, index)))
        return found


def recording(
    name: str, variant: str, depth: bool = False, cache: Path = CACHE, frames: int = FRAMES
) -> Recording:
    """The sequence of a thing in a variant, rendered where it is not kept yet."""
    folder = folder_of(name, variant, "rgb", cache, frames)
    shape = "occlusion" if variant == "occlusion" else "regular"  # depth knows no light
    depths = folder_of(name, shape, "depth", cache, frames) if depth else None
    poses = json.loads((folder / "poses.json").read_text())
    made = thing(name)

    def frame(index: int) -> Frame:
        rgb = np.array(Image.open(folder / f"{index:04d}.jpg"))
        return Frame(rgb, CAMERA, None if depths is None else read_depth(depths / f"{index:04d}.png"))

    points = made.mesh.sample_surface(POINTS, seed=0).points
    truth = SE3(torch.tensor(poses["cam_from_obj"], dtype=torch.float64))
    title = f"{THINGS[name].half}/{name}/{variant}"
    return Recording(title, name, frame, truth, points, made.symmetry, made.diameter)


def folder_of(name: str, variant: str, kind: str, cache: Path, frames: int) -> Path:
    """The folder of pictures ("rgb") or depth images ("depth")."""
    write = _write_rgb if kind == "rgb" else _write_depth
    folder = cache / f"edition-{EDITION}-{frames}" / name / f"{variant}-{kind}"
    return kept(folder, lambda part: write(part, name, variant, frames))


def scene(name: str, variant: str, frames: int) -> Scene:
    target = thing(name)
    middle = centre(target.mesh)
    path = hand_held(frames, middle, _rng(name, 0))
    if variant != "occlusion":
        return Scene(target, path, None, None)
    other = thing(OCCLUDER)
    radius = ORBIT * (target.diameter + other.diameter) / 2
    around = path.apply(torch.from_numpy(middle)) + torch.from_numpy(radius * _orbit(frames, _rng(name, 1)))
    rotation = SO3.exp(
        torch.from_numpy(np.cumsum(np.radians(5) * smooth(frames, 60, _rng(name, 2), 3), axis=0))
    )
    beside = around - rotation.apply(torch.from_numpy(centre(other.mesh)))
    return Scene(target, path, other, SE3.from_rotation_translation(rotation, beside))


def exposure(path: SE3, index: int) -> SE3:
    """(MOMENTS,) float32 places along the path around a frame, as if it went on straight at its ends."""
    before, after = max(index - 1, 0), min(index + 1, len(path) - 1)
    twist = (path[after] @ path[before].inverse()).log() / max(after - before, 1)
    shares = torch.linspace(-EXPOSURE / 2, EXPOSURE / 2, MOMENTS, dtype=torch.float64)
    return (SE3.exp(shares[:, None] * twist) @ path[index][None]).to(torch.float32)


def read_depth(file: Path) -> np.ndarray:
    return np.array(Image.open(file)).astype(np.float32) * DEPTH_STEP


def _write_rgb(folder: Path, name: str, variant: str, frames: int) -> None:
    made, rng = scene(name, variant, frames), _rng(name, 3)
    picture = cluttered(palette(made.target.mesh), CAMERA.width, CAMERA.height, rng)
    shifts = drift(frames, rng)
    lights = (moving if variant in ("light", "noise") else still)(frames, rng)
    noise = np.random.default_rng([*rng.integers(2**31, size=2), VARIANTS.index(variant)])
    for index in tqdm(range(frames), f"{name} {variant}", disable=None, leave=False):
        behind = shifted(picture, shifts[index], CAMERA.width, CAMERA.height)
        colors = exposed(made.placed(index), CAMERA, lights[index], behind)
        rgb = sensed(colors, NOISE.get(variant, QUIET), noise)
        Image.fromarray(rgb).save(folder / f"{index:04d}.jpg", quality=95, subsampling=0)
    poses = {"cam_from_obj": made.cam_from_obj.wxyz_xyz.tolist()}
    if made.cam_from_other is not None:
        poses["cam_from_other"] = made.cam_from_other.wxyz_xyz.tolist()
    (folder / "poses.json").write_text(json.dumps(poses))


def _write_depth(folder: Path, name: str, variant: str, frames: int) -> None:
    made, rng = scene(name, variant, frames), _rng(name, 4)
    for index in tqdm(range(frames), f"{name} {variant} depth", disable=None, leave=False):
        depth = sensed_depth(made.placed(index), CAMERA, rng)
        Image.fromarray(np.round(depth / DEPTH_STEP).astype(np.uint16)).save(folder / f"{index:04d}.png")


def _orbit(frames: int, rng: np.random.Generator) -> np.ndarray:
    """(frames, 3) unit: round the target in some 60 frames, before it and behind, in a tilted plane."""
    angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(frames) / 60
    tilt = 0.5 * rng.normal()
    return np.stack([np.cos(angles), np.sin(tilt) * np.sin(angles), -np.cos(tilt) * np.sin(angles)], axis=1)


def _rng(name: str, stream: int) -> np.random.Generator:
    return np.random.default_rng([41, *name.encode(), stream])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--things", nargs="+", choices=list(THINGS), default=list(THINGS))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--depth", action="store_true", help="depth images too")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--frames", type=int, default=FRAMES)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    for name in options.things:
        for variant in options.variants:
            made = recording(name, variant, options.depth, options.cache, options.frames)
            print(f"{made.name}: {len(made)} frames", flush=True)


if __name__ == "__main__":
    main()
