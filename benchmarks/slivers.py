"""How sure answers are where little of an object is in view: at the frame's border, and behind other things.

    python benchmarks/slivers.py DATASET... [--method rgbd] [--half even] [--every 1] [--objects FOLDER]

Of every n-th detection whose label is right 3 to 20 % are left: the frame ends there, or a thing of another
image is pasted before it, in colour and depth. Each is asked for its object, and for two others of the set:
whatever is found of those is wrong.
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate
from wrong_inputs import Case, groups, show

from objpose import EstimatorOptions, Frame, PoseEstimate, PoseEstimator, Target
from objpose.crops import mask_box
from objpose.errors import InputError
from objpose.io import BopDataset

LEFT = 0.03, 0.20  # of the mask's pixels
LEAST_PIXELS = 64  # that are left of a mask
LEAST_SIDE = 64  # pixels of a frame
LARGER = 1.5  # times: the box of what is pasted, of the one that it hides
BEFORE = 0.25  # diameters of the hidden object: how far before it that lies
STEPS = 60  # of its way across
OTHERS = 2  # names of other objects that are tried


@dataclass(frozen=True, eq=False)
class Sliver:
    kind: str
    case: Case
    hiding: Tensor | None = None  # (H, W) bool, the mask of what was pasted


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--method", choices=("rgbd", "rgb"), default="rgbd")
    parser.add_argument("--half", choices=("even", "odd", "both"), default="both")
    parser.add_argument("--every", type=int, default=1, help="take every n-th detection")
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    options = parser.parse_args(arguments)
    halves = {"even": (0,), "odd": (1,), "both": (0, 1)}[options.half]
    found: dict[str, list[tuple[PoseEstimate, bool]]] = {}
    for root in options.datasets:
        for sliver in slivers(BopDataset(root), options.objects, options.every, halves):
            found.setdefault(sliver.kind, []).extend(answered(sliver, options.method))
    show(found)


def slivers(
    dataset: BopDataset, folder: Path | None, every: int, halves: tuple[int, ...] = (0, 1)
) -> Iterator[Sliver]:
    """Those of every n-th detection, on images of these halves, in the order of the detections."""
    cases = [case for some in groups(dataset, folder, every, False) for case in some]
    models = list({case.model.name: case.model for case in cases}.values())
    for index, case in enumerate(cases):
        if case.half not in halves:
            continue
        generator = torch.Generator().manual_seed(index)
        others = [model for model in models if model.name != case.model.name]
        chosen = torch.randperm(len(others), generator=generator)[:OTHERS].tolist()
        behind = cases[int(torch.randint(len(cases), (1,), generator=generator))]
        for cut in (at_border(case, generator), hidden(case, behind, generator)):
            if cut is None:
                continue
            yield cut
            for one in chosen:
                named = replace(cut.case, model=others[one], truths=[])
                yield replace(cut, kind=f"{cut.kind}, misnamed", case=named)


def at_border(case: Case, generator: torch.Generator) -> Sliver | None:
    """The frame cut so that few of the mask's pixels are left, at a side of it."""
    height, width = case.frame.size
    axis, first = divmod(int(torch.randint(4, (1,), generator=generator)), 2)
    place = case.mask.nonzero()[:, axis].float()
    left = _left(generator)
    cut = int(place.quantile(left if first else 1 - left))
    box = [0, 0, height, width]  # top, left, bottom, right
    box[axis + 2 if first else axis] = cut
    top, start, bottom, end = box
    mask = case.mask[top:bottom, start:end]
    if min(bottom - top, end - start) < LEAST_SIDE or int(mask.sum()) < LEAST_PIXELS:
        return None
    frame, depth = case.frame, case.frame.depth
    assert depth is not None  # of RGB-D sets
    camera = frame.camera.crop(start, top, end - start, bottom - top)
    part = Frame(frame.rgb[top:bottom, start:end], camera, depth[top:bottom, start:end])
    return Sliver("border", replace(case, frame=part, mask=mask))


