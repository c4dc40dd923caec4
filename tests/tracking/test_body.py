"""One object: where it is, how it moves, what it says of itself, and its way back."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from objpose.frame import Frame
from objpose.geometry import SE3, SO3
from objpose.tracking import Status, TrackState
from objpose.tracking.body import Body
from objpose.tracking.clock import NOMINAL
from objpose.tracking.lifecycle import FOUND_AFTER, GONE
from objpose.tracking.seeking import Looked
from objpose.tracking.sight import Straightener
from tests.synthetic import onboarded
from tests.tracking.films import bare, film, millimetres, path

Place = SimpleNamespace  # what of a PoseEstimate a body looks at


def place_at(cam_from_obj: SE3, chance: float = 0.98) -> Place:
    return Place(cam_from_obj=cam_from_obj, confidence=chance / 2, confidence_in_image=chance)


def followed(
    body: Body, frame: Frame, places: tuple[SE3, ...] = (), refused: str = "", chance: float = 0.98
) -> TrackState:
    body.predict(NOMINAL)
    sight, given = Straightener().sight(frame), [place_at(place, chance) for place in places]
    return body.follow(sight, 1.5, Looked(sight, given, refused))


def begun(name: str, seed: int = 1) -> Body:
    body = Body(onboarded(name), 0.5)
    body.begin(path(name, seed=seed)[0])
    return body


def test_what_was_never_seen_says_so() -> None:
    body = Body(onboarded("printed_box"), 0.5)
    assert body.is_missing and body.expected is None
    state = followed(body, bare(), refused="rgb: all black")
    assert state.status is Status.SEARCHING and state.reason.endswith("rgb: all black")
    assert state.cam_from_obj is state.covariance is state.velocity is None
    assert state.confidence == 0 and state.stats == {} and state.timestamp == 1.5 and not state.is_trusted


@pytest.mark.parametrize("depth", [False, True])
def test_a_state_holds_what_was_seen(depth: bool) -> None:
    body = begun("printed_box")
    for frame in film("printed_box")[:6]:
        state = followed(body, frame if depth else frame.without_depth())
    assert state.object == "printed_box" and state.is_trusted and 0.7 < state.confidence <= 1
    assert millimetres(state, path("printed_box")[5]) < 5
    covariance = state.covariance
    torch.testing.assert_close(covariance, covariance.mT)
    assert (
        torch.linalg.eigvalsh(covariance.double()).min() > 0
        and 1e-5 < covariance[:3, :3].trace().sqrt() < 0.1
    )
    assert 0 < state.latency < 10 and (state.stats["surface"] > 0) == depth


def test_the_velocity_is_that_of_its_centre() -> None:
    body, poses = begun("printed_box"), path("printed_box")
    for frame in film("printed_box")[:15]:
        state = followed(body, frame)
    moved = poses[14].translation - poses[13].translation  # the box's centre is its origin
    turned = (poses[14].rotation @ poses[13].rotation.inverse()).log()
    expected = torch.cat([moved, turned]).double() / NOMINAL
    for part in (slice(0, 3), slice(3, 6)):
        assert (state.velocity[part] - expected[part]).norm() < 0.25 * expected[part].norm()


def test_where_it_is_only_expected_is_not_said_to_be_precise() -> None:
    body = begun("printed_box")
    for frame in film("printed_box")[:5]:
        followed(body, frame)
    state = followed(body, bare())
    assert state.status is Status.UNCERTAIN and state.confidence < GONE
    assert torch.equal(state.cam_from_obj.wxyz_xyz, body.cam_from_mesh.wxyz_xyz) and state.covariance is None


def test_the_pose_of_what_is_lost_is_the_last_one_that_was_trusted() -> None:
    body = begun("printed_box")
    for frame in film("printed_box")[:5]:
        trusted = followed(body, frame)
    states = [followed(body, bare()) for _ in range(3)]
    assert states[-1].status is Status.LOST and body.is_missing and body.expected is None
    assert torch.equal(states[-1].cam_from_obj.wxyz_xyz, trusted.cam_from_obj.wxyz_xyz)
    assert states[-1].covariance is states[-1].velocity is None and states[-1].confidence == 0


def test_a_place_that_is_told_is_tried_until_it_is_sure() -> None:
    """The best of several; and a wrong one is not believed."""
    frame, there = film("printed_box")[0], path("printed_box")[0]
    wrong = SE3.from_rotation_translation(
        SO3.identity(()), there.translation + torch.tensor([0.1, 0.05, 0.1])
    )
    body = Body(onboarded("printed_box"), 0.5)
    states = [followed(body, frame, (there, wrong))]
    states += [followed(body, frame) for _ in range(FOUND_AFTER - 1)]
    assert [state.status for state in states] == [*[Status.SEARCHING] * (FOUND_AFTER - 1), Status.TRACKING]
    assert millimetres(states[-1], there) < 3
    other = Body(onboarded("printed_box"), 0.5)
    assert not any(followed(other, frame, (wrong,)).is_trusted for _ in range(FOUND_AFTER + 1))


def test_a_thing_never_seen_is_believed_no_more_than_the_look_that_found_it() -> None:
    """Colours learned at the place fit it, be it the object or not; what was seen is known by its own."""
    frame, there = film("printed_box")[0], path("printed_box")[0]
    body = Body(onboarded("printed_box"), 0.5)
    assert not any(followed(body, frame, (there,), chance=0.4).is_trusted for _ in range(FOUND_AFTER + 1))
    states = [followed(body, frame, (there,)) for _ in range(FOUND_AFTER)]
    assert states[-1].is_trusted and states[-1].confidence <= 0.98
    for _ in range(8):
        followed(body, bare())
    again = [followed(body, frame, (there,), chance=0.4) for _ in range(FOUND_AFTER)]
    assert again[-1].status is Status.REACQUIRED and again[-1].confidence <= 0.98
    seen = begun("printed_box")
    for index in (0, 1):
        followed(seen, film("printed_box")[index])
    for _ in range(8):
        lost = followed(seen, bare())
    assert lost.status is Status.LOST
    states = [followed(seen, frame, (there,), chance=0.4) for _ in range(FOUND_AFTER)]
    assert states[-1].status is Status.REACQUIRED


def test_a_place_seen_some_frames_ago_is_found_where_it_is_now() -> None:
    """Its colours are learnt in the frame that was looked at, and it moved by some centimetres since."""
    body, poses = Body(onboarded("printed_box"), 0.5), path("printed_box")
    then, now = (Straightener().sight(film("printed_box")[index]) for index in (0, 4))
    body.predict(NOMINAL)
    body.follow(now, 1.5, Looked(then, [place_at(poses[0])]))
    states = [followed(body, film("printed_box")[index]) for index in (5, 6)]
    assert states[-1].is_trusted and millimetres(states[-1], poses[6]) < 3


def test_told_again_it_starts_from_there() -> None:
    body, poses = begun("printed_box"), path("printed_box")
    for frame in film("printed_box")[:5]:
        followed(body, frame)
    body.begin(poses[20])
    state = followed(body, film("printed_box")[20])
    assert state.status is Status.TRACKING and millimetres(state, poses[20]) < 3


def test_corrected_it_goes_on_as_it_went() -> None:
    """Told a little otherwise, it is expected where its motion leads; told a jump, where it was told."""
    body, poses = begun("printed_box"), path("printed_box")
    for frame in film("printed_box")[:8]:
        followed(body, frame)
    body.begin(poses[7])
    body.predict(NOMINAL)
    expected, model = body.expected, onboarded("printed_box")
    off = [body.seeker.moved(model.cam_from_mesh(pose), expected) for pose in (poses[8], poses[7])]
    assert off[0] < 0.5 * off[1]
    far = SE3.from_rotation_translation(poses[7].rotation, poses[7].translation + torch.tensor([0.4, 0, 0]))
    body.begin(far)
    body.predict(NOMINAL)
    assert body.seeker.moved(model.cam_from_mesh(far), body.expected) < 1e-6


@pytest.mark.parametrize("turn", [0.5, 2.0, 3.1])
def test_what_is_symmetric_is_found_on_its_branch(turn: float) -> None:
    """A can, free to turn about z: where it is found anew, it is turned as it was last."""
    model, body = onboarded("can"), begun("can")
    for frame in film("can")[:4]:
        trusted = followed(body, frame)
    for _ in range(3):
        followed(body, bare())
    about = model.symmetry.continuous[0]
    spin = SE3.from_rotation_translation(SO3.exp(turn * about.axis), about.offset)
    spin = SE3.from_rotation_translation(spin.rotation, about.offset - spin.rotation.apply(about.offset))
    place = path("can")[3] @ spin
    states = [followed(body, film("can")[3], (place,)) for _ in range(FOUND_AFTER)]
    assert states[-1].status is Status.REACQUIRED
    found, last = states[-1].cam_from_obj.rotation, trusted.cam_from_obj.rotation
    assert float((found @ last.inverse()).angle().rad2deg()) < 8
