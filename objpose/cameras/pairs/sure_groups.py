"""Groups of photos that chains of sure pairs join: what their other pairs say hardly matters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch

from objpose.cameras.graph.connectivity import connected_components
from objpose.cameras.pairs.hypothesis import PairHypothesis
from objpose.features.local.places import Pair


def sure_groups(
    count: int,
    hypotheses: Mapping[Pair, Sequence[PairHypothesis]],
    sure_nats: float,
    joined: Collection[Pair] = (),
) -> list[int]:
    """The group of each of so many photos. Sure are pairs whose best hypothesis has so many nats, and those
    joined otherwise.
    """
    sure = [pair for pair, found in hypotheses.items() if found and found[0].evidence >= sure_nats]
    edges = torch.tensor([*sure, *joined], dtype=torch.long).reshape(-1, 2)
    return [int(group) for group in connected_components(count, edges)]
