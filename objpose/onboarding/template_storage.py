"""Templates kept beside the object they were made of, one file for each kind of features."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from objpose.features import DenseFeatures, PrincipalComponents, VisualWords
from objpose.geometry import SE3, Mesh
from objpose.onboarding.kept_arrays import keep, read_kept
from objpose.onboarding.template_views import TemplateViews
from objpose.onboarding.templates import TemplateOptions, TemplateSet, build_templates

FORMAT = 2  # raised when the way templates are made changes


def stored_templates(mesh: Mesh, features: DenseFeatures, folder: Path | None, progress: bool) -> TemplateSet:
    """Templates of a mesh from its object's folder, or made now and kept there.

    A file of other settings or a damaged one is made anew; a folder that cannot be written is left alone.
    """
    options = TemplateOptions()
    if folder is None:
        return build_templates(mesh, features, options, progress)
    path = folder / f"templates-{re.sub(r'[^A-Za-z0-9._-]', '_', features.name)}.safetensors"
    made_with = json.dumps({"format": FORMAT, "features": features.name, "options": asdict(options)})
    found = read_kept(path, made_with)
    if found is not None:
        return _templates(features.name, found)
    made = build_templates(mesh, features, options, progress)
    keep(path, made_with, _arrays(made))
    return made


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
