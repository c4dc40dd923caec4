"""FoundPose's and FreeZe's features, DINOv2, beside those of the package: the whole table in one run.

    python benchmarks/with_dinov2.py WEIGHTS DATASET... [--model dinov2-s-reg] [--every 1] [--objects FOLDER]

WEIGHTS: the file of the model, timm's or the authors' (their release, or a snapshot of the model's page on a
hub). DINOv2, `PatchDescriptor` and `MiniDescriptor` see the same detections of the same images of BOP sets:

* right, mutual: patch matches with the three nearest templates, as benchmarks/patch_matches.py counts them;
* top 5: a template within 25 degrees is among the first five, as in benchmarks/rgb_stages.py;
* RGB (FoundPose's way) and RGB-D (FreeZe's way): the mean of AR_MSSD and AR_MSPD over the detections, as in
  benchmarks/choice.py; RGB-D without any features beside them;
* CPU s: of a detection by RGB, templates made before.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import fmean

import patch_matches
from choice import Case, cases, errors, recall
from retrieval import RIGHT_DEG, angles
from rgb_stages import Case as Detection

from objpose import EstimatorOptions
from objpose.crops import main_part, snapped_mask
from objpose.errors import InputError
from objpose.features import DenseFeatures, DinoFeatures, MiniDescriptor, PatchDescriptor
from objpose.geometry import SE3
from objpose.io import BopDataset
from objpose.objects import object_templates
from objpose.objects.template_views import TemplateViews, ViewOptions, template_views
from objpose.poses import PoseAnswer, find_rgb, find_rgbd
from objpose.poses.distinct import best
from objpose.poses.propose.retrieval import retrieve, words_cosine
from objpose.poses.query import describe, query_view

TOP = 5
OPTIONS = EstimatorOptions()
NO_FEATURES = "none"


@dataclass
class Row:
    """What came of each detection with one kind of features."""

    top: list[float] = field(default_factory=list)
    rgb: list[float] = field(default_factory=list)
    rgbd: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def main(arguments: list[str] | None = None) -> dict[str, Row]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--model", default="dinov2-s-reg", help="dinov2-s, -b, -l, -g, or a name of timm's")
    parser.add_argument("--every", type=int, default=1, help="take every n-th detection")
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    options = parser.parse_args(arguments)
    methods: dict[str, DenseFeatures] = {
        "patches": PatchDescriptor(),
        "mini": MiniDescriptor(),
        options.model: DinoFeatures(options.model, weights=options.weights),
    }
    return table([case for root in options.datasets for case in _cases(root, options)], methods)


def table(chosen: list[Case], methods: Mapping[str, DenseFeatures]) -> dict[str, Row]:
    """Printed, and what it is made of."""
    matches = patch_matches.evaluate(_pairs(chosen), dict(methods))
    rows = {name: Row() for name in (NO_FEATURES, *methods)}
    for case in chosen:
        rows[NO_FEATURES].rgbd.append(_score(case, partial(_rgbd, case, None)))
        for name, features in methods.items():
            _fill(rows[name], case, features)
    _print(rows, matches)
    return rows


def _cases(root: Path, options: argparse.Namespace) -> Iterator[Case]:
    found = list(cases(BopDataset(root), options.objects, "both"))
    yield from found[:: options.every]


def _pairs(chosen: list[Case]) -> Iterator[patch_matches.Pair]:
    views: dict[str, TemplateViews] = {}
    for case in chosen:
        name = case.name.split()[0] + case.model.name  # two sets may number their objects alike
        if name not in views:
            views[name] = template_views(case.model.mesh, patch_matches.SIZE, ViewOptions())
        seen = Detection(case.frame.without_depth(), case.mask, case.model, case.truths[0])
        yield patch_matches.pair_of(seen, views[name])


def _fill(row: Row, case: Case, features: DenseFeatures) -> None:
    row.top.append(_retrieved(case, features))  # templates are made here, before the clock runs
    began = time.process_time()
    row.rgb.append(_score(case, partial(_rgb, case, features)))
    row.seconds.append(time.process_time() - began)
    row.rgbd.append(_score(case, partial(_rgbd, case, features)))


def _retrieved(case: Case, features: DenseFeatures) -> float:
    """1 where a template within RIGHT_DEG is among the first TOP."""
    templates = object_templates(case.model, features)
    mask = main_part(snapped_mask(case.frame.rgb, main_part(case.mask)))
    query = query_view(case.frame, mask, templates.views.size, templates.views.fill)
    patches = describe(query, features, templates)
    first = best(retrieve(templates, words_cosine(templates, patches), query), TOP)
    turn = query.query_from_cam @ case.model.cam_from_mesh(case.truths[0]).rotation
    return float((angles(templates.views.cam_from_obj.rotation[first], turn, case.model) < RIGHT_DEG).any())


def _rgb(case: Case, features: DenseFeatures) -> PoseAnswer:
    seen = case.frame.without_depth()
    return find_rgb(case.model, features, seen, case.mask, OPTIONS.seed, OPTIONS.rgb, None, case.covered)


def _rgbd(case: Case, features: DenseFeatures | None) -> PoseAnswer:
    return find_rgbd(case.model, case.frame, case.mask, OPTIONS.seed, OPTIONS.rgbd, features)


def _score(case: Case, found: Callable[[], PoseAnswer]) -> float:
    """What the first pose adds to AR; nothing where the mask shows too little."""
    try:
        first: SE3 = found().cam_from_obj[:1]
    except InputError:
        return 0.0
    return float(recall(*errors(case, first)))


def _print(rows: Mapping[str, Row], matches: Mapping[str, patch_matches.Outcome]) -> None:
    count = len(rows[NO_FEATURES].rgbd)
    print(f"{count} detections")
    print(f"{'features':16s}{'right':>8s}{'mutual':>8s}{'top 5':>8s}{'RGB':>8s}{'RGB-D':>8s}{'CPU s':>8s}")
    for name, row in rows.items():
        found = matches.get(name)
        parts = (found.right, found.mutual) if found else (float("nan"), float("nan"))
        shares = [fmean(part) if part else float("nan") for part in (row.top, row.rgb, row.rgbd, row.seconds)]
        print(f"{name:16s}" + "".join(f"{value:8.3f}" for value in (*parts, *shares)))


if __name__ == "__main__":
    main()
