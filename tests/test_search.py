"""Objects looked for without masks and depth, in rounds, with segmentation's guesses given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from torch import Tensor

from objpose.estimator import PoseEstimate, PoseEstimator, Target
from objpose.estimator.claimed import ground_depth, silhouette
from objpose.estimator.in_masks import Asked
from objpose.estimator.places import Places
from objpose.frame import Frame
from objpose.geometry import Camera
from objpose.objects import ObjectModel
from objpose.poses import GroundPlane
from objpose.segmentation import Detection
from tests.poses.objects import templated
from tests.synthetic import REAL, Scene, looking, make_scene, onboarded

NAME = "painted_blob"


@dataclass
class Guesses:
    """In place of what segmentation makes of a frame."""

    places: Sequence[Detection]
    claimed: list[Tensor] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)

    def detections(self, objects: Sequence[ObjectModel]) -> list[Detection]:
        self.asked.append([model.name for model in objects])
        return [one for one in self.places if one.object in self.asked[-1]]

    def remaining(self, claimed: Tensor, ground: Tensor | None) -> Guesses:
        self.claimed.append(claimed)
        return self


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(onboarded(NAME).mesh, looking(1), REAL)


def without_depth(scene: Scene) -> Frame:
    return Frame(scene.frame.rgb, scene.frame.camera)


def beside(mask: Tensor) -> Tensor:
    return mask.roll(int(mask.any(0).sum()), 1)


def found(
    names: Sequence[str], guesses: Guesses, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> list[PoseEstimate]:
    monkeypatch.setattr("objpose.estimator.search.segmented", lambda *_, **__: guesses)
    return PoseEstimator([templated(name) for name in names]).estimate(without_depth(scene))


def test_without_depth_a_guess_beside_another_hides_nothing_of_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    guess, other = Detection(NAME, scene.mask, 0.9), Detection(NAME, beside(scene.mask), 0.5)
    [alone], both = (
        found([NAME], Guesses(places), scene, monkeypatch) for places in ([guess], [guess, other])
    )
    assert any(torch.equal(one.cam_from_obj.wxyz_xyz, alone.cam_from_obj.wxyz_xyz) for one in both)


def test_what_is_sure_claims_its_pixels_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Detection(NAME, scene.mask, 0.9)
    wrong = Detection("mug", beside(scene.mask), 0.5)
    guesses = Guesses([right, wrong])
    estimates = found([NAME, "mug"], guesses, scene, monkeypatch)
    assert estimates[0].object == NAME and estimates[0].confidence > 0.5
    assert guesses.asked == [[NAME, "mug"], ["mug"]], "once more: nothing else becomes sure"
    [claimed] = guesses.claimed
    assert float((claimed & scene.mask).sum() / (claimed | scene.mask).sum()) > 0.9


def asked(*masks: Tensor) -> Places:
    targets = [Target("mug", mask) for mask in masks]
    frame = Frame(torch.zeros(40, 50, 3, dtype=torch.uint8), camera())
    return Places(Asked(frame, targets, masks, [None] * len(masks), "rgb"), [])


def camera(distortion: Sequence[float] | None = None) -> Camera:
    return Camera.from_K([60.0, 0, 24, 0, 60, 19, 0, 0, 1], 50, 40, distortion)


def test_of_the_places_of_a_round_so_many_are_new() -> None:
    masks = [torch.zeros(40, 50, dtype=torch.bool) for _ in range(5)]
    for index, mask in enumerate(masks):
        mask[5 * index : 5 * index + 5] = True
    detections = [Detection("mug", mask, 1.0 - 0.1 * index) for index, mask in enumerate(masks)]
    places = asked(masks[0], masks[2])
    assert places.chosen_of(detections, 2) == detections[:4]
    assert places.chosen_of(detections[:3], 2) == detections[:3]
    assert [places.index_of(one) for one in detections] == [0, None, 1, None, None]
    assert places.index_of(Detection("jug", masks[0], 1.0)) is None


@pytest.mark.parametrize("distortion", [None, [-0.3, 0.1, 0.0, 0.0]])
def test_silhouettes_lie_where_the_camera_sees_the_object(distortion: list[float] | None) -> None:
    model, pose, seen = onboarded("printed_box"), looking(2), camera(distortion)
    mask = silhouette(model, pose, seen)
    column, row = seen.project(pose.apply_points(model.mesh.vertices)).round().long().unbind(-1)
    low, high = torch.nonzero(mask).amin(0), torch.nonzero(mask).amax(0)
    assert (torch.stack([row.min(), column.min()]) - low).abs().max() <= 1
    assert (torch.stack([row.max(), column.max()]) - high).abs().max() <= 1


@pytest.mark.parametrize("distortion", [None, [-0.3, 0.1, 0.0, 0.0]])
def test_the_depth_of_the_ground_is_that_of_points_on_it(distortion: list[float] | None) -> None:
    normal = np.array([0.0, -0.98, -0.199])
    ground = GroundPlane(normal, -0.5, np.array([[1.0, 0, 0], [0, 0.199, -0.98]]), np.eye(3))
    seen = camera(distortion)
    depth = ground_depth(ground, seen)
    points = seen.rays(torch.float64) * depth[..., None]
    on_it = depth.isfinite()
    assert torch.allclose(points[on_it] @ torch.from_numpy(normal), torch.tensor(-0.5, dtype=torch.float64))
    assert on_it[-1].all() and not on_it[0].any(), "the horizon is in view"
