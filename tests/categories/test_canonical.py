"""Instances as they are answered."""

from __future__ import annotations

import math

import pytest
import torch

from objpose.categories.canonical import canonical, symmetry_of
from objpose.categories.different import different
from objpose.categories.instances import Instances
from objpose.categories.kinds import KINDS
from objpose.categories.shape_model import shape_model
from objpose.geometry import SE3, SO3


def drawn_instances(category: str, seed: int, count: int = 1) -> Instances:
    generator = torch.Generator().manual_seed(seed)
    model = shape_model(category)
    rotation = SO3.random((count,), generator=generator)
    poses = SE3.from_rotation_translation(rotation, torch.randn(count, 3, generator=generator))
    return Instances(model, poses, torch.randn(count, model.dim, generator=generator))


@pytest.mark.parametrize("category", sorted(KINDS))
@pytest.mark.parametrize("seed", range(3))
def test_the_surface_stays_where_it_was_and_the_box_is_about_the_middle(category: str, seed: int) -> None:
    instances = drawn_instances(category, seed)
    place = canonical(instances, 0, KINDS[category])
    before = instances.cam_from_obj[0].apply(instances.mesh(0).vertices)
    torch.testing.assert_close(place.cam_from_obj.apply(place.mesh.vertices), before, atol=1e-5, rtol=0)
    torch.testing.assert_close(place.mesh.bounds().mean(0), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(place.mesh.bounds()[1] * 2, place.size, atol=1e-5, rtol=0)
    if category == "box":
        assert place.size.tolist() == sorted(place.size.tolist())


def test_symmetries_are_groups_of_the_size_that_the_category_says() -> None:
    round_, oval = torch.tensor([0.07, 0.07, 0.2]), torch.tensor([0.09, 0.06, 0.2])
    counts = {"bottle": (1, 2), "bowl": (1, 2), "can": (2, 4), "cup": (1, 1), "box": (4, 4)}
    for category, (of_round, of_oval) in counts.items():
        kind = KINDS[category]
        assert len(symmetry_of(kind, round_).discrete) == of_round
        assert len(symmetry_of(kind, round_).continuous) == int(kind.turns_freely)
        group = symmetry_of(kind, oval)
        assert len(group.discrete) == of_oval and not group.continuous
        products = (group.discrete[:, None] @ group.discrete).rotation
        apart = (products[..., None].inverse() @ group.discrete.rotation).angle()
        assert apart.amin(-1).max() < 1e-3


def test_equal_by_symmetry_is_one_answer_and_a_turned_handle_another() -> None:
    half_turn = SE3.from_rotation_translation(SO3.exp([0.0, 0.0, math.pi]), torch.zeros(3))
    for category, expected in (("bowl", 1), ("box", 1), ("cup", 2)):
        one = drawn_instances(category, 4)
        both = one.joined(Instances(one.model, one.cam_from_obj @ half_turn, one.latent))
        chosen, owner = different([canonical(both, index, KINDS[category]) for index in range(2)])
        assert len(chosen) == expected and owner.tolist() == list(range(expected)) + [0] * (2 - expected)
