"""`objpose view`: recovered cameras, points and splats in the browser."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import numpy as np
    from viser import ViserServer

    from objpose.geometry import Camera
    from objpose.io import PhotoCamera, SparsePoints

THUMBNAIL = 256  # pixels of the longer side
# Of the median distance between neighbouring cameras.
FRUSTUM_SIZE = 0.3
SURE, DOUBTFUL, UNKNOWN = (40, 160, 60), (220, 60, 40), (110, 110, 110)


@click.command()
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--photos", type=click.Path(path_type=Path), help="Folder of the photos, shown in the cameras.")
@click.option("--port", default=8080, show_default=True, help="Of the web page, on this machine.")
def view(result: Path, photos: Path | None, port: int) -> None:
    """Show a RESULT of `objpose cameras`, a COLMAP model or a transforms.json in the browser.

    Cameras run from red (confidence 0) to green (1); grey ones have none.
    """
    cameras, points = read_result(result)
    server = start_server(port)
    show(server, cameras, points, photos)
    if (result / "splats.ply").is_file():
        show_splats(server, result / "splats.ply")
    count = sum(camera.cam_from_world is not None for camera in cameras)
    click.echo(f"{count} cameras: http://localhost:{server.get_port()}")
    click.echo("Ctrl-C ends.")
    while True:
        time.sleep(3600)


def start_server(port: int) -> ViserServer:
    """The web server; InputError where viser is not installed."""
    from objpose.errors import InputError

    try:
        import viser
    except ImportError as error:
        raise InputError("viser", "not installed", "the web viewer", "pip install viser") from error
    return viser.ViserServer(host="127.0.0.1", port=port, verbose=False)


def read_result(result: Path) -> tuple[list[PhotoCamera], SparsePoints | None]:
    """Cameras, and points where the result has some; InputError for what is none of the three forms."""
    from objpose.errors import InputError
    from objpose.io import read_colmap, read_photo_cameras, read_transforms

    if (result / "cameras.json").is_file():
        has_model = (result / "colmap").is_dir()
        points = read_colmap(result / "colmap")[1] if has_model else None
        return list(read_photo_cameras(result / "cameras.json").values()), points
    if result.is_dir() and any((result / f"cameras.{suffix}").is_file() for suffix in ("bin", "txt")):
        return read_colmap(result)
    if result.suffix == ".json" and result.is_file():
        return list(read_transforms(result).values()), None
    expected = "a folder of `objpose cameras`, a COLMAP model or a transforms.json"
    raise InputError(result, "no cameras", expected, "check the name")


def show(
    server: ViserServer, cameras: list[PhotoCamera], points: SparsePoints | None, photos: Path | None
) -> None:
    """Put the placed cameras, with their photos where given, and the points into the scene."""
    import numpy as np

    placed = [
        (camera, camera.cam_from_world.inverse()) for camera in cameras if camera.cam_from_world is not None
    ]
    centres = np.array([world_from_cam.translation.numpy() for _, world_from_cam in placed]).reshape(-1, 3)
    size = FRUSTUM_SIZE * _spacing(centres)
    for camera, world_from_cam in placed:
        server.scene.add_camera_frustum(
            f"/cameras/{camera.name}",
            fov=2 * math.atan(0.5 * camera.camera.height / camera.camera.fy),
            aspect=camera.camera.width / camera.camera.height,
            scale=size,
            color=_color(camera.confidence),
            image=None if photos is None else _thumbnail(photos / camera.name, camera.camera),
            wxyz=world_from_cam.rotation.wxyz.numpy(),
            position=world_from_cam.translation.numpy(),
        )
    if points is not None and len(points.xyz):
        server.scene.add_point_cloud("/points", points.xyz, points.rgb, point_size=0.02 * size)


def show_splats(server: ViserServer, path: Path) -> None:
    """Put the splats of a PLY file into the scene, each in the colour of its constant harmonic."""
    from objpose.geometry import SO3
    from objpose.raster.splats.harmonics import CONSTANT
    from objpose.splatting import load_splats

    splats = load_splats(path)
    assert splats.sh is not None  # as files have them
    axes = SO3(splats.wxyz).matrix() * splats.scales[:, None]
    server.scene.add_gaussian_splats(
        "/splats",
        splats.means.numpy(),
        (axes @ axes.mT).numpy(),
        (splats.sh[:, 0] * CONSTANT + 0.5).clamp(0, 1).numpy(),
        splats.opacities[:, None].numpy(),
    )


def _spacing(centres: np.ndarray) -> float:
    """Median distance of a camera to the nearest other; 1 for fewer than two."""
    import numpy as np

    if len(centres) < 2:
        return 1.0
    distance = np.linalg.norm(centres[:, None] - centres, axis=-1)
    np.fill_diagonal(distance, np.inf)
    return float(np.median(distance.min(axis=1))) or 1.0


def _color(confidence: float | None) -> tuple[int, ...]:
    if confidence is None:
        return UNKNOWN
    return tuple(round(low + confidence * (high - low)) for low, high in zip(DOUBTFUL, SURE, strict=True))


def _thumbnail(path: Path, camera: Camera) -> np.ndarray:
    """(h, w, 3) uint8 in the turn of its camera, small enough to be sent quickly."""
    import numpy as np
    from PIL import Image

    from objpose.io import read_view_image

    image = Image.fromarray(read_view_image(path, (camera.width, camera.height)).pixels)
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    return np.asarray(image)
