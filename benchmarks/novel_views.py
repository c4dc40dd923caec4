"""Splats of recovered photos against photos held out: likeness where the cameras were, and seconds.

    OMP_NUM_THREADS=1 python benchmarks/novel_views.py DATA/photos/fountain DATA/photos/desk_a [--every 4]

A set is a folder of photos with a cameras.json of K and cam_from_world. Every so-many-th photo is held out;
the cameras of the others are recovered from them alone, K known, and splats are fitted to them. The true
cameras of the held-out photos are brought into the recovered frame by the similarity that the others tell.
With --all-cameras the cameras are recovered from all photos, splats still fitted to the kept ones, and every
photo held out is searched again in these: by how many degrees its best place is off. Likeness
is PSNR, a gain for each channel taken out, as exposures differ. Beside it: the splats as they start, the
sparse points alone as splats, and the kept photo that looks the most alike way, warped by the plane that fits
the points best. Seconds are of the processor.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from objpose.cameras import Photo, RecoveredScene, load_photos, recover_cameras
from objpose.cameras.splats.scene_splats import picture, trusted
from objpose.cameras.splats.search import search_again
from objpose.geometry import SE3, Camera
from objpose.io import PhotoCamera, read_photo_cameras
from objpose.raster import Splats
from objpose.splatting import SceneFitOptions, SceneView
from objpose.splatting.losses import psnr

FIRST_HELD_OUT = 1
POINT_WIDTH = 0.5  # standard deviation of a point's splat, of the distance to the next point


def main(arguments: list[str] | None = None) -> None:
    options = parse_options(arguments)
    torch.set_num_threads(1)
    print(
        f"{'set':10s}{'photos':>9s}{'PSNR':>8s}{'start':>8s}{'points':>8s}{'warped':>8s}{'splats':>8s}{'s':>8s}"
    )
    for folder in options.sets:
        truth = read_photo_cameras(folder / "cameras.json")
        photos = load_photos(folder, {name: one.camera for name, one in truth.items()})
        held_out = photos[FIRST_HELD_OUT :: options.every]
        kept = [photo for photo in photos if photo not in held_out]
        scene = recover_cameras(photos if options.all_cameras else kept)
        scene = without(scene, {photo.name for photo in held_out})
        judge(folder.name, scene, held_out, truth, options)


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=4, help="of so many photos one is held out")
    parser.add_argument("--steps", type=int, default=SceneFitOptions().steps)
    parser.add_argument("--size", type=int, default=SceneFitOptions().size, help="pixels of the longer side")
    parser.add_argument("--all-cameras", action="store_true")
    return parser.parse_args(arguments)


def without(scene: RecoveredScene, names: set[str]) -> RecoveredScene:
    """The scene with these photos not to be trusted."""
    photos = [replace(one, confidence=0.0) if one.name in names else one for one in scene.photos]
    return replace(scene, photos=tuple(photos))


def judge(
    name: str,
    scene: RecoveredScene,
    held_out: list[Photo],
    truth: dict[str, PhotoCamera],
    options: argparse.Namespace,
) -> None:
    if len(trusted(scene, scene.options.splats)) < 2:
        print(f"{name:10s} fewer than two photos trusted")
        return
    settings = SceneFitOptions(steps=options.steps, size=options.size)
    begin = time.process_time()
    splats = scene.fit_splats(settings)
    seconds = time.process_time() - begin
    start = scene.fit_splats(replace(settings, steps=0))
    views = [SceneView.of(photo.image, truth[photo.name].camera, None, options.size) for photo in held_out]
    cams = aligned(scene, truth, [photo.name for photo in held_out])
    rows = []
    for view, cam in zip(views, cams, strict=True):
        drawn = [
            picture(scene, one, view.camera, cam, scene.options.splats)
            for one in (splats, start, point_splats(scene))
        ]
        pictures = [torch.from_numpy(one).float() / 255 for one in drawn]
        rows.append(
            [likeness(one, view.rgb) for one in [*pictures, warped(scene, view.camera, cam, options.size)]]
        )
    mean = np.mean(rows, axis=0)
    counts = f"{len(trusted(scene, scene.options.splats))}+{len(held_out)}"
    print(
        f"{name:10s}{counts:>9s}" + "".join(f"{one:8.2f}" for one in mean) + f"{len(splats):8d}{seconds:8.1f}"
    )
    if options.all_cameras:
        report_search(scene, splats, [photo.name for photo in held_out])


def report_search(scene: RecoveredScene, splats: Splats, names: list[str]) -> None:
    """How far off the best place of each of these photos is, found in splats that do not show it."""
    axes = {photo.name: photo.cam_from_world.rotation.matrix()[2] for photo in scene.placed}
    kept = [axes[scene.photos[index].name] for index in trusted(scene, scene.options.splats)]
    for name in names:
        if name not in axes:
            continue
        begin = time.process_time()
        best = search_again(scene, name, splats)[0]
        seconds = time.process_time() - begin
        turn = best.cam_from_world.rotation @ scene[name].cam_from_world.rotation.inverse()
        nearest = np.degrees(np.arccos(min(max(float(axes[name] @ axis) for axis in kept), 1.0)))
        off = np.degrees(float(turn.log().norm()))
        said = f"{best.evidence:.0f} nats, {'' if best.is_supported else 'not '}supported"
        print(
            f"  {name}: {nearest:.0f} degrees from the nearest, found {off:.1f} off, {said}, {seconds:.1f} s"
        )


def aligned(scene: RecoveredScene, truth: dict[str, PhotoCamera], names: list[str]) -> list[SE3]:
    """The true cameras of these photos in the scene's frame, by the similarity of the trusted photos."""
    chosen = [scene.photos[index] for index in trusted(scene, scene.options.splats)]
    found = [one.cam_from_world.matrix().numpy() for one in chosen]
    right = [truth[one.name].cam_from_world.matrix().numpy() for one in chosen]
    turns = sum(a[:3, :3].T @ b[:3, :3] for a, b in zip(found, right, strict=True))
    u, _, vt = np.linalg.svd(turns)
    turn = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
    ours, theirs = (np.array([-m[:3, :3].T @ m[:3, 3] for m in side]) for side in (found, right))
    spread = [np.linalg.norm(side - side.mean(0)) for side in (ours, theirs)]
    scale = spread[0] / spread[1]
    moved = []
    for name in names:
        cam = truth[name].cam_from_world.matrix().numpy().copy()
        centre = scale * turn @ (-cam[:3, :3].T @ cam[:3, 3] - theirs.mean(0)) + ours.mean(0)
        cam[:3, :3] = cam[:3, :3] @ turn.T
        cam[:3, 3] = -cam[:3, :3] @ centre
        moved.append(SE3.from_matrix(torch.from_numpy(cam)))
    return moved


