"""What tells two poses apart: coloured only where their drawings differ."""

from __future__ import annotations

import numpy as np
import torch

from objpose.geometry import SE3, SO3
from objpose.overlay import draw_difference
from objpose.overlay.difference import FIRST, GAP, SECOND, TILE
from tests.synthetic import looking, make_scene, onboarded

WORDS = TILE - 50  # rows above the names


def differing(name: str, first: SE3, second: SE3) -> np.ndarray:
    """The third tile, above its words."""
    scene = make_scene(onboarded(name).mesh, looking(0))
    strip = draw_difference(scene.frame, onboarded(name), (first, second), ("first", "second"))
    assert strip.shape == (TILE, 3 * TILE + 2 * GAP, 3)
    return strip[:WORDS, 2 * (TILE + GAP) :]


def share_of(picture: np.ndarray, color: tuple[int, int, int]) -> float:
    return float((np.abs(picture.astype(int) - color) < 12).all(-1).mean())


def saturation(picture: np.ndarray) -> np.ndarray:
    return picture.max(-1).astype(int) - picture.min(-1)


def test_one_pose_differs_nowhere_from_itself() -> None:
    assert saturation(differing("printed_box", looking(0), looking(0))).max() <= 2


def test_what_only_one_covers_has_its_colour() -> None:
    aside = SE3.exp(torch.tensor([0.05, 0.0, 0, 0, 0, 0])) @ looking(0)
    there, back = differing("can", looking(0), aside), differing("can", aside, looking(0))
    assert share_of(there, FIRST) > 0.02 and share_of(there, SECOND) > 0.02
    assert np.isclose(share_of(there, FIRST), share_of(back, SECOND), atol=0.01)


def test_another_print_alone_is_neither_green_nor_orange() -> None:
    """The half turn of a box is the same shape: what differs, both poses cover."""
    half_turn = SE3.from_rotation_translation(SO3.exp(torch.tensor([0.0, 0.0, torch.pi])), torch.zeros(3))
    picture = differing("printed_box", looking(0), looking(0) @ half_turn)
    assert share_of(picture, FIRST) < 0.003 and share_of(picture, SECOND) < 0.003
    assert (saturation(picture) > 40).mean() > 0.05


def test_another_depth_counts_where_depth_is_measured() -> None:
    """A plain can nearer along the rays: of one colour, so that only depth tells, and the frame has some."""
    near, scene = looking(0), make_scene(onboarded("can").mesh, looking(0))
    far = SE3.from_rotation_translation(near.rotation, 1.02 * near.translation)
    names = ("first", "second")
    model = onboarded("can")
    flat = scene.frame.without_depth()
    with_depth, without = (
        saturation(draw_difference(frame, model, (near, far), names)[:WORDS, 2 * (TILE + GAP) :])
        for frame in (scene.frame, flat)
    )
    assert (with_depth > 40).mean() > 2 * (without > 40).mean()


def test_out_of_view_it_is_the_whole_picture() -> None:
    away = SE3.exp(torch.tensor([3.0, 0.0, 0, 0, 0, 0])) @ looking(0)
    assert saturation(differing("can", away, away)).max() <= 2
