"""Small meshes with known geometry and symmetry, made from formulas."""

from __future__ import annotations

import math

import numpy as np
import torch

from objpose.geometry import Mesh


def box(x: float, y: float, z: float) -> Mesh:
    """A closed box centred at the origin, faces counter-clockwise from outside."""
    signs = torch.tensor([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)], dtype=torch.float32)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [triangle for a, b, c, d in quads for triangle in ((a, b, c), (a, c, d))]
    return Mesh(signs * torch.tensor([x, y, z]) / 2, faces)


def lathe(profile: list[tuple[float, float]], sides: int) -> Mesh:
    """The surface a profile of (radius, z), walked with the outside on its right, sweeps about z."""
    angles = np.arange(sides) * (2 * math.pi / sides)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    radius, height = np.array(profile, dtype=np.float64).T
    xy = radius[:, None, None] * ring
    vertices = np.concatenate([xy, np.broadcast_to(height[:, None, None], (*xy.shape[:2], 1))], axis=-1)
    row, column = np.meshgrid(np.arange(len(profile) - 1), np.arange(sides), indexing="ij")
    a, b = row * sides + column, row * sides + (column + 1) % sides
    c, d = b + sides, a + sides
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return Mesh(vertices.reshape(-1, 3).astype(np.float32), faces)


def prism(radius: float, height: float, sides: int) -> Mesh:
    """A closed regular prism about z; many sides make a cylinder."""
    low, high = -height / 2, height / 2
    return lathe([(0, low), (radius, low), (radius, high), (0, high)], sides)


def cone(radius: float, height: float) -> Mesh:
    return lathe([(0, 0), (radius, 0), (0, height)], 96)


def sphere(radius: float, rings: int = 48) -> Mesh:
    turns = np.linspace(-math.pi / 2, math.pi / 2, rings)
    return lathe([(radius * math.cos(t), radius * math.sin(t)) for t in turns], 2 * rings)


def cup(radius: float, height: float) -> Mesh:
    """An open cylinder with a wall, a floor and no handle."""
    inner, floor = 0.92 * radius, 0.06 * height
    outside = [(0, 0), (radius, 0), (radius, height)]
    return lathe([*outside, (inner, height), (inner, floor), (0, floor)], 96)


def bowl(radius: float, wall: float, rings: int = 24) -> Mesh:
    """A hollow half ball, open to +z, round walls about the origin."""
    turns = np.linspace(-math.pi / 2, 0, rings)
    outside = [(radius * math.cos(t), radius * math.sin(t)) for t in turns]
    inner = radius - wall
    inside = [(inner * math.cos(t), inner * math.sin(t)) for t in turns[::-1]]
    return lathe([*outside, *inside], 2 * rings)


def joined(*meshes: Mesh) -> Mesh:
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    faces = [mesh.faces + int(start) for mesh, start in zip(meshes, starts[:-1], strict=True)]
    return Mesh(torch.cat([mesh.vertices for mesh in meshes]), torch.cat(faces))


def moved(mesh: Mesh, offset: tuple[float, float, float]) -> Mesh:
    return Mesh(mesh.vertices + torch.tensor(offset), mesh.faces)


def mug() -> Mesh:
    """A cup with a handle of three bars at +x."""
    bars = [
        moved(box(0.03, 0.01, 0.01), (0.053, 0, 0.02)),
        moved(box(0.03, 0.01, 0.01), (0.053, 0, 0.08)),
        moved(box(0.01, 0.01, 0.07), (0.065, 0, 0.05)),
    ]
    return joined(cup(0.04, 0.1), *bars)


def blob() -> Mesh:
    """A lumpy closed surface without symmetry."""
    base = sphere(0.05)
    x, y, z = base.vertices.double().unbind(-1)
    swell = 1 + 0.3 * torch.sin(40 * x) + 0.2 * torch.cos(60 * y + 1) + 4 * z + 60 * x * y
    return Mesh(base.vertices * swell[:, None].float(), base.faces)


def turned_about_y(mesh: Mesh, degrees: float) -> Mesh:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return Mesh(mesh.vertices @ torch.tensor([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T, mesh.faces)


def teapot() -> Mesh:
    """A round pot about z with a spout at +x and a handle of three bars at -x."""
    side = [(0.06 * math.sin(t) ** 0.7, 0.05 - 0.05 * math.cos(t)) for t in np.linspace(0.3, 2.9, 20)]
    bars = [
        moved(box(0.03, 0.012, 0.012), (-0.065, 0, 0.03)),
        moved(box(0.03, 0.012, 0.012), (-0.065, 0, 0.075)),
        moved(box(0.012, 0.012, 0.057), (-0.08, 0, 0.052)),
    ]
    spout = moved(turned_about_y(prism(0.012, 0.07, 24), 50), (0.075, 0, 0.06))
    return joined(lathe([(0, 0), *side, (0, 0.1)], 96), spout, *bars)


def tapered_cup() -> Mesh:
    """An open cup about z, wider at the top by 40 %."""
    return lathe([(0, 0), (0.03, 0), (0.042, 0.1), (0.04, 0.1), (0.028, 0.004), (0, 0.004)], 96)


def bracket(first: float, second: float) -> Mesh:
    """An L of two plates of these lengths, along x and along z."""
    foot = moved(box(first, 0.04, 0.008), (first / 2, 0, 0.004))
    return joined(foot, moved(box(0.008, 0.04, second - 0.008), (0.004, 0, second / 2 + 0.004)))


def corner() -> Mesh:
    """Three bars from one point along x, y and z, of their own length and width, none much of the whole."""
    bars = [
        moved(box(0.14, 0.015, 0.015), (0.07, 0, 0)),
        moved(box(0.03, 0.08, 0.03), (0, 0.04, 0)),
        moved(box(0.05, 0.05, 0.05), (0, 0, 0.04)),
    ]
    return joined(*bars)


def hammer() -> Mesh:
    """A handle along z with a head along x that is not quite in the middle."""
    return joined(
        moved(box(0.025, 0.03, 0.25), (0, 0, 0.125)), moved(box(0.1, 0.025, 0.03), (0.01, 0, 0.265))
    )