def likeness(found: Tensor, truth: Tensor) -> float:
    """Decibels of a picture (H, W, 3) in [0, 1] under the best gain of each channel."""
    gain = (found * truth).sum((0, 1)) / found.square().sum((0, 1)).clamp_min(1e-6)
    return float(psnr((found * gain).clamp(0, 1)[None], truth[None]))


def point_splats(scene: RecoveredScene) -> Splats:
    """The sparse points as round splats, as wide as they are apart."""
    from scipy.spatial import cKDTree

    points = torch.from_numpy(scene.points.xyz).float()
    apart = torch.from_numpy(cKDTree(scene.points.xyz).query(scene.points.xyz, k=4)[0][:, 1:]).float()
    wxyz = torch.tensor([1.0, 0.0, 0.0, 0.0]).expand(len(points), 4)
    scales = POINT_WIDTH * apart.mean(1, keepdim=True).repeat(1, 3)
    colors = torch.from_numpy(scene.points.rgb).float() / 255
    return Splats(points, wxyz, scales, torch.full((len(points),), 0.9), colors)


def warped(scene: RecoveredScene, camera: Camera, cam_from_world: SE3, size: int) -> Tensor:
    """(H, W, 3) of the kept photo that looks from nearest by, as a picture of the points' plane."""
    chosen = [scene.photos[index] for index in trusted(scene, scene.options.splats)]
    axes = torch.stack([one.cam_from_world.rotation.matrix()[2] for one in chosen])
    nearest = trusted(scene, scene.options.splats)[int((axes @ cam_from_world.rotation.matrix()[2]).argmax())]
    photo = scene.photos[nearest]
    view = SceneView.of(scene.sources[nearest].image, photo.camera, None, size)
    points = torch.from_numpy(scene.points.xyz)
    middle = points.median(0).values
    normal = torch.linalg.svd(points - middle, full_matrices=False)[2][2]
    world_from_cam = cam_from_world.inverse()
    rays = world_from_cam.rotation.apply(camera.rays(torch.float64))
    slant = (rays * normal).sum(-1)
    depth = ((middle - world_from_cam.translation) @ normal) / torch.where(slant.abs() > 1e-6, slant, 1e-6)
    hits = photo.cam_from_world.apply(world_from_cam.translation + depth.clamp_min(1e-3)[..., None] * rays)
    grid = (2 * view.camera.project(hits) + 1) / torch.tensor([view.camera.width, view.camera.height]) - 1
    drawn = functional.grid_sample(
        view.rgb.permute(2, 0, 1)[None], grid[None].float().nan_to_num(9.0), align_corners=False
    )
    return drawn[0].permute(1, 2, 0)


if __name__ == "__main__":
    main()
