"""Every option can be felt: what nothing reads, or what changes no answer, is no option."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import torch

import objpose
from objpose.cameras import RecoverOptions
from objpose.cameras.graph.options import GraphOptions
from objpose.cameras.learned.network import NetworkOptions
from objpose.cameras.learned.proposals import LearnedProposalOptions
from objpose.cameras.learned.rendered_sets import RenderOptions
from objpose.cameras.learned.training import TrainingOptions
from objpose.estimator import EstimatorOptions
from objpose.frame import Frame
from objpose.nocs import NetworkOptions as PoseNetOptions
from objpose.nocs import TrainingOptions as PoseNetTraining
from objpose.nocs.view import FILL, SIZE
from objpose.onboarding import OnboardOptions
from objpose.poses import RGBDOptions, RGBOptions, SplatRefineOptions, find_rgb, find_rgbd, refine_crop
from objpose.poses.by_picture import Level
from objpose.poses.observation import observe
from objpose.poses.propose.descriptors import MatchOptions, MatchSearch, color_estimator
from objpose.poses.propose.patches import PatchMatchOptions
from objpose.poses.propose.predicted import PredictedOptions, predicted_poses
from objpose.poses.propose.rotations import RotationSearch, SearchOptions
from objpose.poses.query import query_view
from objpose.poses.rgbd import RefineOptions
from objpose.poses.rivals import learned
from objpose.robust import RansacOptions
from objpose.segmentation.sam import SamOptions
from objpose.splatting.fit import FitOptions
from objpose.splatting.scene_fit import SceneFitOptions
from objpose.splatting.viewpoint_search import ViewpointOptions
from tests.poses.knowing import NAME, Knowing
from tests.poses.objects import FEATURES, photograph, templated
from tests.splatting import pictures
from tests.synthetic import REAL, looking, make_scene, onboarded

PACKAGE = Path(objpose.__file__).parent


def fields_of(options: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """The path and the value of every option, those of options within options too."""
    for field in dataclasses.fields(options):
        value, here = getattr(options, field.name), (*path, field.name)
        if dataclasses.is_dataclass(value):
            yield from fields_of(value, here)
        else:
            yield here, value


def changed(options: object, path: tuple[str, ...], value: object) -> object:
    first, *rest = path
    return dataclasses.replace(
        options, **{first: changed(getattr(options, first), tuple(rest), value) if rest else value}
    )


@cache
def names_read() -> set[str]:
    """Attributes that any code of the package reads."""
    trees = (ast.parse(file.read_text()) for file in PACKAGE.rglob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)}


ALL = [
    EstimatorOptions(),
    OnboardOptions(),
    RecoverOptions(),
    FitOptions(),
    SceneFitOptions(),
    ViewpointOptions(),
    SamOptions(),
    GraphOptions(),
    LearnedProposalOptions(),
    NetworkOptions(),
    TrainingOptions(),
    PoseNetOptions(),
    PoseNetTraining(),
    RenderOptions(),
]


@pytest.mark.parametrize("options", ALL, ids=type)
def test_every_option_is_read(options: object) -> None:
    unread = [".".join(path) for path, _ in fields_of(options) if path[-1] not in names_read()]
    assert unread == []


# Methods in small, which every option must change: few hypotheses, few steps, few pixels.
SMALL_RGBD = RGBDOptions(
    crop_size=64,
    judge_size=40,
    icp_points=60,
    icp_iterations=2,
    judged=12,
    finalists=6,
    winners=2,
    hopeless=0.3,
    search=SearchOptions(rotations=60, points=(16, 20), survivors=6, keep=4, iterations=2),
    matching=MatchOptions(
        voxel=0.06, ransac=RansacOptions(600, 400, 200, confidence=0.9, keep=6, refine_best=6)
    ),
    refine=RefineOptions(steps=(1, 2)),
)
SMALL_RGB = RGBOptions(
    placed=6,
    hidden=6,
    patches=PatchMatchOptions(templates=3, iterations=60, matches=60, aligned=2),
    coarse=Level(24, 2, 0.25),
    middle=Level(32, 1, 0.12),
    fine=Level(40, 1, 0.06),
    last=Level(64, 2, 0.06),
    kept=(4, 2),
)
SMALL_PREDICTED = PredictedOptions(
    pixels=300, ransac=RansacOptions(600, 400, 200, confidence=0.9, keep=6, refine_best=6)
)
SMALL_SPLATS = SplatRefineOptions(sizes=(16, 32), steps=(3, 2), placing=1)


@cache
def rgbd_scene():
    return make_scene(onboarded("printed_box").mesh, looking(2), REAL)


def by_search(options: SearchOptions) -> list:
    model, scene = onboarded("printed_box"), rgbd_scene()
    seen = observe(scene.frame, scene.mask, model, 64, 0.03)
    poses, _ = RotationSearch(model, seen, options, torch.Generator().manual_seed(0))()
    return poses.wxyz_xyz.tolist()


def by_matches(options: MatchOptions) -> tuple:
    model, scene = onboarded("printed_box"), rgbd_scene()
    seen, generator = observe(scene.frame, scene.mask, model, 64, 0.03), torch.Generator().manual_seed(0)
    estimator = color_estimator(model, seen.cloud, SMALL_RGBD.descriptor, options, generator)
    poses, counts = MatchSearch(estimator, 0)()
    return poses.wxyz_xyz.tolist(), counts


def by_rgbd(options: RGBDOptions) -> tuple:
    options = dataclasses.replace(options, search=SMALL_RGBD.search, matching=SMALL_RGBD.matching)
    scene = rgbd_scene()
    # Of another object: the frame shows nothing of it, so that no hypothesis is hopeless beside the best.
    answer = find_rgbd(onboarded("painted_blob"), scene.frame, scene.mask, 0, options)
    return answer.cam_from_obj.wxyz_xyz.tolist(), answer.verdict.score.tolist(), answer.stats


@cache
def half_hidden() -> tuple[Frame, torch.Tensor, torch.Tensor]:
    """A frame, the object's mask, and the mask of what hides a fifth of it."""
    frame, mask = photograph(onboarded("printed_box").mesh, looking(2))
    covered = torch.zeros_like(mask)
    covered[:, int(mask.nonzero()[:, 1].float().quantile(0.8)) :] = True
    return frame, mask, covered


