"""Things to learn from, boxes, turned bodies with handles and spouts, tools, lumps; and their coats.

Shapes and prints are drawn at random; none is taken from a set that measures the package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import trimesh

from objpose.geometry import Mesh
from training.prints import any_color, any_print

SECTIONS = 40  # of a full turn
GAP = 0.02  # of a print's sides, kept free
ATLAS = (3, 2)  # prints across and up: one for each side of a box


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
    none, halves = np.eye(3)[None], np.stack([np.diag(d) for d in np.array(HALF_TURNS)])
    if coat == "print":
        return Thing(_printed(body, rng, wrapped=is_turned and rng.random() < 0.7), none, False)
    if coat == "plain":
        mesh = Mesh(body.vertices, body.faces, vertex_colors=np.tile(any_color(rng), (len(body.vertices), 1)))
        return Thing(mesh, halves if is_block else none, is_turned)
    if coat == "bands":  # along z: what is turned stays the same all round
        return Thing(_banded(body, rng), none, is_turned)
    return Thing(_by_parts(body, rng), none, False)


HALF_TURNS = ((1.0, 1, 1), (1.0, -1, -1), (-1.0, 1, -1), (-1.0, -1, 1))
Made = tuple[trimesh.Trimesh, bool, bool]  # a body, is it the same all round z, is it a block


def _box(rng: np.random.Generator) -> Made:
    return trimesh.creation.box(rng.uniform(0.15, 1, 3)).subdivide_to_size(0.2), False, True


def _turned(rng: np.random.Generator) -> Made:
    """A bottle, can, jar, bowl or vase: a closed profile turned about z."""
    return _revolved(rng, hollow=rng.random() < 0.4), True, False


def _handled(rng: np.random.Generator) -> Made:
    """A mug, jug or pot: a turned body with a handle, perhaps a spout."""
    body = _revolved(rng, hollow=rng.random() < 0.7)
    height, middle = body.extents[2], rng.uniform(0.35, 0.7)
    radius = np.linalg.norm(body.vertices[:, :2], axis=1).max()
    ring = trimesh.creation.torus(
        rng.uniform(0.15, 0.35) * height,
        rng.uniform(0.03, 0.08) * height,
        major_sections=24,
        minor_sections=8,
    )
    ring.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    ring.apply_translation([0.98 * radius, 0, body.bounds[0, 2] + middle * height])
    ring.update_faces(ring.triangles_center[:, 0] > 0.9 * radius)
    parts = [body, ring]
    if rng.random() < 0.3:
        spout = trimesh.creation.cylinder(0.09 * height, 0.6 * height, sections=16)
        spout.apply_transform(trimesh.transformations.rotation_matrix(-rng.uniform(0.6, 1.2), [0, 1, 0]))
        spout.apply_translation([-radius, 0, body.bounds[0, 2] + rng.uniform(0.5, 0.8) * height])
        parts.append(spout.subdivide_to_size(0.1 * height))
    return trimesh.util.concatenate(parts), False, False


def _assembled(rng: np.random.Generator) -> Made:
    """A tool or a toy: some blocks, rods and balls, each near the last."""
    parts, place = [], np.zeros(3)
    for _ in range(rng.integers(2, 6)):
        kind, size = rng.integers(3), rng.uniform(0.12, 1, 3)
        if kind == 0:
            part = trimesh.creation.box(size).subdivide_to_size(0.25)
        elif kind == 1:
            part = trimesh.creation.cylinder(0.3 * size[0], size[1], sections=24).subdivide_to_size(0.25)
        else:
            part = trimesh.creation.icosphere(3, 0.4 * size[0])
        turn = (
            np.eye(4) if rng.random() < 0.6 else trimesh.transformations.random_rotation_matrix(rng.random(3))
        )
        part.apply_transform(turn)
        part.apply_translation(place)
        place = part.vertices[rng.integers(len(part.vertices))]
        parts.append(part)
    return trimesh.util.concatenate(parts), False, False


def _lump(rng: np.random.Generator) -> Made:
    """A bumpy ball, longer than wide."""
    ball = trimesh.creation.icosphere(4)
    waves, phase = rng.normal(size=(8, 3)) * rng.uniform(0.8, 3), rng.uniform(0, 2 * np.pi, 8)
    swell = 1 + rng.uniform(0.02, 0.1) * np.sin(ball.vertices @ waves.T + phase).sum(1, keepdims=True)
    ball.vertices *= swell * rng.uniform(0.4, 1, 3)
    return ball, False, False


KINDS: tuple[Callable[[np.random.Generator], Made], ...] = (_box, _turned, _handled, _assembled, _lump)
SHARES = (0.25, 0.25, 0.2, 0.2, 0.1)


def _revolved(rng: np.random.Generator, hollow: bool) -> trimesh.Trimesh:
    """Radius 1 at most, height 0.4 to 4; hollow ones are open above, with a floor inside."""
    height, count = np.exp(rng.uniform(np.log(0.4), np.log(4))), int(rng.integers(2, 6))
    radius = rng.uniform(0.35, 1, count)
    if rng.random() < 0.4:
        radius[:] = 1  # straight, as cans and mugs are
    levels = np.linspace(0, height, count)
    fine = np.linspace(0, height, 16)
    wall = np.interp(fine, levels, radius) / radius.max()
    outside = np.stack([wall, fine], axis=-1)
    if hollow:
        inside = np.stack([0.9 * wall, fine], axis=-1)[:0:-1]
        inside[-1, 1] = max(inside[-1, 1], 0.05 * height)
        profile = np.concatenate([[[0, 0]], outside, inside, [[0, inside[-1, 1]]]])
    else:
        profile = np.concatenate([[[0, 0]], outside, [[0, height]]])
    return trimesh.creation.revolve(profile, sections=SECTIONS)


def _printed(body: trimesh.Trimesh, rng: np.random.Generator, wrapped: bool) -> Mesh:
    """Every face has corners of its own: seams cut through none."""
    tiles = [any_print(rng) for _ in range(6)]
    if rng.random() < 0.3:  # opposite sides alike
        tiles = [tiles[side // 2 * 2] for side in range(6)]
    corners = np.array(body.triangles)
    uvs = _around(corners, body) if wrapped else _on_sides(corners, body)
    atlas = np.concatenate([tiles[0], tiles[0]], 1) if wrapped else _atlas(tiles)
    count = len(corners)
    texture = torch.from_numpy(np.ascontiguousarray(atlas))
    faces = np.arange(3 * count).reshape(-1, 3)
    return Mesh(corners.reshape(-1, 3), faces, uvs=uvs.reshape(-1, 2), texture=texture)


def _around(corners: np.ndarray, body: trimesh.Trimesh) -> np.ndarray:
    """(F, 3, 2) once round z, the picture set twice side by side; ends in what is printed near them."""
    angle = np.arctan2(corners[..., 1], corners[..., 0]) / (2 * np.pi) % 1
    angle = np.where(angle.max(1, keepdims=True) - angle > 0.5, angle + 1, angle)
    low, high = body.bounds[:, 2]
    return np.stack([angle / 2, (corners[..., 2] - low) / (high - low)], axis=-1)


def _on_sides(corners: np.ndarray, body: trimesh.Trimesh) -> np.ndarray:
    """(F, 3, 2) in the atlas: every face in the print of the side that it faces most."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    axis = np.abs(normals).argmax(1)
    side = 2 * axis + (np.take_along_axis(normals, axis[:, None], 1)[:, 0] < 0)
    low, high = body.bounds
    relative = (corners - low) / (high - low)
    across = np.array([[1, 2], [0, 2], [0, 1]])[axis]
    place = GAP + (1 - 2 * GAP) * np.take_along_axis(relative, across[:, None].repeat(3, 1), 2)
    return (place + np.stack([side % 3, side // 3], -1)[:, None]) / ATLAS


def _atlas(tiles: list[np.ndarray]) -> np.ndarray:
    """Side 0 is at the bottom left, as uvs count."""
    rows = [np.concatenate(tiles[3 * row : 3 * row + 3], 1) for row in (1, 0)]
    return np.concatenate(rows)


def _banded(body: trimesh.Trimesh, rng: np.random.Generator) -> Mesh:
    edges = np.sort(rng.uniform(*body.bounds[:, 2], rng.integers(1, 5)))
    colors = np.stack([any_color(rng) for _ in range(len(edges) + 1)])
    return Mesh(body.vertices, body.faces, vertex_colors=colors[np.searchsorted(edges, body.vertices[:, 2])])


def _by_parts(body: trimesh.Trimesh, rng: np.random.Generator) -> Mesh:
    """Each part in a colour of its own; a body of one part is blotched."""
    labels = trimesh.graph.connected_component_labels(body.edges_unique, node_count=len(body.vertices))
    if labels.max() == 0:
        waves = rng.normal(size=(4, 3)) * rng.uniform(15, 90)
        labels = (np.sin(body.vertices @ waves.T + rng.uniform(0, 6, 4)).sum(1) > 0).astype(int)
    colors = np.stack([any_color(rng) for _ in range(labels.max() + 1)])
    return Mesh(body.vertices, body.faces, vertex_colors=colors[labels])
