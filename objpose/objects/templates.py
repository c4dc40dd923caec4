"""Templates: an object's views as patches with descriptors and points, and a bag of words for each view.

Onboarding of FoundPose (Örnek et al., ECCV 2024): what an image of the object is matched with.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from objpose.features import DenseFeatures, PrincipalComponents, VisualWords
from objpose.geometry import Mesh
from objpose.objects.template_views import AT_ONCE, TemplateViews, ViewOptions, template_views
from objpose.work import share, within

THUMBNAIL = 40  # pixels along the side of a thumbnail
BACKGROUND = 0.5  # of templates and queries alike: what is not the object must not tell them apart


@dataclass(frozen=True)
class TemplateOptions:
    views: ViewOptions = ViewOptions()
    components: int = 64  # principal components kept of a descriptor
    words: int = 1024  # visual words of an object
    seed: int = 0


@dataclass(frozen=True, eq=False)
class TemplateSet:
    """T templates with P patches in all, those of a template in a row."""

    features: str  # name of the features; queries must come from the same
    views: TemplateViews
    first_patch: Tensor  # (T + 1,) long: patches of template t are first_patch[t] : first_patch[t + 1]
    points: Tensor  # (P, 3) metres, object frame: the surface at the patch's centre
    pixels: Tensor  # (P, 2) column and row of that centre in the view
    descriptors: Tensor  # (P, D) principal components
    components: PrincipalComponents
    words: VisualWords
    histograms: Tensor  # (T, W) unit length, or zero where a view shows nothing
    thumbnails: Tensor  # (T, 40, 40, 4) uint8: the view in small, colour and coverage
    seconds: dict[str, float] = field(default_factory=dict)  # what the stages took when it was made

    def __len__(self) -> int:
        return len(self.views)

    def patches(self, template: int) -> slice:
        return slice(int(self.first_patch[template]), int(self.first_patch[template + 1]))


@within()
def build_templates(
    mesh: Mesh, features: DenseFeatures, options: TemplateOptions = TemplateOptions(), progress: bool = True
) -> TemplateSet:
    """Templates of a mesh in metres, described by `features`."""
    views = template_views(mesh, options.views.cells * features.stride, options.views)
    raw, seconds = _described_views(mesh, views, features, progress)
    start = time.perf_counter()
    components = PrincipalComponents.fit(raw.descriptors, options.components, options.seed)
    descriptors = components.project(raw.descriptors).half().float()  # as they are stored
    words = VisualWords.fit(descriptors, raw.template_ids, options.words, options.seed)
    histograms = functional.normalize(words.histogram(descriptors, raw.template_ids, len(views)), dim=-1)
    seconds["words"] = time.perf_counter() - start
    counts = torch.bincount(raw.template_ids, minlength=len(views))
    first_patch = torch.cat([torch.zeros(1, dtype=torch.long), counts.cumsum(0)])
    return TemplateSet(
        features=features.name,
        views=views,
        first_patch=first_patch,
        points=raw.points,
        pixels=raw.pixels,
        descriptors=descriptors,
        components=components,
        words=words,
        histograms=histograms,
        thumbnails=raw.thumbnails,
        seconds=seconds,
    )


@dataclass(frozen=True, eq=False)
class _Patches:
    template_ids: Tensor  # (P,)
    points: Tensor  # (P, 3)
    pixels: Tensor  # (P, 2)
    descriptors: Tensor  # (P, D) as the features give them
    thumbnails: Tensor  # (T, 40, 40, 4) uint8


def _described_views(
    mesh: Mesh, views: TemplateViews, features: DenseFeatures, progress: bool
) -> tuple[_Patches, dict[str, float]]:
    """The patches of all views, and the seconds that the threads spent in each stage, summed."""
    starts = range(0, len(views), AT_ONCE)
    with tqdm(starts, "templates", leave=False, disable=None if progress else True) as bar:
        found = share(partial(_described, mesh, views, features), starts, bar.update)
    parts, render, description = zip(*found, strict=True)
    names = ("template_ids", "points", "pixels", "descriptors", "thumbnails")
    patches = _Patches(*(torch.cat([getattr(part, name) for part in parts]) for name in names))
    return patches, {"render": sum(render), "features": sum(description)}


def _described(
    mesh: Mesh, views: TemplateViews, features: DenseFeatures, start: int
) -> tuple[_Patches, float, float]:
    """Those of AT_ONCE views from `start` on; seconds of rendering and of description."""
    began = time.perf_counter()
    render = views.render(mesh, start)
    assert render.color is not None  # asked for
    images = torch.where(render.mask[..., None], render.color, BACKGROUND).permute(0, 3, 1, 2)
    rendered = time.perf_counter()
    maps = features(images)
    centres = maps.centres()
    column, row = centres.round().long().unbind(-1)
    owned = covered(render.mask, 3)[:, row, column]
    view, y, x = owned.nonzero().unbind(-1)
    pixels = centres[y, x]
    points = views.unproject(view + start, pixels, render.depth[:, row, column][owned])
    descriptors, small = maps.descriptors[owned], thumbnails(render.color, render.mask)
    return _Patches(view + start, points, pixels, descriptors, small), rendered - began, maps.seconds


def thumbnails(color: Tensor, masks: Tensor) -> Tensor:
    """(N, 40, 40, 4) uint8: coverage by masks (N, H, W), mean colour of what they keep of (N, H, W, 3)."""
    share = functional.adaptive_avg_pool2d(masks.float()[:, None], THUMBNAIL)
    total = functional.adaptive_avg_pool2d((color * masks[..., None]).permute(0, 3, 1, 2), THUMBNAIL)
    mean = total / share.clamp_min(1e-3)
    return (torch.cat([mean, share], dim=1).clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1)


def covered(masks: Tensor, width: int) -> Tensor:
    """(N, H, W) bool: pixels whose whole neighbourhood of `width` (odd) pixels lies in masks (N, H, W)."""
    outside = (~masks).float()[:, None]
    padded = functional.pad(outside, [width // 2] * 4, value=1.0)
    return functional.max_pool2d(padded, width, stride=1)[:, 0] == 0
