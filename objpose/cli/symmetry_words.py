"""A symmetry in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from objpose.geometry import Symmetry
    from objpose.onboarding.symmetries import MeshSymmetries

MAIN_AXIS = 0.9986  # cosine of 3 degrees: nearer than that to an axis of the mesh is called by its name
SPHERE_AXES = 3


def mesh_words(found: MeshSymmetries, shape_only: bool = False) -> str:
    """What a mesh has, what its paint tells apart, and what its shape may be mistaken by."""
    chosen = found.shape if shape_only else found.whole
    words = symmetry_words(chosen)
    if shape_only:
        words += ", by its shape alone"
    elif found.is_painted and kind_of(found.shape) != kind_of(found.whole):
        words += f" (its shape alone has {symmetry_words(found.shape)}; the paint tells these apart)"
    elif not found.is_painted:
        words += " (it has no paint)"
    if kind_of(found.near) not in (kind_of(chosen), kind_of(found.shape)):
        words += f"; may be mistaken by {symmetry_words(found.near)}"
    return words


def kind_of(symmetry: Symmetry) -> tuple[int, int]:
    """How many axes of revolution and how many turns it has."""
    return len(symmetry.continuous), len(symmetry.discrete)


def symmetry_words(symmetry: Symmetry) -> str:
    """ "no symmetry", "any turn about its z axis", or the turns."""
    if symmetry.is_trivial:
        return "no symmetry"
    if len(symmetry.continuous) == SPHERE_AXES:
        return "any rotation (a sphere)"
    words = [f"any turn about {_direction(line.axis)}" for line in symmetry.continuous]
    turns = symmetry.discrete.rotation.log()[1:].double()
    if len(symmetry.continuous) and len(turns):
        words.append("end for end")
    elif len(turns):
        words.append(_turns(turns))
    return " and ".join(words)


def _turns(turns: Tensor) -> str:
    """Of rotation vectors (n, 3), no identity among them."""
    angles = turns.norm(dim=-1).rad2deg().round()
    if len(turns) > 3:
        return f"{len(turns) + 1} turns that look alike"
    return ", ".join(
        f"{angle:.0f} degrees about {_direction(turn / turn.norm())}"
        for angle, turn in zip(angles.tolist(), turns, strict=True)
    )


def _direction(axis: Tensor) -> str:
    main = int(axis.abs().argmax())
    if float(axis.abs()[main]) > MAIN_AXIS:
        return f"its {'xyz'[main]} axis"
    signed = axis * torch.sign(axis[main])
    return f"({', '.join(f'{value:.2f}' for value in signed.tolist())})"
