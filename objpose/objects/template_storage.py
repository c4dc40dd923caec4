"""Templates kept beside the object they were made of, one file for each kind of features."""

from __future__ import annotations

import json
from dataclasses import asdict

import torch
from torch import Tensor

from objpose.features import DenseFeatures, PrincipalComponents, VisualWords
from objpose.geometry import SE3
from objpose.objects.object_model import ObjectModel
from objpose.objects.store import Making, OnDisk, made_of
from objpose.objects.template_views import TemplateViews
from objpose.objects.templates import TemplateOptions, TemplateSet, build_templates

FORMAT = 2  # raised when the way templates are made changes


def object_templates(
    model: ObjectModel,
    features: DenseFeatures,
    options: TemplateOptions = TemplateOptions(),  # noqa: B008 - frozen
    progress: bool = True,
) -> TemplateSet:
    """The templates of an object for pictures described by `features`; made at first use, in some seconds."""
    return made_of(model, template_making(model.on_host, features, options, progress))


def template_making(
    model: ObjectModel, features: DenseFeatures, options: TemplateOptions, progress: bool
) -> Making[TemplateSet]:
    return Making(
        f"templates-{features.name}",
        json.dumps({"format": FORMAT, "features": features.name, "options": asdict(options)}),
        lambda: build_templates(model.mesh, features, options, progress),
        OnDisk(_arrays, lambda arrays: _templates(features.name, arrays)),
    )


def _arrays(templates: TemplateSet) -> dict[str, Tensor]:
    views, words = templates.views, templates.words
    arrays = {
        "cam_from_obj": views.cam_from_obj.wxyz_xyz,
        "K": views.K,
        "centre": views.centre,
        "view": torch.tensor([views.size, views.fill], dtype=torch.float64),
        "first_patch": templates.first_patch,
        "points": templates.points,
        "pixels": templates.pixels,
        "descriptors": templates.descriptors.half(),
        "components.mean": templates.components.mean,
        "components.basis": templates.components.basis,
        "words.centres": words.centres,
        "words.idf": words.idf,
        "words.sigma": torch.tensor(words.sigma, dtype=torch.float64),
        "histograms": templates.histograms,
        "thumbnails": templates.thumbnails,
    }
    return {name: array.contiguous() for name, array in arrays.items()}


def _templates(features: str, arrays: dict[str, Tensor]) -> TemplateSet:
    size, fill = arrays["view"].tolist()
    return TemplateSet(
        features=features,
        views=TemplateViews(SE3(arrays["cam_from_obj"]), arrays["K"], arrays["centre"], int(size), fill),
        first_patch=arrays["first_patch"],
        points=arrays["points"],
        pixels=arrays["pixels"],
        descriptors=arrays["descriptors"].float(),
        components=PrincipalComponents(arrays["components.mean"], arrays["components.basis"]),
        words=VisualWords(arrays["words.centres"], arrays["words.idf"], float(arrays["words.sigma"])),
        histograms=arrays["histograms"],
        thumbnails=arrays["thumbnails"],
    )
