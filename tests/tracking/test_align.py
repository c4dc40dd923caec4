"""All modalities together draw poses onto a frame."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, NormalEquations
from objpose.tracking.align import Aligner, summed
from objpose.tracking.fitting import Fitter
from objpose.tracking.modalities import Modality
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step, steps_of
from tests.synthetic import CAMERA, Flaws, about_centre, looking, make_scene, onboarded, twists

NAMES = ("printed_box", "painted_blob", "mug")
STEPS = steps_of(90.0)


@functools.cache
def knowing(name: str, seed: int) -> tuple[Fitter, Sight, SE3]:
    model, pose = onboarded(name), looking(seed)
    frame = make_scene(model.mesh, pose, Flaws(clutter=True), seed).frame
    fitter, sight = Fitter(model), Sight(frame.rgb, frame.depth, CAMERA.K.float())
    fitter.learn(sight, pose)
    return fitter, sight, pose


def modalities(fitter: Fitter) -> list[Modality]:
    return [fitter.outline, fitter.surface, fitter.followed]


def off(name: str, pose: SE3, shift: float, turn: float, count: int = 1) -> Tensor:
    moved = [about_centre(onboarded(name), pose, twist).wxyz_xyz for twist in twists(count, shift, turn)]
    return torch.stack(moved).float().contiguous()


def furthest(name: str, found: Tensor, pose: SE3) -> float:
    """Metres between surface points of two poses."""
    points = onboarded(name).surface.cloud.points[::10]
    return float((SE3(found).apply_points(points) - pose.apply_points(points)).norm(dim=-1).max())


def aligner(name: str, fitter: Fitter) -> Aligner:
    return Aligner(fitter.views.centre, onboarded(name).diameter / 2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 4])
def test_from_a_centimetre_and_six_degrees_off_a_pose_comes_back(name: str, seed: int) -> None:
    fitter, sight, pose = knowing(name, seed)
    start = off(name, pose, 0.01, 0.1)
    assert furthest(name, start, pose) > 0.008
    for seen, close in ((sight, 0.002), (Sight(sight.rgb, None, sight.K), 0.012)):
        found = aligner(name, fitter).aligned(modalities(fitter), seen, start, STEPS)
        assert furthest(name, found, pose) < close


def test_what_is_there_stays() -> None:
    fitter, sight, pose = knowing("printed_box", 1)
    found = aligner("printed_box", fitter).aligned(
        modalities(fitter), sight, off("printed_box", pose, 0, 0), STEPS
    )
    assert furthest("printed_box", found, pose) < 0.001


def test_each_of_many_is_drawn_on_its_own() -> None:
    fitter, sight, pose = knowing("mug", 4)
    starts = off("mug", pose, 0.01, 0.15, 6)
    together = aligner("mug", fitter).aligned(modalities(fitter), sight, starts, STEPS)
    for start, found in zip(starts.split(1), together, strict=True):
        alone = aligner("mug", fitter).aligned(modalities(fitter), sight, start, STEPS)
        torch.testing.assert_close(alone[0], found, rtol=1e-3, atol=1e-4)


def test_the_starts_are_left_as_they_were() -> None:
    fitter, sight, pose = knowing("mug", 4)
    starts = off("mug", pose, 0.01, 0.15, 2)
    before = starts.clone()
    aligner("mug", fitter).aligned(modalities(fitter), sight, starts, STEPS)
    assert torch.equal(starts, before)


def test_equations_are_summed() -> None:
    fitter, sight, pose = knowing("printed_box", 1)
    step, poses = Step(1, 2.0, 0.0), off("printed_box", pose, 0.002, 0.01, 2)
    parts = []
    for modality in modalities(fitter)[:2]:
        modality.look(sight, poses, step)
        parts.append(modality.equations(poses, step))
    total = summed(modalities(fitter)[:2], poses, step)
    for field in ("normal", "gradient", "cost"):
        expected = sum(getattr(part, field) for part in parts)
        torch.testing.assert_close(getattr(total, field), expected)


def test_what_sees_nothing_goes_nowhere() -> None:
    fitter, sight, pose = knowing("mug", 4)
    away = SE3.from_rotation_translation(pose.rotation, torch.tensor([2.0, 0.0, 0.5]))
    starts = torch.cat([off("mug", away, 0, 0), off("mug", pose, 0.005, 0.05)])
    found = aligner("mug", fitter).aligned(modalities(fitter), sight, starts, STEPS)
    assert furthest("mug", found[:1], away) < 1e-4 and furthest("mug", found[1:], pose) < 0.002


@pytest.mark.parametrize(("pull", "looks"), [(0.0, 2), (1.0, 7)])
def test_what_stands_still_is_not_looked_at_again_by_steps_that_are_alike(pull: float, looks: int) -> None:
    fitter, sight, pose = knowing("mug", 1)
    seen: list[Step] = []

    class Pulled:
        """Along the camera's first axis, ever again."""

        def look(self, sight: Sight, cam_from_mesh: Tensor, step: Step) -> None:
            seen.append(step)

        def equations(self, cam_from_mesh: Tensor, step: Step) -> NormalEquations:
            gradient = torch.zeros(1, 6)
            gradient[0, 0] = -pull * 1e4
            return NormalEquations(1e6 * torch.eye(6)[None], gradient, torch.zeros(1))

    steps = [Step(4, 6.0, 1.0), *[Step(1, 1.5, 0.0)] * 6]
    start = pose.wxyz_xyz[None].float().contiguous()
    found = aligner("mug", fitter).aligned([Pulled()], sight, start, steps)
    assert len(seen) == looks and torch.equal(found, start) == (pull == 0)
