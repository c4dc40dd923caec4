"""Pictures of a camera kept while objects are tracked in them: they come but once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from objpose.geometry import Camera
    from objpose.io.frame_sources import Shot, Source
    from objpose.io.videos import AddPicture

VIDEO, CAMERA = "camera.mp4", "camera.json"


@contextmanager
def recorder(folder: Path) -> Iterator[Callable[[Shot], None]]:
    """Give what keeps a shot: its colours in OUT/camera.mp4, its camera in OUT/camera.json."""
    from objpose.io import write_json
    from objpose.io.videos import video_writer

    with ExitStack() as stack:
        add: AddPicture | None = None

        def keep(shot: Shot) -> None:
            nonlocal add
            if add is None:
                write_json(folder / CAMERA, _said(shot.camera))
                add = stack.enter_context(video_writer(folder / VIDEO, shot.camera.width, shot.camera.height))
            add(shot.rgb, shot.timestamp)

        yield keep


def recorded(folder: Path) -> Source:
    """The frames that were kept."""
    from objpose.io.frame_sources import open_source

    return open_source(folder / VIDEO, folder / CAMERA)


def _said(camera: Camera) -> dict:
    lens = {} if camera.distortion is None else {"distortion": camera.distortion, "fisheye": camera.fisheye}
    return {"K": camera.K.flatten().tolist(), "width": camera.width, "height": camera.height, **lens}
