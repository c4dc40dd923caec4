"""Recovered cameras read back: a folder of `objpose cameras`, a COLMAP model, a transforms.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.io import JsonValue, PhotoCamera, SparsePoints, read_colmap, read_json, read_photo_cameras
from objpose.io import read_transforms as read_nerfstudio
from objpose.io.photo_cameras import read_motion

CAMERAS, REPORT, SPLATS = "cameras.json", "report.json", "splats.ply"


@dataclass(frozen=True, eq=False)
class CameraResult:
    cameras: list[PhotoCamera]
    points: SparsePoints | None = None
    photos: Path | None = None  # folder of the photos, where the result says it
    splats: Path | None = None
    alternatives: Sequence[
        tuple[Mapping[str, SE3], float]
    ] = ()  # other placements of all photos, their beliefs

    def placement(self, index: int) -> list[PhotoCamera]:
        """The cameras, for 0 as they were answered, else of an alternative: its photos alone."""
        if index == 0:
            return self.cameras
        cams, _ = self.alternatives[index - 1]
        return [
            replace(camera, cam_from_world=cams.get(camera.name), confidence=None) for camera in self.cameras
        ]


def is_colmap(folder: Path) -> bool:
    return any((folder / f"cameras.{suffix}").is_file() for suffix in ("bin", "txt"))


def read_cameras(result: Path) -> CameraResult:
    """Cameras, and what else the result has; InputError for what is none of the three forms."""
    if (result / CAMERAS).is_file():
        return _read_recovered(result)
    if is_colmap(result):
        return CameraResult(*read_colmap(result))
    if result.suffix == ".json" and result.is_file():
        return CameraResult(list(read_nerfstudio(result).values()))
    expected = "a folder of `objpose cameras`, a COLMAP model or a transforms.json"
    raise InputError(result, "no cameras", expected, "check the name")


def _read_recovered(folder: Path) -> CameraResult:
    points = read_colmap(folder / "colmap")[1] if (folder / "colmap").is_dir() else None
    splats = folder / SPLATS
    found = CameraResult(
        list(read_photo_cameras(folder / CAMERAS).values()),
        points,
        splats=splats if splats.is_file() else None,
    )
    if not (folder / REPORT).is_file():
        return found
    report = read_json(folder / REPORT)
    photos = Path(report["photos_folder"].text()) if "photos_folder" in report else None
    others = [_alternative(one) for one in report["alternatives"].items()]
    return replace(found, photos=photos, alternatives=others)


def _alternative(entry: JsonValue) -> tuple[dict[str, SE3], float]:
    cams = {name: read_motion(one) for name, one in entry["cams_from_world"].members()}
    return cams, entry["belief"].number()
