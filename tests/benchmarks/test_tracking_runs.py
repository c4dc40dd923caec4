"""The tracking benchmarks: paths, pictures and truth agree; tiny sets run, with who knows the truth."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from objpose.tracking import Status, TrackState

FRAMES = 4


class Knowing:
    """Tells the poses of a recording in turn, from the first on."""

    def __init__(self, recording):
        self.recording, self.index = recording, -1

    def reset(self, name, cam_from_obj):
        assert name == self.recording.object

    def update(self, frame, timestamp=None):
        self.index += 1
        found = self.recording.cam_from_obj[self.index]
        return (
            TrackState(self.recording.object, Status.TRACKING, found, 1.0, None, None, timestamp, "", 0.001),
        )


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("sequences")


def test_paths_have_the_speed_of_rbot_and_stay_in_view():
    from tracking_motion import Speed, hand_held
    from tracking_sequences import CAMERA

    for seed in range(3):
        centre = np.array([0.0, 0.0, 0.1])
        path = hand_held(200, centre, np.random.default_rng(seed))
        at = path.apply(torch.from_numpy(centre))
        turns = (path[1:] @ path[:-1].inverse()).rotation.angle().rad2deg()
        steps = at.diff(dim=0).norm(dim=-1)
        speed = Speed()
        assert (
            turns.mean() == pytest.approx(speed.degrees, rel=0.05) and turns.max() < speed.most_degrees + 1e-6
        )
        assert (
            steps.mean() == pytest.approx(speed.metres, rel=0.05) and steps.max() < speed.most_metres + 1e-6
        )
        # Smooth: what changes from one step to the next is a small part of a step.
        assert at.diff(n=2, dim=0).norm(dim=-1).median() < 0.25 * speed.metres
        pixels = CAMERA.project(at)
        assert (pixels > 0).all() and (pixels < torch.tensor([CAMERA.width, CAMERA.height])).all()
        assert at[:, 2].min() > 0.35 and at[:, 2].max() < 0.85


def test_backgrounds_move_by_their_shift():
    from tracking_backgrounds import shifted

    picture = np.random.default_rng(0).random((596, 736, 3)).astype(np.float32)
    still, moved = (shifted(picture, np.array(by), 640, 500) for by in ((0.0, 0.0), (3.0, -5.0)))
    assert np.allclose(still[:-3, 5:], moved[3:, :-5], atol=1e-6)
    half = shifted(picture, np.array([0.5, 0.0]), 640, 500)
    assert np.allclose(half[1:], (still[1:] + still[:-1]) / 2, atol=1e-6)


@pytest.mark.parametrize("variant", ["regular", "occlusion"])
def test_depth_and_truth_agree(cache, variant):
    from tracking_sequences import CAMERA, recording

    made = recording("jug", variant, depth=True, cache=cache, frames=FRAMES)
    for index in range(FRAMES):
        frame, pose = made.frame(index), made.cam_from_obj[index]
        at = pose.apply_points(made.points)
        column, row = CAMERA.project(at).round().long().T
        gap = at[:, 2] - frame.depth[row, column]
        gap = gap[frame.depth[row, column] > 0]
        assert (gap.abs() < 0.006).float().mean() > 0.15  # the side that is seen; the jug has an inside
        assert (
            gap < -0.02
        ).float().mean() < 0.2  # nothing of it lies before what was measured, but at borders


def test_the_picture_shows_the_thing_where_the_truth_says(cache):
    from tracking_sequences import CAMERA, recording

    made = recording("carton", "regular", cache=cache, frames=FRAMES)
    other = recording("carton", "noise", cache=cache, frames=FRAMES)
    assert (made.cam_from_obj.wxyz_xyz == other.cam_from_obj.wxyz_xyz).all()
    assert made.name == "train/carton/regular"
    first, last = (made.frame(index).rgb.float() for index in (0, FRAMES - 1))
    changed = (first - last).abs().sum(-1) > 60
    inside = CAMERA.project(made.cam_from_obj[0].apply_points(made.points)).round().long()
    assert changed[inside[:, 1], inside[:, 0]].float().mean() > 2 * changed.float().mean()


def test_what_is_kept_is_read_again(cache):
    from tracking_sequences import folder_of

    folder = folder_of("jug", "regular", "rgb", cache, FRAMES)
    times = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert folder_of("jug", "regular", "rgb", cache, FRAMES) == folder
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == times
    assert len(times) == FRAMES + 1


def test_the_rendered_set_runs(cache, capsys, monkeypatch):
    import tracking
    from tracking_sequences import recording

    @contextmanager
    def opened(tracker, made, camera, options):
        [variant] = options.variants
        yield Knowing(recording(made.name, variant, cache=cache, frames=FRAMES).every(options.steps[0]))

    monkeypatch.setattr(tracking, "opened", opened)
    arguments = ["rbot_like", "--objects", "jug", "--variants", "regular", "--frames", str(FRAMES)]
    scores = tracking.main([*arguments, "--steps", "2", "--each", "--cache", str(cache)])
    assert set(scores) == {
        "held/jug/regular, step 2",
        *(
            f"objpose, step 2, {reset} reset, {which}"
            for reset in ("with", "without")
            for which in ("regular", "all")
        ),
    }
    assert all(one.success == 1 and one.frames == 1 for one in scores.values())
    assert "100.0" in capsys.readouterr().out


def test_what_was_not_written_whole_is_not_kept(tmp_path):
    from tracking_cache import kept

    def broken(part):
        (part / "0.jpg").touch()
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        kept(tmp_path / "a" / "b", broken)
    assert list((tmp_path / "a").iterdir()) == []


class Watched(Knowing):
    """The same, that doubts from a frame on."""

    def __init__(self, recording, doubts_from):
        super().__init__(recording)
        self.doubts_from = doubts_from

    def update(self, frame, timestamp=None):
        [state] = super().update(frame, timestamp)
        return (replace(state, status=Status.LOST if self.index >= self.doubts_from else Status.TRACKING),)


@pytest.mark.parametrize(
    ("doubts_from", "noticed", "alarms"),
    [(5, 1, 7), (12, 1, 0), (16, 1, 0), (17, 0, 0), (99, 0, 0)],  # the mishap comes with frame 12
)
def test_a_loss_counts_as_noticed_within_five_frames(cache, monkeypatch, doubts_from, noticed, alarms):
    import tracking_losses

    @contextmanager
    def opened(tracker, made, camera, options):
        given, _ = tracking_losses.recording("removed", 0, options.half, options.cache)
        yield Watched(given, doubts_from)

    monkeypatch.setattr(tracking_losses, "opened", opened)
    tallies = tracking_losses.main(["--clips", "1", "--kinds", "removed", "--cache", str(cache)])
    tally = tallies["removed"]
    assert tally == tallies["all"]
    assert (tally.losses, tally.noticed, tally.good, tally.alarms) == (1, noticed, 11, alarms)


def test_what_is_kept_in_sight_is_no_loss(tmp_path, monkeypatch):
    import tracking_losses
    from tracking_clip import Clip
    from tracking_sequences import CAMERA

    monkeypatch.setattr(Clip, "picture", lambda clip, index: np.zeros((CAMERA.height, CAMERA.width, 3)))

    @contextmanager
    def opened(tracker, made, camera, options):
        yield Knowing(tracking_losses.recording("wrong start", 0, options.half, tmp_path)[0])

    monkeypatch.setattr(tracking_losses, "opened", opened)
    tally = tracking_losses.main(["--clips", "1", "--kinds", "wrong start", "--cache", str(tmp_path)])["all"]
    assert (tally.clips, tally.losses) == (1, 0)


@pytest.mark.parametrize("kind", ["hand", "out of view", "look-alike", "cover", "removed", "light off"])
def test_mishaps_hide_the_object_and_what_comes_before_is_calm(kind):
    from tracking_clip import CALM, FRAMES
    from tracking_losses import clip
    from tracking_mishaps import MISHAPS

    made = clip(kind, 0, "train")
    assert made.present[:CALM].all() and not made.present[CALM + 4 :].any()
    assert len(MISHAPS) == 10 and len(made.path) == FRAMES


@pytest.mark.parametrize("kind", ["jump", "blur", "camera", "wrong start"])
def test_mishaps_that_leave_the_object_in_view(kind):
    from tracking_clip import CALM
    from tracking_losses import clip
    from tracking_sequences import CAMERA

    made = clip(kind, 1, "held")
    assert made.present.all()
    step = made.centres().diff(dim=0).norm(dim=-1)
    assert (step[CALM - 1] > 0.05) == (kind != "wrong start")
    pixels = CAMERA.project(made.centres())
    assert (pixels > 0).all() and (pixels < torch.tensor([CAMERA.width, CAMERA.height])).all()
    if made.told is not None:
        assert (made.told @ made.path[CALM].inverse()).rotation.angle() > 0.8
