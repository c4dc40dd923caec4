"""From single rotations that fit to an exact finite group."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from objpose.geometry.se3 import SE3
from objpose.geometry.so3 import SO3
from objpose.geometry.symmetry_search import first_of_each

# The icosahedron's 60 is the largest group with axes of order at most 12 that is not dihedral (24).
MAX_GROUP_SIZE = 60
# Rotations closer than this are one element: those of the groups above are at least 30 degrees apart.
SAME_ELEMENT = math.radians(12)
POLISH_STEPS = 4


def grow_group(generators: Iterable[SE3], fits: Callable[[SE3], Tensor]) -> SE3:
    """The finite group (n,), identity first, of those generators whose products all fit the surface.

    generators: single transforms, best first; one that would lead to a misfit, or to no finite group, is left
    out. fits: from transforms (m,) to a mask (m,).
    """
    group = SE3.identity((1,), dtype=torch.float64)
    for generator in generators:
        grown = _closure(group, generator, fits)
        if grown is not None:
            group = grown
    return _polish(group)


def _closure(group: SE3, generator: SE3, fits: Callable[[SE3], Tensor]) -> SE3 | None:
    """The smallest group with `group` and `generator`; None when an element misfits, or they are too many."""
    generators = [generator, *(group[i] for i in range(len(group)))]
    fresh = group
    while True:
        known = SE3.cat([group, *(fresh @ element for element in generators)])
        distinct = first_of_each(known.rotation, SAME_ELEMENT)
        fresh = known[distinct[len(group) :]]
        if len(fresh) == 0:
            break
        if len(group) + len(fresh) > MAX_GROUP_SIZE or not bool(fits(fresh).all()):
            return None
        group = SE3.cat([group, fresh])
    return group


def _polish(group: SE3) -> SE3:
    """The exact group nearest to an approximate one.

    Each element g becomes the mean of (g h) h^-1 over all h, which converges quadratically to a true group
    (Grove, Karcher and Ruh 1974); translations follow from the point that all its rotations share.
    """
    rotations = group.rotation
    products = (rotations[:, None] @ rotations).wxyz
    product_ids = (products @ rotations.wxyz.mT).abs().argmax(-1)
    for _ in range(POLISH_STEPS):
        quotients = (rotations[product_ids] @ rotations.inverse()).wxyz
        signs = (quotients * rotations.wxyz[:, None]).sum(-1, keepdim=True).sign()
        rotations = SO3((signs * quotients).sum(1)).normalized()
    centre = common_fixed_point(group)
    return SE3.from_rotation_translation(rotations, centre - rotations.apply(centre))


def common_fixed_point(motions: SE3) -> Tensor:
    """(3,) the point that the rotations (n,) move least; of several, the one nearest to the origin."""
    system = torch.eye(3, dtype=motions.wxyz_xyz.dtype) - motions.rotation.matrix()
    inverse = torch.linalg.pinv(system.reshape(-1, 3), rtol=1e-4)
    return inverse @ motions.translation.reshape(-1)
