"""The choice between look-alikes alone: the truth and one rival are compared, and get their shares.

    python benchmarks/lookalikes.py [--method rgbd] [--pairs 500] [--keep FILE] [--objects FOLDER]

Right is a choice that gives the truth more than half, wherever the two look different in 40 pixels or more,
and one that ties (0.4 to 0.6) where the difference is not in view. What a nat of each kind of evidence is
worth (`Weights` of objpose/poses/rivals) is fitted on half of the pairs and judged on the other, of other
objects.
"""

from __future__ import annotations

import argparse
import pickle
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import torch
from lookalike_orbits import Orbit
from lookalike_pairs import Pair, pairs
from tqdm import tqdm

from objpose import Frame
from objpose.crops import Crop
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses.judge import by_depth, by_silhouette, judge
from objpose.poses.rgbd import RGBDOptions
from objpose.poses.rivals import RGB_EVIDENCE, RGBD_EVIDENCE, Comparison, Evidence, Looks, Weights, bounded

EVIDENCE = {"rgbd": RGBD_EVIDENCE, "rgb": RGB_EVIDENCE}
NAMES = ("depth", "outline", "color", "geometry", "appearance", "network", "shade")
KINDS = Weights(1.0, 0.0, 0.0), Weights(0.0, 1.0, 0.0), Weights(0.0, 0.0, 1.0)
FITTED_OBJECTS, HELD_OUT_OBJECTS = [0, 1], [10, 11]  # seeds of the objects' sizes and prints
PLAIN = 40  # pixels of a difference that has to be told
TIE = 0.1  # of a share about one half
RIDGE = 1e-1  # keeps the logarithms of weights finite
SPANS = (20, 40, 80, 140, 201)  # pixels, sizes of objects in the table


@dataclass(frozen=True)
class Row:
    """One pair."""

    kind: str
    size: float  # pixels
    count: int  # pixels of the difference
    in_view: bool  # whether there is anything to tell by
    nats: tuple[float, ...]  # for the truth, by NAMES; the judge's verdict in hundredths

    def share(self, weights: Sequence[float]) -> float:
        """Of the truth."""
        total = sum(weight * nats for weight, nats in zip(weights, self.nats, strict=True))
        return float(torch.sigmoid(torch.tensor(total)))


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
    for half, seeds in (("fitted", FITTED_OBJECTS), ("held out", HELD_OUT_OBJECTS)):
        made = pairs(seeds, options.pairs // 2, options.method, options.objects)
        halves.append([])
        for pair in tqdm(made, total=options.pairs // 2, desc=half, disable=None):
            halves[-1].append(compared(pair, options.method))
            if options.keep:
                kept.append(as_dict(pair, half, options.method))
    if options.keep:
        options.keep.write_bytes(pickle.dumps(kept))
    report_halves(*halves, weights_of(EVIDENCE[options.method]))
    return halves[0] + halves[1]


def compared(pair: Pair, method: str) -> Row:
    nats = evidence(pair.model, pair.crop, pair.poses, pair.truth, method)
    return Row(pair.kind, pair.size, pair.difference.count, pair.difference.in_view, nats)


def evidence(model: ObjectModel, crop: Crop, poses: SE3, truth: int, method: str) -> tuple[float, ...]:
    """Nats for the true one of poses (2,), by each kind of evidence."""
    found = []
    for weights in KINDS:
        comparison = Comparison(model.mesh, crop, model.diameter, weights, method == "rgbd")
        odds = comparison.log_odds(poses)
        found.append(float(odds[truth] - odds[1 - truth]))
    shape = by_depth(RGBDOptions().tolerance * model.diameter) if method == "rgbd" else by_silhouette
    verdict = judge(model.mesh, crop.smaller(RGBDOptions().crop_size), shape, poses)
    for values in (verdict.geometry, verdict.appearance):
        found.append(100 * float(values[truth] - values[1 - truth]))
    return (*found, *seen_nats(model, crop, poses, truth, EVIDENCE[method]))


def seen_nats(model: ObjectModel, crop: Crop, poses: SE3, truth: int, evidence: Evidence) -> list[float]:
    """Nats for the true one of poses (2,), by the network and by shade; 0 where neither is asked."""
    if not evidence.network:
        return [0.0, 0.0]
    seen = Looks(model, crop).at(poses)
    parted = bounded(seen.preferred, evidence.network), bounded(seen.shade, evidence.shade)
    return [float(nats[truth] - nats[1 - truth]) for nats in parted]


def weights_of(evidence: Evidence) -> list[float]:
    """In the order of NAMES, in the units of `Row.nats`."""
    return [*astuple(evidence.close), evidence.geometry / 100, evidence.appearance / 100, 1.0, 1.0]


def fit_weights(rows: Sequence[Row]) -> list[float]:
    """The weights under which the truths of pairs are likeliest; none is negative."""
    nats = torch.tensor([row.nats for row in rows], dtype=torch.float64)
    theta = torch.full((nats.shape[1],), -2.0, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([theta], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        solver.zero_grad()
        value = -torch.nn.functional.logsigmoid(nats @ theta.exp()).mean()
        value = value + RIDGE / len(rows) * (theta + 2).square().sum()
        value.backward()
        return value

    solver.step(loss)
    return theta.detach().exp().tolist()


def report_halves(fitted: list[Row], held_out: list[Row], in_place: Sequence[float]) -> None:
    weights = fit_weights(fitted)
    print("fitted: " + ", ".join(f"{name}={value:.3g}" for name, value in zip(NAMES, weights, strict=True)))
    for name, rows in (("fitted", fitted), ("held out", held_out)):
        print(f"\n{name}, {len(rows)} pairs, with these weights:")
        report(rows, weights)
    print("\nheld out, with the weights in place:")
    report(held_out, in_place)


def report(rows: list[Row], weights: Sequence[float]) -> None:
    """Overall, by size in the image, by kind, and by the size of the difference."""
    print("                       told apart (of >= 40 px)   tied (not in view)")
    _print_line("all", rows, weights)
    for low, high in zip(SPANS[:-1], SPANS[1:], strict=True):
        _print_line(f"{low} to {high - 1} px wide", [row for row in rows if low <= row.size < high], weights)
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    for kind, some in by_kind.items():
        _print_line(kind, some, weights)
    print("difference         pairs   truth preferred   mean share of the truth")
    for low, high in ((0, 1), (1, 10), (10, 40), (40, 100), (100, 400), (400, 1 << 30)):
        shares = [row.share(weights) for row in rows if low <= row.count < high]
        if shares:
            right = sum((share > 0.5) + (share == 0.5) / 2 for share in shares) / len(shares)
            print(f"{low:6d} px or more {len(shares):5d} {right:12.3f} {sum(shares) / len(shares):18.3f}")


def _print_line(name: str, rows: list[Row], weights: Sequence[float]) -> None:
    plain = [row.share(weights) > 0.5 for row in rows if row.count >= PLAIN]
    hidden = [abs(row.share(weights) - 0.5) <= TIE for row in rows if not row.in_view]
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


def item(made: Pair | Orbit, method: str) -> dict:
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
