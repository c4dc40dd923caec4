"""A template's turn, placed where the query shows it, is the pose when the object stands so."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SE3, Camera, turn_onto
from objpose.poses.propose.templates import placed_templates
from tests.poses.objects import TALL_PIXELS, degrees_between, photograph, queried, templates_of
from tests.synthetic import CAMERA, onboarded

RAYS = {"axis": (0.0, 0.0), "corner": (-0.27, -0.17), "side": (0.33, 0.05)}


def seen_as_in(template: int, ray: tuple[float, float], distance: float) -> SE3:
    """The printed box turned against the ray that sees its centre as the template is against its axis."""
    views = templates_of("printed_box").views
    towards = torch.tensor([[*ray, 1.0]])
    rotation = turn_onto(towards)[0] @ views.cam_from_obj[template].rotation
    centre = distance * torch.nn.functional.normalize(towards[0], dim=-1)
    return SE3.from_rotation_translation(rotation, centre - rotation.apply(views.centre))


@pytest.mark.parametrize("camera", [CAMERA, TALL_PIXELS], ids=["square pixels", "tall pixels"])
@pytest.mark.parametrize("ray", RAYS)
def test_an_object_turned_as_in_a_template_is_placed_right(ray: str, camera: Camera) -> None:
    """Off the image's centre as on it, and with unequal focal lengths (pitfall d of FoundPose's code)."""
    model, templates = onboarded("printed_box"), templates_of("printed_box")
    distance = 5 * model.diameter  # as the templates' own, so that perspective is the same
    for template in (3, 57, 121, 288):
        truth = seen_as_in(template, RAYS[ray], distance)
        query, _ = queried(*photograph(model.mesh, truth, camera), templates)
        [found] = query.cam_from_obj(placed_templates(templates, torch.tensor([template]), query))
        assert float(degrees_between(found, truth)) < 1.0
        there, here = (pose.apply(templates.views.centre) for pose in (truth, found))
        assert float(torch.linalg.cross(there, here).norm()) < 0.006 * distance**2
        assert float(here.norm()) == pytest.approx(distance, rel=0.04)


def test_templates_are_placed_one_by_one() -> None:
    model, templates = onboarded("printed_box"), templates_of("printed_box")
    query, _ = queried(*photograph(model.mesh, seen_as_in(57, RAYS["corner"], 0.6)), templates)
    chosen = torch.tensor([57, 3, 57, 200])
    together = placed_templates(templates, chosen, query)
    for i, template in enumerate(chosen):
        alone = placed_templates(templates, template[None], query)
        torch.testing.assert_close(together.wxyz_xyz[i], alone.wxyz_xyz[0])
