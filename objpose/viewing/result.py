"""What kind of result lies at a path, shown by its kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from objpose.errors import InputError
from objpose.io import read_json
from objpose.objects import ObjectModel
from objpose.objects.storage import is_object
from objpose.splatting import load_splats
from objpose.viewing.camera_files import CAMERAS, is_colmap, read_cameras
from objpose.viewing.cameras import show_cameras
from objpose.viewing.estimate_file import NAME as POSES
from objpose.viewing.estimate_file import read_estimates
from objpose.viewing.estimates import show_estimates
from objpose.viewing.onboarded import show_onboarded
from objpose.viewing.server import start_server
from objpose.viewing.splats import show_splats
from objpose.viewing.track_file import NAME as STATES
from objpose.viewing.track_file import read_track
from objpose.viewing.tracks import show_track

if TYPE_CHECKING:
    from viser import ViserServer

Kind = Literal["estimates", "track", "cameras", "splats", "object"]
KINDS = (
    "a result of objpose estimate (poses.json), track (states.json) or cameras (cameras.json), a COLMAP "
    "model, a transforms.json, a PLY of splats, or the folder of an onboarded object"
)


def show_result(path: Path, port: int, photos: Path | None = None) -> tuple[ViserServer, str]:
    """Serve what was found on a page of this machine; the server, and in words what it shows.

    All is read before the server starts. photos: folder of the photos of recovered cameras, where the result
    does not name it.

    Raises:
        InputError: no result of a known kind, one whose inputs are gone, or no viser.
    """
    kind, place = kind_of(path)
    if photos is not None and kind != "cameras":
        raise InputError("--photos", photos, "recovered cameras to show them in", "leave it out")
    if kind == "estimates":
        estimates = read_estimates(place)
        server = start_server(port)
        show_estimates(server, estimates)
        return server, f"{len(estimates.estimates)} estimates"
    if kind == "track":
        track = read_track(place)
        server = start_server(port)
        show_track(server, track)
        return server, f"{len(track.frames)} frames"
    if kind == "object":
        model = ObjectModel.load(place)
        server = start_server(port)
        show_onboarded(server, model)
        return server, model.name
    if kind == "splats":
        splats = load_splats(place)
        server = start_server(port)
        show_splats(server, splats)
        return server, f"{len(splats)} splats"
    cameras = read_cameras(place)
    server = start_server(port)
    show_cameras(server, cameras, photos)
    placed = sum(camera.cam_from_world is not None for camera in cameras.cameras)
    return server, f"{placed} of {len(cameras.cameras)} cameras"


def kind_of(path: Path) -> tuple[Kind, Path]:
    """What a path holds, and the file or folder to read; InputError for none of KINDS."""
    if path.is_dir():
        return _kind_of_folder(path)
    if not path.is_file():
        raise InputError(path, "no such file", KINDS, "check the name")
    suffix = path.suffix.lower()
    if suffix == ".ply":
        return "splats", path
    if suffix == ".json":
        return _kind_of_json(path)
    cure = "give the folder that was --out"
    if suffix == ".csv":
        cure = f"bop-eval view {path} --dataset DIR shows BOP results; of a track, {cure}"
    raise InputError(path, f"a file of the kind {suffix or 'without a suffix'}", KINDS, cure)


def _kind_of_folder(folder: Path) -> tuple[Kind, Path]:
    if is_object(folder):
        return "object", folder
    if (folder / CAMERAS).is_file() or is_colmap(folder):
        return "cameras", folder
    for name in (POSES, STATES, "transforms.json"):
        if (folder / name).is_file():
            return _kind_of_json(folder / name)
    raise InputError(folder, "a folder without any of these", KINDS, "give the folder that was --out")


def _kind_of_json(path: Path) -> tuple[Kind, Path]:
    """By what it holds, whatever it is called."""
    content = read_json(path)
    if "poses" in content:
        return "estimates", path
    if "run" in content:
        return "track", path
    return "cameras", path.parent if path.name == CAMERAS else path
