"""Estimates of a frame without depth, by the ground that their objects stand on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from objpose.estimator import EstimatorOptions, PoseEstimate, PoseEstimator, Target
from objpose.estimator.ground import on_one_ground, unsure_on_ground
from objpose.frame import Frame
from objpose.geometry import SE3, Camera
from objpose.objects import ObjectModel
from objpose.raster import render_mesh
from tests.geometry.shapes import box
from tests.ground.things import HEIGHT as HEIGHT_OF_TABLE
from tests.ground.things import SIZES, UP, found, on_table
from tests.synthetic import CAMERA as DRAWN
from tests.synthetic import HEIGHT, WIDTH, onboarded

CAMERA = Camera.from_K([600.0, 0, 319.5, 0, 600.0, 239.5, 0, 0, 1], 640, 480)


def models(scale: float = 1.0) -> dict[str, ObjectModel]:
    """Five boxes, the third of which is `scale` times as large as the thing itself."""
    like, boxes = onboarded("printed_box"), {}
    for index, size in enumerate(SIZES):
        mesh = box(*(scale * side if index == 2 else side for side in size))
        name, diameter = f"box{index}", float(mesh.vertices.norm(dim=1).max() * 2)
        boxes[name] = replace(like, name=name, mesh=mesh, coarse_mesh=mesh, diameter=diameter)
    return boxes


def estimates(seed: int, scale: float = 1.0, **given: float) -> tuple[list[PoseEstimate], list[np.ndarray]]:
    """As RGB finds them, and where they are: what is larger is found farther away."""
    rng, answers, truths = np.random.default_rng(seed), [], []
    for index in range(len(SIZES)):
        standing, truth = found(rng, index)
        away = scale if index == 2 else 1.0
        pose = SE3.from_rotation_translation(
            torch.tensor(standing.rotation), torch.tensor(standing.translation * away)
        )
        covariance, numbers = torch.tensor(standing.covariance), {"confidence": 0.8, "share": 0.97} | given
        answers.append(PoseEstimate(f"box{index}", pose, covariance=covariance, score=0.9, target=index,
                                    alternatives=(), **numbers))  # fmt: skip
        truths.append(truth)
    return answers, truths


def errors(answers: list[PoseEstimate], truths: list[np.ndarray]) -> list[float]:
    places = [one.cam_from_obj.translation.numpy() for one in answers]
    return [float(np.linalg.norm(place - truth)) for place, truth in zip(places, truths, strict=True)]


def test_distances_are_nearer_and_answers_surer() -> None:
    before, after = [], []
    for seed in range(8):
        alone, truths = estimates(seed)
        together = on_one_ground(alone, models(), CAMERA)
        before += errors(alone, truths)
        after += errors(together, truths)
        assert [one.target for one in together] == [0, 1, 2, 3, 4]
        assert np.mean([one.confidence for one in together]) > 0.85
        for one, other in zip(alone, together, strict=True):
            narrower = torch.linalg.eigvalsh(one.covariance - other.covariance)
            assert other.confidence <= other.share and narrower.min() > -1e-12
    assert np.mean(after) < 0.8 * np.mean(before)


def test_an_object_of_another_size_is_told_by_the_others() -> None:
    """A mesh of the next larger product: it fits its outline, a tenth farther away."""
    for seed in range(4):
        alone, _ = estimates(seed, scale=1.15)
        together = on_one_ground(alone, models(1.15), CAMERA)
        assert together[2].confidence < 0.5
        [told] = together[2].warnings
        assert "below the ground that other objects of this frame stand on" in told
        assert not any(together[i].warnings for i in (0, 1, 3, 4))
        assert min(together[i].confidence for i in (0, 1, 3, 4)) > 0.7


def test_alone_in_a_frame_nothing_changes() -> None:
    alone, _ = estimates(0)
    assert on_one_ground(alone[:1], models(), CAMERA) == alone[:1]
    assert on_one_ground([], models(), CAMERA) == []


def test_objects_with_an_unknown_side_are_left_alone() -> None:
    boxes = models()
    boxes["box1"] = replace(boxes["box1"], source=boxes["box1"].source | {"unseen_deg": 200.0})
    alone, _ = estimates(0)
    together = on_one_ground(alone, boxes, CAMERA)
    assert together[1] is alone[1] and all(together[i] is not alone[i] for i in (0, 2, 3, 4))


def test_a_share_that_is_split_stays_split() -> None:
    alone, _ = estimates(0, share=0.5, confidence=0.45)
    assert max(one.confidence for one in on_one_ground(alone, models(), CAMERA)) <= 0.5


def test_only_of_the_unsure_it_is_told_where_the_ground_of_the_others_is() -> None:
    alone, _ = estimates(2)
    assert unsure_on_ground(alone, models(), CAMERA) == {}
    lost = (
        SE3.exp(torch.tensor([0.02, 0.05, 0.2, 0.3, 0.2, 0.1], dtype=torch.float64)) @ alone[2].cam_from_obj
    )
    alone[2] = replace(alone[2], cam_from_obj=lost, confidence=0.2)
    [(target, ground)] = unsure_on_ground(alone, models(), CAMERA).items()
    assert target == 2 and abs(ground.height - HEIGHT_OF_TABLE) < 0.01 and ground.normal @ UP > 0.9995
    assert np.abs(ground.across @ ground.normal).max() < 1e-9
    assert np.sqrt(ground.covariance.diagonal()).max() < 0.03
    assert unsure_on_ground(alone[2:3], models(), CAMERA) == {}


def boxes_on_table(places: list[int]) -> tuple[Frame, list[Target], list[SE3]]:
    """Printed boxes drawn where they lie, with their masks and poses."""
    rng, box_ = np.random.default_rng(0), onboarded("printed_box")
    truths = [
        SE3.from_rotation_translation(*map(torch.tensor, on_table(rng, place, of=0))) for place in places
    ]
    drawn = render_mesh(box_.mesh, SE3.stack(truths).to(torch.float32), DRAWN.K, WIDTH, HEIGHT,
                        outputs=("depth", "color"), supersample=2)  # fmt: skip
    rgb = torch.full((HEIGHT, WIDTH, 3), 0.35)
    for color, mask in zip(drawn.color, drawn.mask, strict=True):
        rgb = torch.where(mask[..., None], color, rgb)
    frame = Frame((rgb * 255).round().to(torch.uint8), DRAWN)
    return frame, [Target("printed_box", mask) for mask in drawn.mask], truths


@pytest.mark.slow("templates, and seconds an estimate")
def test_estimators_ask_the_ground_without_depth() -> None:
    frame, targets, truths = boxes_on_table([1, 2, 3])
    told = {}
    for ground in (False, True):
        estimator = PoseEstimator([onboarded("printed_box")], EstimatorOptions("rgb", ground=ground))
        found = sorted(estimator.estimate(frame, targets), key=lambda one: one.target)
        assert all(("ground_nats" in one.stats) == ground for one in found)
        told[ground] = np.mean(errors(found, [truth.translation.numpy() for truth in truths]))
    assert told[True] < told[False]
