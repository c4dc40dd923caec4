"""The estimator on a pretend device: nothing lies elsewhere, the host seldom waits, the answer is the CPU's.

The bounds are what was reached, rounded up: they may only fall.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from objpose.estimator import EstimatorOptions, PoseEstimate, PoseEstimator
from tests.pretend_device import Counts, pretend_device
from tests.synthetic import REAL, Scene, assert_same_estimate, looking, make_scene, onboarded


@dataclass(frozen=True, eq=False)
class Run:
    counts: Counts
    found: PoseEstimate
    expected: PoseEstimate  # on the CPU


def run(scene: Scene, name: str, **options: object) -> Run:
    """An estimate on the pretend device, when all that is made once is made."""
    with pretend_device() as counts:
        on_device = PoseEstimator([onboarded(name)], EstimatorOptions(device="cuda", **options))
        on_device.estimate(scene.frame, scene.mask)
        counts.clear()
        [found] = on_device.estimate(scene.frame, scene.mask)
    on_host = PoseEstimator([onboarded(name)], EstimatorOptions(device="cpu", **options))
    [expected] = on_host.estimate(scene.frame, scene.mask)
    return Run(counts, found, expected)


@pytest.fixture(scope="module")
def box_scene() -> Scene:
    return make_scene(onboarded("printed_box").mesh, looking(1), REAL)


@pytest.fixture(scope="module")
def rgbd(box_scene: Scene) -> Run:
    return run(box_scene, "printed_box", method="rgbd")


def test_with_depth_nothing_lies_elsewhere(rgbd: Run) -> None:
    assert rgbd.counts.total("mismatches") == 0, rgbd.counts.lines("mismatches")


def test_with_depth_the_answer_is_that_of_the_cpu(rgbd: Run) -> None:
    """The pretend device computes on the CPU: the same draws and the same steps, to the last bit."""
    assert_same_estimate(rgbd.found, rgbd.expected)


def test_what_is_found_lies_on_the_host(rgbd: Run) -> None:
    tensors = [rgbd.found.cam_from_obj.wxyz_xyz, rgbd.found.covariance]
    tensors += [other.cam_from_obj.wxyz_xyz for other in rgbd.found.alternatives]
    assert all(type(tensor) is torch.Tensor and tensor.device.type == "cpu" for tensor in tensors)


def test_with_depth_a_device_is_seldom_waited_for(rgbd: Run) -> None:
    assert rgbd.counts.total("syncs") <= 10, rgbd.counts.lines("syncs")
    assert rgbd.counts.total("launches") <= 8_500, rgbd.counts.table()
