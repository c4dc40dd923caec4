"""The links that hold a placement together: chains of its strongest pairs."""

from __future__ import annotations

from objpose.features.local.places import Pair


def strongest_tree(nats: dict[Pair, float]) -> dict[Pair, float]:
    """The pairs by which all photos hang together with the most evidence, the strongest first (Kruskal)."""
    group = {photo: {photo} for pair in nats for photo in pair}
    tree = {}
    for (a, b), value in sorted(nats.items(), key=lambda one: -one[1]):
        if group[a] is not group[b]:
            tree[a, b] = value
            group[a] |= group[b]
            group |= dict.fromkeys(group[b], group[a])
    return tree


def weakest_link(nats: dict[Pair, float], pair: Pair) -> float:
    """Evidence of the weakest pair on the best chain between two photos, 0 without a chain."""
    weakest = 0.0
    tree = strongest_tree(nats)
    while pair[1] in photos_beyond(tree, pair[0]):
        link = min(tree, key=tree.__getitem__)
        weakest = tree.pop(link)
    return weakest


def photos_beyond(tree: dict[Pair, float], photo: int) -> set[int]:
    """All photos that the links of a tree join with this one, itself included."""
    reached, waiting = {photo}, [photo]
    while waiting:
        now = waiting.pop()
        new = {b if a == now else a for a, b in tree if now in (a, b)} - reached
        reached |= new
        waiting += new
    return reached
