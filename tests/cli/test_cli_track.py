"""`objpose track`: what it writes, how it goes on, what it refuses; the tracker says what it is told to."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from click.testing import Result

import objpose
from objpose.cli.track_pictures import choose_tiles
from objpose.frame import Frame
from objpose.geometry import SE3, Camera
from objpose.io import read_image, write_image
from objpose.io.frame_sources import Shot, open_source, realsense
from objpose.tracking import Status, TrackState

Command = Callable[..., Result]
WIDTH, HEIGHT = 96, 72
STORY = [Status.SEARCHING, Status.TRACKING, Status.TRACKING, Status.UNCERTAIN, Status.LOST, Status.REACQUIRED]
PLACE = torch.tensor([[1.0, 0, 0, 0.02], [0, -1.0, 0, -0.01], [0, 0, -1.0, 0.6], [0, 0, 0, 1]])


class ToldTracker:
    """Says of every object the statuses of STORY, frame by frame, at a place that moves 1 cm a frame."""

    made: list[ToldTracker] = []
    fails_at: int | None = None  # the picture's grey at which it is interrupted

    def __init__(self, models: Any, start: Any = None, options: Any = None):
        self.names, self.start, self.options = [model.name for model in models], start, options
        ToldTracker.made.append(self)

    def __enter__(self) -> ToldTracker:
        return self

    def __exit__(self, *of: object) -> None:
        self.closed = True

    def update(self, frame: Frame, timestamp: float | None = None) -> tuple[TrackState, ...]:
        number = int(frame.rgb[0, 0, 0])
        if number == ToldTracker.fails_at:
            raise KeyboardInterrupt
        status = STORY[number % len(STORY)]
        matrix = PLACE.clone()
        matrix[0, 3] += 0.01 * number
        found = None if status is Status.SEARCHING else SE3.from_matrix(matrix)
        covariance = torch.full((6, 6), torch.inf) if status is Status.LOST else torch.eye(6)
        return tuple(
            TrackState(
                name, status, found, 0.5, covariance, torch.arange(6.0), timestamp or 0.0, "told so", 0.004,
                {"lines": 100.0},
            )
            for name in self.names
        )  # fmt: skip


@pytest.fixture(autouse=True)
def tracker(monkeypatch: pytest.MonkeyPatch) -> type[ToldTracker]:
    monkeypatch.setattr(objpose, "Tracker", ToldTracker)
    monkeypatch.setattr(ToldTracker, "made", [])
    monkeypatch.setattr(ToldTracker, "fails_at", None)
    return ToldTracker


def write_frames(folder: Path, count: int = 12) -> Path:
    """Pictures that show their number as their grey, and a camera beside them."""
    for number in range(count):
        write_image(folder / f"{number:03d}.png", np.full((HEIGHT, WIDTH, 3), number, np.uint8))
    K = [100.0, 0, 47.5, 0, 100.0, 35.5, 0, 0, 1]
    folder.with_name("camera.json").write_text(json.dumps({"K": K, "width": WIDTH, "height": HEIGHT}))
    return folder


@pytest.fixture
def run(objpose_command: Command, tmp_path: Path) -> Command:
    """Runs `objpose track` on twelve frames with the example object, into the folder `found`."""
    write_frames(tmp_path / "frames")
    rest = ["--object", "watering_can", "--camera", "camera.json", "--out", "found"]
    return lambda *more, frames="frames": objpose_command("track", frames, *rest, *more)


def frames_of(folder: str = "found") -> list[dict]:
    return json.loads(Path(folder, "states.json").read_text())["frames"]


def test_tables_hold_what_the_tracker_said(run: Command, tracker: type[ToldTracker]) -> None:
    result = run("--agility", 0.8, "--seed", 3, "--rate", 10)
    assert result.exit_code == 0, result.stderr
    names = sorted(path.name for path in Path("found").iterdir())
    assert names == ["overlay.mp4", "poses.csv", "states.json", "strip.jpg"]
    assert tracker.made[0].options == objpose.TrackerOptions(0.8, "wait", 3) and tracker.made[0].closed
    rows = list(csv.DictReader(Path("found/poses.csv").read_text().splitlines()))
    assert [row["status"] for row in rows] == [STORY[i % 6].value for i in range(12)]
    assert [float(row["timestamp_s"]) for row in rows] == pytest.approx([i / 10 for i in range(12)])
    assert [row["frame"] for row in rows] == [str(i) for i in range(12)]
    assert rows[0]["tx_m"] == rows[4]["tx_m"] == ""  # searching and lost: no pose of this frame
    assert float(rows[1]["tx_m"]) == pytest.approx(0.03) and float(rows[1]["r22"]) == -1
    states = [frame["states"][0] for frame in frames_of()]
    assert states[4]["cam_from_obj"][0][3] == pytest.approx(0.06) and states[4]["covariance"][0][0] is None
    assert states[1]["velocity"] == [0, 1, 2, 3, 4, 5] and states[1]["stats"] == {"lines": 100}
    assert [state["is_trusted"] for state in states[:6]] == [False, True, True, False, False, True]
    assert states[0]["cam_from_obj"] is None and states[0]["reason"] == "told so"
    assert "watering_can: trusted in 6 of 12 frames, lost 2 times, 4.0 ms" in result.stdout


def test_pictures_show_every_frame_and_some_in_a_strip(run: Command) -> None:
    assert run().exit_code == 0
    with av.open("found/overlay.mp4") as video:
        pictures = [picture.to_ndarray(format="rgb24") for picture in video.decode(video=0)]
    assert len(pictures) == 12 and pictures[0].shape == (HEIGHT, WIDTH, 3)
    strip = read_image("found/strip.jpg")
    assert strip.shape == (3 * 364 - 4, 4 * 484 - 4, 3)  # twelve tiles of 480 x 360


def test_each_step_of_frames_is_taken(run: Command) -> None:
    assert run("--step", 5).exit_code == 0
    assert [frame["frame"] for frame in frames_of()] == [0, 5, 10]


def test_an_interrupted_run_goes_on_from_the_last_poses(run: Command, tracker: type[ToldTracker]) -> None:
    tracker.fails_at = 9
    first = run()
    assert first.exit_code == 130 and "the same command goes on" in first.stderr
    assert [path.name for path in Path("found").iterdir()] == ["track.partial"]
    with Path("found/track.partial").open("a") as file:
        file.write('{"frame": 9, "na')  # what a power cut leaves
    tracker.fails_at = None
    second = run()
    assert second.exit_code == 0 and "goes on from frame 9" in second.stderr
    [start] = tracker.made[1].start.values()
    assert float(start.translation[0]) == pytest.approx(0.02 + 0.08)
    assert [frame["frame"] for frame in frames_of()] == list(range(12))
    assert not Path("found/track.partial").exists()


def test_an_object_lost_at_the_interruption_is_looked_for(run: Command, tracker: type[ToldTracker]) -> None:
    tracker.fails_at = 5
    run()
    tracker.fails_at = None
    assert run().exit_code == 0 and tracker.made[1].start is None


def test_a_run_of_other_settings_begins_anew_and_says_so(run: Command, tracker: type[ToldTracker]) -> None:
    tracker.fails_at = 9
    run()
    tracker.fails_at = None
    again = run("--agility", 0.2)
    assert again.exit_code == 0 and "begun anew" in again.stderr
    assert tracker.made[1].start is None and len(frames_of()) == 12


def test_the_same_run_may_be_repeated_and_another_may_not(run: Command, tmp_path: Path) -> None:
    assert run().exit_code == 0 and run().exit_code == 0
    before = Path("found/poses.csv").read_bytes()
    write_frames(tmp_path / "others", 2)
    refused = run(frames="others")
    assert refused.exit_code == 2 and "found: found a track of the frames" in refused.stderr
    assert "give --replace to lose what is there" in refused.stderr
    assert Path("found/poses.csv").read_bytes() == before
    assert run("--replace", frames="others").exit_code == 0 and len(frames_of()) == 2


def test_results_of_something_else_are_not_lost(run: Command) -> None:
    Path("found").mkdir()
    Path("found/poses.csv").write_text("scene_id,im_id\n")
    result = run()
    assert result.exit_code == 2 and "which is not of objpose track" in result.stderr
    assert Path("found/poses.csv").read_text() == "scene_id,im_id\n"


START = {"poses": [{"object": "watering_can", "cam_from_obj": PLACE.tolist(), "confidence": 0.9}]}


@pytest.mark.parametrize("content", [START, {"watering_can": PLACE.tolist()}])
def test_a_start_is_of_an_estimate_or_of_matrices(
    run: Command, tracker: type[ToldTracker], content: dict
) -> None:
    Path("start.json").write_text(json.dumps(content))
    assert run("--start", "start.json").exit_code == 0
    assert torch.allclose(tracker.made[0].start["watering_can"].matrix().float(), PLACE)


def test_bad_arguments_are_refused_in_their_own_words(run: Command, objpose_command: Command) -> None:
    Path("start.json").write_text(json.dumps({"mug": PLACE.tolist()}))
    Path("mirrored.json").write_text(
        json.dumps({"watering_can": torch.diag(torch.tensor([1.0, 1, -1, 1])).tolist()})
    )
    cases = {
        ("--start", "start.json"): "start.json: found poses of mug, expected one of watering_can",
        ("--start", "mirrored.json"): "found a 3x3 part with determinant -1, expected a rotation",
        ("--topic", "/rgb"): "leave --topic out",
        ("--camera", "realsense"): "found frames beside --camera realsense",
        ("--object", "watering_can"): "named watering_can as watering_can is",
    }  # fmt: skip
    for arguments, complaint in cases.items():
        result = run(*arguments)
        assert result.exit_code == 2 and complaint in result.stderr, result.stderr
        assert len(result.stderr.splitlines()) == 1 and not Path("found").exists()
    nothing = objpose_command("track", "--object", "watering_can", "--out", "found")
    assert nothing.exit_code == 2 and "FRAMES: found none" in nothing.stderr


def test_a_camera_without_its_driver_names_the_cure(
    objpose_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyrealsense2", None)
    result = objpose_command("track", "--camera", "realsense", "--object", "watering_can", "--out", "found")
    assert result.exit_code == 2 and "pip install pyrealsense2" in result.stderr


class Plugged:
    """A camera that shows five pictures before the user ends it."""

    is_live, count = True, None

    def shots(self, start: int = 0, step: int = 1) -> Iterator[Shot]:
        camera = Camera.from_K([100.0, 0, 47.5, 0, 100.0, 35.5, 0, 0, 1], WIDTH, HEIGHT, (0.1, 0, 0, 0))
        for number in range(5):
            pixels = np.full((HEIGHT, WIDTH, 3), number, np.uint8)
            yield Shot(number, f"{number}", 100 + number / 10, pixels, camera)
        raise KeyboardInterrupt


def test_a_camera_is_tracked_until_the_user_ends_it_and_recorded(
    objpose_command: Command, tracker: type[ToldTracker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realsense, "RealSenseFrames", Plugged)
    result = objpose_command("track", "--camera", "realsense", "--object", "watering_can", "--out", "found")
    assert result.exit_code == 0, result.stderr
    assert tracker.made[0].options.search == "background"  # no frame waits
    assert [frame["timestamp"] for frame in frames_of()] == pytest.approx([100, 100.1, 100.2, 100.3, 100.4])
    for video in ("camera.mp4", "overlay.mp4"):
        shots = list(open_source(Path("found", video), "found/camera.json").shots())
        assert [shot.timestamp for shot in shots] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=1e-3)
        assert shots[0].camera.distortion == (0.1, 0, 0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_the_strip_shows_first_last_and_every_change_that_fits(seed: int) -> None:
    generator = np.random.default_rng(seed)
    length = int(generator.integers(1, 200))
    statuses = [(str(one),) for one in (generator.random(length) < generator.choice([0.02, 0.5])).cumsum()]
    chosen = choose_tiles(statuses)
    changes = {i for i in range(1, length) if statuses[i] != statuses[i - 1]}
    assert chosen == sorted(set(chosen)) and len(chosen) == min(12, length)
    assert {0, length - 1} <= set(chosen)
    assert changes <= set(chosen) or set(chosen) - {0, length - 1} <= changes
