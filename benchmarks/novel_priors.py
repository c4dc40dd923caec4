"""Splats of 3, 5 and 8 photos with a prior of views that nobody took and without, against photos held out.

    OMP_NUM_THREADS=1 python benchmarks/novel_priors.py DATA/photos/temple DATA/photos/desk_a [--photos 3,5,8]

Every fourth photo of a set is held out in turn; the photos whose axes are nearest to its own are kept, their
cameras recovered from them alone, K known. PSNR (dB, a gain a channel taken out) of the held-out photo: of
splats without a prior, with one, and of the prior's own picture where it says something, beside the share of
pixels where it does.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from novel_views import aligned, likeness

from objpose.cameras import Photo, RecoveredScene, load_photos, recover_cameras
from objpose.cameras.splats.scene_splats import known_views, picture, trusted
from objpose.geometry import SE3
from objpose.io import PhotoCamera, read_photo_cameras
from objpose.splatting import SceneFitOptions, SceneView, SweptPrior

EVERY = 4
HELD_OUT = 2  # photos a set, at most


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--photos", default="3,5,8")
    parser.add_argument("--steps", type=int, default=SceneFitOptions().steps)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'set':10s}{'photos':>7s}{'of':>4s}{'without':>9s}{'with':>8s}{'prior alone':>13s}{'said':>7s}")
    for folder in options.sets:
        truth = read_photo_cameras(folder / "cameras.json")
        photos = load_photos(folder, {name: one.camera for name, one in truth.items()})
        for count in map(int, options.photos.split(",")):
            rows = []
            for left_out in photos[1::EVERY][:HELD_OUT]:
                row = one_held_out(nearest(photos, left_out, truth, count), left_out, truth, options.steps)
                print(f"  {left_out.name}: {row}", file=sys.stderr, flush=True)
                rows += [] if row is None else [row]
            mean = np.mean(rows, axis=0) if rows else [np.nan] * 4
            figures = f"{mean[0]:9.2f}{mean[1]:8.2f}{mean[2]:13.2f}{mean[3]:7.2f}"
            print(f"{folder.name:10s}{count:7d}{len(rows):4d}{figures}", flush=True)


def nearest(photos: list[Photo], left_out: Photo, truth: dict[str, PhotoCamera], count: int) -> list[Photo]:
    """The photos that look the most alike way, the one held out left out."""
    axes = {name: one.cam_from_world.rotation.matrix()[2] for name, one in truth.items()}
    others = [one for one in photos if one is not left_out]
    return sorted(others, key=lambda one: -float(axes[one.name] @ axes[left_out.name]))[:count]


def one_held_out(
    kept: list[Photo], left_out: Photo, truth: dict[str, PhotoCamera], steps: int
) -> list[float] | None:
    """PSNR without, with, of the prior alone, its share of pixels; None where fewer than two are trusted."""
    scene = recover_cameras(kept)
    if len(trusted(scene, scene.options.splats)) < 2:
        return None
    [cam] = aligned(scene, truth, [left_out.name])
    settings = SceneFitOptions(steps=steps)
    view = SceneView.of(left_out.image, truth[left_out.name].camera, None, settings.size)
    found = []
    for prior in (None, SweptPrior()):
        splats = scene.fit_splats(settings, prior=prior)
        drawn = picture(scene, splats, view.camera, cam, scene.options.splats)
        found.append(likeness(torch.from_numpy(drawn).float() / 255, view.rgb))
    return [*found, *alone(scene, view, cam, settings.size)]


def alone(scene: RecoveredScene, view: SceneView, cam: SE3, size: int) -> tuple[float, float]:
    """PSNR of the prior's own picture where it says something, and how much of the picture that is."""
    known = known_views(scene, size, scene.options.splats)
    found = SweptPrior().view(known, view.camera, cam.to(torch.float32))
    said = found.said
    if not said.any():
        return float("nan"), 0.0
    return likeness(found.rgb[said][None], view.rgb[said][None]), float(said.float().mean())


if __name__ == "__main__":
    main()
