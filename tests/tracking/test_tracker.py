"""The tracker on short films: it follows, is as honest as can be, and finds again what it lost."""

from __future__ import annotations

import gc
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.tracking import Status, Tracker, TrackerOptions, TrackState
from tests.synthetic import make_scene, onboarded
from tests.tracking.films import CLUTTER, bare, black, film, millimetres, path, without_depth

ALONE, WAIT = TrackerOptions(search="never"), TrackerOptions(search="wait")


def run(
    name: str, frames: Sequence[Frame], options: TrackerOptions = ALONE, seed: int = 1
) -> list[TrackState]:
    with Tracker(onboarded(name), path(name, seed=seed)[0], options) as tracker:
        return [tracker.update(frame)[0] for frame in frames]


def off(name: str, states: Sequence[TrackState], seed: int = 1) -> Tensor:
    return torch.tensor([millimetres(*pair) for pair in zip(states, path(name, seed=seed), strict=False)])


@pytest.mark.parametrize("name", ["printed_box", "mug"])
def test_colour_follows_to_some_millimetres(name: str) -> None:
    states = run(name, without_depth(film(name)))
    assert all(state.status is Status.TRACKING for state in states)
    assert off(name, states).median() < 3 and off(name, states).max() < 12


@pytest.mark.parametrize("name", ["printed_box", "mug", "painted_blob"])
def test_depth_follows_to_a_millimetre(name: str) -> None:
    states = run(name, film(name))
    assert all(state.status is Status.TRACKING for state in states)
    assert off(name, states).median() < 0.6 and off(name, states).max() < 3


@pytest.mark.parametrize("agility", [0.0, 1.0])
def test_agility_at_its_ends_still_follows(agility: float) -> None:
    states = run("printed_box", without_depth(film("printed_box")), replace(ALONE, agility=agility))
    assert all(state.is_trusted for state in states) and off("printed_box", states).max() < 15


def test_frames_with_and_without_depth_may_take_turns() -> None:
    frames = [frame if i % 3 else frame.without_depth() for i, frame in enumerate(film("mug"))]
    states = run("mug", frames)
    assert all(state.is_trusted for state in states) and off("mug", states).max() < 6
    assert [state.stats["surface"] > 0 for state in states] == [i % 3 > 0 for i in range(len(frames))]


def test_the_same_frames_give_the_same_states() -> None:
    """Also where it has to be found first, in whole pictures."""
    frames = [*film("printed_box")[:5], black(), black(), black(), *film("printed_box")[5:9]]
    runs = []
    for _ in range(2):
        with Tracker(onboarded("printed_box"), options=WAIT) as tracker:
            runs.append([tracker.update(frame)[0] for frame in frames])
    assert {state.status for state in runs[0]} >= {Status.SEARCHING, Status.TRACKING}
    for one, other in zip(*runs, strict=True):
        assert (one.status, one.confidence, one.reason, one.stats) == (
            other.status,
            other.confidence,
            other.reason,
            other.stats,
        )
        if one.cam_from_obj is not None:
            assert torch.equal(one.cam_from_obj.wxyz_xyz, other.cam_from_obj.wxyz_xyz)


def test_latest_is_what_was_said_last_in_any_thread() -> None:
    with Tracker(onboarded("mug"), path("mug")[0], ALONE) as tracker:
        assert tracker.latest() == ()
        for frame in film("mug")[:3]:
            states, seen = tracker.update(frame), []
            reader = threading.Thread(target=lambda: seen.append(tracker.latest()))  # noqa: B023 - joined
            reader.start()
            reader.join()
            assert seen == [states]


def test_readers_never_wait_for_a_frame() -> None:
    """Whoever asks meanwhile gets whole states of one frame, and never older ones than before."""
    with Tracker(onboarded("mug"), path("mug")[0], ALONE) as tracker:
        done, times = threading.Event(), []

        def read() -> None:
            while not done.is_set():
                times.extend(state.timestamp for state in tracker.latest())
                done.wait(1e-4)

        reader = threading.Thread(target=read)
        reader.start()
        for frame in film("mug")[:20]:
            tracker.update(frame)
        done.set()
        reader.join()
    assert times == sorted(times) and len(set(times)) > 5


def test_an_object_with_an_origin_is_the_same_object_elsewhere() -> None:
    """Of a mesh far from its origin: poses are of the object's own frame, in float64."""
    origin = torch.tensor([2.0, -30.0, 500.0], dtype=torch.float64)
    model = replace(onboarded("mug"), origin=tuple(origin.tolist()))
    start = model.cam_from_obj(path("mug")[0])
    with Tracker(model, start, ALONE) as tracker:
        states = [tracker.update(frame)[0] for frame in film("mug")[:10]]
    for state, expected in zip(states, run("mug", film("mug")[:10]), strict=True):
        assert state.cam_from_obj.wxyz_xyz.dtype == torch.float64
        assert expected.cam_from_obj.wxyz_xyz.dtype == torch.float32
        torch.testing.assert_close(
            state.cam_from_obj.apply(origin).float(), expected.cam_from_obj.translation, rtol=0, atol=1e-4
        )


def test_a_symmetric_object_does_not_spin() -> None:
    """A can, free to turn about its axis: what nothing tells is left as it was."""
    states = run("can", film("can"))
    assert all(state.is_trusted for state in states)
    axis = torch.tensor([0.0, 0.0, 1.0])
    for state, truth in zip(states, path("can"), strict=True):
        cosine = state.cam_from_obj.rotation.apply(axis) @ truth.rotation.apply(axis)
        assert cosine > 0.999
    for one, next_one in zip(states, states[1:], strict=False):
        assert (next_one.cam_from_obj.rotation @ one.cam_from_obj.rotation.inverse()).angle().rad2deg() < 8


def test_a_lens_is_no_matter() -> None:
    """Frames of the same scene that say they have one that bends nothing."""
    camera = replace(film("mug")[0].camera, distortion=(1e-9, 0.0, 0.0, 0.0))
    bent = [Frame(frame.rgb, camera, frame.depth) for frame in film("mug")[:5]]
    assert off("mug", run("mug", bent)).max() < 3


def test_nothing_piles_up() -> None:
    frames = film("printed_box")[:8:2]
    with Tracker(onboarded("printed_box"), path("printed_box")[0], ALONE) as tracker:
        counts = []
        for _ in range(3):  # there and back again, and twice out of view
            for frame in (*frames, *frames[::-1], bare(), bare(), bare(), frames[0]):
                tracker.update(frame)
            gc.collect()
            counts.append(sum(type(thing) is Tensor for thing in gc.get_objects()))
    assert abs(counts[-1] - counts[1]) <= 3


def test_objects_are_followed_in_the_order_they_were_given() -> None:
    names = ["mug", "printed_box"]
    poses = {name: path(name)[0] for name in names}
    with Tracker([onboarded(name) for name in names], poses, ALONE) as tracker:
        states = tracker.update(film("mug")[0])
    assert [state.object for state in states] == names
    assert states[0].is_trusted


def test_out_of_the_picture_it_is_lost_and_not_followed_out_there() -> None:
    """Carried out at the side, 2 cm a frame."""
    start, model = path("printed_box")[0], onboarded("printed_box")
    states = []
    with Tracker(model, start, ALONE) as tracker:
        for step in range(25):
            shift = torch.tensor([0.02 * step, 0.0, 0.0])
            pose = SE3.from_rotation_translation(start.rotation, start.translation + shift)
            frame = make_scene(model.mesh, pose, CLUTTER, 1).frame
            states.append(tracker.update(frame.without_depth())[0])
    assert states[5].is_trusted and states[-1].status is Status.LOST
