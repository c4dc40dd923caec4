"""Pairs of look-alikes: the truth is right and its rival wrong, and a difference is what can be seen."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from objpose.geometry import SE3


@pytest.fixture(scope="module")
def pair():
    from lookalike_pairs import make_pair

    return make_pair(0, 1, "rgbd", "any")


def test_each_pose_is_nearer_to_what_it_stands_for(pair):
    from pose_error import nearest_truth

    target, true_pose = pair.scene.target, pair.scene.cam_from_obj
    judged = partial(nearest_truth, target.mesh.vertices, target.diameter, target.symmetry)
    for i in range(2):
        own, other = (judged(pair.poses[i], pair.exact[j])[1] for j in (i, 1 - i))
        assert own < other
    assert torch.equal(pair.exact[pair.truth].wxyz_xyz, true_pose.wxyz_xyz)


def test_the_seed_decides_the_pair(pair):
    from lookalike_pairs import make_pair

    again = make_pair(0, 1, "rgbd", "any")
    assert torch.equal(pair.poses.wxyz_xyz, again.poses.wxyz_xyz)
    assert pair.truth == again.truth and pair.difference.count == again.difference.count


def test_rivals_are_turned_far_and_kept_by_the_near_symmetry():
    from lookalike_pairs import RIVAL, any_rival
    from lookalike_scenes import kinds
    from pose_error import nearest_truth

    rng = np.random.default_rng(0)
    pose = SE3.exp(torch.tensor([0.0, 0.0, 0.5, 0.3, 0.2, 0.1]))
    for thing in kinds(0):
        rival = any_rival(thing, pose, rng)
        probes = thing.mesh.vertices
        assert nearest_truth(probes, thing.diameter, thing.symmetry, rival, pose)[1] > RIVAL, thing.name
        assert nearest_truth(probes, thing.diameter, thing.near_symmetry, rival, pose)[1] < 0.03, thing.name


def test_poses_equal_by_symmetry_do_not_differ(pair):
    from bodies import SECTIONS
    from differences import difference
    from lookalike_objects import lookalike_set
    from scenes import make_scene
    from sensing import Difficulty

    objects, level = lookalike_set(0), Difficulty()
    scene = make_scene(objects, [thing.name for thing in objects].index("bowl"))
    turn = scene.target.symmetry.continuous[0].rotations(torch.tensor([2 * np.pi / SECTIONS * 5]))[0]
    flip = scene.target.near_symmetry.discrete[1]
    looks = [scene.look(scene.cam_from_obj @ each, level.blur) for each in (SE3.identity(), turn, flip)]
    focal = scene.frame.camera.fx
    same, other = (difference(looks[0], look, focal, level, with_depth=True) for look in looks[1:])
    assert same.count == 0
    assert other.count > 100
    assert difference(looks[0], looks[2], focal, level, with_depth=False).count <= other.count


def test_the_truth_has_the_share_that_its_pose_is_answered_with(pair):
    from dataclasses import replace

    from lookalikes import compared

    row, turned = compared(pair, "rgbd"), compared(replace(pair, truth=1 - pair.truth), "rgbd")
    assert row.count == pair.difference.count and row.kind == pair.kind
    assert row.share + turned.share == pytest.approx(1.0, abs=2e-3)


def test_what_depth_alone_tells_is_no_difference_without_it():
    from differences import difference
    from scenes import Look
    from sensing import Difficulty

    color, outline = np.full((20, 20, 3), 0.5), np.ones((20, 20), bool)
    near, far = (Look(color, np.full((20, 20), depth), outline) for depth in (0.6, 0.63))
    assert difference(near, far, 580.0, Difficulty(), with_depth=True).count == 400
    unseen = difference(near, far, 580.0, Difficulty(), with_depth=False)
    assert not unseen.in_view and unseen.evidence == 0
