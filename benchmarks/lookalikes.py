"""The choice between look-alikes alone: the truth and one rival are compared, and get their shares.

    python benchmarks/lookalikes.py [--method rgbd] [--pairs 500] [--keep FILE] [--objects FOLDER]

Right is a choice that gives the truth more than half, wherever the two look different in 40 pixels or more,
and one that ties (0.4 to 0.6) where the difference is not in view. The comparison is that of the methods.
What its evidence is worth was chosen on the first half of the pairs, among others, and not on the second, of
other objects.
"""

from __future__ import annotations

import argparse
import pickle
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from lookalike_pairs import Pair, apart, pairs
from tqdm import tqdm

from objpose import Frame
from objpose.crops import depth_tolerance
from objpose.poses import rgb, rgbd
from objpose.poses.judge import by_depth, judge
from objpose.poses.pipeline import Recipe, told_apart
from objpose.poses.rivals import RGB_EVIDENCE, Looks, rivalry

CHOOSING_OBJECTS, HELD_OUT_OBJECTS = [0, 1], [10, 11]  # seeds of the objects' sizes and prints
PLAIN = 40  # pixels of a difference that has to be told
TIE = 0.1  # of a share about one half
SPANS = (20, 40, 80, 140, 201)  # pixels, sizes of objects in the table


@dataclass(frozen=True)
class Row:
    """One pair."""

    kind: str
    size: float  # pixels
    count: int  # pixels of the difference
    in_view: bool  # whether there is anything to tell by
    share: float  # of the truth


def main(arguments: list[str] | None = None) -> list[Row]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--method", choices=("rgbd", "rgb"), default="rgbd")
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--keep", type=Path, help="the pairs go into this file, for experiments")
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    options = parser.parse_args(arguments)
    halves: list[list[Row]] = []
    kept: list[dict] = []
    for half, seeds in (("chose", CHOOSING_OBJECTS), ("held out", HELD_OUT_OBJECTS)):
        made = pairs(seeds, options.pairs // 2, options.method, options.objects)
        halves.append([])
        for pair in tqdm(made, total=options.pairs // 2, desc=half, disable=None):
            halves[-1].append(compared(pair, options.method))
            if options.keep:
                kept.append(as_dict(pair, half, options.method))
        print(f"\n{half}, {len(halves[-1])} pairs:")
        report(halves[-1])
    if options.keep:
        options.keep.write_bytes(pickle.dumps(kept))
    return halves[0] + halves[1]


def compared(pair: Pair, method: str) -> Row:
    recipe = recipe_of(pair, method)
    answer = told_apart(recipe, pair.poses, recipe.refine.information(pair.poses))
    share = 0.0
    for found, chance in zip(answer.cam_from_obj, answer.share.tolist(), strict=True):
        gaps = [apart(pair.scene.target, exact, found) for exact in pair.exact]
        share += chance * (gaps[pair.truth] < gaps[1 - pair.truth])
    return Row(pair.kind, pair.size, pair.difference.count, pair.difference.in_view, share)


def recipe_of(pair: Pair, method: str) -> Recipe:
    """The method from where rivals are aligned: nothing is proposed."""
    model, crop = pair.model, pair.crop
    if method == "rgbd":
        options = rgbd.RGBDOptions()
        shape = by_depth(depth_tolerance(crop, options.tolerance * model.diameter))
        judged = partial(judge, model.mesh, crop.smaller(options.crop_size), shape)
        told = rgbd.rivalry_of(model, crop)
    else:
        options = rgb.RGBOptions()
        last = crop.smaller(options.last.size)
        edges = rgb.edge_evidence(model.mesh, last, rgb.picture_edges(last))
        judged = partial(rgb.judged, model, crop.smaller(options.fine.size), Looks(model, crop))
        told = rivalry(model, crop, RGB_EVIDENCE, False, edges)
    return Recipe({}, (), pair.aligned, judged, told)


def report(rows: list[Row]) -> None:
    """Overall, by size in the image, by kind, and by the size of the difference."""
    print("                       told apart (of >= 40 px)   tied (not in view)")
    _print_line("all", rows)
    for low, high in zip(SPANS[:-1], SPANS[1:], strict=True):
        _print_line(f"{low} to {high - 1} px wide", [row for row in rows if low <= row.size < high])
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    for kind, some in by_kind.items():
        _print_line(kind, some)
    print("difference         pairs   truth preferred   mean share of the truth")
    for low, high in ((0, 1), (1, 10), (10, 40), (40, 100), (100, 400), (400, 1 << 30)):
        shares = [row.share for row in rows if low <= row.count < high]
        if shares:
            right = sum((share > 0.5) + (share == 0.5) / 2 for share in shares) / len(shares)
            print(f"{low:6d} px or more {len(shares):5d} {right:12.3f} {sum(shares) / len(shares):18.3f}")


def _print_line(name: str, rows: list[Row]) -> None:
    plain = [row.share > 0.5 for row in rows if row.count >= PLAIN]
    hidden = [abs(row.share - 0.5) <= TIE for row in rows if not row.in_view]
    texts = [f"{sum(some) / len(some):.3f} of {len(some):3d}" if some else "-" for some in (plain, hidden)]
    print(f"{name:22s} {texts[0]:>24s} {texts[1]:>18s}")


def as_dict(pair: Pair, half: str, method: str) -> dict:
    """What an experiment needs of a pair."""
    differs = torch.from_numpy(pair.difference.pixels)
    known = {
        "pixels": pair.difference.count,
        "in_view": pair.difference.in_view,
        "evidence": pair.difference.evidence,
        "differs": differs,
    }
    same = {name: getattr(pair, name) for name in ("poses", "exact", "truth")}
    return item(pair, method) | known | same | {"half": half}


def item(made: Pair, method: str) -> dict:
    """What an experiment needs of a scene: the frame cut to a window around the object, and what is known."""
    scene = made.scene
    rows, columns = scene.window
    size = columns.stop - columns.start, rows.stop - rows.start
    view = scene.frame.camera.crop(columns.start, rows.start, *size)
    seen = scene.frame if method == "rgbd" else scene.frame.without_depth()
    depth = None if seen.depth is None else seen.depth[rows, columns].clone()
    frame = Frame(seen.rgb[rows, columns].clone(), view, depth)
    cut = {"mask": scene.mask, "visible": scene.visible}
    images = {name: torch.from_numpy(image[rows, columns].copy()) for name, image in cut.items()}
    same = {name: getattr(made, name) for name in ("kind", "object_seed", "size", "crop")}
    names = ("symmetry", "shape_symmetry", "near_symmetry")
    symmetries = {name: getattr(scene.target, name) for name in names}
    known = {"model": made.model.name, "method": method, "visible_share": scene.visible_share, "frame": frame}
    return same | known | images | symmetries


if __name__ == "__main__":
    main()
