"""Which poses count as different."""

from __future__ import annotations

import torch

from objpose.geometry import SE3, Symmetry
from objpose.poses import distinct
from tests.synthetic import about_centre, looking, onboarded, twists


def kept(name: str, symmetry: Symmetry, poses: SE3, limit: int = 100) -> list[int]:
    model = onboarded(name)
    return distinct(model, symmetry, poses, 0.1 * model.diameter, limit).tolist()


def test_turns_of_the_symmetry_are_one_pose() -> None:
    can, truth = onboarded("can"), looking(0)
    turned = truth @ can.symmetry.transforms(can.diameter, 0.07)
    assert kept("can", can.symmetry, turned) == [0]
    assert len(kept("can", Symmetry.none(), turned)) > 3


def test_discrete_symmetries_count_only_when_named() -> None:
    printed = onboarded("printed_box")
    half_turns = printed.near_symmetry.discrete
    poses = looking(1) @ half_turns
    assert kept("printed_box", Symmetry(half_turns), poses) == [0]
    assert kept("printed_box", Symmetry.none(), poses) == [0, 1, 2, 3]


def test_near_poses_fall_to_the_first_and_far_ones_stay() -> None:
    model, truth = onboarded("painted_blob"), looking(2)
    near = about_centre(model, truth, twists(5, 0.02 * model.diameter, 0.02))
    far = about_centre(model, truth, twists(3, 0.5 * model.diameter, 0.0, seed=4))
    assert kept("painted_blob", model.symmetry, SE3.cat([truth[None], near, far])) == [0, 6, 7, 8]
    assert kept("painted_blob", model.symmetry, SE3.cat([far, near, truth[None]]))[:4] == [0, 1, 2, 3]


def test_no_more_than_the_limit_are_kept() -> None:
    poses = SE3.stack([looking(seed) for seed in range(10)])
    assert kept("painted_blob", Symmetry.none(), poses, limit=4) == [0, 1, 2, 3]
    assert kept("painted_blob", Symmetry.none(), poses, limit=1) == [0]


def test_kept_poses_are_all_apart_and_the_rest_is_near_one() -> None:
    model = onboarded("painted_blob")
    poses = SE3.cat(
        [about_centre(model, looking(3), twists(60, s * model.diameter, 3 * s, seed=1)) for s in (0.05, 0.2)]
    )
    chosen = kept("painted_blob", model.symmetry, poses)
    posed = poses.apply_points(model.surface.cloud.points[::50])
    gap = (posed[:, None] - posed[chosen]).norm(dim=-1).amax(-1) / model.diameter
    among = gap[chosen] + 9 * torch.eye(len(chosen))
    assert 1 < len(chosen) < len(poses)
    assert float(among.min()) > 0.1 and float(gap.amin(1).max()) < 0.12
