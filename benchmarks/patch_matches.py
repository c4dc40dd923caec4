"""Patch matches between crops and the nearest templates: how many are right, by the true pose.

    OMP_NUM_THREADS=1 python benchmarks/patch_matches.py [DATASET_DIR] [--every 1] [--first 0] [--scenes 60]

The crops are the detections of a BOP set whose masks overlap an instance by half, or else synthetic scenes
(scenes.py). Each is matched with the three of 798 templates whose rotations are nearest to the truth,
symmetries counted. Every patch of the crop takes the most similar one of the template; it is right when that
one's surface point is seen within 8 px of the patch, in a crop of 160 px. "mutual" counts right matches of a
pair that choose each other.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from objects import object_set
from retrieval import angles
from rgb_stages import Case, cases
from scenes import make_scene, targets_of
from torch import Tensor
from tqdm import tqdm

from objpose import Frame, ObjectModel, onboard
from objpose.crops import main_part, snapped_mask
from objpose.features import DenseFeatures, FeatureMap, MiniDescriptor, PatchDescriptor
from objpose.geometry import SE3
from objpose.io import BopDataset
from objpose.objects.template_views import TemplateViews, ViewOptions, template_views
from objpose.objects.templates import BACKGROUND, covered
from objpose.poses.query import Query, query_view
from objpose.raster import render_mesh

SIZE = 160  # pixels of a crop's side
NEAREST = 3  # templates that a crop is matched with
RIGHT_PX = 8.0
SYMMETRY_STEP = 0.02


class Patches(NamedTuple):
    """Those of an image that lie on the object."""

    descriptors: Tensor  # (P, D)
    pixels: Tensor  # (P, 2)


class Matches(NamedTuple):
    """Of one crop with one template."""

    errors: Tensor  # (Q,) pixels of each of the crop's patches
    mutual: Tensor  # (Q,) bool


class Pair(NamedTuple):
    """A crop, the templates nearest to it, and where their surface is seen in it."""

    name: str  # of the object
    query: Tensor  # (3, S, S), as features are given it
    owned: Tensor  # (S, S) bool
    templates: Tensor  # (NEAREST, 3, S, S)
    depth: Tensor  # (NEAREST, S, S)
    places: list[Tensor]  # of each template, (S, S, M, 2) pixel of the crop under each symmetry


class Outcome(NamedTuple):
    right: float  # share of the matches
    mutual: float  # right ones a pair
    milliseconds: float  # of the features, an image
    by_object: dict[str, float]  # share of right ones


def main(arguments: list[str] | None = None) -> dict[str, Outcome]:
    options = parse_options(arguments)
    methods: dict[str, DenseFeatures] = {"patches": PatchDescriptor(), "mini": MiniDescriptor()}
    outcomes = evaluate(crops(options), methods)
    show(outcomes)
    return outcomes


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path, nargs="?", help="a BOP set with detections.json")
    parser.add_argument("--objects", type=Path, default=Path("templates/rgb_stages"))
    parser.add_argument("--every", type=int, default=1, help="take every n-th image")
    parser.add_argument("--first", type=int, default=0, help="image to start from")
    parser.add_argument("--scenes", type=int, default=60, help="synthetic ones, without a set")
    return parser.parse_args(arguments)


def crops(options: argparse.Namespace) -> Iterator[Pair]:
    views: dict[str, TemplateViews] = {}
    for case in any_cases(options):
        name = case.model.name
        if name not in views:
            views[name] = template_views(case.model.mesh, SIZE, ViewOptions())
        yield pair_of(case, views[name])


def any_cases(options: argparse.Namespace) -> Iterator[Case]:
    if options.dataset is not None:
        detections = options.dataset / "detections.json"
        yield from cases(
            BopDataset(options.dataset), detections, options.objects, options.every, options.first
        )
    else:
        yield from synthetic(options.scenes)


def synthetic(count: int) -> Iterator[Case]:
    objects, seeds = object_set(0), range(count)
    models: dict[str, ObjectModel] = {}
    for thing in targets_of(objects, seeds):
        models[thing.name] = onboard(
            thing.mesh, thing.name, "m", out=None, symmetry=thing.symmetry, progress=False
        )
    for seed in tqdm(seeds, desc="scenes", disable=None):
        scene = make_scene(objects, seed)
        model = models[scene.target.name]
        frame = Frame(scene.frame.rgb, scene.frame.camera)
        yield Case(frame, torch.from_numpy(scene.mask), model, scene.cam_from_obj)


def pair_of(case: Case, views: TemplateViews) -> Pair:
    mask = main_part(snapped_mask(case.frame.rgb, main_part(case.mask)))
    query = query_view(case.frame, mask, views.size, views.fill)
    turn = query.query_from_cam @ case.cam_from_obj.rotation
    nearest = angles(views.cam_from_obj.rotation, turn, case.model).topk(NEAREST, largest=False).indices
    drawn = render_mesh(
        case.model.mesh,
        views.cam_from_obj[nearest],
        views.K[nearest],
        views.size,
        views.size,
        outputs=("depth", "coords", "color"),
    )
    assert drawn.coords is not None and drawn.color is not None  # asked for
    images = torch.where(drawn.mask[..., None], drawn.color, BACKGROUND).permute(0, 3, 1, 2)
    seen = torch.where(query.mask[..., None], query.rgb, BACKGROUND).permute(2, 0, 1)
    places = [truly_seen(case, query, coords) for coords in drawn.coords]
    return Pair(case.model.name, seen, query.mask, images, drawn.depth, places)


def truly_seen(case: Case, query: Query, points: Tensor) -> Tensor:
    """(S, S, M, 2) pixels of the crop at which points (S, S, 3) are seen, under each of M symmetries."""
    equals = case.model.symmetry.transforms(case.model.diameter, SYMMETRY_STEP)
    query_from_obj = SE3.from_rotation_translation(
        query.query_from_cam @ case.cam_from_obj.rotation,
        query.query_from_cam.apply(case.cam_from_obj.translation),
    )
    seen = (query_from_obj @ equals).apply(points[:, :, None]) @ query.K.to(points).T
    return seen[..., :2] / seen[..., 2:]


def evaluate(pairs: Iterable[Pair], methods: dict[str, DenseFeatures]) -> dict[str, Outcome]:
    found: dict[str, dict[str, list[Matches]]] = {name: defaultdict(list) for name in methods}
    seconds, images = dict.fromkeys(methods, 0.0), 0
    for pair in pairs:
        pictures = torch.cat([pair.query[None], pair.templates])
        images += len(pictures)
        for name, features in methods.items():
            began = time.process_time()
            maps = features(pictures)
            seconds[name] += time.process_time() - began
            found[name][pair.name].extend(matched(pair, maps))
    return {name: outcome(found[name], 1e3 * seconds[name] / images) for name in methods}


def outcome(by_object: dict[str, list[Matches]], milliseconds: float) -> Outcome:
    found = [matches for some in by_object.values() for matches in some]
    mutual = [float(((each.errors < RIGHT_PX) & each.mutual).sum()) for each in found]
    shares = {name: right_share(some) for name, some in sorted(by_object.items())}
    return Outcome(right_share(found), statistics.fmean(mutual), milliseconds, shares)


def matched(pair: Pair, maps: FeatureMap) -> list[Matches]:
    centres = maps.centres()
    column, row = centres.round().long().unbind(-1)
    owned = covered(torch.cat([pair.owned[None], pair.depth > 0]), 3)[:, row, column]
    query = Patches(maps.descriptors[0][owned[0]], centres[owned[0]])
    found = []
    for descriptors, usable, places in zip(maps.descriptors[1:], owned[1:], pair.places, strict=True):
        if bool(usable.any()) and len(query.pixels):
            found.append(matches(query, descriptors[usable], places[row, column][usable]))
    return found


def matches(query: Patches, descriptors: Tensor, places: Tensor) -> Matches:
    """descriptors: (P, D) of a template's patches; places: (P, M, 2) where the crop shows them."""
    distance = torch.cdist(query.descriptors, descriptors)
    there = distance.argmin(1)
    errors = (places[there] - query.pixels[:, None]).norm(dim=-1).amin(1)
    return Matches(errors, distance.argmin(0)[there] == torch.arange(len(there)))


def right_share(found: list[Matches]) -> float:
    return float((torch.cat([each.errors for each in found]) < RIGHT_PX).float().mean())


def show(outcomes: dict[str, Outcome]) -> None:
    print(f"{'features':24s}{'right':>8s}{'mutual':>8s}{'CPU ms':>8s}  right by object")
    for name, found in outcomes.items():
        each = " ".join(f"{share:.2f}" for share in found.by_object.values())
        print(f"{name:24s}{found.right:8.3f}{found.mutual:8.1f}{found.milliseconds:8.1f}  {each}")


if __name__ == "__main__":
    main()
