"""Which source a path is of, told by what is there; arguments that it has no use for are refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from objpose.errors import InputError
from objpose.io.frame_sources.bop import BopFrames
from objpose.io.frame_sources.pictures import PictureFrames
from objpose.io.frame_sources.shot import Source
from objpose.io.picture_kinds import VIDEO_SUFFIXES

BAG_SUFFIXES = (".bag", ".mcap", ".db3")
RATE = 30.0  # frames a second of pictures and BOP scenes, which have no times
SOURCES = "a folder of numbered pictures, a BOP scene, a video (MP4, MOV, AVI, MKV) or a bag (.bag, .mcap)"
NEEDS_CAMERA = "the camera that took it: K, width, height"


def open_source(
    path: str | os.PathLike,
    camera: str | os.PathLike | None = None,
    depth: str | os.PathLike | None = None,
    depth_scale: float | None = None,
    rate: float | None = None,
    topic: str | None = None,
) -> Source:
    """The frames of a folder of numbered pictures, a BOP scene, a video, or a bag of ROS 1 or 2 (also MCAP).

    Args:
        path: folder or file.
        camera: camera file, as `read_camera` takes it. Needed for pictures and videos; a BOP scene has its
            own, a bag too unless it is given here.
        depth: the folder of the depth maps of numbered pictures, or the topic of a bag's depth where there
            are several.
        depth_scale: metres per stored unit of the depth maps of numbered pictures.
        rate: frames a second of pictures and BOP scenes; 30 where it is not said.
        topic: of a bag's colour pictures, where there are several.

    Raises:
        InputError: nothing of that kind there, a camera that is missing or does not fit, an argument that
            this source has no use for.
    """
    path = Path(path)
    camera = None if camera is None else Path(camera)
    if rate is not None and not 0 < rate < float("inf"):
        raise InputError("rate", rate, "frames a second, above 0", "leave it out for 30")
    given = {"camera": camera, "depth": depth, "depth_scale": depth_scale, "rate": rate, "topic": topic}
    if path.suffix.lower() in BAG_SUFFIXES or (path / "metadata.yaml").is_file():
        from objpose.io.frame_sources.bag import BagFrames  # needs the extra `bags`

        _refuse(path, "a bag", given, "depth_scale", "rate")
        return BagFrames(path, camera, topic, None if depth is None else str(depth))
    if (path / "scene_camera.json").is_file():
        _refuse(path, "a BOP scene", given, "camera", "depth", "depth_scale", "topic")
        return BopFrames(path, rate or RATE)
    if path.suffix.lower() in VIDEO_SUFFIXES:
        from objpose.io.frame_sources.video import VideoFrames

        _refuse(path, "a video", given, "depth", "depth_scale", "rate", "topic")
        return VideoFrames(path, _needed(path, camera))
    if not path.is_dir():
        found = f"a file {path.suffix or 'without a suffix'}" if path.is_file() else "no such file or folder"
        raise InputError(path, found, SOURCES, "check the name")
    _refuse_set(path)
    _refuse(path, "a folder of pictures", given, "topic")
    if depth is None and depth_scale is not None:
        raise InputError("depth_scale", depth_scale, "a folder of depth maps with it", "give depth= too")
    depths = None if depth is None else Path(depth)
    return PictureFrames(path, _needed(path, camera), depths, depth_scale, rate or RATE)


def _needed(path: Path, camera: Path | None) -> Path:
    if camera is None:
        raise InputError(path, "no camera", NEEDS_CAMERA, "give its file with camera=")
    return camera


def _refuse(path: Path, kind: str, given: Mapping[str, object], *useless: str) -> None:
    for name in useless:
        if given[name] is not None:
            cure = f"leave {name}= out"
            if name == "depth":
                cure += ", or give numbered pictures: ffmpeg -i VIDEO frames/%05d.png" * (kind == "a video")
            raise InputError(path, f"{name} {given[name]} with {kind}", "none: it has no use for it", cure)


def _refuse_set(folder: Path) -> None:
    """A BOP set or split given in place of one of its scenes."""
    patterns = ("*/scene_camera.json", "*/*/scene_camera.json")
    scenes = sorted(path.parent for pattern in patterns for path in folder.glob(pattern))
    if scenes:
        found = f"a BOP set of {len(scenes)} scene{'s' * (len(scenes) > 1)}"
        raise InputError(folder, found, "one scene of it", f"give one, e.g. {scenes[0]}")
