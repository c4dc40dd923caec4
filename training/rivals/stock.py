"""Bodies and prints of things that are easily taken for themselves turned: letters, handles, open ends tell.

    python -m training.rivals.stock FILE [--bodies 230] [--prints 330] [--seed 0]

They are made once and kept small, as a machine that trains may have slow processors: any print goes on any
body of its kind, in any colours.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from training.rivals.bodies import Body, any_body
from training.rivals.labels import any_label

UNIT = 32767 / 0.8  # of kept coordinates, in a diameter
KEPT = "vertices", "faces", "normals", "uvs", "points", "known"


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
    prints = [any_label(options.seed, i, options.prints) for i in tqdm(range(options.prints))]
    save(options.file, bodies, prints)


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


def _loaded(kept: dict[str, np.ndarray]) -> Body:
    flips, near_round, is_turned, goes_round, plain = kept["known"].tolist()
    vertices, points = (kept[name].astype(np.float32) / UNIT for name in ("vertices", "points"))
    normals = kept["normals"].astype(np.float32) / 127
    known = int(flips), bool(near_round), bool(is_turned), bool(goes_round), plain
    faces, uvs = kept["faces"].astype(np.int32), kept["uvs"].astype(np.float32)
    return Body(vertices, faces, normals, uvs, points, *known)


if __name__ == "__main__":
    main()
