"""Photos put in a wrong place on purpose, and where `RecoveredScene.corrected` moves them.

    OMP_NUM_THREADS=1 python benchmarks/misplaced_photos.py DATA/photos/desk_a [--photos 8] [--turn 60]

Cameras of the first photos are recovered; one of them, another in each trial, is turned about the middle of
the points, as a twin print would have it, at full confidence. Printed: how many degrees it is off before and
after, what likeness with the others' splats said, and whether any right photo was moved.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import torch

from objpose.cameras import RecoveredScene, load_photos, recover_cameras
from objpose.geometry import SE3
from objpose.io import read_photo_cameras


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", type=Path)
    parser.add_argument("--photos", type=int, default=8)
    parser.add_argument("--turn", type=float, default=60.0, help="degrees about the middle of the points")
    parser.add_argument("--trials", type=int, default=3)
    options = parser.parse_args(arguments)
    truth = read_photo_cameras(options.set / "cameras.json")
    photos = load_photos(options.set, {name: one.camera for name, one in truth.items()})[: options.photos]
    scene = recover_cameras(photos)
    print(f"{options.set.name}: {len(scene.placed)} of {len(photos)} photos placed")
    for trial in range(options.trials):
        report(scene, trial * len(scene.placed) // options.trials, options.turn)


def report(scene: RecoveredScene, place: int, turn: float) -> None:
    right = scene.placed[place]
    fixed, tried = misplaced(scene, right.name, turn).corrected()
    others = [one.name for one in tried if one.is_moved and one.name != right.name]
    after = off(fixed[right.name].cam_from_world, right.cam_from_world)
    said = "; ".join(f"{one.name} {one.before:.1f} -> {one.after:.1f} dB" for one in tried)
    moved = f"right ones moved: {', '.join(others) or 'none'}"
    print(f"  {right.name}: {turn:.0f} deg off, then {after:.1f} ({said}); {moved}", flush=True)


def misplaced(scene: RecoveredScene, name: str, turn: float) -> RecoveredScene:
    """The scene with that camera turned about the middle of the points, about the photo's own upright."""
    photo = scene[name]
    assert photo.cam_from_world is not None
    middle = torch.from_numpy(scene.points.xyz).median(0).values
    up = photo.cam_from_world.rotation.matrix()[1]
    about = SE3.exp(torch.cat([torch.zeros(3, dtype=up.dtype), math.radians(turn) * up]))
    to_middle = SE3.from_rotation_translation(torch.eye(3, dtype=up.dtype), middle)
    moved = replace(photo, cam_from_world=photo.cam_from_world @ to_middle @ about @ to_middle.inverse())
    return replace(scene, photos=tuple(moved if one.name == name else one for one in scene.photos))


def off(found: SE3 | None, right: SE3 | None) -> float:
    """Degrees between two cameras' turns."""
    assert found is not None and right is not None
    return math.degrees(float((found.rotation @ right.rotation.inverse()).log().norm()))


if __name__ == "__main__":
    main()
