"""Steadiness: print and edges, each alone, leave a true pose where it is, and draw another away."""

from __future__ import annotations

import pytest
import torch

from objpose.crops import crop_frame
from objpose.geometry import SE3
from objpose.poses.answer import PoseAnswer, Verdict
from objpose.poses.by_picture import picture_edges
from objpose.poses.residuals import Photometric
from objpose.poses.steadiness import MOST, NO_PRINT, with_steadiness
from objpose.raster import Pixels
from tests.poses.objects import photograph
from tests.synthetic import looking, onboarded

MODEL = onboarded("printed_box")


def told(true: SE3, found: SE3, has_print: bool = True) -> Verdict:
    """What is said of two poses, the first of which is `found`."""
    frame, mask = photograph(MODEL.mesh, true)
    crop = crop_frame(frame, mask, 160)
    colors = Photometric(crop, Pixels.of(crop.camera, crop.mask, crop.device)) if has_print else None
    poses, silent = SE3.stack([found, true]), Verdict(*torch.zeros(12, 2))
    answer = PoseAnswer(poses, silent, torch.eye(6).expand(2, 6, 6), torch.tensor([0.9, 0.1]))
    return with_steadiness(answer, MODEL, crop, colors, picture_edges(crop)).verdict


def along_the_ray(pose: SE3, factor: float) -> SE3:
    return SE3.from_rotation_translation(pose.rotation, pose.translation * factor)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_truth_is_steady_and_a_wrong_distance_is_not(seed: int) -> None:
    true = MODEL.cam_from_mesh(looking(seed))
    steady = told(true, true)
    assert float(steady.by_print[0]) < 0.01
    far = told(true, along_the_ray(true, 1.04))
    assert float(far.by_print[0]) > 5 * float(steady.by_print[0])
    assert float(far.by_print[0]) > 0.04  # of the diameter, of the 0.11 that it is off
    assert float(told(true, along_the_ray(true, 1.1)).by_edges[0]) > float(steady.by_edges[0])


def test_only_the_answer_itself_is_asked() -> None:
    true = MODEL.cam_from_mesh(looking(1))
    verdict = told(true, along_the_ray(true, 1.04))
    assert float(verdict.by_print[1]) == 0 and float(verdict.by_edges[1]) == 0


def test_without_print_it_is_neither_steady_nor_not() -> None:
    true = MODEL.cam_from_mesh(looking(1))
    assert float(told(true, true, has_print=False).by_print[0]) == pytest.approx(NO_PRINT)


def test_what_nothing_holds_is_bounded() -> None:
    true = MODEL.cam_from_mesh(looking(1))
    gone = told(true, SE3.exp(torch.tensor([0.3, 0.0, 0.0, 0.0, 0.0, 0.0])) @ true)
    assert float(gone.by_print[0]) <= MOST and float(gone.by_edges[0]) <= MOST