def hidden(case: Case, other: Case, generator: torch.Generator) -> Sliver | None:
    """What another mask shows pasted before it, slid across it until few of its pixels are left."""
    angle = 2 * math.pi * float(torch.rand(1, generator=generator))
    left = _left(generator)
    rgb, depth, shape = _patch(case, other)
    for step in range(STEPS):
        away = 2 * (1 - step / STEPS) * max(shape.shape)
        pasted = _pasted(case, rgb, depth, shape, (away * math.cos(angle), away * math.sin(angle)))
        seen = case.mask & ~pasted[1]
        if int(seen.sum()) < left * int(case.mask.sum()):
            return Sliver("hidden", replace(case, frame=pasted[0], mask=seen), pasted[1])
        if int(seen.sum()) < LEAST_PIXELS:
            return None
    return None


def _left(generator: torch.Generator) -> float:
    low, high = map(math.log, LEFT)
    return math.exp(low + (high - low) * float(torch.rand(1, generator=generator)))


def _patch(case: Case, other: Case) -> tuple[Tensor, Tensor, Tensor]:
    """Colours (h, w, 3), depth and mask (h, w) of the other, in the size and distance that it needs."""
    low, high = mask_box(other.mask)
    window = slice(int(low[1]), int(high[1]) + 1), slice(int(low[0]), int(high[0]) + 1)
    first, last = mask_box(case.mask)
    scale = LARGER * float((last - first).max() + 1) / float((high - low).min() + 1)
    assert case.frame.depth is not None and other.frame.depth is not None  # of RGB-D sets
    planes = [*other.frame.rgb[window].permute(2, 0, 1).float()]
    planes += [other.frame.depth[window], other.mask[window].float()]
    sized = interpolate(torch.stack(planes)[None], scale_factor=scale, mode="nearest-exact")[0]
    depth, measured = sized[3], case.frame.depth[case.mask]
    near = float(measured[measured > 0].quantile(0.05)) - BEFORE * case.true_model.diameter
    depth = torch.where(depth > 0, depth - depth[(depth > 0) & (sized[4] > 0.5)].median() + near, 0.0)
    return sized[:3].permute(1, 2, 0).to(torch.uint8), depth.clamp_min(0), sized[4] > 0.5


def _pasted(
    case: Case, rgb: Tensor, depth: Tensor, shape: Tensor, away: tuple[float, float]
) -> tuple[Frame, Tensor]:
    """The frame with the patch `away` (rows, columns) from the mask's middle, and (H, W) where it lies."""
    frame = case.frame
    assert frame.depth is not None  # of RGB-D sets
    middle = case.mask.nonzero().float().mean(0)
    places = [  # of the patch's pixels, along either side of the frame
        torch.arange(length) - int(m + a - size / 2)
        for length, m, a, size in zip(frame.size, middle, away, shape.shape, strict=True)
    ]
    rows, columns = (at.clamp(0, size - 1) for at, size in zip(places, shape.shape, strict=True))
    here = (rows == places[0])[:, None] & (columns == places[1])[None]
    rows = rows[:, None]
    covered = here & shape[rows, columns]
    colors = torch.where(covered[..., None], rgb[rows, columns], frame.rgb)
    measured = torch.where(covered, depth[rows, columns], frame.depth)
    return Frame(colors, frame.camera, measured), covered


def answered(sliver: Sliver, method: str) -> list[tuple[PoseEstimate, bool]]:
    """The estimate, and whether it is right; none where it is refused.

    Without depth the mask of what hides it is known, as another target is.
    """
    case, targets = sliver.case, [Target(sliver.case.model.name, sliver.case.mask)]
    if method == "rgb" and sliver.hiding is not None:
        targets.append(Target(case.model.name, sliver.hiding))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = PoseEstimator([case.model], EstimatorOptions(method)).estimate(case.frame, targets)
        except InputError:
            return []
    return [(one, case.right(one.cam_from_obj)) for one in found if one.target == 0]


if __name__ == "__main__":
    main()
