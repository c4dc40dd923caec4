"""Frames of pictures, BOP scenes and videos: in order, with their times, cameras and depth; or refused."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from objpose.errors import InputError, InputWarning
from objpose.io import write_image
from objpose.io.frame_sources import Source, open_source
from objpose.io.videos import video_writer
from tests.bop_set import make_bop_set

WIDTH, HEIGHT = 64, 48
K = [60.0, 0, 31.5, 0, 60.0, 23.5, 0, 0, 1]


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    path = tmp_path / "camera.json"
    path.write_text(json.dumps({"K": K, "width": WIDTH, "height": HEIGHT, "depth_scale": 0.5}))
    return path


def grey(value: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def write_pictures(folder: Path, numbers: list[int]) -> Path:
    for number in numbers:
        write_image(folder / f"shot{number}.png", grey(number))
    return folder


def values(source: Source, start: int = 0, step: int = 1) -> list[int]:
    """What the pictures of a source show, each of one grey."""
    return [round(float(shot.rgb.mean())) for shot in source.shots(start, step)]


def test_pictures_come_in_the_order_of_their_numbers(tmp_path: Path, camera: Path) -> None:
    source = open_source(write_pictures(tmp_path / "frames", [2, 10, 1, 9]), camera, rate=10)
    shots = list(source.shots())
    assert [shot.name for shot in shots] == ["shot1.png", "shot2.png", "shot9.png", "shot10.png"]
    assert [shot.timestamp for shot in shots] == pytest.approx([0.1, 0.2, 0.9, 1.0])  # 3 to 8 were dropped
    assert source.count == 4 and not source.is_live
    assert values(source, 1, 2) == [2, 10] and [shot.index for shot in source.shots(1, 2)] == [1, 3]


def test_names_that_do_not_count_frames_are_one_frame_each(tmp_path: Path, camera: Path) -> None:
    source = open_source(write_pictures(tmp_path / "frames", [5, 20, 130]), camera)
    assert [shot.timestamp for shot in source.shots()] == pytest.approx([0, 1 / 30, 2 / 30])


def test_depth_of_the_same_name_belongs_to_a_picture(tmp_path: Path, camera: Path) -> None:
    folder, depths = write_pictures(tmp_path / "frames", [1, 2]), tmp_path / "depth"
    write_image(depths / "shot2.png", np.full((HEIGHT, WIDTH), 800, np.uint16))
    with pytest.warns(InputWarning, match=r"no depth of shot1\.png"):
        source = open_source(folder, camera, depth=depths)
    first, second = source.shots()
    assert first.depth is None and np.allclose(second.depth, 0.4)  # BOP's depth_scale of the camera file
    scaled = open_source(folder, camera, depth=depths, depth_scale=0.001)
    assert np.allclose(list(scaled.shots())[1].depth, 0.8)


def test_a_picture_of_another_size_is_named(tmp_path: Path, camera: Path) -> None:
    folder = write_pictures(tmp_path / "frames", [1, 2])
    write_image(folder / "shot3.png", grey(3, 32, 24))
    shots = open_source(folder, camera).shots()
    assert [next(shots).index, next(shots).index] == [0, 1]
    with pytest.raises(InputError, match=r"shot3\.png: found 32 x 24, expected 64 x 48"):
        next(shots)


def test_a_bop_scene_is_a_video_of_its_own_cameras(tmp_path: Path) -> None:
    scene = make_bop_set(tmp_path / "set") / "test" / "000002"
    cameras = json.loads((scene / "scene_camera.json").read_text())
    cameras["3"]["cam_K"][0] = 41.0  # zoomed
    (scene / "scene_camera.json").write_text(json.dumps(cameras))
    first, second = open_source(scene, rate=10).shots()
    assert (first.name, second.name) == ("000000", "000003")
    assert second.timestamp - first.timestamp == pytest.approx(0.3)
    assert (first.camera.fx, second.camera.fx) == (40.0, 41.0)
    assert np.allclose(second.depth, 0.4) and (second.rgb == 3).all()


def write_video(path: Path, times: list[float], width: int = WIDTH, height: int = HEIGHT) -> Path:
    with video_writer(path, width, height) as add:
        for index, time in enumerate(times):
            add(grey(40 * (index + 1), width, height), time)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_video_has_the_times_at_which_it_was_written(tmp_path: Path, camera: Path, suffix: str) -> None:
    times = [5.0, 5.1, 5.15, 5.4]  # a variable rate
    source = open_source(write_video(tmp_path / f"video{suffix}", times), camera)
    shots = list(source.shots())
    # A millisecond is what MKV counts in.
    assert [shot.timestamp - shots[0].timestamp for shot in shots] == pytest.approx(
        [0, 0.1, 0.15, 0.4], abs=1e-3
    )
    assert values(source) == pytest.approx([40, 80, 120, 160], abs=3)
    assert values(source, 1, 2) == pytest.approx([80, 160], abs=3)
    assert shots[2].rgb.shape == (HEIGHT, WIDTH, 3) and source.count in (4, None)


def test_an_avi_of_motion_jpegs_is_read(tmp_path: Path, camera: Path) -> None:
    """As cheap cameras record them: the container knows a frame rate and no times."""
    path = tmp_path / "video.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=20)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        for value in (50, 100, 150):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey(value), format="rgb24")))
        container.mux(stream.encode(None))
    shots = list(open_source(path, camera).shots())
    assert [after.timestamp - before.timestamp for before, after in pairwise(shots)] == pytest.approx(
        [0.05] * 2
    )
    assert [float(shot.rgb.mean()) for shot in shots] == pytest.approx([50, 100, 150], abs=3)


def test_odd_sides_of_a_written_video_grow_by_one(tmp_path: Path) -> None:
    path = write_video(tmp_path / "video.mp4", [0.0, 0.1], WIDTH - 1, HEIGHT - 1)
    with av.open(str(path)) as container:
        [picture, _] = container.decode(container.streams.video[0])
    assert (picture.width, picture.height) == (WIDTH, HEIGHT)


def held_upright(path: Path) -> Path:
    """A video of a phone held upright: stored lying, the top dark, with a turn for players."""
    picture = grey(200)
    picture[:, : WIDTH // 4] = 20  # the left of the stored pixels
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=30)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.set_display_rotation(-90)
        for _ in range(2):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def test_a_video_of_a_phone_stands_upright(tmp_path: Path) -> None:
    upright = tmp_path / "upright.json"
    upright.write_text(
        json.dumps({"K": [60.0, 0, 23.5, 0, 60.0, 31.5, 0, 0, 1], "width": HEIGHT, "height": WIDTH})
    )
    shot = next(open_source(held_upright(tmp_path / "phone.mp4"), upright).shots())
    assert shot.rgb.shape == (WIDTH, HEIGHT, 3)
    assert shot.rgb[:8].mean() < 60 and shot.rgb[-8:].mean() > 150  # turned clockwise: the left is the top


def test_a_camera_of_the_stored_pixels_keeps_a_video_as_stored(tmp_path: Path, camera: Path) -> None:
    with pytest.warns(InputWarning, match="left as stored"):
        source = open_source(held_upright(tmp_path / "phone.mp4"), camera)
    assert next(source.shots()).rgb.shape == (HEIGHT, WIDTH, 3)


def cut_off(path: Path) -> Path:
    data = write_video(path, [0.0, 0.1]).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def spoilt(tmp_path: Path, camera: Path) -> dict[str, tuple[dict[str, object], str]]:
    """Arguments of `open_source`, and what is said of them."""
    pictures = write_pictures(tmp_path / "frames", [1])
    video = write_video(tmp_path / "video.mp4", [0.0, 0.1])
    bop = make_bop_set(tmp_path / "set")
    (tmp_path / "empty").mkdir()
    return {
        "nothing there": ({"path": tmp_path / "gone"}, "gone: found no such file or folder, expected a f"),
        "another file": ({"path": camera}, "camera.json: found a file .json, expected a folder of numbered"),
        "no pictures": ({"path": tmp_path / "empty", "camera": camera}, "empty: found no pictures"),
        "no camera": ({"path": pictures}, "frames: found no camera, .*; give its file with camera="),
        "no camera of a video": ({"path": video}, r"video\.mp4: found no camera"),
        "a BOP set": ({"path": bop}, "set: found a BOP set of 2 scenes.*give one, e.g. .*000001"),
        "a camera of a scene": ({"path": bop / "test/000001", "camera": camera}, "leave camera= out"),
        "depth of a video": ({"path": video, "camera": camera, "depth": pictures}, "leave depth= out, or"),
        "a topic of pictures": ({"path": pictures, "camera": camera, "topic": "/rgb"}, "leave topic= out"),
        "a rate of 0": ({"path": pictures, "camera": camera, "rate": 0.0}, "rate: found 0.0, exp"),
        "a scale of nothing": ({"path": pictures, "camera": camera, "depth_scale": 1.0}, "give depth= too"),
        "a cut-off video": ({"path": cut_off(tmp_path / "cut.mp4"), "camera": camera}, r"cut\.mp4: found"),
    }  # fmt: skip


def test_what_is_no_source_is_refused_with_the_cure(tmp_path: Path, camera: Path) -> None:
    for arguments, complaint in spoilt(tmp_path, camera).values():
        with pytest.raises(InputError, match=complaint):
            list(open_source(**arguments).shots())
