"""A disk without room: the file is named, what stood there before stands there still, nothing is left over."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from bop_eval.journal import ImageRecord, Journal, JournalEstimate
from objpose.cli.track_run import Run
from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.io import BopResult, PhotoCamera, write_bop_csv, write_image, write_json, write_mesh
from objpose.io import write_photo_cameras
from objpose.io.frame_sources import Shot
from objpose.io.videos import video_writer
from objpose.objects import ObjectModel
from objpose.splatting import save_splats
from tests.bop_set import cube
from tests.synthetic import onboarded

ROOM = 1000  # bytes that a file may have
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@contextmanager
def little_room() -> Iterator[None]:
    """The kernel refuses files of more than ROOM bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def camera() -> Camera:
    return Camera.from_K([100.0, 0, 31.5, 0, 100.0, 31.5, 0, 0, 1], 64, 64)


def write_video(path: Path) -> None:
    with video_writer(path, 64, 64) as add:
        for number in range(30):
            add(np.roll(NOISE, number, axis=0), number / 30)


def write_results(path: Path) -> None:
    write_bop_csv(path, [BopResult(1, i, 1, 0.5, SE3.identity(), 1.0) for i in range(50)])


def write_photos(path: Path) -> None:
    write_photo_cameras(path, {f"{i}.png": PhotoCamera(camera(), SE3.identity()) for i in range(20)})


def write_splats(path: Path) -> None:
    from tests.raster.splat_scenes import random_splats

    save_splats(path, random_splats(100))


WRITERS: dict[str, Callable[[Path], object]] = {
    "p.png": lambda path: write_image(path, NOISE),
    "p.jpg": lambda path: write_image(path, NOISE),
    "j.json": lambda path: write_json(path, list(range(1000))),
    "m.ply": lambda path: write_mesh(path, cube().to("cpu").subdivided() if False else big_mesh()),
    "m.glb": lambda path: write_mesh(path, big_mesh()),
    "m.obj": lambda path: write_mesh(path, big_mesh()),
    "r.csv": write_results,
    "c.json": write_photos,
    "v.mp4": write_video,
    "s.ply": write_splats,
}
