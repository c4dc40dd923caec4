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
    K = templates.views.K[chosen]
    # The template's camera looks at the centre; in the query the centre is seen at the same pixel.
    return centred_at(templates, chosen, query.K, K[:, :2, 2], torch.ones(len(K)))


def centred_at(templates: TemplateSet, chosen: Tensor, K: Tensor, pixels: Tensor, scale: Tensor) -> SE3:
    """Poses (n,) of templates (n,) chosen, in a camera K (3, 3) that sees their centres at pixels (n, 2).

    scale: (n,) its pixels that one of the template spans.
    """
    views = templates.views
    template_from_obj = views.cam_from_obj[chosen]
    distance = template_from_obj.apply(views.centre)[:, 2] * K[0, 0] / (views.K[chosen, 0, 0] * scale)
    ray = torch.cat([(pixels - K[:2, 2]) / K[0, 0], torch.ones(len(pixels), 1)], dim=-1)
    rotation = turn_onto(ray) @ template_from_obj.rotation
    return SE3.from_rotation_translation(rotation, ray * distance[:, None] - rotation.apply(views.centre))
