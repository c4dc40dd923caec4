"""What a frame says of poses, in shares."""

from __future__ import annotations

import functools

import pytest
import torch

from objpose.geometry import SE3
from objpose.tracking.evidence import Evidence, chance, odds
from objpose.tracking.fitting import JUDGED, Fitter
from objpose.tracking.lifecycle import GONE
from objpose.tracking.sight import Sight
from objpose.tracking.weighing import weighed
from tests.synthetic import CAMERA, Flaws, about_centre, looking, make_scene, onboarded

BOX, POSE = onboarded("printed_box"), looking(1)


@functools.cache
def knowing() -> Fitter:
    fitter = Fitter(BOX)
    for seed in range(2):
        fitter.learn(sight(seed=seed), POSE)
    return fitter


def sight(pose: SE3 = POSE, depth: bool = True, seed: int = 0) -> Sight:
    frame = make_scene(BOX.mesh, pose, Flaws(clutter=True), seed).frame
    return Sight(frame.rgb, frame.depth if depth else None, CAMERA.K.float())


def judged(seen: Sight, *poses: SE3) -> list[Evidence]:
    batch = torch.stack([pose.wxyz_xyz for pose in poses]).float().contiguous()
    for modality in (knowing().outline, knowing().surface, knowing().followed):
        modality.look(seen, batch, JUDGED)
    return weighed(knowing(), seen, batch, JUDGED)


def beside(metres: float) -> SE3:
    return about_centre(BOX, POSE, torch.tensor([metres, 0, 0, 0, 0, 0]))


def test_the_true_pose_has_all_on_its_side() -> None:
    (there,) = judged(sight(), POSE)
    for share in (
        there.lines,
        there.agreement,
        there.surface,
        there.patches,
        there.likeness,
        there.colourful,
    ):
        assert share > 0.75
    assert max(there.hidden, there.covered, there.behind) < 0.05 and there.followed > 0.3


def test_a_pose_beside_it_has_less_of_everything() -> None:
    there, off = judged(sight(), POSE, beside(0.06))
    for name in ("agreement", "likeness", "surface", "patches"):
        assert getattr(off, name) < getattr(there, name), name
    for name in ("misfit", "behind"):
        assert getattr(off, name) > getattr(there, name), name


@pytest.mark.parametrize("depth", [False, True])
def test_each_is_weighed_for_itself(depth: bool) -> None:
    poses = [POSE, beside(0.03), beside(0.2)]
    together = judged(sight(depth=depth), *poses)
    for pose, evidence in zip(poses, together, strict=True):
        alone = judged(sight(depth=depth), pose)[0]
        # But for patches: of all poses together, a part of the frame is halved from another pixel on.
        assert {**alone.stats(), "patches": 0, "followed": 0} == pytest.approx(
            {**evidence.stats(), "patches": 0, "followed": 0}, abs=1e-5
        )


def test_without_depth_it_says_nothing() -> None:
    (there,) = judged(sight(depth=False), POSE)
    assert there.surface == there.covered == there.behind == 0 and not there.has_depth
    assert judged(sight(), POSE)[0].has_depth


def test_what_depth_sees_through_is_not_there_and_what_it_sees_before_covers() -> None:
    seen = sight()
    wall, hand = torch.full_like(seen.depth, 0.9), torch.full_like(seen.depth, 0.2)
    through, covered = (judged(Sight(seen.rgb, depth, seen.K), POSE)[0] for depth in (wall, hand))
    assert through.behind > 0.95 and through.surface < 0.05
    assert covered.covered > 0.95 and covered.hidden > 0.95 and covered.behind == 0


def test_out_of_view_no_share_speaks_for_it() -> None:
    away = SE3.from_rotation_translation(POSE.rotation, torch.tensor([4.0, 0, 0.5]))
    (evidence,) = judged(sight(), away)
    for name in ("lines", "agreement", "likeness", "surface", "patches"):
        assert getattr(evidence, name) == 0, name
    assert chance(odds(evidence)) < GONE  # else what leaves the picture would be followed out there
