"""Bags of ROS: colours with their camera and depth of their time; several topics are listed, not guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="needs the extra objpose[bags]")
pytest.importorskip("mcap", reason="needs mcap, which writes the bags of this test")

from objpose.errors import InputError, InputWarning
from objpose.io.frame_sources import open_source
from objpose.io.frame_sources.pairing import LATEST, MOST_APART, paired
from tests.io.ros_bags import (
    HEIGHT,
    NOW,
    ROS1,
    ROS2,
    WIDTH,
    Messages,
    Recorded,
    compressed_floats,
    png,
    write_bag,
)

COLOUR, INFO = "/camera/color/image_raw", "/camera/color/camera_info"
DEPTH = "/camera/aligned_depth_to_color/image_raw"
RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
MILLIMETRES = RNG.integers(500, 2000, (HEIGHT, WIDTH), dtype=np.uint16)
MILLIMETRES[3, 4] = 0


def recorded(make: Messages, count: int = 3) -> list[Recorded]:
    """Colours at 30 Hz with their camera; depth 4 ms later, of a value that counts up."""
    messages: list[Recorded] = []
    for i in range(count):
        time = i / 30
        messages.append((COLOUR, time, make.image(time, RGB, "rgb8")))
        messages.append((INFO, time, make.info(time)))
        depth = np.full((HEIGHT, WIDTH), 500 + i, np.uint16)
        messages.append((DEPTH, time + 0.004, make.image(time + 0.004, depth, "16UC1")))
    return messages


STORAGES = {
    "ROS 1": ("rec.bag", ROS1, False),
    "ROS 2, SQLite": ("rec", ROS2, False),
    "ROS 2, MCAP": ("rec.mcap", ROS2, False),
    "MCAP by mcap": ("alone.mcap", ROS2, True),
}


@pytest.mark.parametrize("storage", STORAGES)
def test_a_bag_of_any_storage_holds_the_same_frames(tmp_path: Path, storage: str) -> None:
    name, store, by_mcap = STORAGES[storage]
    source = open_source(write_bag(tmp_path / name, recorded(Messages(store)), store, by_mcap))
    shots = list(source.shots())
    assert source.count == len(shots) == 3
    assert [shot.timestamp - NOW for shot in shots] == pytest.approx([0, 1 / 30, 2 / 30], abs=1e-6)
    assert [float(shot.depth[0, 0]) for shot in shots] == pytest.approx([0.5, 0.501, 0.502])
    for shot in shots:
        assert (shot.rgb == RGB).all() and shot.camera.fx == 40.0 and shot.camera.lens is None
    assert [shot.index for shot in source.shots(1, 2)] == [1]


def one_of_each(tmp_path: Path, colour: object = None, depth: object = None) -> Path:
    """A bag of one picture, its camera and, where it is given, its depth."""
    make = Messages()
    messages: list[Recorded] = [
        (COLOUR, 0.0, colour or make.image(0.0, RGB, "rgb8")),
        (INFO, 0.0, make.info(0.0)),
    ]
    return write_bag(tmp_path / "rec", messages + ([] if depth is None else [(DEPTH, 0.0, depth)]))


GREY = RGB[..., 0]
ENCODED = {
    "bgr8": (RGB[..., ::-1], RGB, 0),
    "rgba8": (np.dstack([RGB, GREY]), RGB, 0),
    "bgra8": (np.dstack([RGB[..., ::-1], GREY]), RGB, 0),
    "mono8": (GREY, np.repeat(GREY[..., None], 3, 2), 0),
    "rgb8": (RGB, RGB, 5),  # rows with bytes behind them
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_colours_of_any_encoding_are_rgb(tmp_path: Path, encoding: str) -> None:
    stored, expected, padding = ENCODED[encoding]
    bag = one_of_each(tmp_path, Messages().image(0.0, stored, encoding, padding=padding))
    [shot] = open_source(bag).shots()
    assert (shot.rgb == expected).all()


def test_compressed_colours_are_read(tmp_path: Path) -> None:
    bag = one_of_each(tmp_path, Messages().compressed(0.0, png(RGB), "rgb8; png compressed bgr8"))
    [shot] = open_source(bag).shots()
    assert (shot.rgb == RGB).all()


METRES = (MILLIMETRES / 1000).astype(np.float32)
NO_NUMBERS = METRES.copy()
NO_NUMBERS[3, 4] = np.nan
HEAD = bytes(12)
DEPTHS = {
    "16UC1": lambda make: make.image(0.0, MILLIMETRES, "16UC1"),
    "16UC1 of the other byte order": lambda make: make.image(0.0, MILLIMETRES.astype(">u2"), "16UC1"),
    "32FC1": lambda make: make.image(0.0, NO_NUMBERS, "32FC1"),
    "PNG": lambda make: make.compressed(0.0, png(MILLIMETRES), "16UC1; png compressed "),
    "compressedDepth": lambda make: make.compressed(
        0.0, HEAD + png(MILLIMETRES), "16UC1; compressedDepth png"
    ),
}


@pytest.mark.parametrize("kind", DEPTHS)
def test_depth_of_any_encoding_is_metres(tmp_path: Path, kind: str) -> None:
    [shot] = open_source(one_of_each(tmp_path, depth=DEPTHS[kind](Messages()))).shots()
    assert shot.depth is not None and shot.depth.dtype == np.float32
    assert np.allclose(shot.depth, METRES, atol=1e-6) and shot.depth[3, 4] == 0


def test_compressed_depth_of_floats_is_metres(tmp_path: Path) -> None:
    message = Messages().compressed(0.0, compressed_floats(METRES), "32FC1; compressedDepth png")
    [shot] = open_source(one_of_each(tmp_path, depth=message)).shots()
    assert shot.depth is not None and shot.depth[3, 4] == 0
    assert np.abs(shot.depth - METRES).max() < 5e-4  # half a step of z^2 / 10100 at 2 m


def test_a_lens_is_the_cameras_and_rectified_pictures_have_none(tmp_path: Path) -> None:
    make, D = Messages(), (0.1, -0.2, 0.001, 0.002, 0.05)
    picture, info = make.image(0.0, RGB, "rgb8"), make.info(0.0, D, fx=50.0)
    with pytest.warns(InputWarning, match="a rectified image with another camera"):
        raw = open_source(write_bag(tmp_path / "raw", [(COLOUR, 0.0, picture), (INFO, 0.0, info)]))
    camera = next(raw.shots()).camera
    assert camera.distortion == D and camera.fx == 40.0
    rect = "/camera/color/image_rect_color"
    source = open_source(write_bag(tmp_path / "rect", [(rect, 0.0, picture), (INFO, 0.0, info)]))
    camera = next(source.shots()).camera
    assert camera.distortion is None and camera.fx == 50.0


def test_depth_in_another_frame_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    depth = Messages().image(0.0, MILLIMETRES, "16UC1", frame="camera_depth_optical_frame")
    bag = one_of_each(tmp_path, depth=depth)
    with pytest.warns(InputWarning, match="registered to the colours; the depth is left out"):
        [shot] = open_source(bag).shots()
    assert shot.depth is None
    [shot] = open_source(bag, depth=DEPTH).shots()
    assert shot.depth is not None


def test_of_depth_topics_the_one_in_the_frame_of_the_colours_is_taken(tmp_path: Path) -> None:
    make = Messages()
    other = make.image(0.0, MILLIMETRES[:12], "16UC1", frame="camera_depth_optical_frame")
    messages = [*recorded(make, 1), ("/camera/depth/image_rect_raw", 0.0, other)]
    [shot] = open_source(write_bag(tmp_path / "rec", messages)).shots()
    assert shot.depth is not None and shot.depth[0, 0] == pytest.approx(0.5)


def test_several_topics_are_listed_and_one_may_be_named(tmp_path: Path) -> None:
    make, other = Messages(), "/hand/image_raw"
    messages = [*recorded(make, 1), (other, 0.0, make.image(0.0, RGB[::-1], "rgb8"))]
    messages.append(("/hand/camera_info", 0.0, make.info(0.0)))
    bag = write_bag(tmp_path / "rec", messages)
    listed = rf"{COLOUR} \(colour\), {other} \(colour\), expected one topic.*topic="
    with pytest.raises(InputError, match=listed):
        open_source(bag)
    [shot] = open_source(bag, topic=other).shots()
    assert (shot.rgb == RGB[::-1]).all()
    with pytest.raises(
        InputError, match=rf"topic='/no': found in .*{other} \(colour\), expected one of these"
    ):
        open_source(bag, topic="/no")


def test_pictures_that_are_there_raw_and_compressed_are_one_topic(tmp_path: Path) -> None:
    make = Messages()
    jpeg = make.compressed(0.0, png(RGB), "rgb8; png compressed bgr8")
    messages = [*recorded(make, 1), (f"{COLOUR}/compressed", 0.0, jpeg)]
    bag = write_bag(tmp_path / "rec", messages)
    assert len(list(open_source(bag).shots())) == 1
    assert len(list(open_source(bag, topic=f"{COLOUR}/compressed").shots())) == 1


def test_infrared_beside_colours_is_not_meant(tmp_path: Path) -> None:
    make = Messages()
    messages = [*recorded(make, 1), ("/camera/infra1/image_rect_raw", 0.0, make.image(0.0, GREY, "mono8"))]
    [shot] = open_source(write_bag(tmp_path / "rec", messages)).shots()
    assert (shot.rgb == RGB).all()


REFUSED = {
    "no camera": ([(COLOUR, Messages().image(0.0, RGB, "rgb8"))], "found no camera_info.*give .* camera="),
    "no pictures": ([(INFO, Messages().info(0.0))], "found no topic of pictures"),
    "Bayer": (
        [(COLOUR, Messages().image(0.0, GREY, "bayer_rggb8")), (INFO, Messages().info(0.0))],
        "found encoding bayer_rggb8",
    ),
    "a camera of another size": (
        [(COLOUR, Messages().image(0.0, RGB, "rgb8")), (INFO, Messages().info(0.0, width=WIDTH + 2))],
        f"{COLOUR}: found 32 x 24, expected 34 x 24",
    ),
    "RVL": (
        [
            (COLOUR, Messages().image(0.0, RGB, "rgb8")),
            (INFO, Messages().info(0.0)),
            (DEPTH, Messages().compressed(0.0, b"0" * 40, "16UC1; compressedDepth rvl")),
        ],
        "depth compressed by RVL",
    ),
    "small depth": (
        [
            (COLOUR, Messages().image(0.0, RGB, "rgb8")),
            (INFO, Messages().info(0.0)),
            (DEPTH, Messages().image(0.0, MILLIMETRES[:12], "16UC1")),
        ],
        f"{DEPTH}: found 32 x 12, expected 32 x 24",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_by_its_topic(tmp_path: Path, case: str) -> None:
    messages, complaint = REFUSED[case]
    bag = write_bag(tmp_path / "rec", [(topic, 0.0, message) for topic, message in messages])
    with pytest.raises(InputError, match=complaint):
        list(open_source(bag).shots())


@pytest.mark.parametrize("name", ["rec.bag", "rec.mcap"])
def test_a_damaged_bag_is_refused(tmp_path: Path, name: str) -> None:
    store = ROS1 if name.endswith(".bag") else ROS2
    bag = write_bag(tmp_path / name, recorded(Messages(store)), store)
    bag.write_bytes(bag.read_bytes()[:500])
    with pytest.raises(InputError, match=r"rec.*: found .*expected a bag of ROS 1"):
        list(open_source(bag).shots())


def test_a_picture_that_is_not_after_the_one_before_is_left_out(tmp_path: Path) -> None:
    make = Messages()
    pictures = [(COLOUR, time, make.image(time, RGB, "rgb8")) for time in (0.0, 0.1, 0.1, 0.2)]
    source = open_source(write_bag(tmp_path / "rec", [(INFO, 0.0, make.info(0.0)), *pictures]))
    with pytest.warns(InputWarning, match="times that grow; that frame is left out"):
        shots = list(source.shots())
    assert [shot.timestamp - NOW for shot in shots] == pytest.approx([0, 0.1, 0.2], abs=1e-6)


def test_a_bag_of_any_camera_file(tmp_path: Path) -> None:
    (tmp_path / "camera.json").write_text('{"K": [41, 0, 15.5, 0, 41, 11.5, 0, 0, 1]}')
    bag = write_bag(tmp_path / "rec", [(COLOUR, 0.0, Messages().image(0.0, RGB, "rgb8"))])
    [shot] = open_source(bag, camera=tmp_path / "camera.json").shots()
    assert shot.camera.fx == 41.0


@pytest.mark.parametrize("seed", range(5))
def test_each_colour_is_paired_with_the_depth_nearest_in_time(seed: int) -> None:
    """Against a search of all, with jitter, dropped messages and depth that is recorded late."""
    generator = np.random.default_rng(seed)
    times = np.arange(60) / 30
    colours = times[generator.random(60) > 0.2]
    depths = (times + generator.normal(0, 0.008, 60))[generator.random(60) > 0.3]
    late = generator.uniform(0, LATEST / 2, len(depths))
    arrivals = [(time, False, time) for time in colours]
    arrivals += [(time + wait, True, time) for time, wait in zip(np.sort(depths), np.sort(late), strict=True)]
    found = list(paired((is_depth, time, time) for _, is_depth, time in sorted(arrivals)))
    assert [time for time, *_ in found] == list(colours)
    for time, colour, depth in found:
        nearest = depths[np.abs(depths - time).argmin()]
        assert colour == time and depth == (nearest if abs(nearest - time) <= MOST_APART else None)


def test_colours_do_not_wait_for_depth_that_never_comes() -> None:
    """No more of them are held than come in the time that a message may be late."""
    taken = 0

    def messages():
        nonlocal taken
        yield True, 0.0, 0.0
        for i in range(300):
            taken += 1
            yield False, i / 30, i / 30

    held = [taken - i for i, _ in enumerate(paired(messages()))]
    assert max(held) <= LATEST * 30 + 2
