"""The estimator on a pretend device: nothing lies elsewhere, the host seldom waits, the answer is the CPU's.

The bounds are what was reached, rounded up: they may only fall.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch

from objpose.errors import InputError
from objpose.estimator import EstimatorOptions, PoseEstimate, PoseEstimator, Target
from objpose.features import PatchDescriptor
from objpose.frame import Frame
from objpose.geometry import on_device
from objpose.objects import TemplateOptions
from objpose.objects.template_views import ViewOptions
from objpose.poses import RGBOptions, SplatRefineOptions, refine_splats
from objpose.splatting import mesh_splats
from tests.pretend_device import CUDA, Counts, pretend_device
from tests.synthetic import (
    LEFT,
    REAL,
    RIGHT,
    assert_same_estimate,
    joined_scene,
    looking,
    make_scene,
    onboarded,
    shifted,
)

PAIR = ("printed_box", "mug")
FEW = RGBOptions(templates=TemplateOptions(ViewOptions(directions=16, turns=6)))  # views, quickly made


@dataclass(frozen=True, eq=False)
class Run:
    counts: Counts
    found: list[PoseEstimate]
    expected: list[PoseEstimate]  # on the CPU


def run(frame: Frame, targets: list[Target], **options: object) -> Run:
    """An estimate on the pretend device, and on the CPU."""
    models = [onboarded(name) for name in dict.fromkeys(target.object for target in targets)]
    # First, for templates and splats are made on the CPU, once for all.
    expected = PoseEstimator(models, EstimatorOptions(device="cpu", **options)).estimate(frame, targets)
    with pretend_device() as counts:
        estimator = PoseEstimator(models, EstimatorOptions(threads=1, device="cuda", **options))
        estimator.estimate(frame, targets)  # what is made once is made
        counts.clear()
        found = estimator.estimate(frame, targets)
    return Run(counts, found, expected)


def assert_as_on_the_cpu(run: Run) -> None:
    """Nothing lay elsewhere; and the pretend device computes on the CPU: draws and steps were the same."""
    assert run.counts.total("mismatches") == 0, run.counts.lines("mismatches")
    assert run.counts.total("launches") > 0
    for found, expected in zip(run.found, run.expected, strict=True):
        assert_same_estimate(found, expected)


@pytest.fixture(scope="module")
def box() -> tuple[Frame, list[Target]]:
    scene = make_scene(onboarded("printed_box").mesh, looking(1), REAL)
    return scene.frame, [Target("printed_box", scene.mask)]


@pytest.fixture(scope="module")
def rgbd(box: tuple[Frame, list[Target]]) -> Run:
    return run(*box, method="rgbd")


@pytest.fixture(scope="module")
def rgb(box: tuple[Frame, list[Target]]) -> Run:
    return run(*box, method="rgb", rgb=FEW)


def test_with_depth_all_is_as_on_the_cpu(rgbd: Run) -> None:
    assert_as_on_the_cpu(rgbd)


def test_without_depth_all_is_as_on_the_cpu(rgb: Run) -> None:
    assert_as_on_the_cpu(rgb)


def test_what_is_found_lies_on_the_host(rgbd: Run) -> None:
    for estimate in rgbd.found:
        tensors = [estimate.cam_from_obj.wxyz_xyz, estimate.covariance]
        tensors += [other.cam_from_obj.wxyz_xyz for other in estimate.alternatives]
        assert all(type(tensor) is torch.Tensor and tensor.device.type == "cpu" for tensor in tensors)


def test_a_device_is_seldom_waited_for(rgbd: Run, rgb: Run) -> None:
    assert rgbd.counts.total("syncs") <= 10, rgbd.counts.lines("syncs")
    assert rgb.counts.total("syncs") <= 11, rgb.counts.lines("syncs")


def test_a_device_is_asked_no_more_than_it_was(rgbd: Run, rgb: Run) -> None:
    assert rgbd.counts.total("launches") <= 580, rgbd.counts.table()
    # 1,283 before shade and the network were asked as well.
    assert rgb.counts.total("launches") <= 1_420, rgb.counts.table()


@pytest.mark.slow("renders the box from 162 sides, and describes them")
def test_with_features_all_is_as_on_the_cpu(box: tuple[Frame, list[Target]]) -> None:
    assert_as_on_the_cpu(run(*box, method="rgbd", features=PatchDescriptor()))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("method", ["rgbd", "rgb"])
def test_a_real_device_answers_as_the_cpu_and_twice_the_same(
    box: tuple[Frame, list[Target]], method: str
) -> None:
    """Sums are rounded otherwise there: poses differ by what an alignment leaves open, and by no more."""
    frame, targets = box
    options = EstimatorOptions(method, rgb=FEW)  # type: ignore[arg-type]
    models = [onboarded.__wrapped__("printed_box")]  # its own: the others' went to the pretend device
    [expected] = PoseEstimator(models, options).estimate(frame, targets)
    estimator = PoseEstimator(models, replace(options, device="cuda"))
    [found], [again] = estimator.estimate(frame, targets), estimator.estimate(frame, targets)
    between = found.cam_from_obj.inverse() @ expected.cam_from_obj
    assert between.rotation.angle().rad2deg() < 0.5 and between.translation.norm() < 5e-4
    assert abs(found.confidence - expected.confidence) < 0.05
    assert torch.equal(found.cam_from_obj.wxyz_xyz, again.cam_from_obj.wxyz_xyz)
    assert torch.equal(found.covariance, again.covariance) and found.confidence == again.confidence


def test_splats_are_refined_as_on_the_cpu(box: tuple[Frame, list[Target]], rgbd: Run) -> None:
    frame, [target] = box
    splats, start = mesh_splats(onboarded("printed_box").mesh), rgbd.found[0].cam_from_obj[None]
    few = SplatRefineOptions(sizes=(24, 48), steps=(4, 2))
    expected = refine_splats(splats, frame, target.mask, start, few)
    with pretend_device() as counts:
        found = refine_splats(splats.to(CUDA), frame, target.mask, on_device(start, CUDA), few)
        assert torch.equal(found.cam_from_obj.wxyz_xyz.cpu(), expected.cam_from_obj.wxyz_xyz)
    assert counts.total("mismatches") == 0, counts.lines("mismatches")


def test_masks_that_hide_each_other_are_taken_in_turn() -> None:
    """Frame and masks may lie on the device."""
    poses = shifted(looking(1), LEFT), shifted(looking(0), RIGHT)
    scenes = [make_scene(onboarded(name).mesh, pose, REAL) for name, pose in zip(PAIR, poses, strict=True)]
    frame, first, second = joined_scene(*scenes)
    middle = int(first.nonzero()[:, 1].float().mean())
    second[:, middle:] |= first[:, middle:]  # what is left of the box is cut off
    first[:, middle:] = False
    models = [onboarded(name) for name in PAIR]
    on_host = EstimatorOptions("rgb", threads=1, device="cpu", rgb=FEW)
    PoseEstimator(models, on_host).prepare()
    with pretend_device() as counts:
        there = [Target(name, mask.to(CUDA)) for name, mask in zip(PAIR, (first, second), strict=True)]
        estimator = PoseEstimator(models, replace(on_host, device="cuda"))
        found = estimator.estimate(frame.to(CUDA), there)
    assert counts.total("mismatches") == 0, counts.lines("mismatches")
    assert "hidden" in {entry[0] for entry in counts.launches}
    assert {estimate.object for estimate in found} == set(PAIR)


def test_a_device_that_cannot_be_used_is_an_error() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(InputError, match='torch finds no CUDA device.*choose "cpu"'):
        PoseEstimator([onboarded("mug")], EstimatorOptions(device="cuda"))
    assert PoseEstimator([onboarded("mug")]).device.type == "cpu"


@pytest.mark.parametrize("name", ["gpu", "mps", "cuda:x", ""])
def test_a_device_that_does_not_exist_is_an_error(name: str) -> None:
    with pytest.raises(InputError, match="device.*auto, cpu, cuda"):
        PoseEstimator([onboarded("mug")], EstimatorOptions(device=name))


def test_a_model_is_sent_once_and_comes_back() -> None:
    with pretend_device():
        model = onboarded("mug")
        there = model.to(CUDA)
        assert there.to(CUDA) is there and there.to("cpu") is model and model.to(CUDA) is there
        assert there.content == model.content
        assert there.mesh.vertices.is_cuda and there.surface.cloud.normals.is_cuda
