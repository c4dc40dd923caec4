"""Things to learn from: bodies of any kind in any coat, and what leaves them looking the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from objpose.geometry import Mesh
from training.drawn import coats, shapes
from training.drawn.prints import any_color

KINDS: tuple[Callable[[np.random.Generator], shapes.Made], ...] = (
    shapes.box,
    shapes.turned,
    shapes.handled,
    shapes.assembled,
    shapes.lump,
)
SHARES = (0.25, 0.25, 0.2, 0.2, 0.1)


@dataclass(frozen=True, eq=False)
class Thing:
    mesh: Mesh  # metres, about 0.1 m across, centred at the origin
    equals: np.ndarray  # (M, 3, 3) rotations that leave it looking the same, the identity first
    round: bool  # any turn about z leaves it looking the same


def any_thing(rng: np.random.Generator) -> Thing:
    """A thing of any kind in any coat."""
    body, is_turned, is_block = KINDS[rng.choice(len(KINDS), p=SHARES)](rng)
    body.apply_translation(-body.bounds.mean(0))
    body.apply_scale(0.1 / np.linalg.norm(body.extents) * rng.uniform(0.8, 1.2))
    coat = rng.choice(["print", "plain", "parts", "bands"], p=[0.55, 0.13, 0.22, 0.1])
    none, halves = np.eye(3)[None], np.stack([np.diag(d) for d in np.array(shapes.HALF_TURNS)])
    if coat == "print":
        return Thing(coats.printed(body, rng, wrapped=is_turned and rng.random() < 0.7), none, False)
    if coat == "plain":
        mesh = Mesh(body.vertices, body.faces, vertex_colors=np.tile(any_color(rng), (len(body.vertices), 1)))
        return Thing(mesh, halves if is_block else none, is_turned)
    if coat == "bands":  # along z: what is turned stays the same all round
        return Thing(coats.banded(body, rng), none, is_turned)
    return Thing(coats.by_parts(body, rng), none, False)
