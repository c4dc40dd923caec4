"""Components and bridges, against their definitions by removal."""

from __future__ import annotations

import pytest
import torch

from objpose.cameras.graph.connectivity import bridges, connected_components, rigid_groups


def random_graph(seed: int, num_nodes: int, num_edges: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    pairs = torch.combinations(torch.arange(num_nodes))
    return pairs[torch.randperm(len(pairs), generator=generator)[:num_edges]]


@pytest.mark.parametrize("seed", range(8))
def test_a_bridge_is_what_disconnects(seed: int) -> None:
    ends = random_graph(seed, 9, 9)
    label = connected_components(9, ends)
    assert bool((label[ends[:, 0]] == label[ends[:, 1]]).all())
    for edge, is_bridge in enumerate(bridges(9, ends).tolist()):
        rest = torch.cat([ends[:edge], ends[edge + 1 :]])
        splits = int(connected_components(9, rest).max()) > int(label.max())
        assert is_bridge == splits


def test_components_are_numbered_by_size() -> None:
    assert connected_components(6, torch.tensor([[4, 5], [3, 4], [0, 2]])).tolist() == [1, 2, 1, 0, 0, 0]


def test_groups_of_two_triangles_on_a_bridge() -> None:
    ends = torch.tensor([[0, 1], [1, 2], [0, 2], [2, 3], [3, 4], [4, 5], [3, 5], [5, 6]])
    groups = {tuple(group.nonzero()[:, 0].tolist()) for group in rigid_groups(7, ends)}
    assert groups == {(0, 1, 2), (3, 4, 5)}
