"""Where the right pose is lost: what the best of the candidates would score after each stage, on BOP sets.

    python benchmarks/choice.py DATASET... [--method rgb] [--half odd] [--objects FOLDER] [--lost]

The oracle of a stage takes the candidate that errs least. A detection counts when its mask is of an instance
of its object. AR is the mean of AR_MSSD and AR_MSPD over detections, not over targets as BOP's is. Image i of
scene s is even where s + i is.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import torch
from bop_reliability import model_of
from reliability import SAME_OBJECT
from torch import Tensor
from tqdm import tqdm

from objpose import EstimatorOptions, Frame, ObjectModel
from objpose.crops import covered_by
from objpose.errors import InputError
from objpose.features import PatchDescriptor
from objpose.geometry import HOST, SE3
from objpose.io import BopDataset, read_detections
from objpose.poses import RIGHT, PoseAnswer, Stats, Verdict, find_rgb, find_rgbd, rgb, rgbd
from objpose.poses.pipeline import Judge, Propose, Recipe, Rivals, Stage, find
from objpose.timing import Clock

MSSD = torch.arange(1, 11) * 0.05  # of the diameter: BOP's thresholds
MSPD = torch.arange(1, 11) * 5.0  # pixels of an image that is WIDTH wide
WIDTH = 640
SYMMETRY_STEP = 0.02  # of the diameter
POINTS = 300  # of the surface
LOST = 0.2  # of the AR of a detection: a choice that costs less is no mistake


class Case(NamedTuple):
    """A detection of a set."""

    name: str
    model: ObjectModel
    frame: Frame
    mask: Tensor  # (H, W) bool
    covered: Tensor  # (H, W) bool, what the image's other masks claim
    truths: list[SE3]  # mesh frame, of the instances that the mask may be of; none for a wrong label


@dataclass
class Trace:
    """What came of each stage of the pipeline, for one mask."""

    poses: dict[str, SE3] = field(default_factory=dict)
    verdict: Verdict | None = None  # of the refined poses

    def find(self, recipe: Recipe, clock: Clock) -> PoseAnswer:
        """`pipeline.find`, watched."""
        watched = replace(
            recipe,
            propose={name: self._proposer(part) for name, part in recipe.propose.items()},
            stages=[self._stage(stage) for stage in recipe.stages],
            judge=self._judge(recipe.judge),
            rivalry=_Watched(self, recipe.rivalry),
        )
        answer = find(watched, clock)
        self.poses["answer"] = answer.cam_from_obj[:1]
        return answer

    def _proposer(self, propose: Propose) -> Propose:
        def proposed() -> tuple[SE3, Stats]:
            poses, counts = propose()
            before = [self.poses["proposed"]] if "proposed" in self.poses else []
            self.poses["proposed"] = SE3.cat([*before, _on_host(poses)])
            return poses, counts

        return proposed

    def _stage(self, stage: Stage) -> Stage:
        def keep(poses: SE3, look: Tensor) -> Tensor:
            kept = stage.keep(poses, look)
            self.poses |= {f"{stage.name}, moved": poses, f"{stage.name}, kept": poses[kept]}
            return kept

        return replace(stage, keep=keep)

    def _judge(self, judge: Judge) -> Judge:
        def judged(poses: SE3) -> Verdict:
            verdict = judge(poses)
            if self.verdict is None:  # later: of the finished one
                self.poses["refined"], self.verdict = _on_host(poses), verdict
            return verdict

        return judged


class _Watched:
    """Rivals, and what comes of them."""

    def __init__(self, trace: Trace, rivalry: Rivals):
        self.trace, self.rivalry = trace, rivalry

    def rivals(self, cam_from_obj: SE3) -> SE3:
        self.trace.poses["rivals"] = found = self.rivalry.rivals(cam_from_obj)
        return found

    def compared(self, cam_from_obj: SE3, verdict: Verdict, closely: bool) -> Tensor:
        return self.rivalry.compared(cam_from_obj, verdict, closely)

    def contested(self, cam_from_obj: SE3, odds: Tensor) -> Tensor:
        return self.rivalry.contested(cam_from_obj, odds)

    def in_place(self, cam_from_obj: SE3) -> tuple[SE3, Tensor]:
        return self.rivalry.in_place(cam_from_obj)

    def answer(self, cam_from_obj: SE3, odds: Tensor) -> tuple[Tensor, Tensor]:
        chosen, share = self.rivalry.answer(cam_from_obj, odds)
        self.trace.poses["chosen"] = cam_from_obj[chosen[:1]]
        return chosen, share


def main(arguments: list[str] | None = None) -> dict[str, dict[str, list[float]]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--method", choices=("rgbd", "rgb"), default="rgb")
    parser.add_argument("--half", choices=("even", "odd", "both"), default="both")
    parser.add_argument("--objects", type=Path, help="folder where onboarded objects are kept")
    parser.add_argument("--lost", action="store_true", help="list the answers that a better choice mends")
    options = parser.parse_args(arguments)
    found = {}
    for root in options.datasets:
        best: dict[str, list[float]] = defaultdict(list)
        right: dict[str, list[float]] = defaultdict(list)
        for case in cases(BopDataset(root), options.objects, options.half):
            trace = traced(case, options.method)
            if trace is None:
                continue
            for stage, poses in trace.poses.items():
                mssd, mspd = errors(case, poses)
                best[stage].append(float(recall(mssd, mspd).max()))
                right[stage].append(float((mssd < RIGHT).any()))
            if options.lost and best["refined"][-1] - best["answer"][-1] > LOST:
                print_lost(case, trace)
        print(f"{root.name}, images: {options.half}")
        for stage, recalls in best.items():
            ar, share = (sum(values) / len(values) for values in (recalls, right[stage]))
            print(f"    {stage:16s} AR of the best {ar:.3f}, one is right {share:.3f} of {len(recalls)}")
        found[root.name] = dict(best)
    return found


def cases(dataset: BopDataset, folder: Path | None, half: str) -> Iterator[Case]:
    """The detections whose mask is of their object."""
    detections = read_detections(dataset.root / "detections.json")
    models = {obj_id: model_of(dataset, obj_id, folder) for obj_id in sorted({d.obj_id for d in detections})}
    for scene_id, im_id in tqdm(sorted({(d.scene_id, d.image_id) for d in detections}), disable=None):
        if half != "both" and ((scene_id + im_id) % 2 == 0) != (half == "even"):
            continue
        image = dataset.image(scene_id, im_id)
        frame = Frame(image.rgb, image.camera, image.depth)
        found = [d for d in detections if (d.scene_id, d.image_id) == (scene_id, im_id)]
        masks = [torch.from_numpy(d.mask()) for d in found]
        visible = [torch.from_numpy(gt.mask_visib()) for gt in image.gts]
        for i, detection in enumerate(found):
            truths = [
                SE3(gt.cam_from_obj.wxyz_xyz.float())
                for gt, seen in zip(image.gts, visible, strict=True)
                if gt.obj_id == detection.obj_id and _overlap(masks[i], seen) >= SAME_OBJECT
            ]
            name = f"{dataset.root.name} {scene_id}/{im_id} object {detection.obj_id}"
            covered = covered_by(masks[i], masks[:i] + masks[i + 1 :])
            if truths:
                yield Case(name, models[detection.obj_id], frame, masks[i], covered, truths)


def traced(case: Case, method: str) -> Trace | None:
    """What came of each stage; None where the mask shows too little."""
    trace, options = Trace(), EstimatorOptions(method)
    with mock.patch.object(rgb if method == "rgb" else rgbd, "find", trace.find):
        try:
            if method == "rgbd":
                find_rgbd(case.model, case.frame, case.mask, options.seed, options.rgbd)
            else:
                given = case.frame.without_depth(), case.mask, options.seed, options.rgb, None, case.covered
                find_rgb(case.model, PatchDescriptor(), *given)
        except InputError:
            return None
    return trace


def errors(case: Case, poses: SE3) -> tuple[Tensor, Tensor]:
    """(B,) MSSD in diameters and (B,) MSPD in pixels of poses (B,), to the nearest of the truths."""
    model, project = case.model, case.frame.camera.project
    points = model.surface.cloud.points
    points = points[:: max(1, len(points) // POINTS)]
    equals = model.symmetry.transforms(model.diameter, SYMMETRY_STEP).apply_points(points)
    truths = torch.cat([model.cam_from_mesh(truth).apply_points(equals) for truth in case.truths])
    shown, found = project(truths), poses.apply_points(points)
    mssd = torch.stack([_farthest(pose, truths) for pose in found]) / model.diameter
    mspd = torch.stack([_farthest(pose, shown) for pose in project(found)])
    return mssd, mspd * WIDTH / case.frame.size[0]


def _farthest(points: Tensor, truths: Tensor) -> Tensor:
    """() of points (P, n): how far the farthest is off, under the best of truths (M, P, n)."""
    return (points - truths).norm(dim=-1).amax(-1).amin()


def recall(mssd: Tensor, mspd: Tensor) -> Tensor:
    """(B,) what each would add to AR, the mean of AR_MSSD and AR_MSPD."""
    return ((mssd[:, None] < MSSD).float().mean(1) + (mspd[:, None] < MSPD).float().mean(1)) / 2


def print_lost(case: Case, trace: Trace) -> None:
    """What the judge says of the answer's neighbourhood and of the best of the refined poses."""
    assert trace.verdict is not None  # there is an answer
    mssd, mspd = errors(case, trace.poses["refined"])
    chosen = (trace.poses["refined"].wxyz_xyz - trace.poses["chosen"].wxyz_xyz).abs().amax(-1).argmin()
    print(f"{case.name}, {int(case.mask.sum())} px")
    for name, index in (("chosen", int(chosen)), ("best", int(recall(mssd, mspd).argmax()))):
        terms = ("geometry", "appearance", "visible", "empty", "bare")
        said = ", ".join(f"{term} {float(getattr(trace.verdict, term)[index]):.3f}" for term in terms)
        print(f"    {name:6s} MSSD {float(mssd[index]):.2f} d, MSPD {float(mspd[index]):.0f} px: {said}")


def _on_host(poses: SE3) -> SE3:
    return SE3(poses.wxyz_xyz.to(HOST))


def _overlap(one: Tensor, other: Tensor) -> float:
    return float((one & other).sum() / (one | other).sum().clamp_min(1))


if __name__ == "__main__":
    main()
