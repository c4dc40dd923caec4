"""Mistakes made on purpose, on BOP sets: is the right cause named, and is no right input blamed?

    python benchmarks/check.py DATASET [DATASET ...] [--objects 2] [--right 20] [--seed 0] [--scenes even]

Every kind of mistake is made with `--objects` instances drawn from the sets; nothing is fitted. A cause that
is named as one of two that explain what is seen counts, and is counted apart too.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from objpose import check
from objpose.checking import Finding, Given
from objpose.geometry import Camera, Mesh
from objpose.io import BopDataset

LEAST_VISIBLE = 0.6  # of an instance, and pixels of its mask
LEAST_PIXELS = 600
Change = Callable[["Case", np.random.Generator], "Case"]


@dataclass(frozen=True, eq=False)
class Case:
    given: Given
    mesh: Mesh
    name: str

    def check(self) -> tuple[Finding, ...]:
        return check(self.given, object=self.mesh)


@dataclass(frozen=True)
class Kind:
    name: str
    change: Change
    causes: tuple[str, ...]  # any of them names the mistake
    depth: bool = True


def times_depth(factor: float) -> Change:
    return lambda case, rng: _with(case, depth=case.given.depth * np.float32(factor))


def times_mesh(factor: float) -> Change:
    return lambda case, rng: replace(case, mesh=case.mesh.scaled(factor))


def times_K(factor: float) -> Change:
    def change(case: Case, rng: np.random.Generator) -> Case:
        camera = case.given.camera
        K = camera.K.clone()
        K[:2] *= factor
        return _with(case, camera=Camera(K, camera.width, camera.height))

    return change


def swapped_size(case: Case, rng: np.random.Generator) -> Case:
    camera = case.given.camera
    return _with(case, camera=Camera(camera.K, camera.height, camera.width))


def shifted_depth(case: Case, rng: np.random.Generator) -> Case:
    angle = rng.uniform(0, 2 * np.pi)
    by = np.round(10 * np.array([np.sin(angle), np.cos(angle)])).astype(int)
    return _with(case, depth=np.roll(case.given.depth, by, (0, 1)))


def moved_mask(case: Case, rng: np.random.Generator) -> Case:
    """To where it stays within the picture, its own breadth away at least."""
    rows, columns = np.nonzero(case.given.mask)
    height, width = case.given.mask.shape
    breadth = np.sqrt(len(rows))
    while True:
        y, x = (
            rng.integers(-rows.min(), height - rows.max()),
            rng.integers(-columns.min(), width - columns.max()),
        )
        if np.hypot(x, y) > breadth:
            return _with(case, mask=np.roll(case.given.mask, (y, x), (0, 1)))


def unchanged(case: Case, rng: np.random.Generator) -> Case:
    return case


K_CAUSES = ("K resolution", "K focal length")
KINDS = (
    *(
        Kind(f"depth x {factor:g}", times_depth(factor), ("depth scale",))
        for factor in (10, 0.1, 1000, 0.001)
    ),
    *(
        Kind(f"mesh x {factor:.4g}", times_mesh(factor), ("mesh unit",))
        for factor in (10, 0.1, 25.4, 1 / 25.4, 100, 1000, 0.001)
    ),
    *(Kind(f"K x {factor:g}", times_K(factor), K_CAUSES) for factor in (0.5, 2)),
    Kind("depth shifted 10 px", shifted_depth, ("depth shifted",)),
    Kind("width and height swapped", swapped_size, ("size swapped",)),
    Kind("mask elsewhere", moved_mask, ("mask elsewhere",)),
    *(Kind(f"K x {factor:g}, no depth", times_K(factor), K_CAUSES, False) for factor in (0.5, 2)),
    Kind("width and height swapped, no depth", swapped_size, ("size swapped",), False),
    Kind("mask elsewhere, no depth", moved_mask, ("mask elsewhere",), False),
)
RIGHT = (Kind("right", unchanged, ()), Kind("right, no depth", unchanged, (), False))


def main(arguments: list[str] | None = None) -> tuple[int, int, int]:
    """Mistakes made, those named, and right inputs blamed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--objects", type=int, default=2, help="instances that each mistake is made with")
    parser.add_argument("--right", type=int, default=20, help="right inputs, with depth and without in turn")
    parser.add_argument("--scenes", choices=("even", "odd", "all"), default="all")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    instances = [place for root in options.datasets for place in _instances(BopDataset(root), options.scenes)]
    made = named = 0
    for kind in KINDS:
        verdicts = [_verdict(kind, instances, rng) for _ in range(options.objects)]
        made, named = made + len(verdicts), named + sum(verdicts)
        print(f"{kind.name:40s} {sum(verdicts)} of {len(verdicts)}", flush=True)
    blamed = sum(not _verdict(RIGHT[i % 2], instances, rng) for i in range(options.right))
    print(f"named {named} of {made} mistakes, blamed {blamed} of {options.right} right inputs")
    return made, named, blamed


def _instances(dataset: BopDataset, scenes: str) -> Iterator[Callable[[], Case]]:
    for scene_id, im_id in dataset.image_ids():
        if scenes != "all" and (scene_id % 2 == 0) != (scenes == "even"):
            continue
        for index, gt in enumerate(dataset.image(scene_id, im_id).gts):
            if gt.obj_id in dataset.object_ids and gt.mask_visib_path.is_file():
                yield lambda scene_id=scene_id, im_id=im_id, index=index: _case(
                    dataset, scene_id, im_id, index
                )


def _case(dataset: BopDataset, scene_id: int, im_id: int, index: int) -> Case | None:
    """None for an instance of which too little is seen."""
    image = dataset.image(scene_id, im_id)
    gt = image.gts[index]
    mask = gt.mask_visib()
    if (gt.visib_fract or 1.0) < LEAST_VISIBLE or mask.sum() < LEAST_PIXELS:
        return None
    name = f"{dataset.name} {scene_id} {im_id} object {gt.obj_id}"
    return Case(Given(image.rgb, image.camera, image.depth, mask), dataset.mesh(gt.obj_id), name)


def _verdict(kind: Kind, instances: list, rng: np.random.Generator) -> bool:
    """Whether the mistake is named, or the right input not blamed; prints what was said otherwise."""
    case = None
    while case is None:
        case = instances[rng.integers(len(instances))]()
    if not kind.depth:
        case = _with(case, depth=None)
    findings = kind.change(case, rng).check()
    causes = [finding.cause for finding in findings]
    is_right = bool(set(causes) & set(kind.causes)) if kind.causes else not causes
    if not is_right:
        said = "; ".join(map(str, findings)) or "nothing"
        print(f"  {kind.name}: {case.name}: {said}", flush=True)
    return is_right


def _with(case: Case, **changes: object) -> Case:
    return replace(case, given=replace(case.given, **changes))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
