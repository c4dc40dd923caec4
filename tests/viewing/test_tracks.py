"""Tracks: states read back, the timeline's colours, and the panel that goes along it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from objpose.cli.track_files import write_tables
from objpose.cli.track_records import state_record
from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.io.videos import VideoPictures, video_writer
from objpose.overlay import STATUS_COLORS
from objpose.tracking import Status, TrackState
from objpose.viewing.timeline import HEIGHT, WIDTH, draw_timeline
from objpose.viewing.track_file import TrackedFrame, read_track, track_inputs
from objpose.viewing.tracks import TrackPanel, show_track
from tests.synthetic import CAMERA, looking, onboarded

STORY = [Status.SEARCHING, Status.TRACKING, Status.TRACKING, Status.LOST]
NAME = "printed_box"


def state(number: int) -> TrackState:
    status = STORY[number]
    here = SE3.exp(torch.tensor([0.01 * number, 0.0, 0, 0, 0, 0])) @ looking(0)
    found = None if status is Status.SEARCHING else here
    covariance = 1e-6 * torch.eye(6) if status is Status.TRACKING else torch.full((6, 6), torch.inf)
    return TrackState(NAME, status, found, 0.25 * number, covariance, None, number / 10, "told so", 0.0)


@pytest.fixture
def tracked(tmp_path: Path) -> Path:
    """states.json of four frames, with its video."""
    model = onboarded(NAME)
    stored = replace(model, folder=model.save(tmp_path / NAME))
    records = [
        {"frame": 2 * i, "name": "", "timestamp": i / 10, "states": [state_record(state(i))]}
        for i in range(len(STORY))
    ]
    run = SimpleNamespace(folder=tmp_path, identity={"objects": [NAME]}, records=lambda: iter(records))
    write_tables(run, track_inputs([stored], [NAME], SimpleNamespace(camera=CAMERA)))
    with video_writer(tmp_path / "overlay.mp4", 64, 48) as add:
        for i in range(len(STORY)):
            add(np.full((48, 64, 3), 60 * i, np.uint8), i / 10)
    return tmp_path / "states.json"


def test_what_was_written_is_read(tracked: Path) -> None:
    found = read_track(tracked)
    assert [frame.index for frame in found.frames] == [0, 2, 4, 6]
    assert [frame.states[0].status for frame in found.frames] == STORY
    assert found.frames[0].states[0].cam_from_obj is None
    assert found.frames[1].states[0].covariance is not None
    assert found.frames[3].states[0].covariance is None  # what was not finite
    assert found.camera is not None and torch.allclose(found.camera.K, CAMERA.K)
    assert found.video == tracked.parent / "overlay.mp4"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"inputs": None}, "states without their inputs"),
        ({"frames": []}, "no frames"),
    ],
)
def test_what_cannot_be_shown_is_refused(tracked: Path, changed: dict, message: str) -> None:
    tracked.write_text(json.dumps(json.loads(tracked.read_text()) | changed))
    with pytest.raises(InputError, match=message):
        read_track(tracked)


def test_an_unknown_status_is_refused(tracked: Path) -> None:
    tracked.write_text(tracked.read_text().replace('"lost"', '"asleep"'))
    with pytest.raises(InputError, match="asleep"):
        read_track(tracked)


def test_the_timeline_has_the_colours_and_heights_of_the_states() -> None:
    frames = [TrackedFrame(i, i / 10, (state(i),)) for i in range(len(STORY))]
    picture = draw_timeline(frames, now=0)
    for i, status in enumerate(STORY):
        column = picture[:HEIGHT, (2 * i + 1) * WIDTH // 8 + 20]
        colored = (column == STATUS_COLORS[status]).all(-1)
        assert colored[-1]
        assert abs(colored.sum() / HEIGHT - (0.15 + 0.85 * 0.25 * i)) < 0.06
    moved = (draw_timeline(frames, now=3) != picture).any(-1).any(0)
    assert (
        moved[: WIDTH // 4].any() and moved[-WIDTH // 4 :].any() and not moved[WIDTH // 4 : WIDTH // 2].any()
    )


def test_the_panel_goes_along(server, tracked: Path) -> None:
    result = read_track(tracked)
    panel = TrackPanel(server, result, 0.6)
    assert not panel.meshes[NAME].visible  # never seen yet
    panel.slider.value = 2
    panel.show()
    here = result.frames[2].states[0].cam_from_obj
    np.testing.assert_allclose(panel.meshes[NAME].position, here.translation, atol=1e-6)
    assert panel.meshes[NAME].visible and "told so" in panel.words.content
    assert abs(float(panel.picture.image.mean()) - 120) < 6


def test_it_plays_to_the_end(server, tracked: Path) -> None:
    panel = TrackPanel(server, read_track(tracked), 0.6)
    panel.plays.value = True
    until = time.monotonic() + 30
    while panel.plays.value and time.monotonic() < until:
        time.sleep(0.02)
    assert not panel.plays.value and panel.slider.value == len(STORY) - 1
    assert panel.words.content.startswith("Frame 6")


def test_a_track_without_a_video_is_shown(server, tracked: Path) -> None:
    (tracked.parent / "overlay.mp4").unlink()
    show_track(server, read_track(tracked))


def test_pictures_are_found_by_time_in_any_order(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.1, 0.5, 2.0, 2.03]
    with video_writer(tmp_path / "v.mp4", 64, 48) as add:
        for i, time in enumerate(times):
            add(np.full((48, 64, 3), 40 * i, np.uint8), 7.0 + time)
    video = VideoPictures(tmp_path / "v.mp4")
    for i in (0, 1, 2, 5, 0, 4, 3, 3, 1):
        assert abs(float(video.at(times[i]).mean()) - 40 * i) < 4
    video.close()


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match="v.mp4"):
        VideoPictures(tmp_path / "v.mp4")
