"""The benchmark of synchronisation runs, at its smallest size, and COLMAP's part of it is fair."""

from __future__ import annotations

import torch


def test_synchronisation_runs(capsys):
    import synchronisation

    results = synchronisation.main(["--graphs", "1", "--cases", "1"])
    [records] = results.values()
    assert records[synchronisation.OURS].medians[0] < synchronisation.SOLVED_DEGREES
    assert records[synchronisation.PEER].medians[0] > records[synchronisation.OURS].medians[0]
    printed = capsys.readouterr().out
    assert all(name in printed for name in records)


def test_colmap_averages_what_is_right():
    """Frames and signs agree: told the right hypothesis of every edge, COLMAP finds the truth."""
    import synchronisation

    from objpose.cameras.graph.hypothesis_graph import Edge
    from objpose.geometry import SO3

    truth = SO3.random((6,), torch.Generator().manual_seed(0), dtype=torch.float64)
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    edges = [Edge(i, j, (truth[j] @ truth[i].inverse())[None], torch.ones(1)) for i, j in pairs]
    found = synchronisation.average_with_colmap(6, edges, [0] * len(edges))
    assert float(synchronisation.errors_degrees(found, truth).max()) < 1e-3
