"""The laws of a group, and of its exponential, for SO3 and SE3."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from objpose.geometry import SE3, SO3
from tests.geometry.sampling import BATCH_SHAPES, KINDS, assert_same, draw, random_points, tolerance

seeds = st.integers(0, 2**31 - 1)
few = settings(max_examples=3, deadline=None, derandomize=True)


def every_group(test):
    """Run a law for both groups, each batch shape, each kind of sample, both precisions and several seeds."""
    test = few(given(seed=seeds)(test))
    for name, values in (
        ("group", [SO3, SE3]),
        ("batch_shape", BATCH_SHAPES),
        ("kind", KINDS),
        ("dtype", [torch.float32, torch.float64]),
    ):
        test = pytest.mark.parametrize(name, values)(test)
    return test


@every_group
def test_composition_is_the_matrix_product(group, batch_shape, kind, dtype, seed):
    a, b = (draw(group, batch_shape, kind, seed + i, dtype) for i in range(2))
    torch.testing.assert_close((a @ b).matrix(), a.matrix() @ b.matrix(), **tolerance(dtype))
    assert (a @ b).batch_shape == batch_shape


@every_group
def test_identity_changes_nothing(group, batch_shape, kind, dtype, seed):
    a, identity = draw(group, batch_shape, kind, seed, dtype), group.identity(batch_shape, dtype)
    assert_same(a @ identity, a)
    assert_same(identity @ a, a)


@every_group
def test_inverse_undoes(group, batch_shape, kind, dtype, seed):
    a, identity = draw(group, batch_shape, kind, seed, dtype), group.identity(batch_shape, dtype)
    assert_same(a @ a.inverse(), identity)
    assert_same(a.inverse() @ a, identity)


@every_group
def test_composition_is_associative(group, batch_shape, kind, dtype, seed):
    a, b, c = (draw(group, batch_shape, kind, seed + i, dtype) for i in range(3))
    assert_same((a @ b) @ c, a @ (b @ c))


@every_group
def test_exp_undoes_log(group, batch_shape, kind, dtype, seed):
    a = draw(group, batch_shape, kind, seed, dtype)
    assert_same(group.exp(a.log()), a)


@every_group
def test_log_undoes_exp_within_half_a_turn(group, batch_shape, kind, dtype, seed):
    tangent = draw(group, batch_shape, kind, seed, dtype).log()
    assert tangent[..., -3:].norm(dim=-1).max() <= math.pi + 1e-5
    # At half a turn both directions of the axis are right, so this law keeps away from there.
    tangent[..., -3:] *= 0.95
    torch.testing.assert_close(group.exp(tangent).log(), tangent, **tolerance(dtype))


@every_group
def test_matrices_round_trip(group, batch_shape, kind, dtype, seed):
    a = draw(group, batch_shape, kind, seed, dtype)
    assert_same(group.from_matrix(a.matrix()), a)


@every_group
def test_adjoint_moves_tangents_across(group, batch_shape, kind, dtype, seed):
    a = draw(group, batch_shape, kind, seed, dtype)
    tangent = 0.5 * random_points((*batch_shape, a.adjoint().shape[-1]), seed + 1, dtype)
    moved = (a.adjoint() @ tangent[..., None]).squeeze(-1)
    assert_same(a @ group.exp(tangent), group.exp(moved) @ a)


@every_group
def test_points_move_as_the_matrix_says(group, batch_shape, kind, dtype, seed):
    a, points = draw(group, batch_shape, kind, seed, dtype), random_points((*batch_shape, 3), seed + 1, dtype)
    matrix = a.matrix()
    expected = (matrix[..., :3, :3] @ points[..., None]).squeeze(-1)
    expected = expected + matrix[..., :3, 3] if group is SE3 else expected
    torch.testing.assert_close(a @ points, expected, **tolerance(dtype))


@pytest.mark.parametrize("group", [SO3, SE3])
def test_batches_broadcast_as_in_numpy(group):
    many, one = (
        draw(group, (4, 1), "uniform", 0, torch.float64),
        draw(group, (3,), "uniform", 1, torch.float64),
    )
    assert (many @ one).batch_shape == (4, 3)
    assert (many @ random_points((3, 3), 2)).shape == (4, 3, 3)
    assert_same((many @ one)[2, 1], many[2, 0] @ one[1])


@pytest.mark.parametrize("kind", KINDS)
def test_clouds_move_point_by_point(kind):
    poses, cloud = draw(SE3, (5,), kind, 0, torch.float64), random_points((7, 3), 1)
    torch.testing.assert_close(poses.apply_points(cloud), poses[:, None] @ cloud)


def test_small_twists_survive_float32():
    """Near the identity, exp and log lose no relative precision: the series take over from 0 / 0."""
    for scale in (1e-7, 1e-5, 1e-3, 9e-3, 1.1e-2, 0.19, 0.21):
        twist = scale * torch.tensor([0.3, -0.5, 0.8, 0.2, 0.6, -0.7])
        torch.testing.assert_close(SE3.exp(twist).log(), twist, rtol=3e-5, atol=1e-9)


def test_log_near_half_a_turn_keeps_its_angle():
    axis = torch.tensor([0.6, 0.0, 0.8], dtype=torch.float64)
    for gap in (1e-2, 1e-5, 1e-9):
        rotation = SO3.exp((math.pi - gap) * axis)
        torch.testing.assert_close(rotation.log(), (math.pi - gap) * axis, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(rotation.angle(), torch.tensor(math.pi - gap, dtype=torch.float64))


def test_log_and_angle_ignore_the_sign_of_the_quaternion():
    rotation = SO3.random((50,), torch.Generator().manual_seed(0))
    torch.testing.assert_close(SO3(-rotation.wxyz).log(), rotation.log())
    torch.testing.assert_close(SO3(-rotation.wxyz).angle(), rotation.log().norm(dim=-1))


def test_every_branch_of_the_matrix_conversion_is_exact():
    """At the half turn about each axis only one of Shepperd's forms is not 0 / 0."""
    half_turns = SO3(torch.eye(4, dtype=torch.float64))
    torch.testing.assert_close(SO3.from_matrix(half_turns.matrix()).wxyz.abs(), half_turns.wxyz)


def test_stack_and_cat_keep_each_transform():
    poses = [draw(SE3, (2,), "uniform", seed, torch.float32) for seed in range(3)]
    assert SE3.stack(poses).batch_shape == (3, 2)
    assert_same(SE3.stack(poses)[1], poses[1])
    assert_same(SE3.cat(poses)[4:], poses[2])
    assert len(SE3.cat(poses)) == 6


def test_indexing_never_reaches_the_components():
    poses = draw(SE3, (4, 3), "uniform", 0, torch.float32)
    assert poses[..., 0].batch_shape == (4,)
    assert poses[torch.tensor([True, False, True, False])].batch_shape == (2, 3)
    assert [pose.batch_shape for pose in poses] == [(3,)] * 4
    with pytest.raises(TypeError, match="a single transform has no length"):
        len(poses[0, 0])


def test_long_chains_stay_rotations_once_normalised():
    step = SO3.exp(torch.tensor([0.1, 0.2, -0.3]))
    chain = SO3.identity()
    for _ in range(2000):
        chain = step @ chain
    matrix = chain.normalized().matrix()
    torch.testing.assert_close(matrix @ matrix.mT, torch.eye(3), rtol=0, atol=1e-6)
