"""Bodies and prints of things that are easily taken for themselves turned: letters, handles, open ends tell.

    python -m training.rival_bodies FILE [--bodies 230] [--prints 330] [--seed 0]

They are made once and kept small, as a machine that trains may have slow processors: any print goes on any
body of its kind, in any colours. What turns nearly keep a body is known by construction.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import trimesh
from PIL import Image
from scipy.spatial import ConvexHull, QhullError
from tqdm import tqdm

from training import things
from training.prints import any_color, any_print, edited

CREASE = 0.6  # cosine between faces: across a sharper edge no surface is smooth
POINTS = 96  # of a body, which tell how far two poses are apart
COARSER = 2  # pixels of a print in one that is kept
QUALITY = 88  # of the pictures, as JPEG
UNIT = 32767 / 0.8  # of kept coordinates, in a diameter
SIDED = 0.4  # of the prints are for six sides, the others go round


class Body(NamedTuple):
    """A diameter is 1, the centre the origin."""

    vertices: np.ndarray  # (V, 3) float32
    faces: np.ndarray  # (F, 3) int32
    normals: np.ndarray  # (V, 3) float32, of the smooth surface, outward
    uvs: np.ndarray  # (V, 2) float32
    points: np.ndarray  # (POINTS, 3) float32, of the convex hull
    flips: int  # half turns that keep most of its shape: the first of `HALF_TURNS`
    near_round: bool  # so does any turn about z
    is_turned: bool  # and leaves it as it is, but for a print
    goes_round: bool  # its prints do
    plain: float  # how often it has one colour


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--bodies", type=int, default=230)
    parser.add_argument("--prints", type=int, default=330)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    bodies = [any_body(np.random.default_rng((options.seed, 0, i))) for i in tqdm(range(options.bodies))]
    prints = [_any_print(options.seed, i, options.prints) for i in tqdm(range(options.prints))]
    save(options.file, bodies, prints)


def any_body(rng: np.random.Generator) -> Body:
    """A box, a turned body, a cup or bowl, a thing with a handle, a tool, a lump."""
    kind = rng.choice(6, p=[0.22, 0.26, 0.22, 0.14, 0.11, 0.05])
    if kind == 0:
        return _body(things._box(rng)[0], 4, plain=0.12)
    if kind == 1:  # cans, bottles, tins
        body = things._revolved(rng, hollow=rng.random() < 0.2)
        return _body(body, int(rng.integers(1, 3)), True, True, True, plain=0.15)
    if kind == 2:
        goes_round = rng.random() < 0.7
        return _body(things._handled(rng)[0], int(rng.integers(1, 3)), True, False, goes_round, plain=0.7)
    if kind == 3:  # upside down they are hard to tell
        return _body(things._revolved(rng, hollow=True), 2, True, True, True, plain=0.8)
    if kind == 4:
        return _body(things._assembled(rng)[0], 4, plain=0.5)
    return _body(things._lump(rng)[0], 4, plain=0.2)


def save(file: Path, bodies: list[Body], prints: list[tuple[bool, bytes]]) -> None:
    arrays: dict[str, np.ndarray] = {}
    for number, body in enumerate(bodies):
        kept = {
            "vertices": (body.vertices * UNIT).round().astype(np.int16),
            "faces": body.faces.astype(np.uint16),
            "normals": (127 * body.normals).round().astype(np.int8),
            "uvs": body.uvs.astype(np.float16),
            "points": (body.points * UNIT).round().astype(np.int16),
            "known": np.array([*body[5:]], np.float32),
        }
        arrays |= {f"{number}.{name}": values for name, values in kept.items()}
    for number, (is_sided, picture) in enumerate(prints):
        arrays[f"{'sides' if is_sided else 'round'}.{number}"] = np.frombuffer(picture, np.uint8)
    np.savez_compressed(file, **arrays)


def load(file: Path) -> tuple[list[Body], list[np.ndarray], list[np.ndarray]]:
    """Bodies, prints (h, w, 3) uint8 that go round, and those for six sides."""
    with np.load(file) as kept:
        arrays = {name: kept[name] for name in kept.files}
    count = sum(name.endswith(".known") for name in arrays)
    bodies = [_loaded({name: arrays[f"{i}.{name}"] for name in KEPT}) for i in range(count)]
    around, sides = (
        [np.array(Image.open(io.BytesIO(x.tobytes()))) for n, x in arrays.items() if n.startswith(kind)]
        for kind in ("round.", "sides.")
    )
    return bodies, [np.concatenate([once, once], 1) for once in around], sides


KEPT = "vertices", "faces", "normals", "uvs", "points", "known"


def _loaded(kept: dict[str, np.ndarray]) -> Body:
    flips, near_round, is_turned, goes_round, plain = kept["known"].tolist()
    vertices, points = (kept[name].astype(np.float32) / UNIT for name in ("vertices", "points"))
    normals = kept["normals"].astype(np.float32) / 127
    known = int(flips), bool(near_round), bool(is_turned), bool(goes_round), plain
    faces, uvs = kept["faces"].astype(np.int32), kept["uvs"].astype(np.float32)
    return Body(vertices, faces, normals, uvs, points, *known)


def _body(
    shape: trimesh.Trimesh,
    flips: int,
    near_round: bool = False,
    is_turned: bool = False,
    goes_round: bool = False,
    *,
    plain: float,
) -> Body:
    shape.apply_translation(-shape.bounds.mean(0))
    shape.apply_scale(1 / np.linalg.norm(shape.vertices[:, None] - _extremes(shape, 40), axis=-1).max())
    corners = np.array(shape.triangles)
    uvs = (things._around if goes_round else things._on_sides)(corners, shape)
    rows = np.concatenate([x.reshape(3 * len(corners), -1) for x in (corners, _smooth(corners), uvs)], 1)
    unique, inverse = np.unique(rows.astype(np.float32).round(4), axis=0, return_inverse=True)
    vertices, normals, uvs = np.split(unique, [3, 6], 1)
    points = _extremes(shape, POINTS).astype(np.float32)
    faces = inverse.reshape(-1, 3).astype(np.int32)
    return Body(vertices, faces, normals, uvs, points, flips, near_round, is_turned, goes_round, plain)


def _any_print(seed: int, number: int, count: int) -> tuple[bool, bytes]:
    rng, is_sided = np.random.default_rng((seed, 1, number)), number < SIDED * count
    picture = things._atlas(_sides(rng)) if is_sided else _label_around(rng)
    height, width = (side // COARSER for side in picture.shape[:2])
    small = Image.fromarray(picture).resize((width, height), Image.Resampling.BOX)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=QUALITY, subsampling=0)
    return is_sided, stream.getvalue()


def _label_around(rng: np.random.Generator) -> np.ndarray:
    """Twice the same with other letters, one patch on a plain ground, or any print."""
    kind = rng.random()
    if kind < 0.4:
        half = any_print(rng)[:, ::2]
        return np.concatenate([half, edited(half, rng)], 1)
    if kind < 0.65:
        once = np.tile((255 * any_color(rng)).astype(np.uint8), (192, 384, 1))
        width, height = rng.integers([40, 30], [180, 150])
        x, y = rng.integers(0, [384 - width, 192 - height])
        once[y : y + height, x : x + width] = any_print(rng)[:height, :width]
        return once
    return any_print(rng)


def _sides(rng: np.random.Generator) -> list[np.ndarray]:
    """(6,) prints: opposite sides alike but for letters, mostly."""
    tiles = [any_print(rng) for _ in range(6)]
    for side in (1, 3, 5):
        kind = rng.random()
        if kind < 0.6:
            tiles[side] = edited(tiles[side - 1], rng)
        if kind < 0.3:  # as the eye sees it when the thing is turned over
            tiles[side] = tiles[side][::-1, ::-1]
    return tiles


def _extremes(shape: trimesh.Trimesh, count: int) -> np.ndarray:
    """(count, 3) vertices of the convex hull, spread evenly in their order, repeated if there are fewer."""
    try:
        hull = shape.vertices[ConvexHull(shape.vertices).vertices]
    except QhullError:
        hull = shape.vertices
    return hull[np.linspace(0, len(hull) - 1, count).round().astype(int)]


def _smooth(corners: np.ndarray) -> np.ndarray:
    """(3 F, 3) unit means over the faces that meet in a corner (F, 3, 3), creases left sharp."""
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit = face / np.linalg.norm(face, axis=1, keepdims=True).clip(1e-12)
    place = np.unique(corners.reshape(-1, 3).round(5), axis=0, return_inverse=True)[1].ravel()
    order, count = np.argsort(place, kind="stable"), np.bincount(place)
    slot = np.arange(len(order)) - np.repeat(count.cumsum() - count, count)
    around = np.zeros((len(count), count.max(), 3))
    around[place[order], slot] = face[order // 3]
    own, met = unit.repeat(3, 0), around[place]
    is_smooth = np.einsum("ndk,nk->nd", met, own) > CREASE * np.linalg.norm(met, axis=-1)
    mean = (met * is_smooth[..., None]).sum(1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True).clip(1e-12)


if __name__ == "__main__":
    main()
