"""A disk without room: the file is named, what was there stays, and nothing half-written is left."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bop_eval.journal import ImageRecord, Journal, JournalEstimate
from objpose.cli.track_run import Run
from objpose.errors import InputError
from objpose.geometry import SE3, Camera, Mesh
from objpose.io import (
    BopResult,
    PhotoCamera,
    write_bop_csv,
    write_colmap,
    write_image,
    write_json,
    write_mesh,
    write_photo_cameras,
)
from objpose.io.atomic import check_writable
from objpose.io.frame_sources import Shot
from objpose.io.videos import video_writer
from objpose.objects import ObjectModel
from objpose.splatting import save_splats
from tests.geometry.shapes import sphere
from tests.raster.splat_scenes import random_splats
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


def big_mesh() -> Mesh:
    return sphere(0.1, rings=12)


def write_video(path: Path) -> None:
    with video_writer(path, 64, 64) as add:
        for number in range(30):
            add(np.roll(NOISE, number, axis=0), number / 30)


def write_results(path: Path) -> None:
    write_bop_csv(path, [BopResult(1, i, 1, 0.5, SE3.identity(), 1.0) for i in range(50)])


def write_model(path: Path) -> None:
    """Of COLMAP; `path` is the file of its images."""
    camera = Camera.from_K([100.0, 0, 31.5, 0, 100.0, 31.5, 0, 0, 1], 64, 64)
    write_colmap(path.parent, [PhotoCamera(f"{i}.png", camera, SE3.identity()) for i in range(50)])


def write_photos(path: Path) -> None:
    camera = Camera.from_K([100.0, 0, 31.5, 0, 100.0, 31.5, 0, 0, 1], 64, 64)
    write_photo_cameras(path, [PhotoCamera(f"{i}.png", camera, SE3.identity()) for i in range(20)])


WRITERS: dict[str, Callable[[Path], object]] = {
    "p.png": lambda path: write_image(path, NOISE),
    "p.jpg": lambda path: write_image(path, NOISE),
    "j.json": lambda path: write_json(path, list(range(1000))),
    "m.ply": lambda path: write_mesh(path, big_mesh()),
    "m.glb": lambda path: write_mesh(path, big_mesh()),
    "m.obj": lambda path: write_mesh(path, big_mesh()),
    "r.csv": write_results,
    "c.json": write_photos,
    "v.mp4": write_video,
    "s.ply": lambda path: save_splats(path, random_splats(100)),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_writer_names_the_file_and_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"before")
    with little_room(), pytest.raises(InputError, match=rf"{name}: found File too large.*make room"):
        WRITERS[name](path)
    assert path.read_bytes() == b"before" and [one.name for one in tmp_path.iterdir()] == [name]
    WRITERS[name](path)
    assert path.stat().st_size > ROOM, "the room was not too little: the test says nothing"


def test_a_model_of_colmap_is_not_half_written(tmp_path: Path) -> None:
    write_model(tmp_path / "images.bin")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before["images.bin"]) > ROOM
    with little_room(), pytest.raises(InputError, match=tmp_path.name):
        write_model(tmp_path / "images.bin")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_object_is_not_half_saved(tmp_path: Path) -> None:
    can, mug = onboarded("can"), onboarded("mug")  # for which there must be room
    with little_room(), pytest.raises(InputError, match=r"can.*make room"):
        can.save(tmp_path / "can")
    assert not (tmp_path / "can").exists()
    folder = can.save(tmp_path / "can")
    with little_room(), pytest.raises(InputError, match=r"can.*make room"):
        mug.save(tmp_path / "can", replace=True)
    assert ObjectModel.load(folder).content == can.content


def record(image: int) -> ImageRecord:
    return ImageRecord(1, image, 0.1, (JournalEstimate(1, 0.5, (1.0, 0, 0, 0, 0, 0, 1.0)),))


def test_a_journal_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    path = tmp_path / "r.csv.journal"
    journal, done = Journal.start(path, {"seed": 0}), 0
    with little_room(), pytest.raises(InputError, match=r"r\.csv\.journal: found File too large"):
        for done in range(100):
            journal.add(record(done))
    with little_room():
        journal.close()
    resumed = Journal.resume(path, {"seed": 0})
    assert done > 0 and resumed.records == [record(image) for image in range(done)]
    resumed.add(record(done))
    resumed.close()


def test_a_track_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    identity = {"frames": "f", "objects": ["mug"], "changed": None, "settings": {}}
    with little_room(), pytest.raises(InputError, match=r"track\.partial: found File too large"):
        Run.begin(tmp_path / "long", identity | {"frames": "f" * ROOM}, replace=False)
    assert not (tmp_path / "long" / "track.partial").exists()  # else the same command would be refused
    run, done = Run.begin(tmp_path, identity, replace=False), 0
    shot = Shot(0, "0.png", 0.0, NOISE, None)
    with little_room(), pytest.raises(InputError, match=r"track\.partial: found File too large"):
        for done in range(100):
            run.append(replace(shot, index=done), ())
    again = Run.begin(tmp_path, identity, replace=False)
    assert done > 0 and [one["frame"] for one in again.records()] == list(range(done))


def test_taking_up_a_track_writes_nothing_anew(tmp_path: Path) -> None:
    """Whatever breaks it off then, what was found stays; a line that was cut off goes."""
    identity = {"frames": "f", "objects": ["mug"], "changed": None, "settings": {}}
    run = Run.begin(tmp_path, identity, replace=False)
    for frame in range(50):
        run.append(Shot(frame, "0.png", 0.0, NOISE, None), ())
    with run.partial.open("a") as file:
        file.write('{"frame": 50, "na')
    assert run.partial.stat().st_size > ROOM
    with little_room():
        again = Run.begin(tmp_path, identity, replace=False)
    assert [one["frame"] for one in again.records()] == list(range(50))


def test_a_read_only_disk_is_named(tmp_path: Path) -> None:
    """Root may write wherever permissions forbid it, but not there."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(mounted)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here: run the tests as root")
    try:
        for name, write in WRITERS.items():
            with pytest.raises(InputError, match=r"disk.*(Read-only file system|permission to write)"):
                write(mounted / name)
        with pytest.raises(InputError, match="disk.*Read-only file system"):
            check_writable(mounted / "deeper" / "poses.csv")
        with pytest.raises(InputError, match="can.*Read-only file system"):
            onboarded("can").save(mounted / "can")
    finally:
        subprocess.run(["umount", str(mounted)], check=True)
