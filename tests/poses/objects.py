"""Objects with few small templates, and photographs of them with known truth."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from objpose.crops import Crop, crop_frame
from objpose.features import FPFHDescriptor, PatchDescriptor
from objpose.frame import Frame
from objpose.geometry import SE3, Camera, Mesh
from objpose.objects import ObjectModel, TemplateSet
from objpose.objects.store import made_of
from objpose.objects.template_storage import template_making
from objpose.objects.template_views import ViewOptions
from objpose.objects.templates import TemplateOptions
from objpose.poses.propose.visual_model import VisualModel, VisualOptions, build_visual_model
from objpose.poses.query import Query, QueryPatches, describe, query_view
from objpose.raster import render_mesh
from objpose.splatting import polished_splats
from objpose.splatting.object_as_splats import splat_making
from tests.synthetic import CAMERA, looking, onboarded

FEATURES = PatchDescriptor()
FEW_VIEWS = VisualOptions(views=24)
FEW = ViewOptions(directions=40, turns=10, cells=12)
ALL_AROUND = ViewOptions(cells=12)  # the default's directions: a view within 25 degrees of any
TALL_PIXELS = Camera.from_K([300.0, 0, 158.0, 0, 375.0, 121.0, 0, 0, 1], 320, 240)
WALL = torch.tensor([0.45, 0.42, 0.38])
OCCLUDER = torch.tensor([40, 90, 60], dtype=torch.uint8)


@functools.cache
def templates_of(name: str, views: ViewOptions = FEW) -> TemplateSet:
    """Kept beside the object, by a kind of their own, for the other workers."""
    model, options = onboarded(name), TemplateOptions(views, components=32, words=256)
    making = template_making(model, FEATURES, options, progress=False)
    return made_of(model, replace(making, kind=f"{views.directions}-{making.kind}"))


@functools.cache
def templated(name: str) -> ObjectModel:
    """An onboarded object that takes the few small templates for its own.

    It lives in a folder that is not there: the store tells it by that from the object of other tests.
    """
    return with_few_templates(replace(onboarded(name), folder=Path("few templates")), name)


@functools.cache
def splatted(name: str) -> ObjectModel:
    """`templated`, with few splats, too."""
    model = templated(name)
    made_of(model, replace(splat_making(model), make=lambda: polished_splats(model.mesh, 3000, steps=30)))
    return model


def with_few_templates(model: ObjectModel, name: str) -> ObjectModel:
    """A model of the object's mesh, which takes the few small templates for its own as long as it lives."""
    making = template_making(model, FEATURES, TemplateOptions(), False)
    made_of(model, replace(making, make=lambda: templates_of(name)))
    return model


def photograph(
    mesh: Mesh, cam_from_obj: SE3, camera: Camera = CAMERA, light: Tensor | float = 1.0
) -> tuple[Frame, Tensor]:
    """An RGB frame of the object before a wall, and its mask; light: factors of the red, green and blue."""
    drawn = render_mesh(
        mesh,
        cam_from_obj,
        camera.K.float(),
        camera.width,
        camera.height,
        outputs=("depth", "color"),
        supersample=2,
    )
    rgb = torch.where(drawn.mask[0][..., None], drawn.color[0] * light, WALL).clamp(0, 1)
    return Frame((rgb * 255).round().to(torch.uint8), camera), drawn.mask[0]


def behind(name: str, seed: int, share: float, side: str) -> tuple[Frame, Tensor, Tensor]:
    """A photograph, the object's mask, and the mask of what hides `share` of it from one side."""
    frame, mask = photograph(onboarded(name).mesh, looking(seed))
    axis = 1 if side in ("left", "right") else 0
    places = mask.nonzero()[:, axis].float()
    edge = int(places.quantile(share if side in ("left", "top") else 1 - share))
    index = torch.arange(mask.shape[axis])
    index = index[None] if axis == 1 else index[:, None]
    hiding = ((index < edge) if side in ("left", "top") else (index >= edge)).expand(mask.shape).clone()
    rgb = torch.where(hiding[..., None], OCCLUDER, frame.rgb)
    return Frame(rgb, frame.camera), mask & ~hiding, hiding


def queried(frame: Frame, mask: Tensor, templates: TemplateSet) -> tuple[Query, QueryPatches]:
    query = query_view(frame, mask, templates.views.size, templates.views.fill)
    return query, describe(query, FEATURES, templates)


def crop_of(mesh: Mesh, cam_from_obj: SE3, size: int = 96) -> Crop:
    frame, mask = photograph(mesh, cam_from_obj)
    return crop_frame(frame, mask, size)


def template_as_query(name: str, template: int, views: ViewOptions = FEW) -> tuple[Query, QueryPatches, SE3]:
    """A template's own view as the query, and its patches; the truth is the template's cam_from_obj."""
    templates = templates_of(name, views)
    truth, K = templates.views.cam_from_obj[template], templates.views.K[template]
    size = templates.views.size
    drawn = render_mesh(onboarded(name).mesh, truth, K, size, size, outputs=("depth", "color"))
    query = Query(drawn.color[0], drawn.mask[0], K, SE3.identity().rotation)
    return query, describe(query, FEATURES, templates), truth


def degrees_between(first: SE3, second: SE3) -> Tensor:
    """(*,) turn from one pose's rotation to the other's."""
    return (first.rotation.inverse() @ second.rotation).angle().rad2deg()


def patches(seed: int, size: int = 40) -> Tensor:
    """(size, size, 3) colours in blocks of 8 pixels."""
    blocks = torch.rand(size // 8, size // 8, 3, generator=torch.Generator().manual_seed(seed)) * 0.7 + 0.15
    return blocks.repeat_interleave(8, 0).repeat_interleave(8, 1)


@functools.cache
def seen_by_patches(name: str) -> VisualModel:
    return build_visual_model(onboarded(name), PatchDescriptor(), FPFHDescriptor(), FEW_VIEWS)