def by_rgb(options: RGBOptions) -> tuple:
    """Without the network of rivals: it takes a third of the time, and no option is of it."""
    model, (frame, mask, covered) = templated("printed_box"), half_hidden()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learned, "_network", lambda _: lambda pictures: torch.zeros(*pictures.shape[:2], 2))
        answer = find_rgb(model, FEATURES, frame, mask & ~covered, 0, options, covered=covered)
    return answer.cam_from_obj.wxyz_xyz.tolist(), answer.verdict.score.tolist(), answer.stats


def by_splats(options: SplatRefineOptions) -> tuple:
    splats = pictures.blob_splats()
    crop = pictures.picture(splats, pictures.TRUTH, with_depth=True)
    # Beside the object something stands nearer and nearer, and above its middle nothing was measured.
    beside = torch.linspace(0.70, 0.80, crop.size).expand(crop.size, -1).clone()
    beside[: crop.size // 2] = 0.0
    crop = dataclasses.replace(crop, depth=torch.where(crop.mask, crop.depth, beside))
    found = refine_crop(splats, crop, pictures.disturbed(splats, 9.0, 0.015)[None], options)
    return found.cam_from_obj.wxyz_xyz.tolist(), found.cost.tolist()


def by_prediction(options: PredictedOptions) -> list:
    """By picture and by depth, of a network that takes most pixels for others."""
    model, truth = onboarded(NAME), looking(1)
    scene = make_scene(model.mesh, truth, REAL)
    network = Knowing(query_view(scene.frame, scene.mask, SIZE, FILL), truth, wrong=0.78)
    frames = scene.frame, scene.frame.without_depth()
    found = [predicted_poses(model, network, frame, scene.mask, 0, options) for frame in frames]
    return [poses.wxyz_xyz.tolist() for poses in found]


def other(value: object) -> object:
    """A value that is clearly another one, and as legal."""
    if isinstance(value, tuple):
        return tuple(other(one) for one in value)
    return max(1, value // 2) if isinstance(value, int) else 0.5 * value


# Where half of it is not legal, or would not show.
OTHERS = {
    ("icp_iterations",): 4,
    ("edge_ratio",): 0.95,
    ("least_edge",): 0.7,
    ("facing",): 0.9999,
    ("ransac", "confidence"): 1 - 1e-12,
    ("ransac", "min_iterations"): 600,
    ("ransac", "refine_best"): 1,
    ("hopeless",): 1.0,
    ("coarse", "steps"): 0,
    ("middle", "steps"): 6,
    ("fine", "steps"): 2,
    ("patches", "iterations"): 4,
    ("align", "edge_band"): 0.002,
    ("placing",): 0,
    ("still",): 10.0,
    ("refine", "depth_sigma"): 0.05,  # the depth of these frames is noisier than half of it
}
# What only features see is felt with features; descriptors are those the object was onboarded with; templates
# take seconds each, and are felt in their own tests; poses of a network are a method of their own here.
ELSEWHERE = {"visual", "descriptor", "templates", "predicted"}
METHODS: dict[str, tuple[object, Callable[[object], tuple]]] = {
    "search": (SMALL_RGBD.search, by_search),
    "matching": (SMALL_RGBD.matching, by_matches),
    "rgbd": (dataclasses.replace(SMALL_RGBD, search=None, matching=None), by_rgbd),
    "rgb": (SMALL_RGB, by_rgb),
    "splatting": (SMALL_SPLATS, by_splats),
    "predicted": (SMALL_PREDICTED, by_prediction),
}


@pytest.mark.parametrize("method", METHODS)
def test_every_option_changes_the_answer(method: str) -> None:
    options, answer = METHODS[method]
    plain, silent = answer(options), []
    for path, value in fields_of(options):
        if path[0] in ELSEWHERE or value is None:
            continue
        if answer(changed(options, path, OTHERS.get(path, other(value)))) == plain:
            silent.append(".".join(path))
    assert silent == []
