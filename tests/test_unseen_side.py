"""An object of which a side was never seen is believed less, and it is said why."""

from __future__ import annotations

from dataclasses import replace

from objpose.estimator import EstimatorOptions, PoseEstimator
from objpose.estimator.unseen_side import told_of_sides, trust_in_sides
from objpose.geometry import Symmetry
from objpose.objects import ObjectModel
from tests.synthetic import REAL, looking, make_scene, onboarded


def seen_but(degrees: float, name: str = "printed_box") -> ObjectModel:
    model = onboarded(name)
    return replace(model, source=model.source | {"unseen_deg": degrees})


def test_trust_falls_with_the_side_that_was_not_seen() -> None:
    trust = [trust_in_sides(seen_but(degrees)) for degrees in (0.0, 100.0, 180.0, 300.0, 360.0)]
    assert trust == sorted(trust, reverse=True) and trust[0] == 1.0 and 0.3 < trust[-1] < 0.6
    assert trust_in_sides(onboarded("printed_box")) == 1.0, "a mesh has all its sides"


def test_what_turns_freely_has_no_other_side() -> None:
    can = replace(seen_but(240.0), symmetry=onboarded("can").symmetry)
    assert can.symmetry.continuous and trust_in_sides(can) == 1.0 and told_of_sides(can) == ()
    assert trust_in_sides(replace(can, symmetry=Symmetry.none())) < 1.0


def test_estimates_carry_it_and_say_why() -> None:
    whole, half = onboarded("printed_box"), seen_but(240.0)
    scene = make_scene(whole.mesh, looking(1), REAL)
    found = [
        PoseEstimator([model], EstimatorOptions("rgbd")).estimate(scene.frame, scene.mask)[0]
        for model in (whole, half)
    ]
    assert abs(found[1].confidence - trust_in_sides(half) * found[0].confidence) < 1e-6
    assert any("no view shows printed_box over 240 degrees around" in told for told in found[1].warnings)
    assert not any("no view shows" in told for told in found[0].warnings)
