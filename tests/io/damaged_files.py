"""Whole files of every kind that is read, small ones, each with its reader: what fuzzing damages.

Meshes have their own in test_mesh_fuzz.py.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np

from bop_eval.journal import ImageRecord, Journal, JournalEstimate
from objpose.geometry import SE3, Camera
from objpose.io import (
    BopResult,
    PhotoCamera,
    SparsePoints,
    read_bop_table,
    read_camera,
    read_colmap,
    read_depth,
    read_detections,
    read_image,
    read_mask,
    read_placed_cameras,
    read_transforms,
    write_bop_csv,
    write_colmap,
    write_image,
    write_json,
    write_photo_cameras,
    write_transforms,
)
from objpose.io.frame_sources import open_source
from objpose.io.splat_ply import read_splat_ply
from objpose.objects import ObjectModel
from objpose.splatting import save_splats
from tests.raster.splat_scenes import random_splats
from tests.synthetic import onboarded

DRAW = np.random.default_rng(0)
GREY = DRAW.integers(0, 256, (12, 16), dtype=np.uint8)
DEPTH = DRAW.integers(400, 900, (12, 16), dtype=np.uint16)
CAMERA = Camera.from_K([20.0, 0, 7.5, 0, 20.0, 5.5, 0, 0, 1], 16, 12)


@dataclass(frozen=True, repr=False)
class Whole:
    """A file among those beside it, and what reads it."""

    file: Path
    read: Callable[[], object]


def whole_files(folder: Path) -> dict[str, Whole]:
    """Written into `folder`; by the name of their kind."""
    _write_pictures(folder)
    _write_cameras(folder)
    _write_results(folder)
    _write_frames(folder)
    save_splats(folder / "splats.ply", random_splats(5))
    onboarded("can").save(folder / "object")
    [arrays] = (folder / "object").glob("arrays-*.safetensors")
    files: dict[str, tuple[Path, Callable[[Path], object]]] = {
        **{f"picture {kind}": (folder / f"rgb.{kind}", read_image) for kind in ("png", "jpg", "tif", "bmp")},
        "depth png": (folder / "depth.png", read_depth),
        "depth npy": (folder / "depth.npy", read_depth),
        "depth npz": (folder / "depth.npz", read_depth),
        "mask": (folder / "mask.png", read_mask),
        "mask json": (folder / "mask.json", read_mask),
        "camera json": (folder / "camera.json", partial(read_camera, size=(16, 12))),
        "camera npy": (folder / "K.npy", partial(read_camera, size=(16, 12))),
        "placed cameras": (folder / "cameras.json", read_placed_cameras),
        "transforms": (folder / "transforms.json", read_transforms),
        **{f"COLMAP {one}": (folder / "colmap" / f"{one}.bin", lambda path: read_colmap(path.parent))
           for one in ("cameras", "images", "points3D")},
        "results": (folder / "results.csv", read_bop_table),
        "detections": (folder / "detections.json", _decoded),
        "journal": (folder / "results.csv.journal", _resumed),
        "splats": (folder / "splats.ply", read_splat_ply),
        "object": (folder / "object" / "object.json", lambda path: ObjectModel.load(path.parent)),
        "arrays of an object": (arrays, lambda path: ObjectModel.load(path.parent)),
        "video": (folder / "video.mp4", partial(_played, camera=folder / "camera.json")),
        "bag": (folder / "bag.mcap", _played),
    }  # fmt: skip
    return {name: Whole(path, partial(read, path)) for name, (path, read) in files.items()}


def _write_pictures(folder: Path) -> None:
    for kind in ("png", "jpg", "tif", "bmp"):
        write_image(folder / f"rgb.{kind}", np.dstack([GREY] * 3))
    write_image(folder / "depth.png", DEPTH)
    np.save(folder / "depth.npy", (DEPTH / 1000).astype(np.float32))
    np.savez_compressed(folder / "depth.npz", depth=(DEPTH / 1000).astype(np.float32))
    write_image(folder / "mask.png", GREY > 128)
    write_json(folder / "mask.json", {"size": [12, 16], "counts": [30, 60, 102]})


def _write_cameras(folder: Path) -> None:
    write_json(folder / "camera.json", {"K": CAMERA.K.flatten().tolist(), "width": 16, "height": 12})
    np.save(folder / "K.npy", CAMERA.K.numpy())
    photos = [PhotoCamera(f"{i}.png", CAMERA, SE3.identity()) for i in range(3)]
    write_photo_cameras(folder / "cameras.json", photos)
    write_transforms(folder / "transforms.json", photos)
    seen = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 2]), np.full((4, 2), 5.0)
    write_colmap(folder / "colmap", photos, SparsePoints(np.ones((2, 3)), np.ones((2, 3), np.uint8), *seen))


def _write_results(folder: Path) -> None:
    write_bop_csv(folder / "results.csv", [BopResult(1, i, 1, 0.5, SE3.identity(), 1.0) for i in range(4)])
    found = {"scene_id": 1, "image_id": 2, "category_id": 3, "score": 0.5, "bbox": [1, 2, 3, 4], "time": 0.1}
    runs = {"size": [12, 16], "counts": [30, 60, 102]}
    write_json(folder / "detections.json", [found | {"segmentation": runs}] * 2)
    journal = Journal.start(folder / "results.csv.journal", {"seed": 0})
    for image in range(3):
        journal.add(ImageRecord(1, image, 0.1, (JournalEstimate(1, 0.5, (1.0, 0, 0, 0, 0, 0, 1.0)),)))
    journal.close()


def _write_frames(folder: Path) -> None:
    from tests.io.ros_bags import Messages, write_bag

    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 16, 12, "yuv420p"
        for _ in range(3):
            picture = av.VideoFrame.from_ndarray(np.dstack([GREY] * 3), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    (folder / "video.mp4").write_bytes(content.getvalue())
    make = Messages()
    rgb = DRAW.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    messages: list[Any] = [("/camera/color/camera_info", 0.0, make.info(0.0))]
    messages += [("/camera/color/image_raw", 0.1 * i, make.image(0.1 * i, rgb, "rgb8")) for i in range(2)]
    write_bag(folder / "bag.mcap", messages, by_mcap=True)


def _decoded(path: Path) -> list[np.ndarray]:
    return [detection.mask((16, 12)) for detection in read_detections(path)]


def _resumed(path: Path) -> None:
    Journal.resume(path, {"seed": 0}).close()


def _played(path: Path, camera: Path | None = None) -> int:
    return len(list(open_source(path, camera).shots()))


def damaged(content: bytes, place: float, value: bytes, cut: bool) -> bytes:
    """Bytes put in at a place (a share of the length), over what was there or in front of a cut."""
    start = int(place * len(content))
    return content[:start] + value + (b"" if cut else content[start + max(1, len(value)) :])
