"""A pose from a template alone: the object turned as in the template, placed where the query shows it."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, turn_onto
from objpose.objects import TemplateSet
from objpose.poses.query import Query


def placed_templates(templates: TemplateSet, chosen: Tensor, query: Query) -> SE3:
    """Poses query_from_obj (n,) of the templates (n,) chosen.

    Views fill their images as the query does: the camera stands farther away by the ratio of the focal
    lengths, and the view's shift off the axis becomes a turn of the object with the ray that sees it.
    """
    views = templates.views
    template_from_obj, K = views.cam_from_obj[chosen], views.K[chosen]
    # The template's camera looks at the centre; in the query the centre is seen at the same pixel.
    distance = template_from_obj.apply(views.centre)[:, 2] * query.K[0, 0] / K[:, 0, 0]
    ray = torch.cat([(K[:, :2, 2] - query.K[:2, 2]) / query.K[0, 0], torch.ones(len(K), 1)], dim=-1)
    rotation = turn_onto(ray) @ template_from_obj.rotation
    centre = ray * distance[:, None]
    return SE3.from_rotation_translation(rotation, centre - rotation.apply(views.centre))
