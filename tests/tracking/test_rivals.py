"""Ways round that an object's shape may be mistaken by, and what tells them."""

from __future__ import annotations

import math

import torch

from objpose.geometry import SE3, SO3
from objpose.tracking.fitting import JUDGED, Fitter
from objpose.tracking.rivals import APART, SAME, rival_turns, share_among
from objpose.tracking.sight import Sight
from tests.synthetic import CAMERA, Flaws, looking, make_scene, onboarded


def share(name: str, drawn: SE3, held: SE3) -> float:
    """Of a pose, before a picture of the object at another."""
    fitter = Fitter(onboarded(name))
    rgb = make_scene(onboarded(name).mesh, drawn, Flaws(clutter=True)).frame.rgb
    sight = Sight(rgb, None, CAMERA.K.float())
    fitter.learn(sight, drawn)
    fit = fitter.near(sight, held)
    return share_among(fitter, sight, fit.cam_from_mesh, fit.evidence, rival_turns(onboarded(name)), JUDGED)


def about_axis(name: str, angle: float) -> SE3:
    [line, *_] = onboarded(name).near_symmetry.continuous
    return line.rotations(torch.tensor([angle]))[0]


def sideways(name: str, angle: float) -> SE3:
    """The object upright before the camera, turned about its own axis."""
    model = onboarded(name)
    upright = SE3.from_rotation_translation(
        SO3.exp(torch.tensor([-math.pi / 2 - 0.3, 0.0, 0.0])), torch.tensor([0.0, 0.0, 0.45])
    )
    return (
        upright
        @ about_axis(name, angle)
        @ SE3.from_rotation_translation(torch.eye(3), -model.mesh.bounds().mean(0))
    )


def test_what_is_equal_is_no_rival() -> None:
    for name in ("mug", "printed_box", "painted_blob"):
        model = onboarded(name)
        turns = rival_turns(model)
        true = model.symmetry.transforms(model.diameter, 0.02)
        for turn in turns:
            off = torch.rad2deg((turn.rotation.inverse() @ true.rotation).angle().min())
            assert off > SAME
    assert len(rival_turns(onboarded("mug"))) >= 360 / APART - 1


def test_a_handle_in_view_tells_the_turn_and_one_behind_does_not() -> None:
    shares = [
        share("mug", sideways("mug", angle), sideways("mug", angle))
        for angle in torch.arange(8) * math.pi / 4
    ]
    assert max(shares) > 0.9 and min(shares) < 0.7
    assert share("mug", looking(1), looking(1)) <= 1


def test_without_rivals_there_is_no_doubt() -> None:
    fitter = Fitter(onboarded("painted_blob"))
    sight = Sight(make_scene(onboarded("painted_blob").mesh, looking(0)).frame.rgb, None, CAMERA.K.float())
    fitter.learn(sight, looking(0))
    fit = fitter.near(sight, looking(0))
    none = SE3.identity((0,))
    assert share_among(fitter, sight, fit.cam_from_mesh, fit.evidence, none, JUDGED) == 1
