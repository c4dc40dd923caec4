"""Writing the answer as files that other programs open."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from objpose.cameras.answer.recovered import RecoveredCameras, RecoveredPhoto
from objpose.geometry import SE3
from objpose.io import write_colmap, write_json, write_photo_cameras, write_transforms


def write_scene(
    folder: str | os.PathLike, scene: RecoveredCameras, photos_folder: str | os.PathLike | None = None
) -> None:
    """Write cameras.json, colmap/, transforms.json and report.json into a folder, which is made.

    photos_folder: where the photos are, which report.json then says.

    colmap/ and transforms.json hold the first island alone, as their formats know one frame only;
    cameras.json holds every photo. Existing files are replaced, each whole or not at all.
    """
    folder = Path(folder)
    photos = [photo.as_photo_camera() for photo in scene.photos]
    main = [photo.as_photo_camera(in_island=0) for photo in scene.photos]
    write_photo_cameras(folder / "cameras.json", photos)
    write_colmap(folder / "colmap", main, scene.points)
    write_transforms(folder / "transforms.json", main)
    write_json(folder / "report.json", _report(scene, photos_folder))


def _report(scene: RecoveredCameras, photos_folder: str | os.PathLike | None) -> dict:
    return {
        "photos_folder": None if photos_folder is None else str(Path(photos_folder).resolve()),
        "unit": "metres" if scene.is_metric else "the spread of the cameras",
        "scale": scene.scale,
        "seconds": scene.seconds,
        "weights": list(scene.weights),
        "photos": {photo.name: _entry(photo) for photo in scene.photos},
        "pair_confidence": scene.pair_confidence.tolist(),
        "motions": [
            {"thing": one.thing, "told": one.told, "cams_from_world": _motions(one.cams_from_world)}
            for one in scene.motions
        ],
        "contradictions": [dataclasses.asdict(one) for one in scene.contradictions],
        "alternatives": [
            {"belief": belief, "cams_from_world": _motions(cams)} for cams, belief in scene.alternatives
        ],
    }


def _motions(cams_from_world: Mapping[str, SE3]) -> dict:
    return {name: cam.matrix().tolist() for name, cam in cams_from_world.items()}


def _entry(photo: RecoveredPhoto) -> dict:
    return {
        "confidence": photo.confidence,
        "island": photo.island,
        "evidence_nats": photo.evidence,
        "reason": photo.reason,
        "focal_sigma": photo.focal_sigma,
        "covariance": None if photo.covariance is None else photo.covariance.tolist(),
        "alternatives": [
            {"cam_from_world": cam.matrix().tolist(), "belief": belief} for cam, belief in photo.alternatives
        ],
    }
